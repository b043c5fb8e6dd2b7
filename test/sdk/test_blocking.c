/* The blocking client against a server that follows a script. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/clock.h"
#include "proto/limits.h"
#include "test/sdk/plan.h"
#include "test/sdk/scratch.h"
#include "test/sdk/scripted_server.h"
#include "test/support/tap.h"

#define CLASS(name) RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_##name
#define STEPS(...) (const struct script_step[]){__VA_ARGS__, {SCRIPT_END}}
#define CONNECTIONS(...) (const struct script_connection[]){__VA_ARGS__}
#define COUNT(...) (sizeof(CONNECTIONS(__VA_ARGS__)) / sizeof(struct script_connection))
/* Start the server with these connections and make a client of it. */
#define MEET(m, manner, ...) \
	meet((m), (manner), CONNECTIONS(__VA_ARGS__), COUNT(__VA_ARGS__))
#define READ {SCRIPT_READ}
#define ANSWER(s, m) {SCRIPT_ANSWER, (s), (m), 0, NULL}
#define OK ANSWER(NULL, &released.base)

static const struct wire_status busy = {8, "BUSY", CLASS(RETRY), 0};
static const struct wire_status busy_150_ms = {8, "BUSY", CLASS(RETRY), 150};
static const struct wire_status busy_for_long = {8, "BUSY", CLASS(RETRY), 60000};
static const struct wire_status unknown = {14, "OUTCOME_UNKNOWN", CLASS(UNKNOWN), 0};
static const struct wire_status held = {9, "CLAIM_HELD", CLASS(CALLER), 0};
static const struct wire_status internal = {13, "INTERNAL", CLASS(FATAL), 0};
static const struct wire_status draining = {14, "DRAINING", CLASS(RETRY), 0};
static const struct wire_status refused = {16, "CERTIFICATE_NOT_REGISTERED", CLASS(CALLER), 0};

static const Rxcirc__V1__ReleaseClaimResponse released = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;

struct meeting {
	struct scripted_server server;
	rxc_options *options;
	rxc_client *client;
};

static void client_make(struct meeting *m)
{
	rxc_client_free(m->client);
	assert_int_equal(rxc_client_new(m->options, &m->client, NULL), 0);
}

static void meet(struct meeting *m, const struct scripted_manner *manner,
	const struct script_connection *script, size_t script_count)
{
	*m = (struct meeting){0};
	scripted_server_start(&m->server, manner, script, script_count);
	m->options = rxc_options_new();
	assert_int_equal(rxc_options_set_server(m->options, "127.0.0.1", m->server.port), 0);
	assert_int_equal(rxc_options_set_certificate(m->options, scratch_path("client.pem"),
		scratch_path("client.key")), 0);
	assert_int_equal(rxc_options_set_server_pin(m->options, m->server.pin), 0);
	assert_int_equal(rxc_options_set_deadline_ms(m->options, 5000), 0);
	client_make(m);
}

static void part(struct meeting *m)
{
	rxc_client_free(m->client);
	rxc_options_free(m->options);
	scripted_server_stop(&m->server);
}

/* A changing call. */
static int release(struct meeting *m, const uint8_t *key, rxc_error **ret_error)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	Rxcirc__V1__ReleaseClaimResponse *reply;
	int r;

	request.fencing_token = 77;
	r = rxc_pharmacy_release(m->client, &request, key, &reply, ret_error);
	if (r == 0)
		rxcirc__v1__release_claim_response__free_unpacked(reply, NULL);
	return r;
}

static void assert_release_fails(struct meeting *m, int code, const char *reason)
{
	rxc_error *error = NULL;
	int r = release(m, NULL, &error);

	if (r != code)
		fail_msg("%d (%s), expected %d", r, rxc_error_message(error), code);
	assert_int_equal(rxc_error_code(error), code);
	assert_string_equal(rxc_error_reason(error), reason);
	rxc_error_free(error);
}

static void assert_same_key(const struct scripted_server *s, size_t calls)
{
	assert_int_equal(s->calls_count, calls);
	for (size_t i = 0; i < calls; i++) {
		assert_int_equal(s->calls[i]->idempotency_key.len, 16);
		assert_memory_equal(s->calls[i]->idempotency_key.data,
			s->calls[0]->idempotency_key.data, 16);
		assert_int_equal(s->calls[i]->body.len, s->calls[0]->body.len);
	}
}

