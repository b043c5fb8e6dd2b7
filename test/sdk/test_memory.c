/* Every allocation of the library fails once: the n-th, for n = 1, 2, .. until none is left.
 *
 * Each time the function says RXC_ERR_MEMORY or succeeds, out-parameters of a failure stay
 * untouched, every call ends exactly once, and (under the address sanitizer) nothing leaks. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/call.h"
#include "client-sdk/src/engine.h"
#include "test/sdk/log_draft.h"
#include "test/sdk/plan.h"
#include "test/sdk/scratch.h"
#include "test/sdk/wire.h"
#include "test/support/tap.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name

enum { TURNS_MAX = 5000 };

/* The linker sends the library's allocations here. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__real_sodium_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_sodium_malloc(size_t size);

static unsigned fail_in; /* 0 = never */
static bool has_failed;

static bool fails_now(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return false;
	has_failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails_now() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	return fails_now() ? NULL : __real_strdup(text);
}

void *__wrap_sodium_malloc(size_t size)
{
	return fails_now() ? NULL : __real_sodium_malloc(size);
}

/* Run `scenario` with each allocation failing; at least `expected` of them. */
static void torture(void (*scenario)(void *subject), void *subject, unsigned expected)
{
	unsigned n;

	for (n = 1; n < TURNS_MAX; n++) {
		fail_in = n;
		has_failed = false;
		scenario(subject);
		fail_in = 0;
		if (!has_failed)
			break;
	}
	assert_true(n > expected);
	assert_true(n < TURNS_MAX);
}

/* `r` is what a turn may end with, and fits whether an allocation failed. */
static void assert_memory_or_done(int r, const rxc_error *error)
{
	if (r == 0) {
		assert_false(has_failed);
		return;
	}
	assert_true(has_failed);
	assert_int_equal(r, RXC_ERR_MEMORY);
	assert_int_equal(rxc_error_code(error), RXC_ERR_MEMORY);
	assert_string_equal(rxc_error_message(error), "memory is exhausted");
}

static void key_and_signature(void *subject)
{
	Rxcirc__V1__SignedDocument *doc = NULL;
	rxc_error *error = NULL;
	rxc_key *key = NULL;
	int r;

	r = rxc_key_generate(&key, &error);
	if (r == 0)
		r = rxc_sign_message(key, KIND(REVOCATION), subject, &doc, &error);
	assert_memory_or_done(r, error);
	assert_true(r == 0 || !doc);
	if (doc)
		rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	rxc_key_free(key);
	rxc_error_free(error);
}

static void signing_survives(void **state)
{
	Rxcirc__V1__Revocation message = RXCIRC__V1__REVOCATION__INIT;

	(void)state;
	message.revoked_at_ms = 1;
	torture(key_and_signature, &message, 7);
}

struct verify_subject {
	struct plan plan;
	Rxcirc__V1__PrescriptionBundle *bundle;
};

static void verification(void *subject)
{
	struct verify_subject *s = subject;
	rxc_error *error = NULL;
	int r = rxc_verify_bundle(s->plan.trust, s->bundle, &error);

	assert_memory_or_done(r, error);
	rxc_error_free(error);
}

static void verifying_survives(void **state)
{
	struct verify_subject s;

	(void)state;
	plan_init(&s.plan);
	s.bundle = plan_build(&s.plan);
	torture(verification, &s, 60);
	rxcirc__v1__prescription_bundle__free_unpacked(s.bundle, NULL);
	plan_clear(&s.plan);
}

/* A bundle that does not verify is never called good because memory was short. */
static void refusal(void *subject)
{
	struct verify_subject *s = subject;
	rxc_error *error = NULL;
	int r = rxc_verify_bundle(s->plan.trust, s->bundle, &error);

	assert_int_equal(r, has_failed ? RXC_ERR_MEMORY : RXC_ERR_VERIFY);
	assert_int_equal(rxc_error_code(error), r);
	rxc_error_free(error);
}

