/* Two pharmacies sell the same pack at the same moment, through two server nodes, ROUNDS times.
 *
 *     trace_race_test PROVINCE PORT PORT
 *
 * Each side has a prescription of its own, claimed and reviewed.  Then both hand over, naming the
 * same trace code of a drug whose codes the province requires: exactly one may succeed, the other
 * is told TRACE_CODE_SOLD.  The winner takes the pack back, the loser sells it, and now it is the
 * winner who is told that it stands sold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/e2e/fleet.h"
#include "test/e2e/history/codes.h"
#include "test/e2e/history/desk.h"

enum { ROUNDS = 500, AT_ONCE = 32, CONNECTIONS = 4, SECONDS_MAX = 120 };
enum { TRACED_LINE = 3, SENT_MAX = 8 };

enum step { UPLOAD, PULL, CLAIM, REVIEW, SELL, TAKE_BACK, SELL_AGAIN, SELL_SOLD };

struct round;

struct side {
	struct round *round;
	enum actor actor;
	enum step step;
	struct desk_case rx;
	struct act act;
	const Rxcirc__V1__SignedDocument *review, *record;
	ProtobufCMessage *sent[SENT_MAX];
	unsigned sent_count;
	Rxcirc__V1__PullPrescriptionsResponse *pulled;
	char number[48], voucher[48];
	bool won;
};

struct round {
	struct side sides[2];
	unsigned number, ready, ended, won;
};

static struct {
	struct desk desk;
	struct fleet *hospital, *pharmacies[2];
	struct round rounds[ROUNDS];
	unsigned started, finished, exactly_one, sold_again;
	unsigned long wrong;
} all;

static void on_answer(void *user, ProtobufCMessage *reply, const rxc_error *error);

static void call(struct side *s, struct fleet *fleet, enum step step, const char *method,
	ProtobufCMessage *request)
{
	if (s->sent_count == SENT_MAX)
		abort();
	s->sent[s->sent_count++] = request;
	s->step = step;
	fleet_call(fleet, (int)(s - s->round->sides), method, request, on_answer, s);
}

/* An act of the side's pharmacy, at its own node. */
static const Rxcirc__V1__SignedDocument *act(struct side *s, enum step step,
	ProtobufCBinaryData grant, const Rxcirc__V1__SignedDocument *rests_on)
{
	const Rxcirc__V1__SignedDocument *document;
	ProtobufCMessage *request = desk_request(&all.desk, &s->rx, &s->act, grant, rests_on,
		&document);

	call(s, all.pharmacies[s - s->round->sides], step, desk_method(s->act.kind), request);
	return document;
}

static void sell(struct side *s, enum step step, unsigned fill_no)
{
	enum { PRICE_E6 = 19400000 };

	s->act.kind = ACT_DISPENSE;
	s->act.fill_no = fill_no;
	s->act.round = 1;
	s->act.line_count = 1;
	s->act.lines[0] = (struct act_line){.line_no = TRACED_LINE, .quantity_e4 = PACK_E4,
		.price_e6 = PRICE_E6, .amount_fen = model_amount_fen(PRICE_E6, PACK_E4),
		.codes = {s->round->number}, .code_count = 1};
	s->record = act(s, step, (ProtobufCBinaryData){0, NULL}, s->review);
}

static void take_back(struct side *s)
{
	s->act.kind = ACT_RETURN;
	s->act.return_no = 1;
	act(s, TAKE_BACK, (ProtobufCBinaryData){0, NULL}, s->record);
}

static void side_free(struct side *s)
{
	for (unsigned i = 0; i < s->sent_count; i++)
		protobuf_c_message_free_unpacked(s->sent[i], NULL);
	protobuf_c_message_free_unpacked(&s->pulled->base, NULL);
}

static void round_start(unsigned number);

static void round_end(struct round *r)
{
	for (unsigned i = 0; i < 2; i++)
		side_free(&r->sides[i]);
	all.finished++;
	if (all.started < ROUNDS)
		round_start(all.started++);
}

static void expect(const struct side *s, bool is_right, const char *what, const rxc_error *error)
{
	if (is_right)
		return;
	all.wrong++;
	fprintf(stderr, "round %u, %s: %s: %s\n", s->round->number, desk_code(s->actor), what,
		error == NULL ? "done" : rxc_error_message(error));
}

static bool is_sold(const rxc_error *error)
{
	return error != NULL && strcmp(rxc_error_reason(error), "TRACE_CODE_SOLD") == 0;
}

static void on_sold(struct side *s, const rxc_error *error)
{
	struct round *r = s->round;
	unsigned winner;

	s->won = error == NULL;
	r->won += s->won;
	expect(s, s->won || is_sold(error), "sold at the same moment", error);
	if (++r->ended < 2)
		return;
	expect(s, r->won == 1, r->won == 0 ? "nobody sold it" : "both sold it", NULL);
	all.exactly_one += r->won == 1;
	winner = r->sides[0].won ? 0 : 1;
	if (r->won == 1)
		take_back(&r->sides[winner]);
	else
		round_end(r);
}

