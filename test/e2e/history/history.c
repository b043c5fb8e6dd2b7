#include "test/e2e/history/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/e2e/history/choose.h"
#include "test/e2e/history/verify.h"

enum { OTHER_TOKEN = 987654321 };

static void players_next(struct history *h, int player);

static struct call *call_new(struct history *h, enum call_kind kind, int player)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL || h->call_count == CALLS_MAX)
		abort();
	c->history = h;
	c->kind = kind;
	c->player = player;
	c->method = "";
	h->calls[h->call_count++] = c;
	rxc_idempotency_key_new(c->key);
	return c;
}

static void call_free(struct call *c)
{
	if (c->request != NULL && (c->first == NULL || c->kind == CALL_OTHER_BODY))
		protobuf_c_message_free_unpacked(c->request, NULL);
	if (c->reply != NULL)
		protobuf_c_message_free_unpacked(c->reply, NULL);
	free(c);
}

enum actor actor_of_code(const char *code)
{
	for (unsigned i = 0; i < ACTORS; i++)
		if (strcmp(desk_code((enum actor)i), code) == 0)
			return (enum actor)i;
	return ACTORS;
}

bool replies_are_alike(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	size_t len = protobuf_c_message_get_packed_size(a);
	uint8_t *one = malloc(len + 1), *two = malloc(len + 1);
	bool alike = a->descriptor == b->descriptor &&
		protobuf_c_message_get_packed_size(b) == len && one != NULL && two != NULL;

	if (alike) {
		protobuf_c_message_pack(a, one);
		protobuf_c_message_pack(b, two);
		alike = memcmp(one, two, len) == 0;
	}
	free(one);
	free(two);
	return alike;
}

const Rxcirc__V1__PrescriptionState *call_state(const struct call *c)
{
	const void *m = c->reply;

	switch (c->kind == CALL_ACT ? c->act.kind : ACT_KINDS) {
	case ACT_CLAIM:
		return ((const Rxcirc__V1__ClaimPrescriptionResponse *)m)->state;
	case ACT_RENEW:
		return ((const Rxcirc__V1__RenewClaimResponse *)m)->state;
	case ACT_TRANSFER:
		return ((const Rxcirc__V1__TransferClaimResponse *)m)->state;
	case ACT_RELEASE:
		return ((const Rxcirc__V1__ReleaseClaimResponse *)m)->state;
	case ACT_REVIEW:
		return ((const Rxcirc__V1__SubmitReviewResponse *)m)->state;
	case ACT_DISPENSE:
		return ((const Rxcirc__V1__DispensePrescriptionResponse *)m)->state;
	case ACT_RETURN:
		return ((const Rxcirc__V1__ReturnDispensedResponse *)m)->state;
	case ACT_REVOKE:
		return ((const Rxcirc__V1__RevokePrescriptionResponse *)m)->state;
	case ACT_KINDS:
		break;
	}
	if (c->kind == CALL_UPLOAD || c->kind == CALL_UPLOAD_AGAIN)
		return ((const Rxcirc__V1__UploadPrescriptionResponse *)m)->state;
	if (c->kind == CALL_PULL) {
		const Rxcirc__V1__PullPrescriptionsResponse *pulled = m;

		return pulled->n_prescriptions == 0 ? NULL : pulled->prescriptions[0]->state;
	}
	return c->kind == CALL_GET ?
		((const Rxcirc__V1__GetPrescriptionResponse *)m)->prescription->state : NULL;
}

/* What an answer tells about the prescription, if it is the newest so far. */
static void learn_state(struct model *known, const Rxcirc__V1__PrescriptionState *s)
{
	enum actor holder = actor_of_code(s->holder_code);

	if (s->version < known->version)
		return;
	known->version = s->version;
	known->revoked = s->validity == RXCIRC__V1__VALIDITY__VALIDITY_REVOKED;
	known->review = (enum model_review)s->review;
	known->holder = holder == ACTORS ? NOBODY : (int)holder;
	known->round = s->round;
	known->rounds_max = s->fills_max;
	known->line_count = (unsigned)s->n_lines;
	known->fill_count = s->fills_done;
	for (unsigned i = 0; i < s->n_lines && i < LINES_MAX; i++)
		known->lines[i] = (struct model_line){s->lines[i]->prescribed_e4,
			s->lines[i]->dispensed_e4, s->lines[i]->returned_e4};
}

