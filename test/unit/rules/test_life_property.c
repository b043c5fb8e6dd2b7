/* Random lives, without a server: the rules and the life's table against a small model.
 *
 * 100,000 random steps of claims, reviews, hand-overs, returns and revocations, right and wrong.
 * What the rules decide is what the model of the end-to-end histories says, and so is the state
 * after it.  The seed is printed; RXCIRC_TEST_SEED repeats it.
 */
#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/fill.h"
#include "rules/return.h"
#include "rules/trace.h"
#include "test/e2e/history/chance.h"
#include "test/e2e/history/model.h"

enum { STEPS = 100000, LIFE_STEPS = 60, CODES = 40, HOUR_MS = 3600 * 1000, TODAY = 20260601 };

static const char *const names[ACTORS] = {"P1", "P2", "P3", "H1"};
static const char *const drugs[LINES_MAX] = {"D1", "D2", "D3"};

/* What the rules decide about. */
struct side {
	struct prescription rx;
	struct prescription_line lines[LINES_MAX];
	size_t line_count;
	struct {
		int16_t round;
		enum actor actor;
		struct handed_line lines[LINES_MAX];
		size_t count;
	} fills[FILLS_MAX];
	unsigned fill_count;
};

static struct chance chance;
static struct model model;
static struct side side;
static int64_t now_ms;
static struct trace_sales ledger[CODES]; /* of what stands */
static unsigned long accepted[ACT_KINDS], refused[ACT_KINDS];

static unsigned below(unsigned limit)
{
	return chance_below(&chance, limit);
}

/* ---- a life begins -------------------------------------------------------------------------- */

static void begin(void)
{
	side = (struct side){.line_count = 1 + below(LINES_MAX)};
	side.rx = (struct prescription){.validity = VALIDITY_VALID, .review = REVIEW_HOSPITAL_PASSED,
		.use = USE_UNUSED, .round = 1, .fills_max = (int16_t)(1 + below(3)), .version = 1,
		.received_at_ms = now_ms, .valid_until_ms = INT64_MAX};
	model = (struct model){.version = 1, .review = MODEL_HOSPITAL_PASSED, .holder = NOBODY,
		.rounds_max = (unsigned)side.rx.fills_max, .round = 1,
		.line_count = (unsigned)side.line_count};
	side.rx.interval_days = (int16_t)below(2);
	if (below(2) == 0)
		memset(ledger, 0, sizeof(ledger)); /* other packs */
	for (size_t i = 0; i < side.line_count; i++) {
		int64_t prescribed_e4 = (1 + below(3)) * PACK_E4;

		side.lines[i] = (struct prescription_line){(int16_t)(i + 1), drugs[i], prescribed_e4, 0, 0};
		model.lines[i].prescribed_e4 = prescribed_e4;
	}
}

/* ---- what the rules say --------------------------------------------------------------------- */

static unsigned why_of(enum life_refusal why, const struct prescription *rx)
{
	switch (why) {
	case LIFE_ALLOWED:
		return 0;
	case LIFE_IS_REVOKED:
		return WHY_REVOKED;
	case LIFE_IS_USED:
		return rx->use == USE_DISPENSED && rx->round < rx->fills_max ? WHY_ROUND : WHY_USED;
	case LIFE_IS_HELD_BY_OTHERS:
		return WHY_HELD;
	case LIFE_IS_NOT_HELD:
		return WHY_NOT_HELD;
	case LIFE_NEEDS_REVIEW:
		return WHY_REVIEW | WHY_FIELD;
	case LIFE_IS_EXPIRED:
		break;
	}
	return WHY_UNKNOWN;
}

static enum trace_level level_of(const struct act *act, unsigned line_no)
{
	return model_codes_are_required(act->actor, line_no) ? TRACE_LEVEL_REQUIRED : TRACE_LEVEL_WARN;
}

/* Whether the codes of one line may be sold; how each, in `modes`. */
static unsigned judge_codes(const struct act *act, const struct act_line *line,
	enum trace_mode modes[CODES_MAX])
{
	struct trace_code codes[CODES_MAX] = {0};
	struct trace_line t = {.level = level_of(act, line->line_no), .split = line->split,
		.quantity_e4 = line->quantity_e4, .codes = codes, .code_count = line->code_count,
		.today = TODAY};
	bool refuse;
	unsigned why;

