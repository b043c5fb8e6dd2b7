/* Receipts and proofs that come with answers: checked, kept, told of; blocking and evented. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/sdk/receipts.h"
#include "test/sdk/scratch.h"
#include "test/sdk/scripted_server.h"
#include "test/support/tap.h"

#include <rxcirc/adapters/libevent.h>

#define STEPS(...) (const struct script_step[]){__VA_ARGS__, {SCRIPT_END}}
#define CONNECTIONS(...) (const struct script_connection[]){__VA_ARGS__}
#define COUNT(...) (sizeof(CONNECTIONS(__VA_ARGS__)) / sizeof(struct script_connection))
#define MEET(m, ...) meet((m), CONNECTIONS(__VA_ARGS__), COUNT(__VA_ARGS__))
#define READ {SCRIPT_READ}
#define WITH(receipts) {SCRIPT_ANSWER, NULL, &released.base, 0, NULL, (receipts)}
#define BARE(message) {SCRIPT_ANSWER, NULL, &(message).base, 0, NULL, NULL}
#define PROOF "c2sp.org/tlog-proof@v1\nnot looked at here\n"

static const Rxcirc__V1__ReleaseClaimResponse released = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;
static struct receipts receipts; /* the platform's */

/* What the taker of receipts was told. */
struct told {
	unsigned count;
	char method[65];
	uint8_t receipt[1024];
	size_t receipt_len, proof_len;
};

struct meeting {
	struct scripted_server server;
	rxc_options *options;
	rxc_client *client;
	struct told told;
};

static void on_receipt(const char *method, const void *receipt, size_t receipt_len,
	const void *proof, size_t proof_len, void *user)
{
	struct told *told = user;

	assert_true(!proof == (proof_len == 0) && receipt_len <= sizeof(told->receipt));
	told->count++;
	memcpy(told->method, method, strlen(method) + 1);
	memcpy(told->receipt, receipt, receipt_len);
	told->receipt_len = receipt_len;
	told->proof_len = proof_len;
}

static void client_make(struct meeting *m)
{
	rxc_client_free(m->client);
	assert_int_equal(rxc_client_new(m->options, &m->client, NULL), 0);
}

static void meet(struct meeting *m, const struct script_connection *script, size_t script_count)
{
	*m = (struct meeting){0};
	scripted_server_start(&m->server, NULL, script, script_count);
	m->options = rxc_options_new();
	assert_int_equal(rxc_options_set_server(m->options, "127.0.0.1", m->server.port), 0);
	assert_int_equal(rxc_options_set_certificate(m->options, scratch_path("client.pem"),
		scratch_path("client.key")), 0);
	assert_int_equal(rxc_options_set_server_pin(m->options, m->server.pin), 0);
	assert_int_equal(rxc_options_set_deadline_ms(m->options, 5000), 0);
	assert_int_equal(rxc_options_add_receipt_key(m->options, receipts.public_key), 0);
	rxc_options_set_on_receipt(m->options, on_receipt, &m->told);
	client_make(m);
}

static void part(struct meeting *m)
{
	rxc_client_free(m->client);
	rxc_options_free(m->options);
	scripted_server_stop(&m->server);
	scripted_server_clear(&m->server);
}

static const uint8_t the_key[16] = {7, 7, 7};

static int release(struct meeting *m, rxc_error **ret_error)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	Rxcirc__V1__ReleaseClaimResponse *reply;
	int r;

	request.fencing_token = 77;
	r = rxc_pharmacy_release(m->client, &request, the_key, &reply, ret_error);
	if (r == 0)
		rxcirc__v1__release_claim_response__free_unpacked(reply, NULL);
	return r;
}

