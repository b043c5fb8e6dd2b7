/* Registering practitioners' keys: the authority's signed word, and proof of possession. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "proto/dsse.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/event.pb-c.h"

static Rxcirc__V1__PutRegistryRecordRequest m;
static Rxcirc__V1__RegistryRecord record;
static Rxcirc__V1__PractitionerKey key;
static Rxcirc__V1__KeyStatement statement;
static struct key_pair pair;
static uint8_t possession[SIGNATURE_LEN];

static void prove_possession(const struct key_pair *prover)
{
	ensure(dsse_sign(possession, DSSE_TYPE_KEY_POSSESSION,
		slice_of(statement.public_key.data, statement.public_key.len), prover->secret) == 0);
	key.possession_signature = paper_bytes(possession, sizeof(possession));
}

static void sign_statement(void)
{
	key.statement = paper_sign(&statement, &stage.province.authority);
}

/* A new key of the physician, stated and proven. */
static void begin(void)
{
	stage_clear();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	rxcirc__v1__put_registry_record_request__init(&m);
	rxcirc__v1__registry_record__init(&record);
	rxcirc__v1__practitioner_key__init(&key);
	rxcirc__v1__key_statement__init(&statement);
	m.record = &record;
	record.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_KEY;
	record.key = &key;
	key_pair_make(&pair, "the physician's second key");
	statement.public_key = paper_bytes(pair.public_key, PUBLIC_KEY_LEN);
	statement.algorithm = paper_text("ed25519");
	statement.practitioner_code = paper_text("D140105003217");
	statement.practitioner_name = paper_text("李明华");
	statement.role = RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN;
	statement.institution_code = paper_text(HOSPITAL);
	statement.not_before_ms = noon_ms;
	statement.not_after_ms = noon_ms + INT64_C(365) * DAY_MS;
	statement.stated_at_ms = noon_ms;
	sign_statement();
	prove_possession(&pair);
}

static void answer(void)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};

	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("practitioner_key_put", 2, cells, 1);
}

static enum status_reason put(void)
{
	return stage_call(&put_method, &m);
}

static void expect(enum status_reason expected)
{
	enum status_reason status;

	stage_clear();
	status = put();
	if (status != expected)
		fail_msg("%s instead of %s", status_row_of(status)->reason,
			status_row_of(expected)->reason);
	stage_expect_nothing_sent();
	begin();
}

static void a_stated_and_proven_key_is_registered_with_the_statement_as_it_came(void **state)
{
	const struct fake_unit *u;
	uint8_t packed[2048];
	unsigned q;

	(void)state;
	begin();
	answer();
	assert_int_equal(put(), STATUS_OK);
	u = fake_pg_last("practitioner_key_put", &q);
	assert_true(slice_equal(fake_value(u, q, 12), slice_of(pair.id, KEY_ID_LEN)));
	assert_true(slice_equal(fake_value(u, q, 13), slice_of(pair.public_key, PUBLIC_KEY_LEN)));
	assert_true(slice_equal(fake_value(u, q, 14), slice_of_text("D140105003217")));
	assert_int_equal(fake_time(u, q, 17), noon_ms);
	assert_true(u->queries[q].param[19].is_null); /* not revoked */
	assert_int_equal(fake_time(u, q, 20), noon_ms);
	assert_true(slice_equal(fake_value(u, q, 21), slice_of(packed,
		rxcirc__v1__signed_document__pack(key.statement, packed))));
}

static void a_revocation_is_a_newer_statement_about_a_known_key(void **state)
{
	const struct key_pair *known = &stage.province.people[PHYSICIAN].pair;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	statement.public_key = paper_bytes(known->public_key, PUBLIC_KEY_LEN);
	statement.revoked_from_ms = noon_ms - 1;
	key.possession_signature.len = 0; /* the lost key cannot prove anything any more */
	sign_statement();
	answer();
	assert_int_equal(put(), STATUS_OK);
	u = fake_pg_last("practitioner_key_put", &q);
	assert_int_equal(fake_time(u, q, 19), noon_ms - 1);
}