	(void)trace_judge_line(&t, &refuse);
	why = refuse ? WHY_CODES : 0;
	for (unsigned i = 0; i < line->code_count; i++) {
		modes[i] = trace_judge_code(&t, ledger[line->codes[i]], &refuse);
		why |= refuse ? WHY_SOLD : 0;
	}
	return why;
}

static void book(const struct act_line *line, const enum trace_mode modes[CODES_MAX])
{
	for (unsigned i = 0; i < line->code_count; i++) {
		struct trace_sales *s = &ledger[line->codes[i]];

		s->whole += modes[i] == TRACE_WHOLE;
		s->split += modes[i] == TRACE_SPLIT;
		s->flagged += modes[i] == TRACE_FLAGGED;
		assert_in_range(s->whole, 0, 1);
		assert_true(s->whole == 0 || s->split == 0);
	}
}

static unsigned fill_why(enum fill_problem problem)
{
	return problem == FILL_OK ? 0 : problem == FILL_QUANTITY_EXCEEDED ? WHY_QUANTITY : WHY_FIELD;
}

static void take_fill(struct side *s, const struct act *act, bool complete)
{
	s->fills[s->fill_count].round = s->rx.round;
	s->fills[s->fill_count].actor = act->actor;
	s->fills[s->fill_count].count = act->line_count;
	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *l = &act->lines[i];

		s->lines[l->line_no - 1].dispensed_e4 += l->quantity_e4;
		s->fills[s->fill_count].lines[i] = (struct handed_line){{l->line_no,
			drugs[l->line_no - 1], l->quantity_e4, l->price_e6, l->amount_fen}, 0, 0};
	}
	s->fill_count++;
	s->rx.fills_done++;
	if (complete)
		s->rx.next_from_ms = now_ms + s->rx.interval_days * 24 * (int64_t)HOUR_MS;
}

static unsigned decide_dispense(struct side *s, struct life *life, const struct act *act)
{
	struct fill_line fills[LINES_MAX];
	enum trace_mode modes[LINES_MAX][CODES_MAX];
	struct fill_decision d;
	int64_t total_fen = 0;
	unsigned why;

	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *l = &act->lines[i];

		fills[i] = (struct fill_line){l->line_no, drugs[(l->line_no - 1) % LINES_MAX],
			l->quantity_e4, l->price_e6, l->amount_fen};
		total_fen += l->amount_fen;
	}
	d = fill_judge(s->lines, s->line_count, s->rx.round, fills, act->line_count, total_fen);
	why = why_of(life_apply(life, d.complete ? LIFE_DISPENSE_ALL : LIFE_DISPENSE_PART), &s->rx);
	if (why == 0)
		why = fill_why(d.problem);
	for (unsigned i = 0; i < act->line_count && why == 0; i++)
		why = judge_codes(act, &act->lines[i], modes[i]);
	if (why != 0)
		return why;
	for (unsigned i = 0; i < act->line_count; i++)
		book(&act->lines[i], modes[i]);
	take_fill(s, act, d.complete);
	return 0;
}

/* As the life's table tells a part from all. */
static enum life_event return_event(const struct side *s, bool reversal)
{
	bool none_of_round = true, none_kept = true;

	for (size_t i = 0; i < s->line_count; i++) {
		const struct prescription_line *l = &s->lines[i];

		none_of_round = none_of_round && prescription_owed_e4(l, s->rx.round) == l->prescribed_e4;
		none_kept = none_kept && l->dispensed_e4 == l->returned_e4;
	}
	if (reversal)
		return none_of_round ? LIFE_REVERSE_ALL : LIFE_REVERSE_PART;
	return none_kept && s->rx.use == USE_DISPENSED && s->rx.round == s->rx.fills_max ?
		LIFE_RETURN_ALL : LIFE_RETURN_PART;
}

