#include "test/e2e/history/model.h"

#include <string.h>

/* The drug whose codes the whole province requires; the distant pharmacy's region requires all. */
enum { LINE_ALWAYS_TRACED = 3, CLOCK_MS = 60 };

bool model_codes_are_required(enum actor actor, unsigned line_no)
{
	return actor == ACTOR_DISTANT || line_no == LINE_ALWAYS_TRACED;
}

int64_t model_amount_fen(int64_t price_e6, int64_t quantity_e4)
{
	int64_t in_1e10_yuan = price_e6 * quantity_e4; /* small numbers in these histories */
	int64_t fen = in_1e10_yuan / 100000000;

	return fen + (in_1e10_yuan % 100000000 >= 50000000);
}

int64_t model_return_fen(const struct model_fill *fill, unsigned at, int64_t quantity_e4)
{
	int64_t left_e4 = fill->lines[at].quantity_e4 - fill->back_e4[at];
	int64_t left_fen = fill->lines[at].amount_fen - fill->back_fen[at];
	int64_t fen = model_amount_fen(fill->lines[at].price_e6, quantity_e4);

	if (quantity_e4 == left_e4)
		return left_fen; /* the last of it takes all the money that is left */
	return fen < left_fen ? fen : left_fen;
}

int64_t model_money_fen(const struct model *m)
{
	int64_t sum = 0;

	for (unsigned f = 0; f < m->fill_count; f++)
		for (unsigned i = 0; i < m->fills[f].line_count; i++)
			sum += m->fills[f].lines[i].amount_fen - m->fills[f].back_fen[i];
	return sum;
}

static int64_t given_in_round(const struct model *m, unsigned line)
{
	return m->lines[line].dispensed_e4 - m->lines[line].prescribed_e4 * (m->round - 1);
}

int64_t model_owed_e4(const struct model *m, unsigned line)
{
	return m->lines[line].prescribed_e4 - given_in_round(m, line);
}

enum model_use model_use_of(const struct model *m)
{
	bool none = true, all = true, kept = false;

	for (unsigned i = 0; i < m->line_count; i++) {
		none = none && given_in_round(m, i) == 0;
		all = all && model_owed_e4(m, i) == 0;
		kept = kept || m->lines[i].dispensed_e4 != m->lines[i].returned_e4;
	}
	if (none)
		return MODEL_UNUSED;
	if (!all)
		return MODEL_PARTLY;
	return m->round == m->rounds_max && !kept ? MODEL_RETURNED : MODEL_DISPENSED;
}

static bool waits_for_round(const struct model *m)
{
	return model_use_of(m) == MODEL_DISPENSED && m->round < m->rounds_max;
}

unsigned model_views(const struct model *m, int64_t from_ms, int64_t until_ms,
	struct view views[VIEWS_MAX])
{
	bool may_be_open = waits_for_round(m) && until_ms + CLOCK_MS >= m->next_from_ms;
	bool may_be_closed = !may_be_open || from_ms - CLOCK_MS < m->next_until_ms;
	unsigned count = 0;

	for (unsigned opened = 0; opened < 2; opened++) {
		if (opened ? !may_be_open : !may_be_closed)
			continue;
		views[count++] = (struct view){from_ms - CLOCK_MS, opened};
		views[count++] = (struct view){until_ms + CLOCK_MS, opened};
	}
	return count;
}

struct model model_seen(const struct model *m, struct view view)
{
	struct model seen = *m;

	if (seen.holder != NOBODY && view.at_ms >= seen.held_until_ms)
		seen.holder = NOBODY;
	if (view.round_opened && waits_for_round(m)) {
		seen.round++;
		seen.review = MODEL_HOSPITAL_PASSED;
	}
	return seen;
}

/* Everything but claims, returns and revocations is the holder's. */
static unsigned why_not_holder(const struct model *m, const struct act *act)
{
	unsigned why = 0;

	if (m->holder == NOBODY)
		why |= WHY_NOT_HELD;
	else if (m->holder != (int)act->actor)
		why |= WHY_HELD;
	if (act->token != m->token)
		why |= WHY_STALE;
	return why;
}

static unsigned why_not_open(const struct model *m)
{
	enum model_use use = model_use_of(m);
	unsigned why = m->revoked ? WHY_REVOKED : 0;

	if (use != MODEL_UNUSED && use != MODEL_PARTLY)
		why |= waits_for_round(m) ? WHY_ROUND : WHY_USED;
	return why;
}