static void learn_fill(struct history *h, const struct call *c)
{
	unsigned at = ((const Rxcirc__V1__DispensePrescriptionResponse *)(void *)c->reply)->fill_no - 1;
	struct model_fill *fill = &h->known.fills[at];

	if (at >= FILLS_MAX)
		abort();
	*fill = (struct model_fill){.actor = c->actor, .round = c->act.round,
		.line_count = c->act.line_count};
	memcpy(fill->lines, c->act.lines, sizeof(fill->lines));
	h->fills[at] = c;
}

static void learn_return(struct history *h, const struct act *act)
{
	struct model_fill *fill = &h->known.fills[act->fill_no - 1];

	if (act->return_no > h->known.return_count)
		h->known.return_count = act->return_no;
	for (unsigned i = 0; i < act->line_count; i++) {
		for (unsigned k = 0; k < fill->line_count; k++) {
			if (fill->lines[k].line_no != act->lines[i].line_no)
				continue;
			fill->back_e4[k] += act->lines[i].quantity_e4;
			fill->back_fen[k] += act->lines[i].amount_fen;
			for (unsigned a = 0; a < act->lines[i].code_count; a++)
				for (unsigned b = 0; b < fill->lines[k].code_count; b++)
					if (fill->lines[k].codes[b] == act->lines[i].codes[a])
						fill->code_is_back[k][b] = true;
		}
	}
}

static void learn_act(struct history *h, const struct call *c)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *claimed = (const void *)c->reply;

	if (c->act.kind == ACT_CLAIM) {
		h->tokens[c->actor] = claimed->fencing_token;
		if (claimed->fencing_token > h->known.token)
			h->known.token = claimed->fencing_token;
	} else if (c->act.kind == ACT_TRANSFER) {
		h->tokens[c->act.to] = 0;
	} else if (c->act.kind == ACT_REVIEW && c->act.passes) {
		h->old_reviews[c->actor] = h->reviews[c->actor];
		h->reviews[c->actor] = c;
	} else if (c->act.kind == ACT_DISPENSE) {
		learn_fill(h, c);
	} else if (c->act.kind == ACT_RETURN) {
		learn_return(h, &c->act);
	}
}

static void learn(struct history *h, const struct call *c)
{
	const Rxcirc__V1__PrescriptionState *s = c->reply == NULL ? NULL : call_state(c);

	if (c->kind == CALL_UPLOAD && s != NULL)
		memcpy(h->rx.rx_id, s->rx_id.data, RXC_RX_ID_LEN);
	if (c->kind == CALL_PULL && s != NULL)
		h->grants[c->actor] = ((const Rxcirc__V1__PullPrescriptionsResponse *)(void *)c->reply)
			->prescriptions[0]->pull_grant;
	if (c->kind == CALL_ACT && c->reply != NULL)
		learn_act(h, c);
	if (s != NULL && c->kind != CALL_UPLOAD_AGAIN)
		learn_state(&h->known, s);
}

static unsigned why_of(const char *word)
{
	static const struct {
		const char *word;
		unsigned why;
	} words[] = {{"PRESCRIPTION_REVOKED", WHY_REVOKED}, {"PRESCRIPTION_USED", WHY_USED},
		{"ROUND_NOT_OPEN", WHY_ROUND}, {"CLAIM_HELD", WHY_HELD}, {"CLAIM_NOT_HELD", WHY_NOT_HELD},
		{"FENCING_TOKEN_STALE", WHY_STALE}, {"REVIEW_MISSING", WHY_REVIEW},
		{"FIELD_INVALID", WHY_FIELD}, {"QUANTITY_EXCEEDED", WHY_QUANTITY},
		{"DOCUMENT_CHAIN_BROKEN", WHY_CHAIN}, {"PULL_GRANT_INVALID", WHY_GRANT},
		{"TRANSFER_NOT_ALLOWED", WHY_TRANSFER}, {"HOLD_TOO_LONG", WHY_LONG},
		{"RETURN_NOT_ALLOWED", WHY_RETURN}, {"TRACE_CODE_SOLD", WHY_SOLD},
		{"TRACE_CODE_INVALID", WHY_CODES}};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].why;
	return WHY_UNKNOWN;
}