static void put_back(struct side *s, const struct act *act)
{
	struct handed_line *handed = s->fills[act->fill_no - 1].lines;

	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *l = &act->lines[i];

		for (size_t k = 0; k < s->fills[act->fill_no - 1].count; k++) {
			handed[k].returned_e4 += handed[k].line.line_no == l->line_no ? l->quantity_e4 : 0;
			handed[k].returned_fen += handed[k].line.line_no == l->line_no ? l->amount_fen : 0;
		}
		if (act->reversal)
			s->lines[l->line_no - 1].dispensed_e4 -= l->quantity_e4;
		else
			s->lines[l->line_no - 1].returned_e4 += l->quantity_e4;
	}
}

static unsigned decide_return(struct side *s, struct life *life, const struct act *act)
{
	struct return_line lines[LINES_MAX];
	struct return_decision d;
	int64_t total_fen = 0;

	if (act->fill_no > s->fill_count || s->fills[act->fill_no - 1].actor != act->actor)
		return WHY_FIELD;
	if (act->reversal && s->fills[act->fill_no - 1].round != s->rx.round)
		return WHY_RETURN;
	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *l = &act->lines[i];

		lines[i] = (struct return_line){l->line_no, drugs[l->line_no - 1], l->quantity_e4,
			l->amount_fen};
		total_fen += l->amount_fen;
	}
	d = return_judge(s->fills[act->fill_no - 1].lines, s->fills[act->fill_no - 1].count, lines,
		act->line_count, total_fen);
	if (d.problem != RETURN_OK)
		return d.problem == RETURN_QUANTITY_EXCEEDED ? WHY_QUANTITY : WHY_FIELD;
	put_back(s, act);
	return why_of(life_apply(life, return_event(s, act->reversal)), &s->rx);
}

static void hold(struct side *s, enum actor actor)
{
	snprintf(s->rx.holder_code, sizeof(s->rx.holder_code), "%s", names[actor]);
	s->rx.held_until_ms = now_ms + MODEL_LEASE_MS;
}

static unsigned decide_hold(struct side *s, struct life *life, const struct act *act)
{
	static const enum life_event events[ACT_KINDS] = {[ACT_CLAIM] = LIFE_CLAIM,
		[ACT_RENEW] = LIFE_RENEW, [ACT_TRANSFER] = LIFE_TRANSFER, [ACT_RELEASE] = LIFE_RELEASE,
		[ACT_REVOKE] = LIFE_REVOKE};
	enum life_event event = act->kind != ACT_REVIEW ? events[act->kind] :
		act->passes ? LIFE_REVIEW_PASS : LIFE_REVIEW_REJECT;
	unsigned why = why_of(life_apply(life, event), &s->rx);

	if (why == 0 && (act->kind == ACT_CLAIM || act->kind == ACT_RENEW))
		hold(s, act->actor);
	if (why == 0 && act->kind == ACT_TRANSFER)
		hold(s, act->to);
	return why;
}

/* One act by the rules; 0 and *s is as it will be, or why not. */
static unsigned decide(struct side *s, const struct act *act)
{
	struct side before = *s;
	struct life life;
	unsigned why;

	prescription_turn(&s->rx, now_ms);
	life = prescription_life(&s->rx, names[act->actor], now_ms);
	if (act->kind == ACT_DISPENSE)
		why = decide_dispense(s, &life, act);
	else if (act->kind == ACT_RETURN)
		why = decide_return(s, &life, act);
	else
		why = decide_hold(s, &life, act);
	if (why != 0) {
		*s = before;
		return why;
	}
	s->rx.validity = life.validity;
	s->rx.review = life.review;
	s->rx.use = life.use;
	if (life.hold == HOLD_FREE)
		s->rx.holder_code[0] = '\0';
	s->rx.version++;
	return 0;
}

/* ---- what is tried -------------------------------------------------------------------------- */

