/* The registry behind the rules: dated facts, regions' parameters and switches, before and after
 * the day they change. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

static struct rx_paper paper;

static void begin(void)
{
	stage_clear();
	rx_paper_init(&paper, &stage.province);
	scene_as(PHYSICIAN);
}

static enum status_reason upload(void)
{
	static const struct fake_cell is_new[] = {FAKE_BOOL(true), FAKE_BOOL(true)};

	stage_clear();
	fake_pg_answer("prescription_put", 2, is_new, 1);
	return stage_call(&upload_method, upload_of(&paper, &stage.province));
}

static void expect_accepted(void)
{
	enum status_reason status = upload();

	if (status != STATUS_OK)
		fail_msg("%s: %s", status_row_of(status)->reason,
			stage.req.findings_count == 0 ? "" : stage.req.findings[0]->rule);
}

/* Refused by exactly this rule. */
static void expect_refused(const char *rule)
{
	assert_int_equal(upload(), STATUS_RULES_REFUSED);
	assert_int_equal(stage.req.findings_count, 1);
	assert_string_equal(stage.req.findings[0]->rule, rule);
	stage_expect_nothing_sent();
}

/* Accepted with exactly this flag. */
static void expect_flagged(const char *rule)
{
	const Rxcirc__V1__UploadPrescriptionResponse *reply;

	expect_accepted();
	reply = stage_reply(&rxcirc__v1__upload_prescription_response__descriptor);
	assert_int_equal(reply->n_flags, 1);
	assert_string_equal(reply->flags[0]->rule, rule);
	assert_int_equal(reply->flags[0]->severity, RXCIRC__V1__SEVERITY__SEVERITY_FLAG);
}

static struct item *item_of(const char *owner, enum item_kind kind)
{
	for (size_t i = 0; i < stage.province.item_count; i++)
		if (strcmp(stage.province.items[i].owner_code, owner) == 0 &&
			stage.province.items[i].kind == kind)
			return &stage.province.items[i];
	fail_msg("%s has no such item", owner);
	return NULL;
}

static void an_upload_needs_the_items_the_rules_ask_for(void **state)
{
	const struct {
		const char *owner;
		enum item_kind kind;
		const char *rule;
	} items[] = {
		{HOST, ITEM_LICENCE, "RX-LICENCE"},
		{HOSPITAL, ITEM_LICENCE, "RX-LICENCE"},
		{HOST, ITEM_DEPARTMENT, "RX-DEPARTMENT"},
		{HOSPITAL, ITEM_INTERNET_DEPARTMENT, "RX-DEPARTMENT"},
		{stage.province.people[PHYSICIAN].practitioner.code, ITEM_ADDITIONAL_AGREEMENT,
			"RX-PHYSICIAN-AGREEMENT"},
	};

	(void)state;
	begin();
	expect_accepted();
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		struct item *item = item_of(items[i].owner, items[i].kind), was = *item;

		item->withdrawn = true;
		stage_rebuild();
		expect_refused(items[i].rule);
		item->withdrawn = false;
		item->until_ms = paper.m.issued_at_ms + 1; /* its last moment */
		stage_rebuild();
		expect_accepted();
		item->until_ms = paper.m.issued_at_ms;
		stage_rebuild();
		expect_refused(items[i].rule);
		/* an older one that ended does not hide the one in force */
		*province_item(&stage.province, items[i].owner, items[i].kind, was.code) = was;
		stage_rebuild();
		expect_accepted();
		stage.province.item_count--;
		*item = was;
	}
}

static void either_internet_licence_will_do_at_hospital_or_host(void **state)
{
	struct item *licence;

	(void)state;
	begin();
	licence = item_of(HOSPITAL, ITEM_LICENCE);
	licence->code = "internet-diagnosis";
	stage_rebuild();
	expect_accepted();
	licence->owner_code = HOST;
	stage_rebuild();
	expect_accepted();
	licence->code = "internet-drug";
	stage_rebuild();
	expect_refused("RX-LICENCE");
}

static void a_suspension_of_the_physician_is_read_from_the_registry(void **state)
{
	struct item *i;

	(void)state;
	begin();
	i = province_item(&stage.province, paper.physician.code, ITEM_SUSPENSION, "2026-1");
	stage_rebuild();
	expect_refused("RX-PHYSICIAN-SUSPENDED");
	i->until_ms = paper.m.issued_at_ms;
	stage_rebuild();
	expect_accepted();
}