static void refusing_survives(void **state)
{
	struct verify_subject s;

	(void)state;
	plan_init(&s.plan);
	s.bundle = plan_build(&s.plan);
	s.bundle->later[2]->signature.data[5] ^= 1;
	torture(refusal, &s, 50);
	rxcirc__v1__prescription_bundle__free_unpacked(s.bundle, NULL);
	plan_clear(&s.plan);
}

struct export_subject {
	struct plan plan;
	struct log_draft log;
	struct wire export, kept;
};

static void on_finding(const rxc_finding *finding, void *user)
{
	(void)user;
	assert_int_not_equal(rxc_finding_verdict(finding), RXC_FINDING_FAILED);
}

static void export_check(void *subject)
{
	struct export_subject *s = subject;
	rxc_trail_check *check = NULL;
	rxc_error *error = NULL;
	bool holds = false;
	int r = rxc_trail_check_new(s->plan.trust, on_finding, NULL, &check, &error);

	if (r == 0)
		r = rxc_trail_check_set_policy(check, s->log.policy, strlen(s->log.policy), &error);
	if (r == 0)
		r = rxc_trail_check_add_checkpoint(check, s->kept.bytes, s->kept.len, &error);
	for (size_t at = 0; r == 0 && at < s->export.len; at += 1000)
		r = rxc_trail_check_feed(check, s->export.bytes + at,
			s->export.len - at < 1000 ? s->export.len - at : 1000, &error);
	if (r == 0)
		r = rxc_trail_check_end(check, &holds, &error);
	assert_memory_or_done(r, error);
	assert_true(r == 0 ? holds : !holds);
	rxc_trail_check_free(check);
	rxc_error_free(error);
}

static void checking_an_export_survives(void **state)
{
	static const uint64_t sizes[] = {3};
	Rxcirc__V1__PrescriptionBundle *bundle;
	struct export_subject s = {.log = {.count = 0}};
	struct draft_story story;

	(void)state;
	plan_init(&s.plan);
	bundle = plan_build(&s.plan);
	log_draft_init(&s.log, "log.test");
	draft_story_init(&story, &s.log, &s.plan, bundle);
	log_draft_checkpoint(&s.log, 3, 0, &s.kept);
	export_draft(&(struct export_plan){.log = &s.log, .witnesses = 2, .until = s.log.count,
		.page_events = 4, .known_sizes = sizes, .known_count = 1, .story = &story,
		.statements = bundle}, &s.export);
	torture(export_check, &s, 90);
	wire_clear(&s.export);
	wire_clear(&s.kept);
	draft_story_clear(&story);
	log_draft_clear(&s.log);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&s.plan);
}

enum { ENGINE_CALLS = 4 };

static void engine_feed(struct engine *e, const struct wire *w)
{
	size_t fed = 0;

	while (fed < w->len) {
		struct engine_event event;
		size_t room;
		uint8_t *at = engine_room(e, &room);
		size_t n = w->len - fed < room ? w->len - fed : room;

		if (room == 0)
			return; /* ended, for want of memory; the events tell */
		memcpy(at, w->bytes + fed, n);
		engine_received(e, n);
		fed += n;
		engine_next(e, 0, &event);
		if (event.kind != ENGINE_NOTHING)
			(*(unsigned *)event.user)++;
		assert_true(event.kind != ENGINE_ENDED || event.error.code != 0);
		engine_event_clear(&event);
	}
}