static unsigned judge_claim(struct model *m, const struct act *act)
{
	unsigned why = why_not_open(m);

	if (m->holder == (int)act->actor)
		return 0; /* the same lease again; nothing changes */
	if (m->holder != NOBODY)
		why |= WHY_HELD;
	if (!act->with_grant)
		why |= WHY_GRANT;
	m->version++;
	m->holder = (int)act->actor;
	m->token++;
	m->review = MODEL_HOSPITAL_PASSED;
	return why;
}

static unsigned judge_renew(struct model *m, const struct act *act, struct view view)
{
	unsigned why = why_not_open(m) | why_not_holder(m, act);

	if (view.at_ms + MODEL_LEASE_MS <= m->held_until_ms)
		why |= WHY_LONG;
	m->version++;
	return why;
}

static unsigned judge_transfer(struct model *m, const struct act *act)
{
	bool same_chain = (act->actor == ACTOR_A && act->to == ACTOR_DISTANT) ||
		(act->actor == ACTOR_DISTANT && act->to == ACTOR_A);
	unsigned why = why_not_open(m) | why_not_holder(m, act);

	if (!same_chain)
		why |= WHY_TRANSFER;
	m->version++;
	m->holder = (int)act->to;
	m->token++;
	m->review = MODEL_HOSPITAL_PASSED;
	return why;
}

static unsigned judge_release(struct model *m, const struct act *act)
{
	unsigned why = why_not_holder(m, act);

	m->version++;
	m->holder = NOBODY;
	return why;
}

static unsigned judge_review(struct model *m, const struct act *act)
{
	unsigned why = why_not_open(m) | why_not_holder(m, act);

	if (m->review != MODEL_HOSPITAL_PASSED)
		why |= WHY_FIELD; /* this claim was reviewed already */
	m->version++;
	m->review = act->passes ? MODEL_PASSED : MODEL_REJECTED;
	m->review_no = act->review;
	if (!act->passes)
		m->holder = NOBODY;
	return why;
}

/* What is wrong with the codes of a line by themselves, whoever else sold them. */
static bool codes_are_complete(const struct act_line *line)
{
	return line->code_count > 0 &&
		(line->split || (int64_t)line->code_count * PACK_E4 == line->quantity_e4);
}

static unsigned why_not_line(const struct model *m, const struct act *act, unsigned at)
{
	const struct act_line *line = &act->lines[at];
	unsigned why = 0;

	if (line->line_no < 1 || line->line_no > m->line_count)
		return WHY_FIELD;
	if (line->quantity_e4 > model_owed_e4(m, line->line_no - 1))
		why |= WHY_QUANTITY;
	if (line->amount_fen != model_amount_fen(line->price_e6, line->quantity_e4))
		why |= WHY_FIELD;
	if (model_codes_are_required(act->actor, line->line_no) && !codes_are_complete(line))
		why |= WHY_CODES;
	return why;
}

static unsigned judge_dispense(struct model *m, const struct act *act)
{
	struct model_fill *fill = &m->fills[m->fill_count];
	unsigned why = why_not_open(m) | why_not_holder(m, act);

	if (m->review != MODEL_PASSED)
		why |= WHY_REVIEW;
	if (act->review != m->review_no)
		why |= WHY_CHAIN;
	if (act->fill_no != m->fill_count + 1 || act->round != m->round)
		why |= WHY_FIELD;
	for (unsigned i = 0; i < act->line_count; i++)
		why |= why_not_line(m, act, i);
	if (why != 0 || m->fill_count == FILLS_MAX)
		return why;
	*fill = (struct model_fill){.actor = act->actor, .round = m->round,
		.line_count = act->line_count};
	memcpy(fill->lines, act->lines, sizeof(fill->lines));
	for (unsigned i = 0; i < act->line_count; i++)
		m->lines[act->lines[i].line_no - 1].dispensed_e4 += act->lines[i].quantity_e4;
	m->fill_count++;
	m->version++;
	if (model_use_of(m) == MODEL_DISPENSED || model_use_of(m) == MODEL_RETURNED) {
		m->holder = NOBODY;
		m->next_from_ms = act->from_ms - CLOCK_MS + m->interval_ms;
		m->next_until_ms = act->until_ms + CLOCK_MS + m->interval_ms;
	}
	return 0;
}