/* The receipt of the last call, verified offline, is about release(). */
static void assert_receipt_of_release(struct meeting *m, Rxcirc__V1__ReceiptStatement **ret)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	uint8_t digest[RXC_SHA256_LEN];
	Rxcirc__V1__ReceiptStatement *s;
	const uint8_t *bytes;
	size_t len;

	assert_true(rxc_client_receipt(m->client, &bytes, &len));
	assert_int_equal(rxc_receipt_verify(bytes, len, receipts.public_key, &s, NULL), 0);
	request.fencing_token = 77;
	assert_int_equal(rxc_request_digest("rxcirc.v1.Pharmacy/ReleaseClaim", &request.base, digest),
		0);
	assert_int_equal(s->request_sha256.len, sizeof(digest));
	assert_memory_equal(s->request_sha256.data, digest, sizeof(digest));
	assert_int_equal(s->idempotency_key.len, sizeof(the_key));
	assert_memory_equal(s->idempotency_key.data, the_key, sizeof(the_key));
	assert_string_equal(s->institution_code, "P14010000001");
	assert_int_equal(m->told.receipt_len, len);
	assert_memory_equal(m->told.receipt, bytes, len);
	*ret = s;
}

static void a_receipt_is_checked_told_of_and_kept_until_the_next_call(void **state)
{
	Rxcirc__V1__CheckPrescriptionRequest check = RXCIRC__V1__CHECK_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__CheckPrescriptionResponse answered = RXCIRC__V1__CHECK_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__CheckPrescriptionResponse *checked;
	Rxcirc__V1__ReceiptStatement *s;
	const uint8_t *bytes;
	const char *proof;
	struct meeting m;
	size_t len;

	(void)state;
	MEET(&m, {0, STEPS(READ, WITH(&receipts), READ, BARE(answered), {SCRIPT_WAIT_GONE})});
	assert_false(rxc_client_receipt(m.client, &bytes, &len));
	assert_int_equal(release(&m, NULL), 0);
	assert_receipt_of_release(&m, &s);
	rxcirc__v1__receipt_statement__free_unpacked(s, NULL);
	assert_int_equal(m.told.count, 1);
	assert_string_equal(m.told.method, "rxcirc.v1.Pharmacy/ReleaseClaim");
	assert_false(rxc_client_proof(m.client, &proof, &len));
	assert_int_equal(rxc_hospital_check(m.client, &check, NULL, &checked, NULL), 0);
	rxcirc__v1__check_prescription_response__free_unpacked(checked, NULL);
	assert_false(rxc_client_receipt(m.client, &bytes, &len));
	assert_int_equal(m.told.count, 1);
	part(&m);
}

static void receipts_signed_together_verify_each_by_its_path(void **state)
{
	static const unsigned counts[] = {1, 2, 3, 5, 5, 8, 256, 256, 255};
	static const unsigned indexes[] = {0, 1, 2, 0, 4, 3, 255, 100, 254};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct receipts batch = receipts;
		Rxcirc__V1__ReceiptStatement *s;
		struct meeting m;

		batch.count = counts[i];
		batch.index = indexes[i];
		MEET(&m, {0, STEPS(READ, WITH(&batch), {SCRIPT_WAIT_GONE})});
		assert_int_equal(release(&m, NULL), 0);
		assert_receipt_of_release(&m, &s);
		rxcirc__v1__receipt_statement__free_unpacked(s, NULL);
		part(&m);
	}
}

static void a_wrong_or_missing_receipt_withholds_the_reply(void **state)
{
	static const enum receipt_spoil spoils[] = {RECEIPT_ABSENT, RECEIPT_FOREIGN_KEY,
		RECEIPT_OTHER_REQUEST, RECEIPT_OTHER_CALL, RECEIPT_CHANGED, RECEIPT_PATH_CUT,
		RECEIPT_SHORT};

	(void)state;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		const char *reason = spoils[i] == RECEIPT_ABSENT ? "RECEIPT_MISSING" : "RECEIPT_INVALID";
		struct receipts spoiled = receipts;
		rxc_error *error = NULL;
		const uint8_t *bytes;
		struct meeting m;
		size_t len;

		spoiled.count = 3;
		spoiled.index = 1;
		spoiled.spoil = spoils[i];
		MEET(&m, {0, STEPS(READ, WITH(&spoiled), {SCRIPT_WAIT_GONE})});
		assert_int_equal(release(&m, &error), RXC_ERR_VERIFY);
		assert_string_equal(rxc_error_reason(error), reason);
		assert_false(rxc_error_is_retryable(error));
		assert_false(rxc_client_receipt(m.client, &bytes, &len));
		assert_int_equal(m.told.count, 0);
		assert_int_equal(m.server.calls_count, 1); /* not repeated by itself */
		rxc_error_free(error);
		part(&m);
	}
}

