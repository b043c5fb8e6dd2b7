/* Dated facts, parameters, blocks, and whose work a record is. */
#include "test/service/records.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

static void facts_are_written(void **state)
{
	(void)state;
	records_begin();
	CHOOSE(item, ITEM);
	record_expect_written("item_put",
		"item/" HOSPITAL "/1/" RECORDS_NOON "/internet-hospital");
	CHOOSE(parameter, PARAMETER);
	record_expect_written("parameter_put", "parameter/supply-days-max/140100/" RECORDS_NOON);
}

static void faults_of_items(void **state)
{
	(void)state;
	records_begin();
	FAULT(item, ITEM, item.owner_code = paper_text("X1"), "item.owner_code");
	FAULT(item, ITEM, item.kind = 0, "item.kind");
	FAULT(item, ITEM, item.kind = (Rxcirc__V1__ItemKind)ITEM_KINDS, "item.kind");
	FAULT(item, ITEM, item.code = paper_text(""), "item.code");
	FAULT(item, ITEM, item.from_ms = 0, "item.from_ms");
	FAULT(item, ITEM, item.until_ms = noon_ms, "item.until_ms");
	FAULT(item, ITEM, item.amount_fen = -1, "item.amount_fen");
	FAULT(item, ITEM, item.evidence_sha256 = paper_bytes(digest, 31), "item.evidence_sha256");
}

static void faults_of_parameters(void **state)
{
	(void)state;
	records_begin();
	FAULT(parameter, PARAMETER, parameter.region = paper_text("1401"), "parameter.region");
	FAULT(parameter, PARAMETER, parameter.name = paper_text("supply"), "parameter.name");
	FAULT(parameter, PARAMETER, parameter.name = paper_text("rule.RX-NONE"), "parameter.name");
	FAULT(parameter, PARAMETER, parameter.value = paper_text("0"), "parameter.value");
	FAULT(parameter, PARAMETER, parameter.value = paper_text("366"), "parameter.value");
	FAULT(parameter, PARAMETER, parameter.value = paper_text("7 "), "parameter.value");
	FAULT(parameter, PARAMETER, parameter.from_ms = 0, "parameter.from_ms");
	FAULT(parameter, PARAMETER, parameter.source = paper_text(""), "parameter.source");
	FAULT(parameter, PARAMETER,
		(parameter.name = paper_text("two-person"), parameter.value = paper_text("everything")),
		"parameter.value");
	FAULT(parameter, PARAMETER,
		(parameter.name = paper_text("rule.RX-SUPPLY"), parameter.value = paper_text("maybe")),
		"parameter.value");
	records_begin();
	CHOOSE(parameter, PARAMETER);
	parameter.name = paper_text("rule.RX-SUPPLY");
	parameter.value = paper_text("flag");
	record_expect_written("parameter_put", "parameter/rule.RX-SUPPLY/140100/" RECORDS_NOON);
	parameter.value = paper_text("365"); /* the limit itself */
	CHOOSE(parameter, PARAMETER);
	record_expect_written("parameter_put", "parameter/supply-days-max/140100/" RECORDS_NOON);
}

static void faults_of_person_blocks(void **state)
{
	(void)state;
	records_begin();
	FAULT(person_block, PERSON_BLOCK, person_block.voucher_id = paper_text(""),
		"person_block.voucher_id");
	FAULT(person_block, PERSON_BLOCK, person_block.scope = 4, "person_block.scope");
	FAULT(person_block, PERSON_BLOCK, person_block.until_ms = noon_ms, "person_block.until_ms");
	FAULT(person_block, PERSON_BLOCK, person_block.reason = paper_text(""), "person_block.reason");
}

/* The table and the trail know the person by keyed digests only. */
static void a_person_block_names_nobody(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	uint8_t person[PERSON_KEY_LEN], hash[SHA256_LEN];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	records_begin();
	CHOOSE(person_block, PERSON_BLOCK);
	record_answer("person_block_put", true);
	assert_int_equal(record_put(), STATUS_OK);
	u = fake_pg_last("person_block_put", &q);
	digest_person(person, stage.keys, PERSON);
	assert_true(slice_equal(fake_value(u, q, 13), slice_of(person, sizeof(person))));
	assert_int_equal(fake_number(u, q, 12), person[0] << 8 | person[1]);
	leaf = record_leaf("person_block_put");
	assert_memory_equal(leaf->subject, "person-block/", 13);
	assert_int_equal(strlen(leaf->subject), 13 + 16);
	assert_int_equal(leaf->record_sha256.len, SHA256_LEN);
	digest_sha256(hash, stage.req.body);
	assert_memory_not_equal(leaf->subject_sha256.data, hash, sizeof(hash));
}

/* Each kind of record is one administrator's work (C29). */
static void a_record_needs_its_duty(void **state)
{
	static const struct {
		enum duty duty;
		bool region, institution, officer;
	} rows[] = {
		{DUTY_SYSTEM, true, false, false},
		{DUTY_REGISTRAR, false, true, false},
		{DUTY_SECURITY, false, false, true},
		{DUTY_AUDIT, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
#define TRY(name, NAME, statement, allowed) \
	do { \
		records_begin(); \
		stage.caller.duties = DUTY_BIT(rows[i].duty); \
		CHOOSE(name, NAME); \
		if (allowed) \
			record_answer(statement, true); \
		assert_int_equal(record_put(), (allowed) ? STATUS_OK : STATUS_DUTY_NOT_HELD); \
	} while (0)
		TRY(region, REGION, "region_put", rows[i].region);
		TRY(institution, INSTITUTION, "institution_put", rows[i].institution);
		TRY(officer, OFFICER, "certificate_put", rows[i].officer);
#undef TRY
	}
}

static void who_audits_runs_nothing_and_nobody_promotes_himself(void **state)
{
	(void)state;
	records_begin();
	FAULT(officer, OFFICER,
		(duties[0] = RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_AUDIT,
			duties[1] = RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_SYSTEM, officer.n_duties = 2),
		"officer.duties");
	FAULT(officer, OFFICER, (duties[1] = duties[0], officer.n_duties = 2), "officer.duties");
	records_begin();
	CHOOSE(officer, OFFICER);
	officer.spki_sha256 = paper_bytes(stage.caller.spki, SHA256_LEN);
	stage.caller.duties = DUTY_BIT(DUTY_SECURITY);
	assert_int_equal(record_put(), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", "officer.duties");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(facts_are_written),
		STAGED(faults_of_items),
		STAGED_PROVES(faults_of_parameters, "JIN15-4.11a"),
		STAGED(faults_of_person_blocks),
		STAGED(a_person_block_names_nobody),
		STAGED_PROVES(a_record_needs_its_duty, "C29"),
		STAGED_PROVES(who_audits_runs_nothing_and_nobody_promotes_himself, "C29"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("put facts", tests, stage_open, stage_close);
}
