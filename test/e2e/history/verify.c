#include "test/e2e/history/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLACK_MS = 60, VERSIONS_MAX = CALLS_MAX + 1 };

enum { OTHERS_MAX = 4 };

struct play_back {
	struct history *h;
	struct call *made[VERSIONS_MAX + 1];    /* which call made a version */
	struct call *others[VERSIONS_MAX + 1][OTHERS_MAX]; /* or these, claims of the same holder */
	struct model states[VERSIONS_MAX + 1];  /* the prescription at each, from 1 */
	uint64_t newest;
	unsigned long faults;
};

static void fault(struct play_back *b, const struct call *c, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct play_back *b, const struct call *c, const char *format, ...)
{
	va_list words;

	b->faults++;
	fprintf(stderr, "history %u: ", b->h->number);
	if (c != NULL)
		fprintf(stderr, "%s of %s (reason \"%s\" %s, known %" PRIu64 "%s): ",
			strchr(c->method, '/') == NULL ? c->method : strchr(c->method, '/') + 1,
			desk_code(c->actor), c->reason, c->finding, c->known_version, c->cut ? ", cut" : "");
	va_start(words, format);
	vfprintf(stderr, format, words);
	va_end(words);
	fputc('\n', stderr);
}

/* ---- is an answer's state the model's? ----------------------------------------------------- */

static bool lines_match(const struct model *m, const Rxcirc__V1__PrescriptionState *s)
{
	if (s->n_lines != m->line_count)
		return false;
	for (unsigned i = 0; i < m->line_count; i++) {
		const Rxcirc__V1__LineState *l = s->lines[i];

		if (l->line_no != i + 1 || l->prescribed_e4 != m->lines[i].prescribed_e4 ||
			l->dispensed_e4 != m->lines[i].dispensed_e4 || l->owed_e4 != model_owed_e4(m, i) ||
			l->returned_e4 != m->lines[i].returned_e4 ||
			strcmp(l->drug_code, papers_drug(i + 1)) != 0)
			return false;
	}
	return true;
}

static bool next_round_matches(const struct model *m, const Rxcirc__V1__PrescriptionState *s)
{
	if (model_use_of(m) != MODEL_DISPENSED || m->round == m->rounds_max)
		return s->next_round_from_ms == 0;
	return s->next_round_from_ms >= m->next_from_ms && s->next_round_from_ms <= m->next_until_ms;
}

static bool seen_matches(const struct model *m, const Rxcirc__V1__PrescriptionState *s)
{
	const char *holder = m->holder == NOBODY ? "" : desk_code((enum actor)m->holder);

	return s->version == m->version &&
		s->validity == (m->revoked ? RXCIRC__V1__VALIDITY__VALIDITY_REVOKED :
			RXCIRC__V1__VALIDITY__VALIDITY_VALID) &&
		(unsigned)s->review == (unsigned)m->review &&
		(unsigned)s->use == (unsigned)model_use_of(m) &&
		strcmp(s->holder_code, holder) == 0 &&
		s->held_until_ms == (m->holder == NOBODY ? 0 : m->held_until_ms) &&
		s->fills_done == m->fill_count && s->fills_max == m->rounds_max &&
		s->round == m->round && lines_match(m, s) && next_round_matches(m, s);
}

static bool state_matches(const struct model *m, const Rxcirc__V1__PrescriptionState *s,
	const struct act *act)
{
	struct view views[VIEWS_MAX];
	unsigned count = model_views(m, act->from_ms, act->until_ms, views);

	for (unsigned i = 0; i < count; i++) {
		struct model seen = model_seen(m, views[i]);

		if (seen_matches(&seen, s))
			return true;
	}
	return false;
}

/* ---- what the changes of a dispense or return say besides ----------------------------------- */

/* Of which line a finding speaks: "lines[N].…". */
static unsigned finding_line(const Rxcirc__V1__Finding *f)
{
	return strncmp(f->field, "lines[", 6) == 0 ? (unsigned)strtoul(f->field + 6, NULL, 10) :
		LINES_MAX;
}

static unsigned count_flags(const Rxcirc__V1__DispensePrescriptionResponse *m, unsigned line,
	const char *text)
{
	unsigned count = 0;

	for (size_t i = 0; i < m->n_flags; i++)
		count += finding_line(m->flags[i]) == line && strstr(m->flags[i]->message, text) != NULL;
	return count;
}