static void without_keys_receipts_are_kept_as_they_come(void **state)
{
	struct receipts foreign = receipts;
	Rxcirc__V1__ReceiptStatement *s;
	const uint8_t *bytes;
	struct meeting m;
	size_t len;

	(void)state;
	foreign.spoil = RECEIPT_FOREIGN_KEY;
	MEET(&m, {0, STEPS(READ, WITH(&foreign), READ, BARE(released), {SCRIPT_WAIT_GONE})});
	rxc_options_free(m.options);
	m.options = rxc_options_new();
	assert_int_equal(rxc_options_set_server(m.options, "127.0.0.1", m.server.port), 0);
	assert_int_equal(rxc_options_set_certificate(m.options, scratch_path("client.pem"),
		scratch_path("client.key")), 0);
	assert_int_equal(rxc_options_set_server_pin(m.options, m.server.pin), 0);
	client_make(&m);
	assert_int_equal(release(&m, NULL), 0);
	assert_true(rxc_client_receipt(m.client, &bytes, &len));
	assert_int_equal(rxc_receipt_verify(bytes, len, receipts.public_key, &s, NULL),
		RXC_ERR_VERIFY);
	assert_int_equal(rxc_receipt_verify(bytes, len / 2, receipts.public_key, &s, NULL),
		RXC_ERR_VERIFY);
	assert_int_equal(release(&m, NULL), 0);
	assert_false(rxc_client_receipt(m.client, &bytes, &len));
	part(&m);
}

static void what_changed_nothing_needs_no_receipt(void **state)
{
	Rxcirc__V1__PutRegistryRecordRequest put = RXCIRC__V1__PUT_REGISTRY_RECORD_REQUEST__INIT;
	Rxcirc__V1__PutRegistryRecordResponse same = RXCIRC__V1__PUT_REGISTRY_RECORD_RESPONSE__INIT;
	Rxcirc__V1__PutRegistryRecordResponse changed = same, proposed = same, *reply;
	rxc_error *error = NULL;
	struct meeting m;

	(void)state;
	changed.changed = true;
	proposed.awaits_second_officer = true;
	MEET(&m, {0, STEPS(READ, BARE(same), READ, BARE(changed), READ, BARE(proposed),
		{SCRIPT_WAIT_GONE})});
	assert_int_equal(rxc_agency_put_record(m.client, &put, NULL, &reply, NULL), 0);
	rxcirc__v1__put_registry_record_response__free_unpacked(reply, NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rxc_agency_put_record(m.client, &put, NULL, &reply, &error),
			RXC_ERR_VERIFY);
		assert_string_equal(rxc_error_reason(error), "RECEIPT_MISSING");
		rxc_error_free(error);
	}
	part(&m);
}

static void a_repeated_call_gets_the_same_statement(void **state)
{
	Rxcirc__V1__ReceiptStatement *s[2];
	struct receipts alone = receipts, among = receipts;
	struct meeting m;

	(void)state;
	among.count = 7;
	among.index = 6;
	/* The first answer is lost on the way; the client asks again by itself. */
	MEET(&m, {0, STEPS(READ, {SCRIPT_ABORT})},
		{0, STEPS(READ, WITH(&alone), READ, WITH(&among), {SCRIPT_WAIT_GONE})});
	for (int i = 0; i < 2; i++) {
		assert_int_equal(release(&m, NULL), 0);
		assert_receipt_of_release(&m, &s[i]);
	}
	assert_int_equal(m.server.calls_count, 3);
	assert_memory_equal(s[0]->event_id.data, s[1]->event_id.data, 16);
	assert_memory_equal(s[0]->leaf_hash.data, s[1]->leaf_hash.data, 32);
	for (int i = 0; i < 2; i++)
		rxcirc__v1__receipt_statement__free_unpacked(s[i], NULL);
	part(&m);
}

