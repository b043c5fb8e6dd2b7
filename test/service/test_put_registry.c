/* Registry records: checked to the last field, written with version, event and answer together. */
#include "test/service/records.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

enum { TRIES = 4 }; /* REGISTRY_CHANGE_TRIES_MAX */

static void every_kind_of_record_is_written(void **state)
{
	(void)state;
	records_begin();
	CHOOSE(region, REGION);
	record_expect_written("region_put", "region/140105");
	CHOOSE(institution, INSTITUTION);
	record_expect_written("institution_put", "institution/H14010500999");
	CHOOSE(certificate, CERTIFICATE);
	record_expect_written("certificate_put", "certificate/" RECORDS_PIN);
	CHOOSE(practitioner, PRACTITIONER);
	record_expect_written("practitioner_put", "practitioner/D140105003299");
	CHOOSE(practice, PRACTICE);
	record_expect_written("practice_put", "practice/HY140105000199/" HOSPITAL);
	CHOOSE(voucher_key, VOUCHER_KEY);
	record_expect_written("voucher_key_put", records_voucher_key());
	CHOOSE(officer, OFFICER);
	record_expect_written("certificate_put", "certificate/" RECORDS_PIN);
	CHOOSE(item, ITEM);
	CHOOSE(parameter, PARAMETER);
	record_expect_written("parameter_put", "parameter/supply-days-max/140100/" RECORDS_NOON);
}

