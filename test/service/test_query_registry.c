/* Reading the registry: by what is asked, inside one's scope, page by page; a person's blocks only
 * to who has the voucher id, and recorded first. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"

static const struct method query_method = {"rxcirc.v1.Agency/QueryRegistry",
	query_registry_start};
static Rxcirc__V1__QueryRegistryRequest m;
static const Rxcirc__V1__QueryRegistryResponse *reply;

#define KIND(KIND_) RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_##KIND_

static void begin(Rxcirc__V1__RegistryKind kind)
{
	rxcirc__v1__query_registry_request__init(&m);
	m.kind = kind;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

/* How many records the answer has. */
static size_t ask(void)
{
	if (stage_call(&query_method, &m) != STATUS_OK)
		fail_msg("%s", status_row_of(stage.req.status)->reason);
	reply = stage_reply(&rxcirc__v1__query_registry_response__descriptor);
	return reply->n_records;
}

static void records_come_as_they_were_put(void **state)
{
	const Rxcirc__V1__Institution *i;

	(void)state;
	begin(KIND(INSTITUTION));
	m.code = paper_text(HOSPITAL);
	assert_int_equal(ask(), 1);
	i = reply->records[0]->institution;
	assert_string_equal(i->code, HOSPITAL);
	assert_string_equal(i->host_code, HOST);
	assert_int_equal(i->kind, INSTITUTION_INTERNET_HOSPITAL);
	m.code = paper_text(HOST); /* the host, and who names it */
	assert_int_equal(ask(), 2);
	begin(KIND(KEY));
	m.code = paper_text("D140105003217");
	assert_int_equal(ask(), 1);
	assert_non_null(reply->records[0]->key->statement);
	begin(KIND(PRACTICE));
	m.code = paper_text(PHARMACY);
	assert_int_equal(ask(), 1);
	begin(KIND(VOUCHER_KEY));
	assert_int_equal(ask(), 1);
	assert_memory_equal(reply->records[0]->voucher_key->public_key.data,
		stage.province.voucher_key.public_key, PUBLIC_KEY_LEN);
	stage_expect_nothing_sent();
}

static void a_city_sees_its_prefecture_and_the_provinces_parameters(void **state)
{
	(void)state;
	province_parameter(&stage.province, "140000", "supply-days-max", "7");
	province_parameter(&stage.province, "140200", "supply-days-max", "5");
	province_parameter(&stage.province, "140105", "supply-days-max", "6");
	stage_rebuild();
	begin(KIND(INSTITUTION));
	m.text = paper_text("大同药店");
	assert_int_equal(ask(), 1);
	stage_as(CALLER_CITY_OFFICER, "A14010000000", "140100");
	assert_int_equal(ask(), 0);
	begin(KIND(PARAMETER));
	assert_int_equal(ask(), 3);
	stage_as(CALLER_CITY_OFFICER, "A14010000000", "140100");
	assert_int_equal(ask(), 2); /* the province's, and the own district's */
	begin(KIND(KEY));
	stage_as(CALLER_CITY_OFFICER, "A14020000000", "140200");
	assert_int_equal(ask(), 0);
}

static void items_are_told_by_kind_moment_and_end(void **state)
{
	struct item *soon, *ended, *later;

	(void)state;
	stage.province.item_count = 0; /* only those below */
	soon = province_item(&stage.province, HOSPITAL, ITEM_LICENCE, "practice");
	ended = province_item(&stage.province, HOSPITAL, ITEM_LICENCE, "internet");
	later = province_item(&stage.province, HOSPITAL, ITEM_LICENCE, "practice");
	province_item(&stage.province, PHARMACY, ITEM_SERVICE, "S1");
	soon->until_ms = noon_ms + 10 * (int64_t)DAY_MS;
	ended->until_ms = noon_ms;
	later->from_ms = soon->until_ms;
	later->withdrawn = true;
	stage_rebuild();
	begin(KIND(ITEM));
	assert_int_equal(ask(), 4);
	m.item_kind = RXCIRC__V1__ITEM_KIND__ITEM_KIND_LICENCE;
	assert_int_equal(ask(), 3);
	m.at_ms = noon_ms; /* the ended one held until that moment, not at it */
	assert_int_equal(ask(), 1);
	m.at_ms = noon_ms - 1;
	assert_int_equal(ask(), 2);
	m.at_ms = 0;
	m.expiring_before_ms = soon->until_ms;
	assert_int_equal(ask(), 0);
	m.expiring_before_ms++;
	assert_int_equal(ask(), 1);
	later->withdrawn = false; /* a renewal that holds at the end silences the warning */
	stage_rebuild();
	assert_int_equal(ask(), 0);
}