static void a_known_key_never_changes_its_owner_place_or_role(void **state)
{
	const struct key_pair *known = &stage.province.people[PHYSICIAN].pair;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin();
		statement.public_key = paper_bytes(known->public_key, PUBLIC_KEY_LEN);
		if (i == 0)
			statement.practitioner_code = paper_text("D140105003299");
		if (i == 1)
			statement.institution_code = paper_text(OTHER_HOSPITAL);
		if (i == 2)
			statement.role = RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHARMACY_PHARMACIST;
		sign_statement();
		prove_possession(known);
		expect(STATUS_KEY_FOREIGN);
	}
}

static void a_new_key_proves_its_possession(void **state)
{
	struct key_pair thief;

	(void)state;
	key_pair_make(&thief, "thief");
	begin();
	key.possession_signature.len = 0;
	expect(STATUS_SIGNATURE_INVALID);
	key.possession_signature.len = 63;
	expect(STATUS_SIGNATURE_INVALID);
	prove_possession(&thief);
	expect(STATUS_SIGNATURE_INVALID);
	possession[0] ^= 1;
	expect(STATUS_SIGNATURE_INVALID);
	/* a signature of that key for another purpose */
	ensure(dsse_sign(possession, DSSE_TYPE_VOUCHER, slice_of(pair.public_key, PUBLIC_KEY_LEN),
		pair.secret) == 0);
	expect(STATUS_SIGNATURE_INVALID);
}

static void only_the_authority_states(void **state)
{
	(void)state;
	begin();
	key.statement = paper_sign(&statement, &pair);
	expect(STATUS_SIGNATURE_INVALID);
	key.statement = NULL;
	expect(STATUS_SIGNATURE_INVALID);
	key.statement->body.data[0] ^= 1;
	expect(STATUS_SIGNATURE_INVALID);
	key.statement->kind = RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION;
	expect(STATUS_SIGNATURE_INVALID);
}

static void an_unsound_key_is_refused(void **state)
{
	static const uint8_t weak[][PUBLIC_KEY_LEN] = {
		{0}, /* order 4 */
		{1}, /* the neutral element */
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0x7f}, /* order 2 */
		{2}, /* no point at all */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(weak); i++) {
		begin();
		statement.public_key = paper_bytes(weak[i], PUBLIC_KEY_LEN);
		sign_statement();
		expect(STATUS_KEY_UNSOUND);
	}
	statement.public_key.len = 31;
	sign_statement();
	expect(STATUS_KEY_UNSOUND);
	statement.algorithm = paper_text("sm2");
	sign_statement();
	expect(STATUS_KEY_UNSOUND);
}

/* Rightly signed by the authority, but no statement one can work with. */
static void faults_of_statements(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 9; i++) {
		static const char *const fields[] = {"key.practitioner_code", "key.institution_code",
			"key.not_after_ms", "key.not_after_ms", "key.role", "key.stated_at_ms",
			"key.not_after_ms", "key.stated_at_ms", "key.revoked_from_ms"};

		if (i == 0)
			statement.practitioner_code = paper_text("x");
		if (i == 1)
			statement.institution_code = paper_text("x");
		if (i == 2)
			statement.not_after_ms = statement.not_before_ms;
		if (i == 3)
			statement.not_before_ms = 0;
		if (i == 4)
			statement.role = (Rxcirc__V1__PractitionerRole)4;
		if (i == 5)
			statement.stated_at_ms = 0;
		if (i == 6)
			statement.not_after_ms = INT64_MAX;
		if (i == 7)
			statement.stated_at_ms = INT64_MAX;
		if (i == 8)
			statement.revoked_from_ms = INT64_MAX;
		sign_statement();
		stage_clear();
		assert_int_equal(put(), STATUS_REGISTRY_RECORD_INVALID);
		stage_expect_found("FIELD", fields[i]);
		assert_int_equal(stage.req.findings_count, 1);
		begin();
	}
	statement.revoked_from_ms = -1;
	sign_statement();
	assert_int_equal(put(), STATUS_REGISTRY_RECORD_INVALID);
}