/* ---- plain calls ---- */

static void calls_over_one_connection_with_a_certificate(void **state)
{
	static const uint8_t key[16] = {1, 2, 3};
	Rxcirc__V1__CheckPrescriptionRequest check = RXCIRC__V1__CHECK_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__CheckPrescriptionResponse *checked;
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, OK, READ, OK, READ, OK, {SCRIPT_WAIT_GONE})});
	assert_int_equal(release(&m, NULL, NULL), 0);
	assert_int_equal(release(&m, key, NULL), 0);
	assert_int_equal(rxc_hospital_check(m.client, &check, key, &checked, NULL), 0);
	rxcirc__v1__check_prescription_response__free_unpacked(checked, NULL);
	part(&m);
	assert_int_equal(m.server.connections, 1);
	assert_int_equal(m.server.certificates, 1);
	assert_int_equal(m.server.calls_count, 3);
	assert_string_equal(m.server.calls[0]->method, "rxcirc.v1.Pharmacy/ReleaseClaim");
	assert_int_equal(m.server.calls[0]->idempotency_key.len, 16);
	assert_true(m.server.calls[0]->deadline_ms > 0 && m.server.calls[0]->deadline_ms <= 5000);
	assert_memory_equal(m.server.calls[1]->idempotency_key.data, key, 16);
	assert_memory_not_equal(m.server.calls[0]->idempotency_key.data, key, 16);
	assert_int_equal(m.server.calls[2]->idempotency_key.len, 0);
	scripted_server_clear(&m.server);
}

static void calls_what_renews_transfers_and_returns_under_their_names(void **state)
{
	static const char *const names[] = {"rxcirc.v1.Pharmacy/RenewClaim",
		"rxcirc.v1.Pharmacy/TransferClaim", "rxcirc.v1.Pharmacy/ReturnDispensed"};
	Rxcirc__V1__RenewClaimRequest renew = RXCIRC__V1__RENEW_CLAIM_REQUEST__INIT;
	Rxcirc__V1__TransferClaimRequest transfer = RXCIRC__V1__TRANSFER_CLAIM_REQUEST__INIT;
	Rxcirc__V1__ReturnDispensedRequest back = RXCIRC__V1__RETURN_DISPENSED_REQUEST__INIT;
	Rxcirc__V1__ReturnDispensedResponse done = RXCIRC__V1__RETURN_DISPENSED_RESPONSE__INIT;
	Rxcirc__V1__RenewClaimResponse *renewed;
	Rxcirc__V1__TransferClaimResponse *transferred;
	Rxcirc__V1__ReturnDispensedResponse *returned;
	struct meeting m;

	(void)state;
	done.return_no = 3;
	MEET(&m, NULL, {0, STEPS(READ, OK, READ, OK, READ, ANSWER(NULL, &done.base),
		{SCRIPT_WAIT_GONE})});
	assert_int_equal(rxc_pharmacy_renew(m.client, &renew, NULL, &renewed, NULL), 0);
	rxcirc__v1__renew_claim_response__free_unpacked(renewed, NULL);
	assert_int_equal(rxc_pharmacy_transfer(m.client, &transfer, NULL, &transferred, NULL), 0);
	rxcirc__v1__transfer_claim_response__free_unpacked(transferred, NULL);
	assert_int_equal(rxc_pharmacy_return(m.client, &back, NULL, &returned, NULL), 0);
	assert_int_equal(returned->return_no, 3);
	rxcirc__v1__return_dispensed_response__free_unpacked(returned, NULL);
	part(&m);
	assert_int_equal(m.server.calls_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(m.server.calls[i]->method, names[i]);
		assert_int_equal(m.server.calls[i]->idempotency_key.len, 16);
	}
	scripted_server_clear(&m.server);
}