static void a_blocked_person_is_refused_online(void **state)
{
	struct person_block *b = &stage.province.blocks[0];

	(void)state;
	begin();
	*b = (struct person_block){.scope = BLOCK_INTERNET, .from_ms = noon_ms,
		.until_ms = noon_ms + 1, .reason = "2026-1"};
	digest_person(b->person_key, stage.keys, PERSON);
	stage.province.block_count = 1;
	stage_rebuild();
	expect_refused("RX-PERSON-BLOCKED");
	b->scope = BLOCK_ALL;
	stage_rebuild();
	expect_refused("RX-PERSON-BLOCKED");
	b->scope = BLOCK_SETTLEMENT; /* that is between pharmacy and fund */
	stage_rebuild();
	expect_accepted();
	b->scope = BLOCK_INTERNET;
	b->until_ms = noon_ms;
	b->from_ms = noon_ms - DAY_MS;
	stage_rebuild();
	expect_accepted();
	b->until_ms = noon_ms + DAY_MS;
	b->from_ms = noon_ms + 1;
	stage_rebuild();
	expect_accepted();
}

/* From the first millisecond of its day, at the platform's receive time. */
static void a_parameter_counts_from_its_day_on(void **state)
{
	struct parameter *p;

	(void)state;
	begin();
	paper.lines[0].days_e4 = 140000;
	expect_refused("RX-SUPPLY");
	p = province_parameter(&stage.province, "140000", "supply-days-max", "14");
	p->from_ms = noon_ms + 1;
	stage_rebuild();
	expect_refused("RX-SUPPLY");
	p->from_ms = noon_ms;
	stage_rebuild();
	expect_accepted();
	/* and a later one takes over from its own day on */
	p = province_parameter(&stage.province, "140000", "supply-days-max", "13");
	p->from_ms = noon_ms + 1;
	stage_rebuild();
	expect_accepted();
	stage.now_ms = noon_ms + 1;
	expect_refused("RX-SUPPLY");
}

static void the_nearest_region_decides(void **state)
{
	(void)state;
	begin();
	paper.lines[0].days_e4 = 140000;
	province_parameter(&stage.province, "140000", "supply-days-max", "14");
	province_parameter(&stage.province, "140200", "supply-days-max", "1");
	stage_rebuild();
	expect_accepted();
	province_parameter(&stage.province, "140100", "supply-days-max", "10");
	stage_rebuild();
	expect_refused("RX-SUPPLY");
	province_parameter(&stage.province, HOME_REGION, "supply-days-max", "20");
	stage_rebuild();
	expect_accepted();
}

static void a_rule_is_switched_by_region_and_day(void **state)
{
	struct parameter *p;

	(void)state;
	begin();
	paper.lines[0].days_e4 = 140000;
	p = province_parameter(&stage.province, "140000", "rule.RX-SUPPLY", "flag");
	stage_rebuild();
	expect_flagged("RX-SUPPLY");
	p->from_ms = noon_ms + 1;
	stage_rebuild();
	expect_refused("RX-SUPPLY");
	p->from_ms = noon_ms;
	p->value = "off";
	stage_rebuild();
	expect_accepted();
	province_parameter(&stage.province, HOME_REGION, "rule.RX-SUPPLY", "refuse");
	stage_rebuild();
	expect_refused("RX-SUPPLY");
}

static void every_limit_comes_from_its_parameter(void **state)
{
	static const struct {
		const char *name, *value, *rule;
	} switches[] = {
		{"western-lines-max", "1", "RX-LINES"},
		{"validity-days-max", "2", "RX-VALIDITY"},
		{"supply-days-max", "6", "RX-SUPPLY"},
		{"guardian-age-years", "18", NULL}, /* the patient is older */
		{"experience-years-min", "16", "RX-PHYSICIAN-EXPERIENCE"},
		{"benefits", "personal-account", "RX-ATTRIBUTE"},
		{"disease-scope", "chronic-special", "RX-DISEASE-SCOPE"},
		{"insured-regions", "140200", "RX-INSURED-REGION"},
	};

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		province_parameter(&stage.province, HOME_REGION, switches[i].name, switches[i].value);
		stage_rebuild();
		if (switches[i].rule == NULL)
			expect_accepted();
		else
			expect_refused(switches[i].rule);
		stage.province.parameter_count = 0;
	}
}