/* ---- two persons ---------------------------------------------------------------------------- */

static void region_wants_two(void)
{
	province_parameter(&stage.province, "140100", "two-person", "key");
	stage_rebuild();
	begin();
}

static void script_proposal(const char *officer, int64_t at_ms, bool used)
{
	const struct fake_cell cells[] = {FAKE_TEXT(OFFICE), fake_text(officer), FAKE_TIME(at_ms),
		FAKE_BOOL(used)};

	fake_pg_reset();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("proposal_load", 4, cells, 1);
}

static bool awaits(void)
{
	const Rxcirc__V1__PutRegistryRecordResponse *reply =
		stage_reply(&rxcirc__v1__put_registry_record_response__descriptor);

	return reply->awaits_second_officer && !reply->changed;
}

/* The first call writes nothing but the proposal. */
static void one_officer_only_proposes(void **state)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	struct promise wrote;
	unsigned q;

	(void)state;
	region_wants_two();
	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("proposal_put", 2, cells, 1);
	assert_int_equal(put(), STATUS_OK);
	assert_true(awaits());
	u = fake_pg_last("proposal_put", &q);
	assert_int_equal(fake_pg_sent_count(), 2);
	assert_true(slice_equal(fake_value(u, q, 13), slice_of_text("王处长")));
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
	assert_memory_equal(leaf->subject, "proposal/key/D140105003217/", 27);
	assert_int_equal(leaf->record_sha256.len, 0); /* nothing stands in its table yet */
	wrote = promise_written("proposal_put", &promise_of_registry); /* that it was proposed */
	promise_expect(&wrote);
}

static void the_same_officer_does_not_approve_himself(void **state)
{
	(void)state;
	region_wants_two();
	script_proposal("王处长", noon_ms - HOUR_MS, false);
	assert_int_equal(put(), STATUS_SELF_APPROVAL);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void another_officer_carries_it_out(void **state)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	region_wants_two();
	script_proposal("李处长", noon_ms - HOUR_MS, false);
	fake_pg_answer("practitioner_key_put", 2, cells, 1);
	fake_pg_answer_affected("proposal_use", 1);
	assert_int_equal(put(), STATUS_OK);
	assert_false(awaits());
	u = fake_pg_last("proposal_use", &q);
	assert_int_equal(q, 1); /* in the same unit, behind what it allows */
	assert_string_equal(u->queries[0].statement, "practitioner_key_put");
	assert_int_equal(fake_pg_unused(), 0);
}

/* Used up, or older than seven days: it is a proposal again. */
static void an_old_proposal_allows_nothing(void **state)
{
	static const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const int64_t week_ms = INT64_C(7) * DAY_MS;

	(void)state;
	region_wants_two();
	for (int i = 0; i < 2; i++) {
		script_proposal("李处长", i == 0 ? noon_ms - week_ms : noon_ms, i == 1);
		fake_pg_answer("proposal_put", 2, cells, 1);
		assert_int_equal(put(), STATUS_OK);
		assert_true(awaits());
	}
	script_proposal("李处长", noon_ms - week_ms + 1, false);
	fake_pg_answer("practitioner_key_put", 2, cells, 1);
	fake_pg_answer_affected("proposal_use", 1);
	assert_int_equal(put(), STATUS_OK);
	assert_false(awaits());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_stated_and_proven_key_is_registered_with_the_statement_as_it_came, "C31"),
		STAGED(a_revocation_is_a_newer_statement_about_a_known_key),
		STAGED(a_known_key_never_changes_its_owner_place_or_role),
		STAGED_PROVES(a_new_key_proves_its_possession, "C31"),
		STAGED(only_the_authority_states),
		STAGED(an_unsound_key_is_refused),
		STAGED(faults_of_statements),
		STAGED_PROVES(one_officer_only_proposes, "C29"),
		STAGED_PROVES(the_same_officer_does_not_approve_himself, "C29"),
		STAGED(another_officer_carries_it_out),
		STAGED(an_old_proposal_allows_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("put key", tests, stage_open, stage_close);
}
