/* Ten thousand contended attempts to dispense, through two server nodes: each prescription
 * exactly once.
 *
 *     race_test PROVINCE PORT PORT
 *
 * For every prescription both pharmacies pull and both claim, at different nodes.  Who wins
 * reviews; then ATTEMPTS hand-overs of the same prescription are under way at once at both
 * nodes, half of them by the loser, each with an idempotency key of its own.  Exactly one may
 * succeed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/e2e/fleet.h"
#include "test/e2e/papers.h"

enum { PRESCRIPTIONS = 500, ATTEMPTS = 20, SECONDS_MAX = 120, CONNECTIONS = 4 };

struct race;

struct attempt {
	struct race *race;
};

/* One prescription's way. */
struct race {
	struct arena_of_races *all;
	char number[48], voucher[48];
	Rxcirc__V1__UploadPrescriptionRequest *upload;
	Rxcirc__V1__PullPrescriptionsRequest *pulls[2];
	Rxcirc__V1__PullPrescriptionsResponse *pulled[2];
	Rxcirc__V1__ClaimPrescriptionRequest claims[2];
	unsigned claims_ended, claims_won;
	unsigned winner;
	uint64_t token;
	Rxcirc__V1__SubmitReviewRequest *review;
	Rxcirc__V1__DispensePrescriptionRequest *dispense[2];
	struct attempt attempts[ATTEMPTS];
	unsigned ended, won;
};

struct arena_of_races {
	struct papers papers;
	struct fleet *hospital, *pharmacies[2];
	struct race races[PRESCRIPTIONS];
	unsigned finished;
	unsigned long refused[16];
	unsigned long attempts, unexpected;
};

static const char *const pharmacy_codes[2] = {PHARMACY_A, PHARMACY_B};
/* How a losing attempt may end. */
static const char *const expected[] = {"PRESCRIPTION_USED", "CLAIM_HELD", "CLAIM_NOT_HELD",
	"FENCING_TOKEN_STALE", "DOCUMENT_CHAIN_BROKEN", "REVIEW_MISSING", NULL};

static struct arena_of_races all;

static void stop(const char *what, const rxc_error *error)
{
	fprintf(stderr, "%s: %s\n", what, error == NULL ? "unexpected" : rxc_error_message(error));
	exit(1);
}

static void count_refusal(const rxc_error *error)
{
	for (unsigned i = 0; expected[i] != NULL; i++) {
		if (strcmp(expected[i], rxc_error_reason(error)) == 0) {
			all.refused[i]++;
			return;
		}
	}
	fprintf(stderr, "unexpected refusal: %s\n", rxc_error_message(error));
	all.unexpected++;
}

static void on_attempt(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct attempt *a = user;
	struct race *r = a->race;

	all.attempts++;
	if (error == NULL)
		r->won++;
	else
		count_refusal(error);
	if (reply != NULL)
		protobuf_c_message_free_unpacked(reply, NULL);
	if (++r->ended == ATTEMPTS)
		all.finished++;
}

static void on_reviewed(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct race *r = user;

	if (error != NULL)
		stop("review", error);
	protobuf_c_message_free_unpacked(reply, NULL);
	for (unsigned p = 0; p < 2; p++)
		r->dispense[p] = papers_dispense(&all.papers, pharmacy_codes[p],
			r->pulled[p]->prescriptions[0], r->review, r->token);
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		r->attempts[i].race = r;
		fleet_call(all.pharmacies[i % 2], (int)(i / 2 % 2),
			"rxcirc.v1.Pharmacy/DispensePrescription", &r->dispense[i % 2]->base, on_attempt,
			&r->attempts[i]);
	}
}

static void on_claims_ended(struct race *r)
{
	if (r->claims_won != 1)
		stop("not exactly one claim won", NULL);
	r->review = papers_review(&all.papers, pharmacy_codes[r->winner],
		r->pulled[r->winner]->prescriptions[0], r->token);
	fleet_call(all.pharmacies[r->winner], -1, "rxcirc.v1.Pharmacy/SubmitReview", &r->review->base,
		on_reviewed, r);
}

static void on_claim(struct race *r, unsigned p, ProtobufCMessage *reply, const rxc_error *error)
{
	if (error == NULL) {
		r->claims_won++;
		r->winner = p;
		r->token = ((Rxcirc__V1__ClaimPrescriptionResponse *)(void *)reply)->fencing_token;
		protobuf_c_message_free_unpacked(reply, NULL);
	} else if (strcmp(rxc_error_reason(error), "CLAIM_HELD") != 0) {
		stop("claim", error);
	}
	if (++r->claims_ended == 2)
		on_claims_ended(r);
}