static void check_codes_sold(struct play_back *b, const struct call *c, unsigned fill_no)
{
	const Rxcirc__V1__DispensePrescriptionResponse *m = (const void *)c->reply;
	size_t explained = 0;

	for (unsigned i = 0; i < c->act.line_count; i++) {
		const struct act_line *line = &c->act.lines[i];
		const struct place place = {b->h->number, fill_no, line->line_no};
		unsigned flagged = count_flags(m, i, "sold before");
		unsigned missing = count_flags(m, i, "no trace code was scanned");

		if (missing != (line->code_count == 0) || flagged > 1)
			fault(b, c, "line %u: %u findings of missing codes, %u of sold ones", i, missing,
				flagged);
		if (flagged > 0 && model_codes_are_required(c->actor, line->line_no))
			fault(b, c, "line %u: a sold code was let pass where codes are required", i);
		explained += missing + flagged;
		for (unsigned k = 0; k < line->code_count; k++)
			codes_sold(b->h->world->codes, line->codes[k], place, line->split, flagged > 0,
				c->window);
		if (flagged > 0)
			codes_told(b->h->world->codes, line->codes, line->code_count, place, c->window);
	}
	if (explained != m->n_flags)
		fault(b, c, "%zu findings, %zu expected", m->n_flags, explained);
	if (m->fill_no != fill_no)
		fault(b, c, "fill_no %u, not %u", m->fill_no, fill_no);
}

static void check_token(struct play_back *b, const struct call *c, uint64_t token)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *m = (const void *)c->reply;

	if (m->fencing_token != token)
		fault(b, c, "its token is %" PRIu64 ", not %" PRIu64, m->fencing_token, token);
}

static void check_return(struct play_back *b, const struct call *c, unsigned return_no)
{
	const Rxcirc__V1__ReturnDispensedResponse *m = (const void *)c->reply;

	if (m->return_no != return_no)
		fault(b, c, "return_no %u, not %u", m->return_no, return_no);
	for (unsigned i = 0; i < c->act.line_count; i++)
		for (unsigned k = 0; k < c->act.lines[i].code_count; k++)
			codes_back(b->h->world->codes, c->act.lines[i].codes[k],
				(struct place){b->h->number, c->act.fill_no, c->act.lines[i].line_no}, c->window);
}

/* ---- the changes, in the order of their versions -------------------------------------------- */

static bool begins_lease(const struct act *act)
{
	return act->kind == ACT_CLAIM || act->kind == ACT_RENEW || act->kind == ACT_TRANSFER;
}

static bool lease_is_right(const struct act *act, int64_t until_ms)
{
	return until_ms >= act->from_ms + MODEL_LEASE_MS - SLACK_MS &&
		until_ms <= act->until_ms + MODEL_LEASE_MS + SLACK_MS;
}

/* The change from one version to the next, in any way the call may have seen the first. */
static bool may_follow(struct play_back *b, const struct call *c, uint64_t version, unsigned *why)
{
	const Rxcirc__V1__PrescriptionState *s = call_state(c);
	struct view views[VIEWS_MAX];
	unsigned count = model_views(&b->states[version - 1], c->act.from_ms, c->act.until_ms, views);

	*why = 0;
	for (unsigned i = 0; i < count; i++) {
		struct model *after = &b->states[version];
		unsigned wrong = model_judge(&b->states[version - 1], &c->act, views[i], after);

		*why |= wrong;
		if (wrong != 0 || after->version != version)
			continue;
		if (begins_lease(&c->act) && !lease_is_right(&c->act, s->held_until_ms))
			continue;
		if (begins_lease(&c->act))
			after->held_until_ms = s->held_until_ms;
		if (state_matches(after, s, &c->act))
			return true;
	}
	return false;
}

/* Made by the call that told it, or by another claim of the same holder's that may have made it. */
static bool replay_change(struct play_back *b, uint64_t version)
{
	const struct call *c = b->made[version];
	const Rxcirc__V1__PrescriptionState *s = call_state(c);
	unsigned why, ignored;

	if (may_follow(b, c, version, &why))
		return true;
	for (unsigned i = 0; i < OTHERS_MAX && b->others[version][i] != NULL; i++) {
		if (!may_follow(b, b->others[version][i], version, &ignored))
			continue;
		b->made[version] = b->others[version][i];
		return true;
	}
	fault(b, c, "version %" PRIu64 " cannot follow (model says %#x, line 1 owed %" PRId64
		" use %d review %d holder \"%s\")", version, why, s->lines[0]->owed_e4, (int)s->use,
		(int)s->review, s->holder_code);
	return false;
}