static void history_free(struct history *h)
{
	for (unsigned i = 0; i < h->call_count; i++)
		call_free(h->calls[i]);
	free(h);
}

static void history_end(struct history *h)
{
	struct world *world = h->world;

	world->violations += verify(h);
	history_free(h);
	world->ended(world);
}

static void note_finding(struct call *c, const Rxcirc__V1__Status *status)
{
	if (status == NULL || status->n_findings == 0)
		return;
	snprintf(c->finding, sizeof(c->finding), "%s %s", status->findings[0]->field,
		status->findings[0]->message);
}

static void on_answer(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct call *c = user;
	struct history *h = c->history;

	h->in_flight--;
	h->world->calls += fleet_sends(h->world->fleets[c->actor]);
	c->cut = fleet_sends(h->world->fleets[c->actor]) > 1;
	c->window.until = ++h->world->events;
	c->act.until_ms = papers_now_ms();
	c->reply = reply;
	if (error != NULL) {
		snprintf(c->reason, sizeof(c->reason), "%s", rxc_error_reason(error));
		note_finding(c, rxc_error_status(error));
		c->why = why_of(c->reason);
		if (c->why == WHY_UNKNOWN && c->kind != CALL_OTHER_BODY)
			fprintf(stderr, "history %u: %s: %s\n", h->number, c->method,
				rxc_error_message(error));
		h->unsettled = h->unsettled || c->cut;
	}
	learn(h, c);
	if (c == h->last)
		history_end(h);
	else
		players_next(h, c->player);
}

static void call_send(struct call *c)
{
	struct history *h = c->history;

	c->act.from_ms = papers_now_ms();
	c->act.until_ms = c->act.from_ms;
	c->window.from = ++h->world->events;
	c->known_version = h->known.version;
	c->sure = h->players == 1 && !h->unsettled;
	h->in_flight++;
	fleet_call_keyed(h->world->fleets[c->actor], chance_is(&h->chance, 50) ? 0 : 1, c->method,
		c->request, c->key, on_answer, c);
}

static ProtobufCMessage *other_body(const struct history *h)
{
	const Rxcirc__V1__SignedDocument *none;
	const struct act act = {.kind = ACT_RELEASE, .token = OTHER_TOKEN};

	return desk_request(&h->world->desk, &h->rx, &act, (ProtobufCBinaryData){0, NULL}, NULL,
		&none);
}

static const Rxcirc__V1__SignedDocument *rests_on(const struct history *h, const struct act *act)
{
	if (act->kind == ACT_DISPENSE)
		return (act->old_review ? h->old_reviews : h->reviews)[act->actor]->document;
	if (act->kind == ACT_RETURN)
		return h->fills[act->fill_no - 1]->document;
	return NULL;
}

/* Write what was chosen. */
static void call_make(struct history *h, struct call *c)
{
	static const ProtobufCBinaryData none = {0, NULL};

	if (c->kind == CALL_PULL && c->first == NULL) {
		c->method = "rxcirc.v1.Pharmacy/PullPrescriptions";
		c->request = &papers_pull(&h->world->desk.papers, h->voucher)->base;
	} else if (c->kind == CALL_OTHER_BODY) {
		c->method = desk_method(ACT_RELEASE);
		c->request = other_body(h);
		memcpy(c->key, c->first->key, sizeof(c->key));
	} else if (c->first != NULL) {
		c->method = c->first->method;
		c->request = c->first->request;
		if (c->kind != CALL_UPLOAD_AGAIN)
			memcpy(c->key, c->first->key, sizeof(c->key));
	} else {
		c->method = desk_method(c->act.kind);
		c->request = desk_request(&h->world->desk, &h->rx, &c->act,
			c->act.with_grant ? h->grants[c->actor] : none, rests_on(h, &c->act), &c->document);
	}
}