static void refuses_calls_that_are_none(void **state)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	ProtobufCMessage *reply;
	struct meeting m;
	static const char *const methods[] = {"", "rxcirc.v1.Pharmacy/Nothing", "ReleaseClaim",
		"rxcirc.v1.Pharmacy/ClaimPrescription", "rxcirc.v1.PharmacyReleaseClaim/"};

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ)});
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		assert_int_equal(rxc_client_call(m.client, methods[i], &request.base, NULL, &reply,
			NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_client_call(m.client, "rxcirc.v1.Pharmacy/ReleaseClaim", NULL, NULL,
		&reply, NULL), RXC_ERR_ARGUMENT);
	part(&m);
	assert_int_equal(m.server.connections, 0);
}

/* ---- repeating ---- */

static void repeats_when_busy_with_the_same_key_and_not_too_early(void **state)
{
	struct meeting m;
	int64_t began_ms;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&busy_150_ms, NULL), READ, OK)});
	began_ms = clock_now_ms();
	assert_int_equal(release(&m, NULL, NULL), 0);
	assert_true(clock_now_ms() - began_ms >= 150);
	part(&m);
	assert_same_key(&m.server, 2);
	assert_int_equal(m.server.connections, 1);
	scripted_server_clear(&m.server);
}

static void gives_up_after_as_many_repetitions_as_allowed(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&busy, NULL), READ, ANSWER(&busy, NULL),
		READ, ANSWER(&busy, NULL), READ, OK)});
	assert_int_equal(rxc_options_set_retries(m.options, 2), 0);
	client_make(&m);
	assert_release_fails(&m, RXC_ERR_STATUS, "BUSY");
	part(&m);
	assert_same_key(&m.server, 3);
	scripted_server_clear(&m.server);
}

static void does_not_wait_beyond_its_deadline(void **state)
{
	struct meeting m;
	int64_t began_ms = clock_now_ms();

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&busy_for_long, NULL), READ, OK)});
	assert_release_fails(&m, RXC_ERR_STATUS, "BUSY");
	assert_true(clock_now_ms() - began_ms < 5000);
	part(&m);
	assert_int_equal(m.server.calls_count, 1);
	scripted_server_clear(&m.server);
}

static void repeats_an_unknown_outcome_with_the_same_key(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&unknown, NULL), READ, OK)});
	assert_int_equal(release(&m, NULL, NULL), 0);
	part(&m);
	assert_same_key(&m.server, 2);
	scripted_server_clear(&m.server);
}

static void repeats_on_a_new_connection_when_the_old_one_is_lost(void **state)
{
	static const struct script_step lost[] = {READ, {SCRIPT_ABORT}};
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, lost}, {0, STEPS(READ)},
		{0, STEPS(READ, {SCRIPT_ANSWER_HALF, NULL, &released.base, 0, NULL})},
		{SCRIPT_HANG_UP, NULL}, {0, STEPS(READ, OK)});
	assert_int_equal(release(&m, NULL, NULL), 0);
	part(&m);
	assert_int_equal(m.server.connections, 5);
	assert_same_key(&m.server, 4);
	scripted_server_clear(&m.server);
}

static void does_not_repeat_what_repeating_cannot_help(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&held, NULL), READ, ANSWER(&internal, NULL),
		READ, {SCRIPT_RAW, NULL, NULL, 0, "\xff\xff\xff\xff\xff"}, {SCRIPT_WAIT_GONE})},
		{0, STEPS(READ, {SCRIPT_ANSWER_PART, NULL, &released.base, 0, NULL},
			{SCRIPT_WAIT_GONE})});
	assert_release_fails(&m, RXC_ERR_STATUS, "CLAIM_HELD");
	assert_release_fails(&m, RXC_ERR_STATUS, "INTERNAL");
	assert_release_fails(&m, RXC_ERR_PROTOCOL, "");
	assert_release_fails(&m, RXC_ERR_PROTOCOL, "");
	part(&m);
	assert_int_equal(m.server.calls_count, 4);
	scripted_server_clear(&m.server);
}