static void engine_talk(void *subject)
{
	static const uint8_t body[6000];
	struct engine *e = engine_new();
	struct rxc_error err = {0};
	struct engine_event event;
	unsigned ends[ENGINE_CALLS] = {0};
	bool taken[ENGINE_CALLS];

	if (!e)
		return;
	for (size_t i = 0; i < ENGINE_CALLS; i++) {
		int r = engine_submit(e, &(struct engine_call){.method = "a/b",
			.body = slice_of(body, sizeof(body)), .deadline_ms = 100,
			.user = &ends[i]}, 0, &err);

		taken[i] = r == 0;
		assert_true(r == 0 || r == RXC_ERR_MEMORY);
		error_clear(&err);
	}
	if (taken[ENGINE_CALLS - 1] && engine_in_flight(e) == ENGINE_CALLS)
		engine_feed(e, subject);
	for (;;) {
		engine_next(e, 100, &event);
		if (event.kind == ENGINE_NOTHING)
			break;
		(*(unsigned *)event.user)++;
		engine_event_clear(&event);
	}
	assert_int_equal(engine_in_flight(e), 0);
	for (size_t i = 0; i < ENGINE_CALLS; i++)
		assert_int_equal(ends[i], taken[i]);
	engine_free(e);
}

static void the_engine_ends_every_call_once(void **state)
{
	static const struct wire_status busy = {8, "BUSY",
		RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY, 5};
	static const struct wire_status refused = {16, "CERTIFICATE_NOT_REGISTERED",
		RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER, 0};
	Rxcirc__V1__ReleaseClaimResponse message = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 2, NULL, &message.base, false);
	wire_put_answer(&w, 3, &busy, NULL, false);
	wire_put_answer(&w, 0, &refused, NULL, false);
	torture(engine_talk, &w, 20);
	wire_clear(&w);
}

static void request_and_reply(void *subject)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	struct verify_subject *s = subject;
	Rxcirc__V1__PullPrescriptionsResponse reply = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	ProtobufCMessage *got = NULL;
	struct rxc_error err = {0};
	struct call call = {0};
	static uint8_t body[16384];
	static char code[RXC_VOUCHER_TEXT_MAX + 1];
	static size_t body_len;
	int r;

	if (body_len == 0) {
		unsigned armed = fail_in;

		fail_in = 0;
		reply.prescriptions = &s->bundle;
		reply.n_prescriptions = 1;
		body_len = protobuf_c_message_get_packed_size(&reply.base);
		assert_true(body_len <= sizeof(body));
		protobuf_c_message_pack(&reply.base, body);
		assert_int_equal(rxc_voucher_issue(s->plan.authority, PLAN_VOUCHER_ID,
			RXC_PURPOSE_PULL, 1, 60, code, NULL), 0);
		fail_in = armed;
	}
	request.voucher_code = code;
	r = call_prepare(&call, "rxcirc.v1.Pharmacy/PullPrescriptions", &request.base, NULL,
		s->plan.trust, &err);
	if (r == 0)
		r = call_read_reply(&call, s->plan.trust, slice_of(body, body_len), &got, &err);
	assert_memory_or_done(r, r ? &err : NULL);
	assert_true(r == 0 || !got);
	if (got)
		protobuf_c_message_free_unpacked(got, NULL);
	error_clear(&err);
	call_clear(&call);
}

static void calling_survives(void **state)
{
	struct verify_subject s;

	(void)state;
	plan_init(&s.plan);
	s.bundle = plan_build(&s.plan);
	torture(request_and_reply, &s, 100);
	rxcirc__v1__prescription_bundle__free_unpacked(s.bundle, NULL);
	plan_clear(&s.plan);
}

static void options_from_file(void *subject)
{
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;
	int r;

	if (!options)
		return;
	r = rxc_options_load(options, subject, &error);
	assert_memory_or_done(r, error);
	rxc_error_free(error);
	rxc_options_free(options);
}

static void loading_options_survives(void **state)
{
	char path[SCRATCH_PATH_MAX + 1];
	const char *written = scratch_write("client.conf",
		"server 10.0.0.1\nport 1\ncertificate a\nkey b\n", 0644);

	(void)state;
	memcpy(path, written, strlen(written) + 1);
	torture(options_from_file, path, 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(signing_survives),
		TEST(verifying_survives),
		TEST(refusing_survives),
		TEST(checking_an_export_survives),
		TEST(the_engine_ends_every_call_once),
		TEST(calling_survives),
		TEST(loading_options_survives),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memory", tests, scratch_setup, scratch_teardown);
}
