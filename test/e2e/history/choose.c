#include "test/e2e/history/choose.h"

/* Neighbouring histories draw from the same few packs, so that they meet. */
enum { POOL_HISTORIES = 32, POOL_CODES = 60, FILLS_ENOUGH = 12 };

static unsigned below(struct history *h, unsigned limit)
{
	return chance_below(&h->chance, limit);
}

static bool now_and_then(struct history *h, unsigned percent)
{
	return chance_is(&h->chance, percent);
}

static enum actor any_actor(struct history *h)
{
	return (enum actor)below(h, ACTORS);
}

/* A code that the record does not name yet. */
static unsigned draw_code(struct history *h, const struct act *act)
{
	for (;;) {
		unsigned code = h->number / POOL_HISTORIES * POOL_CODES + below(h, POOL_CODES);
		bool drawn = false;

		for (unsigned i = 0; i < LINES_MAX; i++)
			for (unsigned k = 0; k < act->lines[i].code_count; k++)
				drawn = drawn || act->lines[i].codes[k] == code;
		if (!drawn)
			return code;
	}
}

static int64_t part_of(struct history *h, int64_t owed_e4)
{
	int64_t packs = owed_e4 / PACK_E4;

	if (now_and_then(h, 60))
		return owed_e4;
	if (packs > 1 && now_and_then(h, 70))
		return (1 + below(h, (unsigned)packs)) * PACK_E4;
	return owed_e4 > PACK_E4 / 2 ? PACK_E4 / 2 : owed_e4;
}

static void scan_codes(struct history *h, struct act *act, struct act_line *line)
{
	int64_t packs = line->quantity_e4 / PACK_E4;
	bool required = model_codes_are_required(act->actor, line->line_no);

	line->split = packs * PACK_E4 != line->quantity_e4 || packs > CODES_MAX || now_and_then(h, 5);
	if (now_and_then(h, required ? 5 : 40))
		return; /* not scanned */
	for (int64_t left = line->split ? 1 : packs; left > 0; left--) {
		unsigned code = draw_code(h, act);

		line->codes[line->code_count++] = code;
	}
}

static void add_line(struct history *h, struct act *act, unsigned line_no, int64_t quantity_e4)
{
	struct act_line *line = &act->lines[act->line_count++];

	*line = (struct act_line){.line_no = line_no, .quantity_e4 = quantity_e4,
		.price_e6 = 8612345 + below(h, 1000000)};
	line->amount_fen = model_amount_fen(line->price_e6, quantity_e4);
	scan_codes(h, act, line);
}

static void choose_dispense(struct history *h, struct act *act)
{
	const struct model *m = &h->known;

	act->kind = ACT_DISPENSE;
	act->fill_no = m->fill_count + 1 + now_and_then(h, 3);
	act->round = m->round + now_and_then(h, 2);
	act->old_review = h->old_reviews[act->actor] != NULL && now_and_then(h, 6);
	act->review = (act->old_review ? h->old_reviews : h->reviews)[act->actor]->act.review;
	for (unsigned i = 0; i < m->line_count; i++) {
		int64_t owed_e4 = model_owed_e4(m, i);

		if (owed_e4 > 0 && now_and_then(h, 80))
			add_line(h, act, i + 1, now_and_then(h, 4) ? owed_e4 + PACK_E4 : part_of(h, owed_e4));
		else if (owed_e4 > 0 && now_and_then(h, 50))
			act->refused_line_no = i + 1;
	}
	if (act->line_count == 0) {
		act->refused_line_no = 0;
		add_line(h, act, 1, PACK_E4);
	}
}

/* Of a fill's line so much, with the codes that belong to it. */
static void add_back(struct history *h, struct act *act, const struct model_fill *fill, unsigned at)
{
	const struct act_line *given = &fill->lines[at];
	struct act_line *line = &act->lines[act->line_count++];
	int64_t left_e4 = given->quantity_e4 - fill->back_e4[at];
	bool by_packs = given->code_count > 0 && !given->split;
	int64_t packs = left_e4 / PACK_E4, wanted = CODES_MAX;

	*line = (struct act_line){.line_no = given->line_no, .quantity_e4 = left_e4};
	if (now_and_then(h, 5)) {
		line->quantity_e4 = left_e4 + PACK_E4;
		wanted = now_and_then(h, 50) ? CODES_MAX : 0;
	} else if (by_packs && packs > 1 && now_and_then(h, 40)) {
		wanted = 1 + below(h, (unsigned)packs - 1);
		line->quantity_e4 = wanted * PACK_E4;
	} else if (!by_packs && left_e4 > 1 && now_and_then(h, 40)) {
		wanted = 0;
		line->quantity_e4 = left_e4 / 2;
	}
	for (unsigned i = 0; i < given->code_count && line->code_count < wanted; i++)
		if (!fill->code_is_back[at][i])
			line->codes[line->code_count++] = given->codes[i];
	line->amount_fen = model_return_fen(fill, at, line->quantity_e4);
}