static void proofs_are_asked_for_changes_only_and_kept(void **state)
{
	Rxcirc__V1__CheckPrescriptionRequest check = RXCIRC__V1__CHECK_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__CheckPrescriptionResponse answered = RXCIRC__V1__CHECK_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__CheckPrescriptionResponse *checked;
	struct receipts proving = receipts;
	struct meeting m;
	const char *proof;
	size_t len;

	(void)state;
	proving.proof = PROOF;
	MEET(&m, {0, STEPS(READ, WITH(&proving), READ, BARE(answered), READ, WITH(&proving),
		{SCRIPT_WAIT_GONE})});
	rxc_client_want_proof(m.client, true);
	assert_int_equal(release(&m, NULL), 0);
	assert_true(rxc_client_proof(m.client, &proof, &len));
	assert_int_equal(len, strlen(PROOF));
	assert_memory_equal(proof, PROOF, len);
	assert_int_equal(m.told.proof_len, len);
	assert_int_equal(rxc_hospital_check(m.client, &check, NULL, &checked, NULL), 0);
	rxcirc__v1__check_prescription_response__free_unpacked(checked, NULL);
	assert_false(rxc_client_proof(m.client, &proof, &len));
	rxc_client_want_proof(m.client, false);
	assert_int_equal(release(&m, NULL), 0);
	assert_false(rxc_client_proof(m.client, &proof, &len));
	rxc_client_free(m.client);
	rxc_options_free(m.options);
	scripted_server_stop(&m.server);
	assert_true(m.server.calls[0]->want_proof);
	assert_false(m.server.calls[1]->want_proof);
	assert_false(m.server.calls[2]->want_proof);
	scripted_server_clear(&m.server);
}

/* ---- options ---- */

static void receipt_keys_come_from_the_file_or_the_setter(void **state)
{
	rxc_options *options = rxc_options_new();
	uint8_t low_order[32] = {1};
	rxc_error *error = NULL;
	struct receipts other;
	char text[400], hex[65];

	(void)state;
	assert_int_equal(rxc_options_add_receipt_key(options, low_order), RXC_ERR_ARGUMENT);
	for (int i = 0; i < RXC_RECEIPT_KEYS_MAX; i++) {
		receipts_init(&other);
		assert_int_equal(rxc_options_add_receipt_key(options, other.public_key), 0);
		assert_int_equal(rxc_options_add_receipt_key(options, other.public_key), 0);
	}
	assert_int_equal(rxc_options_add_receipt_key(options, receipts.public_key), RXC_ERR_ARGUMENT);
	for (int i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned)other.public_key[i]);
	(void)snprintf(text, sizeof(text), "receipt-key %s\nreceipt-key %s\n", hex, hex);
	assert_int_equal(rxc_options_load(options, scratch_write("good.conf", text, 0600), NULL), 0);
	(void)snprintf(text, sizeof(text), "receipt-key %s\nreceipt-key %.10s\n", hex, hex);
	assert_int_equal(rxc_options_load(options, scratch_write("short.conf", text, 0600), &error),
		RXC_ERR_FILE);
	assert_non_null(strstr(rxc_error_message(error), "line 2"));
	rxc_error_free(error);
	(void)snprintf(text, sizeof(text), "receipt-key 01%062d\n", 0);
	assert_int_equal(rxc_options_load(options, scratch_write("unsound.conf", text, 0600), NULL),
		RXC_ERR_FILE);
	rxc_options_free(options);
}

/* ---- evented ---- */