static void on_final(struct side *s, const rxc_error *error)
{
	struct side *other = &s->round->sides[s == s->round->sides];

	if (s->step == TAKE_BACK) {
		expect(s, error == NULL, "taken back", error);
		sell(other, SELL_AGAIN, 1);
	} else if (s->step == SELL_AGAIN) {
		expect(s, error == NULL, "sold after the return", error);
		all.sold_again += error == NULL;
		sell(other, SELL_SOLD, 2);
	} else {
		expect(s, is_sold(error), "sold a second time", error);
		round_end(s->round);
	}
}

static void on_prepared(struct side *s, ProtobufCMessage *reply)
{
	static const ProtobufCBinaryData none = {0, NULL};
	const void *m = reply;

	if (s->step == UPLOAD) {
		memcpy(s->rx.rx_id, ((const Rxcirc__V1__UploadPrescriptionResponse *)m)->state->rx_id.data,
			RXC_RX_ID_LEN);
		call(s, all.pharmacies[s - s->round->sides], PULL, "rxcirc.v1.Pharmacy/PullPrescriptions",
			&papers_pull(&all.desk.papers, s->voucher)->base);
	} else if (s->step == PULL) {
		s->pulled = (Rxcirc__V1__PullPrescriptionsResponse *)reply;
		s->act.kind = ACT_CLAIM;
		act(s, CLAIM, s->pulled->prescriptions[0]->pull_grant, NULL);
	} else if (s->step == CLAIM) {
		s->act.token = ((const Rxcirc__V1__ClaimPrescriptionResponse *)m)->fencing_token;
		s->act.kind = ACT_REVIEW;
		s->act.passes = true;
		s->review = act(s, REVIEW, none, NULL);
	} else if (++s->round->ready == 2) {
		sell(&s->round->sides[0], SELL, 1);
		sell(&s->round->sides[1], SELL, 1);
	}
}

static void on_answer(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct side *s = user;
	bool is_pull = s->step == PULL;

	if (s->step == SELL) {
		on_sold(s, error);
	} else if (s->step > SELL) {
		on_final(s, error);
	} else if (error != NULL) {
		fprintf(stderr, "round %u cannot begin: %s\n", s->round->number, rxc_error_message(error));
		exit(1);
	} else {
		on_prepared(s, reply);
	}
	if (reply != NULL && !is_pull)
		protobuf_c_message_free_unpacked(reply, NULL);
}

static void round_start(unsigned number)
{
	struct round *r = &all.rounds[number];

	r->number = number;
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &r->sides[i];
		struct papers_order order = {s->number, s->voucher, TRACED_LINE,
			{PACK_E4, PACK_E4, 2 * PACK_E4}, 1, 0};

		s->round = r;
		s->actor = i == 0 ? ACTOR_A : ACTOR_B;
		s->act.actor = s->actor;
		snprintf(s->number, sizeof(s->number), "TRACE-%lld-%u-%u", (long long)papers_now_ms(),
			number, i);
		snprintf(s->voucher, sizeof(s->voucher), "140100-EV-trace%u-%u", number, i);
		s->rx.upload = papers_upload_order(&all.desk.papers, &order);
		call(s, all.hospital, UPLOAD, "rxcirc.v1.Hospital/UploadPrescription",
			(ProtobufCMessage *)(uintptr_t)&s->rx.upload->base);
	}
}

static struct fleet *fleet_of(struct event_base *base, const char *province, const char *code,
	const uint16_t *ports)
{
	char *conf = papers_client_conf(province, code);
	struct fleet *fleet = fleet_new(base, conf, ports, 2, CONNECTIONS, SECONDS_MAX);

	free(conf);
	return fleet;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	uint16_t ports[2];

	if (argc != 4 || base == NULL)
		return 2;
	ports[0] = (uint16_t)strtoul(argv[2], NULL, 10);
	ports[1] = (uint16_t)strtoul(argv[3], NULL, 10);
	desk_open(&all.desk, argv[1]);
	all.hospital = fleet_of(base, argv[1], HOSPITAL, ports);
	all.pharmacies[0] = fleet_of(base, argv[1], PHARMACY_A, ports);
	all.pharmacies[1] = fleet_of(base, argv[1], PHARMACY_B, ports);
	while (all.started < AT_ONCE)
		round_start(all.started++);
	while (all.finished < ROUNDS)
		event_base_loop(base, EVLOOP_ONCE);
	fleet_free(all.hospital);
	fleet_free(all.pharmacies[0]);
	fleet_free(all.pharmacies[1]);
	desk_close(&all.desk);
	event_base_free(base);
	printf("rounds=%d exactly-one=%u sold-after-return=%u wrong=%lu\n", ROUNDS, all.exactly_one,
		all.sold_again, all.wrong);
	return all.exactly_one == ROUNDS && all.sold_again == ROUNDS && all.wrong == 0 ? 0 : 1;
}