static bool replay(struct play_back *b)
{
	for (uint64_t v = 2; v <= b->newest; v++) {
		struct call *c = b->made[v];

		if (c == NULL) {
			fault(b, NULL, "nobody made version %" PRIu64, v);
			return false;
		}
		if (v <= c->known_version)
			fault(b, c, "version %" PRIu64 " was there before it was sent", v);
		if (!replay_change(b, v))
			return false;
		c = b->made[v];
		b->h->world->changes++;
		b->h->world->by_kind[c->act.kind]++;
		if (c->act.kind == ACT_DISPENSE)
			check_codes_sold(b, c, b->states[v].fill_count);
		if (c->act.kind == ACT_RETURN)
			check_return(b, c, b->states[v].return_count);
		if (c->act.kind == ACT_CLAIM)
			check_token(b, c, b->states[v].token);
	}
	return true;
}

/* Of two claims that tell the same new version one made it, the other came to the holder: it was
 * the one that had a grant and whose time fits the lease. */
static bool may_have_claimed(const struct call *c)
{
	return c->act.with_grant && lease_is_right(&c->act, call_state(c)->held_until_ms);
}

/* When both may have made it, what came before decides. */
static void keep_other(struct play_back *b, struct call *c, uint64_t v)
{
	if (v <= c->known_version || !may_have_claimed(c))
		return;
	for (unsigned i = 0; i < OTHERS_MAX; i++) {
		if (b->others[v][i] != NULL)
			continue;
		b->others[v][i] = c;
		return;
	}
}

/* Which call made which version; claims of the holder's own make none. */
static void order_changes(struct play_back *b)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < b->h->call_count; i++) {
			struct call *c = b->h->calls[i];
			uint64_t v;

			if (c->kind != CALL_ACT || c->reply == NULL || (c->act.kind == ACT_CLAIM) != pass)
				continue;
			v = call_state(c)->version;
			if (v > VERSIONS_MAX || v < 1) {
				fault(b, c, "version %" PRIu64, v);
				continue;
			}
			if (v > b->newest)
				b->newest = v;
			if (pass == 1 && (v <= c->known_version || (b->made[v] != NULL &&
				(b->made[v]->act.kind != ACT_CLAIM || may_have_claimed(b->made[v]))))) {
				keep_other(b, c, v);
				continue;
			}
			if (pass == 0 && b->made[v] != NULL)
				fault(b, c, "version %" PRIu64 " was made twice", v);
			b->made[v] = c;
		}
	}
}

/* ---- what changed nothing ------------------------------------------------------------------- */

/* The newest version that may have been there before the call was answered. */
static uint64_t newest_before(const struct play_back *b, const struct call *c)
{
	uint64_t v = 1;

	for (uint64_t i = 2; i <= b->newest; i++)
		if (b->made[i]->window.from < c->window.until)
			v = i;
	return v;
}

static uint64_t oldest_of(const struct call *c)
{
	return c->known_version == 0 ? 1 : c->known_version;
}

static bool has_true_reason(const struct play_back *b, const struct call *c)
{
	for (uint64_t v = oldest_of(c); v <= newest_before(b, c); v++) {
		struct view views[VIEWS_MAX];
		unsigned count = model_views(&b->states[v], c->act.from_ms, c->act.until_ms, views);

		for (unsigned i = 0; i < count; i++) {
			struct model ignored;

			if ((model_judge(&b->states[v], &c->act, views[i], &ignored) & c->why) != 0)
				return true;
		}
	}
	return false;
}

/* The ledger of codes is asked when everybody has told what was sold. */
static void tell_sold(struct play_back *b, const struct call *c)
{
	const struct place nowhere = {b->h->number, 0, 0};
	unsigned codes[LINES_MAX * CODES_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < c->act.line_count; i++)
		for (unsigned k = 0; k < c->act.lines[i].code_count; k++)
			if (model_codes_are_required(c->actor, c->act.lines[i].line_no))
				codes[count++] = c->act.lines[i].codes[k];
	if (c->act.kind != ACT_DISPENSE || count == 0)
		fault(b, c, "no code of it had to be unsold");
	else
		codes_told(b->h->world->codes, codes, count, nowhere, c->window);
}

static void check_refusal(struct play_back *b, const struct call *c)
{
	b->h->world->refusals++;
	for (unsigned i = 0; i < 32; i++)
		b->h->world->by_reason[i] += c->why == 1u << i;
	if (c->why == WHY_SOLD)
		tell_sold(b, c);
	else if (!has_true_reason(b, c))
		fault(b, c, "refused without reason");
}