static void does_not_say_nothing_happened_after_a_lost_answer(void **state)
{
	struct meeting m;
	rxc_error *error = NULL;

	(void)state;
	/* The answer is lost; then nobody listens any more. */
	MEET(&m, NULL, {0, STEPS(READ)});
	assert_int_equal(release(&m, NULL, &error), RXC_ERR_CLOSED);
	assert_non_null(strstr(rxc_error_message(error), "may have happened"));
	assert_true(rxc_error_is_retryable(error));
	rxc_error_free(error);
	part(&m);
	scripted_server_clear(&m.server);

	/* The same when the server is only busy afterwards. */
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(&unknown, NULL), READ, ANSWER(&busy_for_long, NULL))});
	assert_release_fails(&m, RXC_ERR_CLOSED, "");
	part(&m);
	scripted_server_clear(&m.server);
}

/* ---- connections ---- */

static void reconnects_when_the_idle_connection_was_closed(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, OK)}, {0, STEPS(READ, OK)});
	assert_int_equal(rxc_options_set_retries(m.options, 0), 0);
	client_make(&m);
	assert_int_equal(release(&m, NULL, NULL), 0);
	/* Until the goodbye has come; no repetition may be spent on it. */
	poll(NULL, 0, 100);
	assert_int_equal(release(&m, NULL, NULL), 0);
	part(&m);
	assert_int_equal(m.server.connections, 2);
	scripted_server_clear(&m.server);
}

static void leaves_a_server_that_is_being_stopped(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, {SCRIPT_NOTICE, &draining, NULL, 0, NULL}, OK,
			{SCRIPT_WAIT_GONE})},
		{0, STEPS(READ, ANSWER(&draining, NULL), {SCRIPT_WAIT_GONE})},
		{0, STEPS(READ, OK)});
	assert_int_equal(release(&m, NULL, NULL), 0);
	assert_int_equal(release(&m, NULL, NULL), 0);
	part(&m);
	assert_int_equal(m.server.connections, 3);
	assert_int_equal(m.server.calls_count, 3);
	scripted_server_clear(&m.server);
}

static void tells_why_the_server_refuses_the_certificate(void **state)
{
	struct meeting m;
	rxc_error *error;

	(void)state;
	MEET(&m, NULL, {0, STEPS({SCRIPT_NOTICE, &refused, NULL, 0, NULL})});
	assert_int_equal(release(&m, NULL, &error), RXC_ERR_STATUS);
	assert_string_equal(rxc_error_reason(error), "CERTIFICATE_NOT_REGISTERED");
	assert_int_equal(rxc_error_status(error)->code, 16);
	assert_false(rxc_error_is_retryable(error));
	rxc_error_free(error);
	part(&m);
	assert_int_equal(m.server.connections, 1);
	scripted_server_clear(&m.server);
}

static void refuses_a_server_with_another_key(void **state)
{
	struct meeting m;
	uint8_t pin[32];

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, OK)}, {0, STEPS(READ, OK)});
	memcpy(pin, m.server.pin, 32);
	pin[31] ^= 1;
	assert_int_equal(rxc_options_set_server_pin(m.options, pin), 0);
	client_make(&m);
	assert_release_fails(&m, RXC_ERR_TLS, "SERVER_NOT_PINNED");
	part(&m);
	assert_int_equal(m.server.connections, 1);
	assert_int_equal(m.server.calls_count, 0);
}

static void refuses_tls_1_2(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, &(struct scripted_manner){.tls_version_max = TLS1_2_VERSION},
		{0, STEPS(READ, OK)});
	assert_release_fails(&m, RXC_ERR_TLS, "TLS_REFUSED");
	part(&m);
	assert_int_equal(m.server.calls_count, 0);
}

static void refuses_a_server_of_another_protocol(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, &(struct scripted_manner){.no_alpn = true}, {0, STEPS(READ, OK)});
	assert_release_fails(&m, RXC_ERR_TLS, "ALPN_MISSING");
	part(&m);
	assert_int_equal(m.server.calls_count, 0);
}

static void times_out_and_starts_afresh(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ, {SCRIPT_WAIT_GONE})}, {0, STEPS(READ, OK)});
	assert_int_equal(rxc_options_set_deadline_ms(m.options, 200), 0);
	client_make(&m);
	assert_release_fails(&m, RXC_ERR_TIMEOUT, "");
	assert_int_equal(release(&m, NULL, NULL), 0);
	part(&m);
	assert_int_equal(m.server.connections, 2);
	scripted_server_clear(&m.server);
}