static void a_record_that_stands_there_already_changes_nothing(void **state)
{
	const Rxcirc__V1__PutRegistryRecordResponse *reply;

	(void)state;
	records_begin();
	CHOOSE(region, REGION);
	record_answer("region_put", false);
	assert_int_equal(record_put(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__put_registry_record_response__descriptor);
	assert_false(reply->changed);
}

static void faults_of_regions_and_institutions(void **state)
{
	(void)state;
	records_begin();
	FAULT(region, REGION, region.code = paper_text("14010"), "region.code");
	FAULT(region, REGION, region.code = paper_text("1401055"), "region.code");
	FAULT(region, REGION, region.code = paper_text("14010A"), "region.code");
	FAULT(region, REGION, region.name = paper_text(""), "region.name");
	FAULT(region, REGION, region.parent = paper_text("1"), "region.parent");
	FAULT(institution, INSTITUTION, institution.code = paper_text("h14010500999"),
		"institution.code");
	FAULT(institution, INSTITUTION, institution.code = paper_text("H1401050099"),
		"institution.code");
	FAULT(institution, INSTITUTION, institution.code = paper_text("H140105009999"),
		"institution.code");
	FAULT(institution, INSTITUTION, institution.code = paper_text(""), "institution.code");
	FAULT(institution, INSTITUTION, institution.name = paper_text(""), "institution.name");
	FAULT(institution, INSTITUTION, institution.region = paper_text(""), "institution.region");
	FAULT(institution, INSTITUTION, institution.kind = (Rxcirc__V1__InstitutionKind)0,
		"institution.kind");
	FAULT(institution, INSTITUTION, institution.kind = (Rxcirc__V1__InstitutionKind)7,
		"institution.kind");
	FAULT(institution, INSTITUTION, institution.status = (Rxcirc__V1__InstitutionStatus)0,
		"institution.status");
	FAULT(institution, INSTITUTION, institution.status = (Rxcirc__V1__InstitutionStatus)5,
		"institution.status");
	FAULT(institution, INSTITUTION, institution.host_code = paper_text(HOST),
		"institution.host_code");
	FAULT(institution, INSTITUTION, institution.kind =
		RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL, "institution.host_code");
	institution.kind = RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL;
	institution.host_code = paper_text(HOST);
	CHOOSE(institution, INSTITUTION);
	record_expect_written("institution_put", "institution/H14010500999");
}

static void faults_of_certificates_and_officers(void **state)
{
	(void)state;
	records_begin();
	FAULT(certificate, CERTIFICATE, certificate.spki_sha256.len = 31, "certificate.spki_sha256");
	FAULT(certificate, CERTIFICATE, certificate.spki_sha256 = paper_bytes(digest, 33),
		"certificate.spki_sha256");
	FAULT(certificate, CERTIFICATE, certificate.institution_code = paper_text("P1"),
		"certificate.institution_code");
	FAULT(certificate, CERTIFICATE, certificate.not_after_ms = certificate.not_before_ms,
		"certificate.not_after_ms");
	FAULT(certificate, CERTIFICATE, certificate.not_before_ms = 0, "certificate.not_after_ms");
	FAULT(certificate, CERTIFICATE, certificate.not_before_ms = INT64_MIN,
		"certificate.not_after_ms");
	FAULT(officer, OFFICER, officer.spki_sha256.len = 0, "officer.spki_sha256");
	FAULT(officer, OFFICER, officer.office_code = paper_text(""), "officer.office_code");
	FAULT(officer, OFFICER, officer.name = paper_text(""), "officer.name");
	FAULT(officer, OFFICER, officer.region = paper_text(""), "officer.region");
	FAULT(officer, OFFICER, officer.not_after_ms = noon_ms, "officer.not_after_ms");
	FAULT(officer, OFFICER, officer.n_duties = 0, "officer.duties");
	FAULT(officer, OFFICER, duties[0] = 5, "officer.duties");
	officer.provincial = true;
	officer.region = paper_text(""); /* the whole province */
	CHOOSE(officer, OFFICER);
	record_expect_written("certificate_put", "certificate/" RECORDS_PIN);
}

/* Moments no calendar of the database has must not reach it. */
static void moments_beyond_all_calendars_are_refused(void **state)
{
	(void)state;
	records_begin();
	FAULT(certificate, CERTIFICATE, certificate.not_after_ms = INT64_MAX,
		"certificate.not_after_ms");
	FAULT(officer, OFFICER, officer.not_after_ms = INT64_MAX, "officer.not_after_ms");
	FAULT(voucher_key, VOUCHER_KEY, voucher_key.not_after_ms = INT64_MAX,
		"voucher_key.not_after_ms");
	certificate.not_after_ms = INT64_C(253402300799999); /* the last of the year 9999 */
	CHOOSE(certificate, CERTIFICATE);
	record_expect_written("certificate_put", "certificate/" RECORDS_PIN);
}

static void faults_of_people(void **state)
{
	static const char *const bad_codes[] = {"", "D14010500321", "D1401050032170", "d140105003217",
		"DDD140105003217", "140105003217", "D14010500321X"};

	(void)state;
	records_begin();
	for (unsigned i = 0; i < ARRAY_LEN(bad_codes); i++) {
		FAULT(practitioner, PRACTITIONER, practitioner.code = paper_text(bad_codes[i]),
			"practitioner.code");
		FAULT(practice, PRACTICE, practice.practitioner_code = paper_text(bad_codes[i]),
			"practice.practitioner_code");
	}
	FAULT(practitioner, PRACTITIONER, practitioner.name = paper_text(""), "practitioner.name");
	FAULT(practitioner, PRACTITIONER, practitioner.registered_region = paper_text("14"),
		"practitioner.registered_region");
	FAULT(practitioner, PRACTITIONER, practitioner.role = (Rxcirc__V1__PractitionerRole)0,
		"practitioner.role");
	FAULT(practitioner, PRACTITIONER, practitioner.role = (Rxcirc__V1__PractitionerRole)4,
		"practitioner.role");
	FAULT(practitioner, PRACTITIONER, practitioner.independent_since = paper_text(""),
		"practitioner.independent_since");
	FAULT(practitioner, PRACTITIONER, practitioner.independent_since = paper_text("2015-1-31"),
		"practitioner.independent_since");
	FAULT(practitioner, PRACTITIONER, practitioner.independent_since = paper_text("31-01-2015"),
		"practitioner.independent_since");
	FAULT(practice, PRACTICE, practice.institution_code = paper_text("H"),
		"practice.institution_code");
}

static void a_pharmacist_needs_no_independent_practice(void **state)
{
	(void)state;
	records_begin();
	practitioner.role = RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_HOSPITAL_PHARMACIST;
	practitioner.independent_since = paper_text("");
	CHOOSE(practitioner, PRACTITIONER);
	record_expect_written("practitioner_put", "practitioner/D140105003299");
}

static void faults_of_voucher_keys(void **state)
{
	static const uint8_t low_order[PUBLIC_KEY_LEN] = {1};

	(void)state;
	records_begin();
	FAULT(voucher_key, VOUCHER_KEY, voucher_key.public_key.len = 31, "voucher_key.public_key");
	FAULT(voucher_key, VOUCHER_KEY, voucher_key.public_key = paper_bytes(low_order, 32),
		"voucher_key.public_key");
	FAULT(voucher_key, VOUCHER_KEY, voucher_key.not_before_ms = -1, "voucher_key.not_after_ms");
}

static void a_request_without_a_record(void **state)
{
	(void)state;
	records_begin();
	record_expect_fault("record");
	m.record = NULL;
	record_expect_fault("record");
	assert_int_equal(stage_call_bytes(&put_method, slice_of("\x0a\x7f", 2)), STATUS_BODY_MALFORMED);
}

static void what_the_tables_refuse_is_the_records_fault(void **state)
{
	static const struct {
		const char *sqlstate;
		enum status_reason reason;
	} cases[] = {
		{"23503", STATUS_REGISTRY_RECORD_INVALID},
		{"23514", STATUS_REGISTRY_RECORD_INVALID},
		{"42501", STATUS_INTERNAL},
		{"21000", STATUS_INTERNAL},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		records_begin();
		CHOOSE(certificate, CERTIFICATE);
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
		fake_pg_answer_failure("certificate_put", ERR_DB_REFUSED, cases[i].sqlstate);
		assert_int_equal(record_put(), cases[i].reason);
		assert_int_equal(stage.req.findings_count, cases[i].reason != STATUS_INTERNAL);
	}
}

static const struct {
	int err;
	enum status_reason reason;
} plain[] = {
	{ERR_DB_AWAY, STATUS_DATABASE_AWAY},
	{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
	{ERR_FULL, STATUS_BUSY},
};

static void a_failed_statement_ends_the_request(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		records_begin();
		CHOOSE(region, REGION);
		fake_pg_answer_failure("reply_load", plain[i].err, NULL);
		assert_int_equal(record_put(), plain[i].reason);
		stage_clear();
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
		fake_pg_answer_failure("region_put", plain[i].err, NULL);
		assert_int_equal(record_put(), plain[i].reason);
		/* after an unknown write it stays unknown */
		stage_clear();
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
		fake_pg_answer_failure("region_put", ERR_OUTCOME_UNKNOWN, NULL);
		fake_pg_answer_failure("reply_load", plain[i].err, NULL);
		assert_int_equal(record_put(), STATUS_OUTCOME_UNKNOWN);
	}
}

static void an_unknown_write_is_looked_up_and_done_again(void **state)
{
	static const int again[] = {ERR_OUTCOME_UNKNOWN, ERR_DB_UNIQUE, ERR_DB_CONFLICT};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(again); i++) {
		records_begin();
		CHOOSE(region, REGION);
		fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
		fake_pg_answer_failure("region_put", again[i], NULL);
		record_answer("region_put", true);
		assert_int_equal(record_put(), STATUS_OK);
		assert_int_equal(fake_pg_unused(), 0);
		stage_clear();
		for (unsigned t = 0; t < TRIES; t++) {
			fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
			fake_pg_answer_failure("region_put", again[i], NULL);
		}
		assert_int_equal(record_put(), i == 0 ? STATUS_OUTCOME_UNKNOWN : STATUS_CONTENDED);
		assert_int_equal(fake_pg_unused(), 0);
	}
}