static void on_claim_a(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	on_claim(user, 0, reply, error);
}

static void on_claim_b(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	on_claim(user, 1, reply, error);
}

static void on_pull(struct race *r, unsigned p, ProtobufCMessage *reply, const rxc_error *error)
{
	Rxcirc__V1__PullPrescriptionsResponse *m = (void *)reply;

	if (error != NULL || m->n_prescriptions != 1)
		stop("pull", error);
	r->pulled[p] = m;
	if (r->pulled[0] == NULL || r->pulled[1] == NULL)
		return;
	for (unsigned i = 0; i < 2; i++) {
		rxcirc__v1__claim_prescription_request__init(&r->claims[i]);
		r->claims[i].rx_id = r->pulled[i]->prescriptions[0]->state->rx_id;
		r->claims[i].pull_grant = r->pulled[i]->prescriptions[0]->pull_grant;
		fleet_call(all.pharmacies[i], (int)i, "rxcirc.v1.Pharmacy/ClaimPrescription",
			&r->claims[i].base, i == 0 ? on_claim_a : on_claim_b, r);
	}
}

static void on_pull_a(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	on_pull(user, 0, reply, error);
}

static void on_pull_b(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	on_pull(user, 1, reply, error);
}

static void on_uploaded(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct race *r = user;

	if (error != NULL)
		stop("upload", error);
	protobuf_c_message_free_unpacked(reply, NULL);
	for (unsigned i = 0; i < 2; i++) {
		r->pulls[i] = papers_pull(&all.papers, r->voucher);
		fleet_call(all.pharmacies[i], (int)i, "rxcirc.v1.Pharmacy/PullPrescriptions",
			&r->pulls[i]->base, i == 0 ? on_pull_a : on_pull_b, r);
	}
}

static void race_start(struct race *r, unsigned i)
{
	snprintf(r->number, sizeof(r->number), "RACE-%lld-%u", (long long)papers_now_ms(), i);
	snprintf(r->voucher, sizeof(r->voucher), "140100-EV-race%u", i);
	r->upload = papers_upload(&all.papers, r->number, r->voucher);
	fleet_call(all.hospital, (int)(i % 2), "rxcirc.v1.Hospital/UploadPrescription",
		&r->upload->base, on_uploaded, r);
}

static void race_free(struct race *r)
{
	protobuf_c_message_free_unpacked(&r->upload->base, NULL);
	protobuf_c_message_free_unpacked(&r->review->base, NULL);
	for (unsigned i = 0; i < 2; i++) {
		protobuf_c_message_free_unpacked(&r->pulls[i]->base, NULL);
		protobuf_c_message_free_unpacked(&r->pulled[i]->base, NULL);
		protobuf_c_message_free_unpacked(&r->dispense[i]->base, NULL);
	}
}

static int report(void)
{
	unsigned once = 0;

	for (unsigned i = 0; i < PRESCRIPTIONS; i++)
		once += all.races[i].won == 1;
	printf("prescriptions=%d dispensed-exactly-once=%u attempts=%lu", PRESCRIPTIONS, once,
		all.attempts);
	for (unsigned i = 0; expected[i] != NULL; i++)
		printf(" %s=%lu", expected[i], all.refused[i]);
	printf(" unexpected=%lu\n", all.unexpected);
	return once == PRESCRIPTIONS && all.unexpected == 0 &&
		all.attempts == (unsigned long)PRESCRIPTIONS * ATTEMPTS ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	const char *const codes[3] = {HOSPITAL, PHARMACY_A, PHARMACY_B};
	struct fleet **const fleets[3] = {&all.hospital, &all.pharmacies[0], &all.pharmacies[1]};
	uint16_t ports[2];

	if (argc != 4 || base == NULL)
		return 2;
	ports[0] = (uint16_t)strtoul(argv[2], NULL, 10);
	ports[1] = (uint16_t)strtoul(argv[3], NULL, 10);
	papers_open(&all.papers, argv[1]);
	for (unsigned i = 0; i < 3; i++) {
		char *conf = papers_client_conf(argv[1], codes[i]);

		*fleets[i] = fleet_new(base, conf, ports, 2, CONNECTIONS, SECONDS_MAX);
		free(conf);
	}
	for (unsigned i = 0; i < PRESCRIPTIONS; i++)
		race_start(&all.races[i], i);
	while (all.finished < PRESCRIPTIONS)
		event_base_loop(base, EVLOOP_ONCE);
	for (unsigned i = 0; i < PRESCRIPTIONS; i++)
		race_free(&all.races[i]);
	for (unsigned i = 0; i < 3; i++)
		fleet_free(*fleets[i]);
	papers_close(&all.papers);
	event_base_free(base);
	return report();
}