static void does_not_wait_for_ever_for_a_silent_server(void **state)
{
	struct meeting m;

	(void)state;
	MEET(&m, NULL, {SCRIPT_SILENT, NULL});
	assert_int_equal(rxc_options_set_deadline_ms(m.options, 200), 0);
	client_make(&m);
	assert_release_fails(&m, RXC_ERR_CONNECT, "");
	part(&m);
}

static void tells_when_nobody_listens(void **state)
{
	struct meeting m;
	rxc_error *error = NULL;

	(void)state;
	MEET(&m, NULL, {0, STEPS(READ)});
	scripted_server_stop(&m.server);
	assert_int_equal(release(&m, NULL, &error), RXC_ERR_CONNECT);
	assert_non_null(strstr(rxc_error_message(error), "refused"));
	assert_true(rxc_error_is_retryable(error));
	rxc_error_free(error);
	assert_int_equal(rxc_options_set_server(m.options, "no-such-host.invalid", 1), 0);
	assert_int_equal(rxc_options_set_retries(m.options, 0), 0);
	client_make(&m);
	assert_release_fails(&m, RXC_ERR_CONNECT, "");
	rxc_client_free(m.client);
	rxc_options_free(m.options);
}

/* ---- what is pulled is verified ---- */

static int pull(struct meeting *m, const char *voucher_id, size_t *ret_count, rxc_error **ret_error)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PullPrescriptionsResponse *reply;
	char code[RXC_VOUCHER_TEXT_MAX + 1];
	rxc_key *authority;
	int r;

	assert_int_equal(rxc_key_generate(&authority, NULL), 0);
	assert_int_equal(rxc_voucher_issue(authority, voucher_id, RXC_PURPOSE_PULL, 1, 60, code,
		NULL), 0);
	rxc_key_free(authority);
	request.voucher_code = code;
	r = rxc_pharmacy_pull(m->client, &request, NULL, &reply, ret_error);
	if (r == 0) {
		*ret_count = reply->n_prescriptions;
		rxcirc__v1__pull_prescriptions_response__free_unpacked(reply, NULL);
	}
	return r;
}