static void choose_return(struct history *h, struct act *act, unsigned fill_at)
{
	const struct model_fill *fill = &h->known.fills[fill_at];

	act->kind = ACT_RETURN;
	act->actor = now_and_then(h, 4) ? any_actor(h) : fill->actor;
	act->fill_no = fill_at + 1;
	act->return_no = h->known.return_count + 1 + now_and_then(h, 3);
	act->reversal = now_and_then(h, 35);
	for (unsigned i = 0; i < fill->line_count; i++)
		if (fill->lines[i].quantity_e4 > fill->back_e4[i] && now_and_then(h, 75))
			add_back(h, act, fill, i);
	if (act->line_count == 0)
		add_back(h, act, fill, 0);
}

/* A fill whose record is known here, or FILLS_MAX. */
static unsigned any_fill(struct history *h)
{
	unsigned start = below(h, FILLS_MAX);

	for (unsigned i = 0; i < FILLS_MAX; i++)
		if (h->fills[(start + i) % FILLS_MAX] != NULL)
			return (start + i) % FILLS_MAX;
	return FILLS_MAX;
}

static void choose_claim(struct history *h, struct call *c)
{
	c->actor = any_actor(h);
	if (h->grants[c->actor].len == 0 && !now_and_then(h, 5)) {
		c->kind = CALL_PULL;
		return;
	}
	c->act.kind = ACT_CLAIM;
	c->act.with_grant = h->grants[c->actor].len > 0 && !now_and_then(h, 4);
}

/* What the holder does, or somebody who wrongly thinks so. */
static void choose_held(struct history *h, struct call *c)
{
	struct act *act = &c->act;
	unsigned roll = below(h, 100);

	c->actor = now_and_then(h, 5) ? any_actor(h) : (enum actor)h->known.holder;
	act->actor = c->actor;
	act->token = now_and_then(h, 5) ? h->known.token + 7 : h->tokens[c->actor];
	if (h->tokens[c->actor] == 0 && !now_and_then(h, 10)) {
		act->kind = ACT_CLAIM; /* it was transferred here: the token is told to who claims */
		act->with_grant = false;
	} else if (roll < 8) {
		act->kind = ACT_RENEW;
	} else if (roll < 16) {
		act->kind = ACT_TRANSFER;
		act->to = c->actor == ACTOR_A ? ACTOR_DISTANT : ACTOR_A; /* of one chain */
		if (c->actor == act->to || now_and_then(h, 20))
			act->to = (enum actor)((c->actor + 1 + below(h, ACTORS - 1)) % ACTORS);
	} else if (roll < 22) {
		act->kind = ACT_RELEASE;
	} else if (h->reviews[c->actor] != NULL && h->known.fill_count < FILLS_ENOUGH &&
		now_and_then(h, h->known.review == MODEL_PASSED ? 97 : 10)) {
		choose_dispense(h, act);
	} else {
		act->kind = ACT_REVIEW;
		act->passes = !now_and_then(h, 10);
		act->review = ++h->review_count;
	}
}

/* A call that succeeded, which can be repeated whatever happened since; or NULL. */
static const struct call *any_done(struct history *h)
{
	unsigned start = below(h, h->call_count);

	for (unsigned i = 0; i < h->call_count; i++) {
		const struct call *c = h->calls[(start + i) % h->call_count];

		if (c->reply == NULL)
			continue;
		/* A claim of the holder's own is not kept: nothing happened. */
		if (c->kind == CALL_UPLOAD || c->kind == CALL_PULL || (c->kind == CALL_ACT &&
			(c->act.kind != ACT_CLAIM || (c->sure && call_state(c)->version > c->known_version))))
			return c;
	}
	return NULL;
}

static void choose_repeat(struct history *h, struct call *c)
{
	c->first = any_done(h);
	c->kind = c->first->kind == CALL_PULL ? CALL_PULL : CALL_REPEAT;
	if (c->first->kind == CALL_UPLOAD && now_and_then(h, 50))
		c->kind = CALL_UPLOAD_AGAIN;
	else if (c->first->kind == CALL_ACT && now_and_then(h, 50))
		c->kind = CALL_OTHER_BODY;
	c->actor = c->first->actor;
}

void choose(struct history *h, struct call *c)
{
	unsigned roll = below(h, 100), fill = any_fill(h);
	bool is_over = model_use_of(&h->known) > MODEL_PARTLY || h->known.revoked;

	c->kind = CALL_ACT;
	if (roll < 2) {
		c->act.kind = ACT_REVOKE;
		c->actor = ACTOR_HOSPITAL;
	} else if (roll < 15) {
		choose_repeat(h, c);
	} else if (fill < FILLS_MAX && roll < (is_over ? 75 : 28)) {
		choose_return(h, &c->act, fill);
		c->actor = c->act.actor;
	} else if (h->known.holder == NOBODY || roll < 32) {
		choose_claim(h, c);
	} else {
		choose_held(h, c);
	}
	c->act.actor = c->actor;
}