static int find_line(const struct model_fill *fill, unsigned line_no)
{
	for (unsigned i = 0; i < fill->line_count; i++)
		if (fill->lines[i].line_no == line_no)
			return (int)i;
	return -1;
}

static int find_code(const struct act_line *line, unsigned code)
{
	for (unsigned i = 0; i < line->code_count; i++)
		if (line->codes[i] == code)
			return (int)i;
	return -1;
}

/* Take one line back; what cannot be is told. */
static unsigned take_back(struct model_fill *fill, const struct act_line *back)
{
	int at = find_line(fill, back->line_no);
	unsigned out = 0;
	int64_t left_e4;

	if (at < 0)
		return WHY_FIELD;
	left_e4 = fill->lines[at].quantity_e4 - fill->back_e4[at];
	if (back->quantity_e4 <= 0)
		return WHY_FIELD;
	if (back->quantity_e4 > left_e4)
		return WHY_QUANTITY;
	if (back->amount_fen != model_return_fen(fill, (unsigned)at, back->quantity_e4))
		return WHY_FIELD;
	for (unsigned i = 0; i < fill->lines[at].code_count; i++)
		out += !fill->code_is_back[at][i];
	if (out > 0 && back->quantity_e4 == left_e4 && back->code_count != out)
		return WHY_FIELD;
	if (out > 0 && codes_are_complete(&fill->lines[at]) && !fill->lines[at].split &&
		(int64_t)back->code_count * PACK_E4 != back->quantity_e4)
		return WHY_FIELD;
	for (unsigned i = 0; i < back->code_count; i++) {
		int code = find_code(&fill->lines[at], back->codes[i]);

		if (code < 0 || fill->code_is_back[at][code])
			return WHY_FIELD;
		fill->code_is_back[at][code] = true;
	}
	fill->back_e4[at] += back->quantity_e4;
	fill->back_fen[at] += back->amount_fen;
	return 0;
}

static unsigned judge_return(struct model *m, const struct act *act)
{
	struct model_fill *fill = &m->fills[act->fill_no - 1];
	unsigned why = 0;

	if (act->fill_no < 1 || act->fill_no > m->fill_count || fill->actor != act->actor)
		return WHY_FIELD;
	if (act->return_no != m->return_count + 1)
		why |= WHY_FIELD;
	if (act->reversal && fill->round != m->round)
		why |= WHY_RETURN;
	if (act->reversal && m->revoked)
		why |= WHY_REVOKED;
	if (model_use_of(m) == MODEL_RETURNED)
		why |= WHY_USED;
	for (unsigned i = 0; i < act->line_count; i++) {
		unsigned wrong = take_back(fill, &act->lines[i]);

		why |= wrong;
		if (wrong == 0 && act->reversal)
			m->lines[act->lines[i].line_no - 1].dispensed_e4 -= act->lines[i].quantity_e4;
		else if (wrong == 0)
			m->lines[act->lines[i].line_no - 1].returned_e4 += act->lines[i].quantity_e4;
	}
	m->return_count++;
	m->version++;
	return why;
}

static unsigned judge_revoke(struct model *m)
{
	enum model_use use = model_use_of(m);
	unsigned why = m->revoked ? WHY_REVOKED : 0;

	if (use != MODEL_UNUSED)
		why |= waits_for_round(m) ? WHY_ROUND : WHY_USED;
	m->version++;
	m->revoked = true;
	m->holder = NOBODY;
	return why;
}

unsigned model_judge(const struct model *m, const struct act *act, struct view view,
	struct model *ret_after)
{
	struct model after = model_seen(m, view);
	unsigned why = WHY_UNKNOWN;

	switch (act->kind) {
	case ACT_CLAIM:
		why = judge_claim(&after, act);
		break;
	case ACT_RENEW:
		why = judge_renew(&after, act, view);
		break;
	case ACT_TRANSFER:
		why = judge_transfer(&after, act);
		break;
	case ACT_RELEASE:
		why = judge_release(&after, act);
		break;
	case ACT_REVIEW:
		why = judge_review(&after, act);
		break;
	case ACT_DISPENSE:
		why = judge_dispense(&after, act);
		break;
	case ACT_RETURN:
		why = judge_return(&after, act);
		break;
	case ACT_REVOKE:
		why = judge_revoke(&after);
		break;
	case ACT_KINDS:
		break;
	}
	if (why == 0)
		*ret_after = after;
	return why;
}