static void call_upload(struct history *h)
{
	struct papers_order order = {.number = h->rx_no, .voucher_id = h->voucher,
		.line_count = 1 + chance_below(&h->chance, LINES_MAX), .fills_max = 1};
	struct call *c = call_new(h, CALL_UPLOAD, NOBODY);

	for (unsigned i = 0; i < order.line_count; i++)
		order.quantity_e4[i] = (1 + chance_below(&h->chance, 3)) * PACK_E4;
	if (chance_is(&h->chance, 30)) {
		order.fills_max = 2 + chance_below(&h->chance, 2);
		order.interval_days = chance_is(&h->chance, 20);
	}
	h->known.interval_ms = (int64_t)order.interval_days * 24 * 3600 * 1000;
	h->known.holder = NOBODY;
	h->known.rounds_max = order.fills_max;
	h->known.line_count = order.line_count;
	for (unsigned i = 0; i < order.line_count; i++)
		h->quantity_e4[i] = order.quantity_e4[i];
	c->actor = ACTOR_HOSPITAL;
	c->method = "rxcirc.v1.Hospital/UploadPrescription";
	h->rx.upload = papers_upload_order(&h->world->desk.papers, &order);
	c->request = (ProtobufCMessage *)(uintptr_t)&h->rx.upload->base;
	call_send(c);
}

/* Nobody plays any more: a call that was cut is asked again, one after the other.  What was refused
 * may have happened after all; what was answered must be answered alike. */
static bool settle_next(struct history *h)
{
	while (h->settling < h->call_count) {
		struct call *c = h->calls[h->settling++];
		struct call *again;

		if (!c->cut || c->settled || h->call_count > CALLS_MAX - 2 ||
			(c->reply == NULL && c->kind != CALL_ACT))
			continue;
		if (c->reply != NULL && c->kind != CALL_UPLOAD &&
			(c->kind != CALL_ACT || c->act.kind == ACT_CLAIM))
			continue;
		c->settled = true;
		again = call_new(h, c->reply == NULL ? CALL_ACT : CALL_REPEAT, NOBODY);
		again->actor = c->actor;
		if (c->reply != NULL) {
			again->first = c;
			call_make(h, again);
		} else {
			again->act = c->act;
			again->method = c->method;
			again->document = c->document;
			again->request = c->request; /* moves on; the refused call keeps what it said */
			c->request = NULL;
			memcpy(again->key, c->key, sizeof(again->key));
		}
		call_send(again);
		if (c->reply == NULL)
			again->window.from = c->window.from; /* it may have happened at any time since */
		again->act.from_ms = c->reply == NULL ? c->act.from_ms : again->act.from_ms;
		again->known_version = c->reply == NULL ? c->known_version : again->known_version;
		return true;
	}
	return false;
}

static void read_back(struct history *h)
{
	Rxcirc__V1__GetPrescriptionRequest *m = malloc(sizeof(*m));

	if (m == NULL)
		abort();
	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = (ProtobufCBinaryData){RXC_RX_ID_LEN, malloc(RXC_RX_ID_LEN)};
	memcpy(m->rx_id.data, h->rx.rx_id, RXC_RX_ID_LEN);
	h->last = call_new(h, CALL_GET, NOBODY);
	h->last->actor = ACTOR_HOSPITAL;
	h->last->method = "rxcirc.v1.Hospital/GetPrescription";
	h->last->request = &m->base;
	call_send(h->last);
}

static void play(struct history *h, unsigned player)
{
	struct call *c = call_new(h, CALL_ACT, (int)player);

	h->steps_left[player]--;
	choose(h, c);
	call_make(h, c);
	call_send(c);
}

static void players_next(struct history *h, int player)
{
	if (h->call_count == 1 && h->calls[0]->reply != NULL) { /* uploaded */
		h->players = 1 + chance_below(&h->chance, PLAYERS_MAX);
		for (unsigned i = 0; i < h->players; i++)
			h->steps_left[i] = 4 + chance_below(&h->chance, 26 / h->players);
		for (unsigned i = 0; i < h->players; i++)
			play(h, i);
		return;
	}
	if (h->known.revoked && chance_is(&h->chance, 50))
		for (unsigned i = 0; i < h->players; i++)
			h->steps_left[i] = 0; /* little happens any more */
	if (player != NOBODY && h->steps_left[player] > 0)
		play(h, (unsigned)player);
	else if (h->in_flight == 0 && !settle_next(h))
		read_back(h);
}

void history_start(struct world *world, uint64_t seed, unsigned number)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->world = world;
	h->number = number;
	h->chance = chance_new(seed, number);
	snprintf(h->rx_no, sizeof(h->rx_no), "H-%llx-%u",
		(unsigned long long)papers_now_ms(), number);
	snprintf(h->voucher, sizeof(h->voucher), "140100-EV-h%u", number);
	call_upload(h);
}