static void recognition_is_asked_of_both_regions(void **state)
{
	(void)state;
	begin();
	paper.patient.insured_region = paper_text("140202");
	paper.m.cross_region = true;
	expect_accepted();
	province_parameter(&stage.province, "140200", "recognised-regions", "140300");
	stage_rebuild();
	expect_refused("RX-RECOGNITION");
	stage.province.parameter_count = 0;
	province_parameter(&stage.province, "140100", "recognised-regions", "140300 140200");
	stage_rebuild();
	expect_accepted();
	province_place(&stage.province, HOSPITAL)->filing_no = "";
	stage_rebuild();
	expect_refused("RX-FILING");
}

/* A table counts once it is published; what was withdrawn from it is not in it. */
static void code_tables_of_departments_and_use_are_asked(void **state)
{
	static struct code department, frequency, route;
	const Rxcirc__V1__UploadPrescriptionResponse *reply;

	(void)state;
	begin();
	paper.lines[0].route_code = paper.lines[1].route_code = paper_text("1");
	department = (struct code){.code = DEPARTMENT, .name = "", .dosage_form = "",
		.specification = ""};
	frequency = route = department;
	frequency.code = "11";
	route.code = "1";
	stage.province.department = &department;
	stage.province.frequency = &frequency;
	stage.province.route = &route;
	stage_rebuild();
	expect_accepted();
	department.flags = CODE_WITHDRAWN;
	stage_rebuild();
	expect_refused("RX-DEPARTMENT-KNOWN");
	department.flags = 0;
	frequency.flags = CODE_WITHDRAWN;
	route.code = "2";
	stage_rebuild();
	expect_accepted();
	reply = stage_reply(&rxcirc__v1__upload_prescription_response__descriptor);
	assert_int_equal(reply->n_flags, 4); /* of two lines each */
	assert_string_equal(reply->flags[0]->rule, "RX-FREQUENCY");
	assert_string_equal(reply->flags[3]->rule, "RX-ROUTE");
}

/* Each of the four modules says no by itself, while the other three are content. */
static void four_modules_answer_apart(void **state)
{
	Rxcirc__V1__UploadPrescriptionRequest *m;

	(void)state;
	begin(); /* person and credential */
	paper.m.voucher_token = paper_text("");
	expect_refused("RX-VOUCHER-TOKEN");
	begin(); /* eligibility for follow-up */
	paper.m.follow_up = NULL;
	expect_refused("RX-FOLLOW-UP");
	begin(); /* authenticity of the prescription */
	m = upload_of(&paper, &stage.province);
	m->prescription->signature.data[0] ^= 1;
	assert_int_equal(stage_call(&upload_method, m), STATUS_SIGNATURE_INVALID);
	begin(); /* circulation */
	expect_accepted();
}

/* No card number is asked for: the e-voucher alone carries a prescription through. */
static void no_physical_card_is_needed(void **state)
{
	(void)state;
	begin();
	assert_string_equal(paper.patient.voucher_id, PERSON);
	assert_null(protobuf_c_message_descriptor_get_field_by_name(
		&rxcirc__v1__prescription__descriptor, "card_no"));
	assert_null(protobuf_c_message_descriptor_get_field_by_name(
		&rxcirc__v1__patient__descriptor, "card_no"));
	expect_accepted();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(an_upload_needs_the_items_the_rules_ask_for,
			"NT33-N1.1 NT33-J1.1 TJ2-11a TJ2-20b"),
		STAGED_PROVES(either_internet_licence_will_do_at_hospital_or_host, "NT33-N1.1"),
		STAGED_PROVES(a_suspension_of_the_physician_is_read_from_the_registry, "TJ2-20b C23"),
		STAGED_PROVES(a_blocked_person_is_refused_online, "SX15-8.9"),
		STAGED_PROVES(a_parameter_counts_from_its_day_on, "JIN15-4.11a TJ2-30"),
		STAGED_PROVES(the_nearest_region_decides, "JIN15-1.1b SX15-4.5"),
		STAGED_PROVES(a_rule_is_switched_by_region_and_day, "JIN15-4.1 JIN15-4.11a TJ2-30"),
		STAGED_PROVES(every_limit_comes_from_its_parameter,
			"JIN15-1.1b SX15-4.5 TJ2-11b NT33-J1.1 TJ2-12a"),
		STAGED_PROVES(recognition_is_asked_of_both_regions,
			"JIN15-1.4a JIN15-1.4b SX15-6.5"),
		STAGED_PROVES(code_tables_of_departments_and_use_are_asked, "SX15-3.1"),
		STAGED_PROVES(four_modules_answer_apart, "SX15-6.1"),
		STAGED_PROVES(no_physical_card_is_needed, "NT33-N4.1"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rules", tests, stage_open, stage_close);
}