struct evented {
	struct event_base *base;
	unsigned replies;
	int code;
	char reason[64];
	bool has_receipt, has_proof;
};

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct evented *e = user;
	Rxcirc__V1__ReceiptStatement *s;
	const uint8_t *bytes;
	const char *proof;
	size_t len;

	e->replies++;
	e->code = rxc_error_code(error);
	memcpy(e->reason, rxc_error_reason(error), strlen(rxc_error_reason(error)) + 1);
	e->has_receipt = rxc_async_receipt(async, &bytes, &len);
	if (e->has_receipt) {
		assert_int_equal(rxc_receipt_verify(bytes, len, receipts.public_key, &s, NULL), 0);
		rxcirc__v1__receipt_statement__free_unpacked(s, NULL);
	}
	e->has_proof = rxc_async_proof(async, &proof, &len);
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
	event_base_loopbreak(e->base);
}

static void evented_call(struct meeting *m, bool want_proof, struct evented *e)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	const uint8_t *bytes;
	rxc_async *async;
	size_t len;

	*e = (struct evented){.base = event_base_new()};
	assert_int_equal(rxc_async_new(m->options, NULL, NULL, NULL, &async, NULL), 0);
	assert_int_equal(rxc_libevent_attach(async, e->base), 0);
	rxc_async_want_proof(async, want_proof);
	assert_int_equal(rxc_async_call(async, "rxcirc.v1.Pharmacy/ReleaseClaim", &request.base,
		the_key, 0, on_reply, e, NULL), 0);
	assert_false(rxc_async_receipt(async, &bytes, &len));
	event_base_dispatch(e->base);
	assert_int_equal(e->replies, 1);
	assert_false(rxc_async_receipt(async, &bytes, &len)); /* inside on_reply only */
	rxc_async_free(async);
	event_base_free(e->base);
}

static void evented_calls_have_theirs_inside_on_reply(void **state)
{
	struct receipts proving = receipts;
	struct evented e;
	struct meeting m;

	(void)state;
	proving.proof = PROOF;
	proving.count = 4;
	proving.index = 3;
	MEET(&m, {0, STEPS(READ, WITH(&proving), {SCRIPT_WAIT_GONE})},
		{0, STEPS(READ, WITH(&proving), {SCRIPT_WAIT_GONE})});
	evented_call(&m, true, &e);
	assert_int_equal(e.code, 0);
	assert_true(e.has_receipt && e.has_proof);
	evented_call(&m, false, &e);
	assert_true(e.code == 0 && e.has_receipt && !e.has_proof);
	assert_int_equal(m.told.count, 2);
	part(&m);
}

static void evented_calls_end_without_a_reply_when_it_is_wrong(void **state)
{
	struct receipts absent = receipts, wrong = receipts;
	struct evented e;
	struct meeting m;

	(void)state;
	absent.spoil = RECEIPT_ABSENT;
	wrong.spoil = RECEIPT_OTHER_CALL;
	MEET(&m, {0, STEPS(READ, WITH(&absent), {SCRIPT_WAIT_GONE})},
		{0, STEPS(READ, WITH(&wrong), {SCRIPT_WAIT_GONE})});
	evented_call(&m, false, &e);
	assert_int_equal(e.code, RXC_ERR_VERIFY);
	assert_string_equal(e.reason, "RECEIPT_MISSING");
	assert_false(e.has_receipt);
	evented_call(&m, false, &e);
	assert_int_equal(e.code, RXC_ERR_VERIFY);
	assert_string_equal(e.reason, "RECEIPT_INVALID");
	assert_false(e.has_receipt);
	part(&m);
}

static int setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	scripted_certificate(scratch_path("client.pem"), scratch_path("client.key"));
	receipts_init(&receipts);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_receipt_is_checked_told_of_and_kept_until_the_next_call),
		TEST(receipts_signed_together_verify_each_by_its_path),
		TEST(a_wrong_or_missing_receipt_withholds_the_reply),
		TEST(without_keys_receipts_are_kept_as_they_come),
		TEST(what_changed_nothing_needs_no_receipt),
		TEST(a_repeated_call_gets_the_same_statement),
		TEST(proofs_are_asked_for_changes_only_and_kept),
		TEST(receipt_keys_come_from_the_file_or_the_setter),
		TEST(evented_calls_have_theirs_inside_on_reply),
		TEST(evented_calls_end_without_a_reply_when_it_is_wrong),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("receipts", tests, setup, scratch_teardown);
}