static void gives_out_a_pull_only_when_all_of_it_verifies(void **state)
{
	Rxcirc__V1__PullPrescriptionsResponse good = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__PullPrescriptionsResponse bad = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__PrescriptionBundle *bundles[PULL_PRESCRIPTIONS_MAX + 1];
	Rxcirc__V1__PullPrescriptionsResponse many;
	struct plan plan;
	struct meeting m;
	rxc_error *error = NULL;
	size_t count = 0;

	(void)state;
	plan_init(&plan);
	for (size_t i = 0; i < PULL_PRESCRIPTIONS_MAX + 1; i++)
		bundles[i] = plan_build(&plan);
	bundles[1]->later[2]->body.data[3] ^= 1;
	good.prescriptions = bad.prescriptions = bundles;
	good.n_prescriptions = 1;
	bad.n_prescriptions = 2;
	many = bad;
	many.prescriptions = bundles;
	many.n_prescriptions = PULL_PRESCRIPTIONS_MAX + 1;
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(NULL, &good.base), READ, ANSWER(NULL, &bad.base),
		READ, ANSWER(NULL, &good.base), READ, ANSWER(NULL, &many.base))});
	assert_int_equal(pull(&m, PLAN_VOUCHER_ID, &count, &error), RXC_ERR_ARGUMENT);
	assert_string_equal(rxc_error_reason(error), "TRUST_MISSING");
	rxc_error_free(error);
	assert_int_equal(rxc_options_set_trust(m.options, plan.trust), 0);
	client_make(&m);
	assert_int_equal(pull(&m, PLAN_VOUCHER_ID, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(pull(&m, PLAN_VOUCHER_ID, &count, &error), RXC_ERR_VERIFY);
	assert_string_equal(rxc_error_reason(error), "SIGNATURE_INVALID");
	rxc_error_free(error);
	assert_int_equal(pull(&m, "another-person", &count, &error), RXC_ERR_VERIFY);
	assert_string_equal(rxc_error_reason(error), "PERSON_FOREIGN");
	rxc_error_free(error);
	assert_int_equal(pull(&m, PLAN_VOUCHER_ID, &count, NULL), RXC_ERR_PROTOCOL);
	part(&m);
	assert_int_equal(m.server.calls_count, 4);
	scripted_server_clear(&m.server);
	for (size_t i = 0; i < PULL_PRESCRIPTIONS_MAX + 1; i++)
		rxcirc__v1__prescription_bundle__free_unpacked(bundles[i], NULL);
	plan_clear(&plan);
}

static void gives_out_the_hospitals_own_only_when_it_is_the_one_asked_for(void **state)
{
	Rxcirc__V1__GetPrescriptionRequest request = RXCIRC__V1__GET_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__GetPrescriptionResponse found = RXCIRC__V1__GET_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__GetPrescriptionResponse empty = RXCIRC__V1__GET_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__GetPrescriptionResponse *reply;
	uint8_t rx_id[16];
	struct plan plan;
	struct meeting m;
	rxc_error *error = NULL;

	(void)state;
	plan_init(&plan);
	found.prescription = plan_build(&plan);
	MEET(&m, NULL, {0, STEPS(READ, ANSWER(NULL, &found.base), READ, ANSWER(NULL, &found.base),
		READ, ANSWER(NULL, &empty.base))});
	assert_int_equal(rxc_options_set_trust(m.options, plan.trust), 0);
	client_make(&m);
	assert_int_equal(rxc_hospital_get(m.client, &request, NULL, &reply, NULL),
		RXC_ERR_ARGUMENT);
	memcpy(rx_id, plan.rx_id, 16);
	request.rx_id.data = rx_id;
	request.rx_id.len = 16;
	assert_int_equal(rxc_hospital_get(m.client, &request, NULL, &reply, NULL), 0);
	rxcirc__v1__get_prescription_response__free_unpacked(reply, NULL);
	rx_id[0] ^= 1;
	assert_int_equal(rxc_hospital_get(m.client, &request, NULL, &reply, &error),
		RXC_ERR_VERIFY);
	assert_string_equal(rxc_error_reason(error), "RX_ID_FOREIGN");
	rxc_error_free(error);
	assert_int_equal(rxc_hospital_get(m.client, &request, NULL, &reply, NULL),
		RXC_ERR_PROTOCOL);
	part(&m);
	scripted_server_clear(&m.server);
	rxcirc__v1__prescription_bundle__free_unpacked(found.prescription, NULL);
	plan_clear(&plan);
}

static int setup(void **state)
{
	int r = scratch_setup(state);

	if (r == 0)
		scripted_certificate(scratch_path("client.pem"), scratch_path("client.key"));
	return r;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(calls_over_one_connection_with_a_certificate),
		TEST(calls_what_renews_transfers_and_returns_under_their_names),
		TEST(refuses_calls_that_are_none),
		TEST(repeats_when_busy_with_the_same_key_and_not_too_early),
		TEST(gives_up_after_as_many_repetitions_as_allowed),
		TEST(does_not_wait_beyond_its_deadline),
		TEST(repeats_an_unknown_outcome_with_the_same_key),
		TEST(repeats_on_a_new_connection_when_the_old_one_is_lost),
		TEST(does_not_repeat_what_repeating_cannot_help),
		TEST(does_not_say_nothing_happened_after_a_lost_answer),
		TEST(reconnects_when_the_idle_connection_was_closed),
		TEST(leaves_a_server_that_is_being_stopped),
		TEST(tells_why_the_server_refuses_the_certificate),
		TEST(refuses_a_server_with_another_key),
		TEST(refuses_tls_1_2),
		TEST(refuses_a_server_of_another_protocol),
		TEST(times_out_and_starts_afresh),
		TEST(does_not_wait_for_ever_for_a_silent_server),
		TEST(tells_when_nobody_listens),
		TEST(gives_out_a_pull_only_when_all_of_it_verifies),
		TEST(gives_out_the_hospitals_own_only_when_it_is_the_one_asked_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("blocking", tests, setup, scratch_teardown);
}