/* A state that was told must have been there between sending and answer. */
static void check_read(struct play_back *b, const struct call *c)
{
	const Rxcirc__V1__PrescriptionState *s = call_state(c);

	b->h->world->reads++;
	if (s->version < oldest_of(c) || s->version > newest_before(b, c))
		fault(b, c, "version %" PRIu64 " was told, not %" PRIu64 " to %" PRIu64, s->version,
			oldest_of(c), newest_before(b, c));
	else if (!state_matches(&b->states[s->version], s, &c->act))
		fault(b, c, "version %" PRIu64 " is told otherwise", s->version);
	else if (c->kind == CALL_ACT && b->states[s->version].holder != (int)c->actor)
		fault(b, c, "version %" PRIu64 " is not held by it", s->version);
	else if (c->kind == CALL_ACT)
		check_token(b, c, b->states[s->version].token);
}

/* Nothing pulled: it must have been closed at some moment. */
static void check_empty_pull(struct play_back *b, const struct call *c)
{
	for (uint64_t v = oldest_of(c); v <= newest_before(b, c); v++)
		if (b->states[v].revoked || model_use_of(&b->states[v]) > MODEL_PARTLY)
			return;
	fault(b, c, "an open prescription was not shown");
}

static void check_repeat(struct play_back *b, const struct call *c)
{
	if (c->kind == CALL_OTHER_BODY) {
		b->h->world->other_bodies++;
		if (c->reply != NULL || strcmp(c->reason, "IDEMPOTENCY_KEY_REUSED") != 0)
			fault(b, c, "another body under a used key was not refused as that");
		return;
	}
	if (c->reply == NULL || !replies_are_alike(c->reply, c->first->reply))
		fault(b, c, "repeated, and not answered alike");
	else
		b->h->world->repeats_alike++;
}

static void check_call(struct play_back *b, const struct call *c)
{
	if (c->kind == CALL_OTHER_BODY || c->kind == CALL_REPEAT || c->kind == CALL_UPLOAD_AGAIN)
		check_repeat(b, c);
	else if (c->reply == NULL && c->kind == CALL_ACT)
		check_refusal(b, c);
	else if (c->reply == NULL)
		fault(b, c, "refused");
	else if (c->kind == CALL_PULL && call_state(c) == NULL)
		check_empty_pull(b, c);
	else if (c->kind != CALL_ACT || b->made[call_state(c)->version] != c)
		check_read(b, c);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void write_ledger(const struct play_back *b)
{
	const struct model *m = &b->states[b->newest];
	FILE *out = b->h->world->ledger;

	if (out == NULL)
		return;
	fprintf(out, "rx\t%u\t", b->h->number);
	for (unsigned i = 0; i < RXC_RX_ID_LEN; i++)
		fprintf(out, "%02x", b->h->rx.rx_id[i]);
	fprintf(out, "\t%" PRIu64 "\t%u\t%u\t%" PRId64 "\n", m->version, m->fill_count,
		m->return_count, model_money_fen(m));
}

static void check_end(struct play_back *b)
{
	const struct model *m = &b->states[b->newest];
	const Rxcirc__V1__GetPrescriptionResponse *got = (const void *)b->h->last->reply;

	if (got == NULL)
		return; /* told already */
	if (got->prescription->state->version != b->newest)
		fault(b, b->h->last, "the end is version %" PRIu64 ", not %" PRIu64,
			got->prescription->state->version, b->newest);
	for (unsigned i = 0; i < m->line_count; i++)
		if (m->lines[i].dispensed_e4 < m->lines[i].returned_e4 || m->lines[i].returned_e4 < 0 ||
			m->lines[i].dispensed_e4 > m->lines[i].prescribed_e4 * m->rounds_max)
			fault(b, NULL, "line %u: more than prescribed, or less than nothing", i + 1);
	if (model_money_fen(m) < 0)
		fault(b, NULL, "more money came back than was paid");
	write_ledger(b);
}

unsigned long verify(struct history *h)
{
	static struct play_back b; /* large; one history at a time */
	struct model *first = &b.states[1];

	memset(&b, 0, sizeof(b));
	b.h = h;
	b.newest = 1;
	*first = (struct model){.version = 1, .review = MODEL_HOSPITAL_PASSED, .holder = NOBODY,
		.rounds_max = h->known.rounds_max, .round = 1, .interval_ms = h->known.interval_ms,
		.line_count = h->known.line_count};
	for (unsigned i = 0; i < first->line_count; i++)
		first->lines[i].prescribed_e4 = h->quantity_e4[i];
	order_changes(&b);
	if (!replay(&b))
		return b.faults;
	for (unsigned i = 0; i < h->call_count; i++)
		check_call(&b, h->calls[i]);
	check_end(&b);
	return b.faults;
}