static void add_line(struct act *act, unsigned line_no, int64_t quantity_e4)
{
	struct act_line *l = &act->lines[act->line_count++];

	*l = (struct act_line){.line_no = line_no, .quantity_e4 = quantity_e4,
		.price_e6 = 1 + below(40000000)};
	l->amount_fen = model_amount_fen(l->price_e6, quantity_e4) + (below(40) == 0);
	l->split = quantity_e4 % PACK_E4 != 0;
	for (int64_t left = l->split ? 1 : quantity_e4 / PACK_E4; left > 0 && left <= CODES_MAX; left--)
		if (below(20) != 0) /* each line draws from codes of its own: none stands there twice */
			l->codes[l->code_count++] = (line_no - 1 + LINES_MAX * below(CODES / LINES_MAX));
	for (unsigned i = 0; i < l->code_count; i++)
		for (unsigned k = 0; k < i; k++)
			if (l->codes[i] == l->codes[k])
				l->code_count = k + 1;
}

static int64_t some_of(int64_t most_e4)
{
	if (below(25) == 0)
		return most_e4 + 1 + below(PACK_E4);
	if (below(3) == 0 || most_e4 <= 1)
		return most_e4;
	return 1 + below((unsigned)most_e4);
}

static void try_dispense(struct act *act)
{
	for (unsigned i = 0; i < model.line_count; i++)
		if (model_owed_e4(&model, i) > 0 && below(4) != 0)
			add_line(act, i + 1, below(2) == 0 ? model_owed_e4(&model, i) :
				some_of(model_owed_e4(&model, i)));
	if (act->line_count == 0)
		add_line(act, 1 + below(LINES_MAX), PACK_E4);
}

/* Codes are left out of returns here: the ledger is told below. */
static void try_return(struct act *act)
{
	const struct model_fill *fill;

	act->fill_no = 1 + below(model.fill_count);
	fill = &model.fills[act->fill_no - 1];
	act->actor = below(20) == 0 ? (enum actor)below(ACTORS) : fill->actor;
	act->return_no = model.return_count + 1;
	act->reversal = below(3) == 0;
	for (unsigned i = 0; i < fill->line_count; i++) {
		struct act_line *l = &act->lines[act->line_count];
		int64_t left_e4 = fill->lines[i].quantity_e4 - fill->back_e4[i];

		bool last_chance = i + 1 == fill->line_count && act->line_count == 0;

		if (!last_chance && (left_e4 == 0 || below(4) == 0))
			continue;
		act->line_count++;
		*l = (struct act_line){.line_no = fill->lines[i].line_no,
			.quantity_e4 = below(2) == 0 ? left_e4 : some_of(left_e4)};
		l->amount_fen = model_return_fen(fill, i, l->quantity_e4) + (below(40) == 0);
	}
}

static struct act any_act(void)
{
	static const enum act_kind kinds[] = {ACT_CLAIM, ACT_CLAIM, ACT_REVIEW, ACT_REVIEW,
		ACT_DISPENSE, ACT_DISPENSE, ACT_DISPENSE, ACT_RETURN, ACT_RENEW, ACT_TRANSFER, ACT_RELEASE};
	struct act act = {.kind = kinds[below(sizeof(kinds) / sizeof(kinds[0]))], .with_grant = true,
		.token = model.token, .review = model.review_no, .fill_no = model.fill_count + 1,
		.from_ms = now_ms, .until_ms = now_ms};

	act.actor = model.holder == NOBODY || below(6) == 0 ? (enum actor)below(ACTORS) :
		(enum actor)model.holder;
	if (below(150) == 0)
		act.kind = ACT_REVOKE;
	if (act.kind == ACT_RETURN && model.fill_count == 0)
		act.kind = ACT_CLAIM;
	act.to = act.actor == ACTOR_A ? ACTOR_DISTANT : ACTOR_A;
	if (act.kind == ACT_TRANSFER && act.actor != ACTOR_A && act.actor != ACTOR_DISTANT)
		act.kind = ACT_RENEW; /* of no chain */
	act.passes = below(8) != 0;
	act.round = (unsigned)side.rx.round + prescription_next_is_open(&side.rx, now_ms);
	if (act.kind == ACT_DISPENSE)
		try_dispense(&act);
	if (act.kind == ACT_RETURN)
		try_return(&act);
	return act;
}

/* ---- compared ------------------------------------------------------------------------------- */