static void a_parameter_in_force_is_the_newest(void **state)
{
	struct parameter *first = province_parameter(&stage.province, "140100", "supply-days-max", "7");
	struct parameter *next = province_parameter(&stage.province, "140100", "supply-days-max", "5");

	(void)state;
	first->from_ms = noon_ms - DAY_MS;
	next->from_ms = noon_ms;
	stage_rebuild();
	begin(KIND(PARAMETER));
	assert_int_equal(ask(), 2);
	m.at_ms = noon_ms - 1;
	assert_int_equal(ask(), 1);
	assert_string_equal(reply->records[0]->parameter->value, "7");
	m.at_ms = noon_ms;
	assert_int_equal(ask(), 1);
	assert_string_equal(reply->records[0]->parameter->value, "5");
}

static void published_hospitals_without_services_are_found(void **state)
{
	province_place(&stage.province, HOSPITAL)->published = true;
	(void)state;
	stage_rebuild();
	begin(KIND(INSTITUTION));
	m.missing = RXCIRC__V1__ITEM_KIND__ITEM_KIND_SERVICE;
	assert_int_equal(ask(), 1);
	assert_string_equal(reply->records[0]->institution->code, HOSPITAL);
	province_item(&stage.province, HOSPITAL, ITEM_SERVICE, "S1")->until_ms = noon_ms + 1;
	stage_rebuild();
	assert_int_equal(ask(), 0);
	province_place(&stage.province, HOST)->published = true;
	stage_rebuild();
	assert_int_equal(ask(), 1);
}

static void pages_follow_one_another(void **state)
{
	size_t all, seen = 0;

	(void)state;
	begin(KIND(INSTITUTION));
	all = ask();
	assert_int_equal(reply->next_page_token.len, 0);
	m.page_size = 3;
	do {
		size_t count = ask();

		assert_true(count <= 3);
		seen += count;
		m.page_token = paper_bytes(reply->next_page_token.data, reply->next_page_token.len);
	} while (m.page_token.len > 0);
	assert_int_equal(seen, all);
}

static void blocks_need_the_voucher_id_and_leave_a_trace_first(void **state)
{
	struct person_block *b = &stage.province.blocks[stage.province.block_count++];
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	digest_person(b->person_key, stage.keys, PERSON);
	b->scope = BLOCK_ALL;
	b->from_ms = noon_ms;
	b->until_ms = noon_ms + DAY_MS;
	b->reason = "决定书 1";
	stage_rebuild();
	begin(KIND(PERSON_BLOCK));
	assert_int_equal(stage_call(&query_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "voucher_id");
	stage_expect_found("FIELD", "purpose");
	stage_expect_nothing_sent();
	m.voucher_id = paper_text(PERSON);
	m.purpose = paper_text("投诉 7");
	promise_answer_event();
	assert_int_equal(ask(), 1);
	assert_string_equal(reply->records[0]->person_block->voucher_id, PERSON);
	assert_string_equal(reply->records[0]->person_block->reason, "决定书 1");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->reason, "投诉 7");
	stage_clear();
	m.voucher_id = paper_text("somebody-else");
	promise_answer_event();
	assert_int_equal(ask(), 0);
	stage_clear();
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&query_method, &m), STATUS_DATABASE_AWAY);
}

static void field_fault(const char *field)
{
	assert_int_equal(stage_call(&query_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
}

static void what_is_no_question_is_refused(void **state)
{
	static const uint8_t token[9] = {0, 0, 0, 0, 0, 0, 0, 200};
	char text[REGISTRY_TEXT_MAX + 2] = "";

	(void)state;
	begin(0);
	field_fault("kind");
	begin((Rxcirc__V1__RegistryKind)11);
	field_fault("kind");
	begin(KIND(ITEM));
	memset(text, 'x', REGISTRY_TEXT_MAX);
	m.text = text;
	assert_int_equal(ask(), 0);
	text[REGISTRY_TEXT_MAX] = 'x';
	field_fault("text");
	begin(KIND(ITEM));
	m.page_size = REGISTRY_PAGE_MAX;
	(void)ask();
	m.page_size++;
	field_fault("page_size");
	begin(KIND(ITEM));
	m.region = paper_text("1401");
	field_fault("region");
	begin(KIND(ITEM));
	m.page_token = paper_bytes(token, 8);
	field_fault("page_token"); /* beyond the end */
	m.page_token = paper_bytes(token, 9);
	field_fault("page_token");
	begin(KIND(ITEM));
	m.at_ms = -1;
	field_fault("at_ms");
	begin(KIND(ITEM));
	m.missing = (Rxcirc__V1__ItemKind)ITEM_KINDS;
	field_fault("missing");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(records_come_as_they_were_put),
		STAGED(a_city_sees_its_prefecture_and_the_provinces_parameters),
		STAGED(items_are_told_by_kind_moment_and_end),
		STAGED(a_parameter_in_force_is_the_newest),
		STAGED_PROVES(published_hospitals_without_services_are_found, "TJ2-19b"),
		STAGED(pages_follow_one_another),
		STAGED(blocks_need_the_voucher_id_and_leave_a_trace_first),
		STAGED(what_is_no_question_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("service/query_registry", tests, stage_open, stage_close);
}