/* Either answer, also the one without bytes. */
static void the_same_request_gets_the_stored_answer(void **state)
{
	(void)state;
	for (unsigned changed = 0; changed < 2; changed++) {
		const struct fake_unit *u;
		struct slice reply;
		uint8_t mac[32];
		unsigned q;

		records_begin();
		stage.keep_key = true;
		CHOOSE(region, REGION);
		record_answer("region_put", true);
		assert_int_equal(record_put(), STATUS_OK);
		u = fake_pg_last("region_put", &q);
		memcpy(mac, fake_value(u, q, 9).data, sizeof(mac));
		reply = fake_value(u, q, changed ? 10 : 11);
		reply = slice_of("\x08\x01", reply.len);
		stage_clear();
		promise_answer_kept("reply_load", mac, reply, NULL);
		promise_answer_kept("reply_replay", mac, reply, NULL);
		assert_int_equal(record_put(), STATUS_OK);
		stage_expect_lane("reply_replay", "write");
		assert_int_equal(((const Rxcirc__V1__PutRegistryRecordResponse *)stage_reply(
			&rxcirc__v1__put_registry_record_response__descriptor))->changed, changed);
		mac[0] ^= 1;
		stage_clear();
		promise_answer_kept("reply_load", mac, reply, NULL);
		assert_int_equal(record_put(), STATUS_IDEMPOTENCY_KEY_REUSED);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(every_kind_of_record_is_written, "C11"),
		STAGED(a_record_that_stands_there_already_changes_nothing),
		STAGED_PROVES(faults_of_regions_and_institutions, "SX15-2.1"),
		STAGED(faults_of_certificates_and_officers),
		STAGED(moments_beyond_all_calendars_are_refused),
		STAGED(faults_of_people),
		STAGED(a_pharmacist_needs_no_independent_practice),
		STAGED(faults_of_voucher_keys),
		STAGED(a_request_without_a_record),
		STAGED(what_the_tables_refuse_is_the_records_fault),
		STAGED(a_failed_statement_ends_the_request),
		STAGED(an_unknown_write_is_looked_up_and_done_again),
		STAGED(the_same_request_gets_the_stored_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("put registry record", tests, stage_open, stage_close);
}