static void compare(void)
{
	struct view view = {now_ms, prescription_next_is_open(&side.rx, now_ms)};
	struct model seen = model_seen(&model, view);
	struct life life = prescription_life(&side.rx, seen.holder == NOBODY ? "" :
		names[seen.holder], now_ms);

	assert_int_equal(life.validity == VALIDITY_REVOKED, seen.revoked);
	assert_int_equal(life.review, seen.review);
	assert_int_equal(life.use, model_use_of(&seen));
	assert_int_equal(life.hold, seen.holder == NOBODY ? HOLD_FREE : HOLD_MINE);
	assert_int_equal(side.rx.version, model.version);
	for (unsigned i = 0; i < model.line_count; i++) {
		const struct prescription_line *l = &side.lines[i];

		assert_int_equal(l->dispensed_e4, model.lines[i].dispensed_e4);
		assert_int_equal(l->returned_e4, model.lines[i].returned_e4);
		assert_in_range(l->dispensed_e4, 0, l->prescribed_e4 * side.rx.round);
		assert_in_range(l->returned_e4, 0, l->dispensed_e4);
		assert_int_equal(prescription_owed_e4(l, (int16_t)seen.round), model_owed_e4(&seen, i));
	}
	assert_true(model_money_fen(&model) >= 0);
}

/* When a line of a fill came back whole, its codes may be sold again. */
static void free_codes(const struct act *act)
{
	for (unsigned i = 0; i < act->line_count; i++)
		for (unsigned code = act->lines[i].line_no - 1; code < CODES; code += LINES_MAX)
			if (below(3) == 0)
				ledger[code] = (struct trace_sales){0, 0, 0};
}

static void step(void)
{
	struct act act = any_act();
	struct view view = {now_ms, prescription_next_is_open(&side.rx, now_ms)};
	struct model after = model;
	unsigned expected = model_judge(&model, &act, view, &after), why;

	if (act.kind == ACT_CLAIM && after.version == model.version && expected == 0)
		return; /* the holder's own claim: nothing changes */
	if (expected == WHY_LONG)
		return; /* the length of a lease is not this test's */
	why = decide(&side, &act);
	if ((why & WHY_SOLD) != 0 && (expected & ~(unsigned)WHY_CODES) == 0) {
		refused[act.kind]++;
		return; /* as the ledger says */
	}
	if ((why == 0) != (expected == 0) || (why != 0 && (why & expected) == 0))
		fail_msg("act %d: the rules say %#x, the model %#x", act.kind, why, expected);
	(why == 0 ? accepted : refused)[act.kind]++;
	if (why != 0)
		return;
	if (side.rx.holder_code[0] != '\0')
		after.held_until_ms = side.rx.held_until_ms;
	model = after;
	if (act.kind == ACT_RETURN)
		free_codes(&act);
}

/* Returns in this test name no codes, so the fills they are of have none in the model. */
static void forget_codes(void)
{
	for (unsigned i = 0; i < model.fill_count; i++)
		for (unsigned k = 0; k < LINES_MAX; k++)
			model.fills[i].lines[k].code_count = 0;
}

static void rules_and_model_agree_about_random_lives(void **state)
{
	const char *given = getenv("RXCIRC_TEST_SEED");
	uint64_t seed = given == NULL ? (uint64_t)time(NULL) : strtoull(given, NULL, 10);

	(void)state;
	printf("# seed %llu\n", (unsigned long long)seed);
	chance = chance_new(seed, 0);
	now_ms = INT64_C(1780000000000);
	for (unsigned i = 0; i < STEPS; i++) {
		if (i % LIFE_STEPS == 0 || model.fill_count > FILLS_MAX - 2)
			begin();
		now_ms += below(20) == 0 ? 13 * (int64_t)HOUR_MS : below(MODEL_LEASE_MS / 4);
		step();
		forget_codes();
		compare();
	}
	for (unsigned i = 0; i < ACT_KINDS; i++) {
		printf("# act %u: %lu done, %lu refused\n", i, accepted[i], refused[i]);
		assert_true(accepted[i] > 50 && refused[i] > 50); /* else this proves nothing of it */
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(rules_and_model_agree_about_random_lives, "C17 C21"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("life_property", tests, NULL, NULL);
}
