/* The public lists: who stands there, in which state, and that no text leaves its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/public_pages.h"
#include "app/public_view.h"
#include "base/ensure.h"

#include "test/support/tap.h"

#define NOW_MS INT64_C(1795900269123) /* 2026-11-29 in China */
#define DAY_MS (24 * INT64_C(3600000))

struct town {
	struct registry_builder *builder;
	struct registry *registry;
};

static void put(struct town *t, struct institution i)
{
	i.published = i.published || i.kind != INSTITUTION_HOSPITAL;
	assert_int_equal(registry_add_institution(t->builder, &i), 0);
}

/* An agreement in force for a year on both sides; the registry copies it. */
static struct agreement agreement_of(const char *id, const char *code, const char *host_id)
{
	return (struct agreement){.id = id, .institution_code = code, .host_agreement_id = host_id,
		.kind = host_id[0] != '\0' ? AGREEMENT_SUPPLEMENTARY : AGREEMENT_DESIGNATION,
		.starts_ms = NOW_MS - 365 * DAY_MS, .ends_ms = NOW_MS + 365 * DAY_MS,
		.institution_signed_ms = 1, .agency_signed_ms = 1};
}

static void put_agreement(struct town *t, struct agreement a)
{
	assert_int_equal(registry_add_agreement(t->builder, &a), 0);
}

static void put_item(struct town *t, const char *owner, enum item_kind kind, const char *code,
	const char *name, int64_t from_ms, int64_t until_ms, int64_t fen)
{
	struct item i = {.owner_code = owner, .kind = kind, .code = code, .name = name, .number = "",
		.authority = "", .note = "", .from_ms = from_ms, .until_ms = until_ms,
		.amount_fen = fen};

	assert_int_equal(registry_add_item(t->builder, &i), 0);
}

static void put_parameter(struct town *t, const char *region, const char *value)
{
	struct parameter p = {.region = region, .name = "public-suspended", .from_ms = 1,
		.value = value, .source = "test"};

	assert_int_equal(registry_add_parameter(t->builder, &p), 0);
}

#define PLACE(code_, name_, kind_, status_, region_) \
	(struct institution){.code = code_, .name = name_, .kind = kind_, .status = status_, \
		.region = region_, .region_name = "市" region_, .host_code = "", .chain_code = "", \
		.filing_no = "", .address = ""}

static struct institution internet(const char *code, enum institution_status status)
{
	struct institution i = PLACE(code, "网上医院", INSTITUTION_INTERNET_HOSPITAL, status, "140100");

	i.host_code = "H1";
	return i;
}

static void town_open(struct town *t, enum institution_status host)
{
	t->builder = registry_builder_new(7, NULL);
	assert_non_null(t->builder);
	put(t, PLACE("H1", "医院一", INSTITUTION_HOSPITAL, host, "140100"));
	put(t, internet("H2", INSTITUTION_ACTIVE));
	put(t, PLACE("P1", "药店 A", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE, "140105"));
	put(t, PLACE("P2", "药店 b", INSTITUTION_PHARMACY, INSTITUTION_SUSPENDED, "140200"));
	put(t, PLACE("P3", "药店 c", INSTITUTION_PHARMACY, INSTITUTION_CLOSED, "140200"));
	put(t, PLACE("P4", "药店 d", INSTITUTION_PHARMACY, INSTITUTION_APPLYING, "140200"));
	put(t, PLACE("C1", "App", INSTITUTION_CHANNEL, INSTITUTION_ACTIVE, "140000"));
	put_agreement(t, agreement_of("A1", "H1", ""));
	put_agreement(t, agreement_of("A2", "H2", "A1"));
	put_agreement(t, agreement_of("A3", "P1", ""));
	put_agreement(t, agreement_of("A4", "P2", ""));
	put_agreement(t, agreement_of("A5", "P3", ""));
}

static void town_build(struct town *t)
{
	t->registry = registry_finish(t->builder);
	assert_non_null(t->registry);
}

static int town_close(struct town *t)
{
	registry_unref(t->registry);
	return 0;
}

/* The page of an address; the caller frees its text. */
static struct side_door_page get(const struct town *t, const char *path, const char *query)
{
	struct side_door_page page = {.code = 200};

	page_init(&page.body);
	assert_true(public_pages_answer(path, query, t->registry, NOW_MS, &page));
	assert_false(page.body.failed);
	assert_non_null(page.body.text);
	return page;
}

static bool has(const struct town *t, const char *path, const char *query, const char *part)
{
	struct side_door_page page = get(t, path, query);
	bool found = strstr(page.body.text, part) != NULL;

	page_clear(&page.body);
	return found;
}

static int code_of(const struct town *t, const char *path, const char *query)
{
	struct side_door_page page = get(t, path, query);

	page_clear(&page.body);
	return page.code;
}

#define LIST "/public/institutions.json"

static void one_list_holds_internet_hospitals_and_pharmacies(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	town_build(&t);
	assert_true(has(&t, LIST, NULL, "\"total\":4"));
	assert_true(has(&t, LIST, NULL, "\"code\":\"H2\"") && has(&t, LIST, NULL, "\"code\":\"P1\""));
	assert_false(has(&t, LIST, NULL, "\"code\":\"C1\""));
	assert_true(has(&t, LIST, "kind=pharmacy", "\"total\":3"));
	assert_true(has(&t, LIST, "kind=internet-hospital", "\"total\":1"));
	assert_true(has(&t, LIST, "region=140100", "\"total\":2")); /* the city and its districts */
	assert_true(has(&t, LIST, "region=140105", "\"total\":1"));
	assert_true(has(&t, LIST, "region=140000", "\"total\":4"));
	assert_true(has(&t, LIST, "region=150000", "\"total\":0"));
	assert_true(has(&t, LIST, "q=%E8%8D%AF%E5%BA%97+B", "\"total\":1"));
	assert_true(has(&t, LIST, "q=p1&kind=pharmacy", "\"total\":1"));
	town_close(&t);
}

static void a_state_is_shown_as_it_is(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put_parameter(&t, "140300", "hide");
	town_build(&t);
	assert_true(has(&t, "/public/institution/P1.json", NULL, "\"state\":\"in-service\""));
	assert_true(has(&t, "/public/institution/P2.json", NULL, "\"state\":\"suspended\""));
	assert_true(has(&t, "/public/institution/P3.json", NULL, "\"state\":\"ended\""));
	assert_true(has(&t, "/public/institution/P2", NULL, "已中止"));
	assert_true(has(&t, "/public/institution/P2", "lang=en", "Suspended"));
	assert_int_equal(code_of(&t, "/public/institution/P4", NULL), 404); /* only applies */
	assert_int_equal(code_of(&t, "/public/institution/C1.json", NULL), 404);
	assert_int_equal(code_of(&t, "/public/institution/H1", NULL), 404); /* not published */
	town_close(&t);
}

static void the_suspended_may_be_left_out_by_region(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put_parameter(&t, "140200", "hide");
	town_build(&t);
	assert_true(has(&t, LIST, NULL, "\"total\":3"));
	assert_int_equal(code_of(&t, "/public/institution/P2", NULL), 404);
	assert_int_equal(code_of(&t, "/public/institution/P3", NULL), 200);
	town_close(&t);
}

static void an_internet_hospital_goes_with_its_host(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_SUSPENDED);
	town_build(&t);
	assert_true(has(&t, "/public/institution/H2.json", NULL, "\"state\":\"suspended\""));
	assert_true(has(&t, "/public/institution/P1.json", NULL, "\"state\":\"in-service\""));
	town_close(&t);
}

static void an_agreement_says_whether_it_serves(void **state)
{
	struct agreement a = agreement_of("A6", "P5", "");
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put(&t, PLACE("P5", "停", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE, "140100"));
	put(&t, PLACE("P6", "止", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE, "140100"));
	put(&t, PLACE("P7", "未签", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE, "140100"));
	a.own.from_ms = NOW_MS;
	put_agreement(&t, a);
	a = agreement_of("A7", "P6", "");
	a.ends_ms = NOW_MS;
	put_agreement(&t, a);
	town_build(&t);
	assert_true(has(&t, "/public/institution/P5.json", NULL, "\"state\":\"suspended\""));
	assert_true(has(&t, "/public/institution/P5.json", NULL, "\"capabilities\":[]"));
	assert_true(has(&t, "/public/institution/P6.json", NULL, "\"state\":\"ended\""));
	assert_int_equal(code_of(&t, "/public/institution/P7", NULL), 404);
	town_close(&t);
}

static void a_pharmacy_in_service_pools_outpatient_care_by_that_alone(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put_item(&t, "P1", ITEM_CAPABILITY, "online-rx", "", 1, 0, 0);
	put_item(&t, "P1", ITEM_CAPABILITY, "online-otc", "", 1, NOW_MS - DAY_MS, 0);
	put_item(&t, "P2", ITEM_CAPABILITY, "online-rx", "", 1, 0, 0);
	town_build(&t);
	assert_true(has(&t, "/public/institution/P1.json", NULL,
		"\"capabilities\":[\"outpatient-pooling\",\"online-rx\"]"));
	assert_true(has(&t, "/public/institution/P2.json", NULL, "\"capabilities\":[]"));
	assert_true(has(&t, "/public/institution/H2.json", NULL, "\"capabilities\":[]"));
	town_close(&t);
}

static void the_newest_price_in_force_counts(void **state)
{
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put_item(&t, "H2", ITEM_SERVICE, "S2", "旧", 1, 0, 1000);
	put_item(&t, "H2", ITEM_SERVICE, "S2", "今", NOW_MS - DAY_MS, 0, 1205);
	put_item(&t, "H2", ITEM_SERVICE, "S2", "来", NOW_MS + DAY_MS, 0, 1300);
	put_item(&t, "H2", ITEM_SERVICE, "S1", "止", 1, NOW_MS - DAY_MS, 100);
	put_item(&t, "H2", ITEM_LICENCE, "internet-hospital", "证", 1, NOW_MS + DAY_MS, 0);
	town_build(&t);
	assert_true(has(&t, "/public/institution/H2.json", NULL,
		"\"services_total\":1,\"services\":[{\"code\":\"S2\",\"name\":\"今\","
		"\"price_yuan\":\"12.05\""));
	assert_true(has(&t, "/public/institution/H2", NULL, "<td class=\"n\">12.05</td>"));
	assert_true(has(&t, "/public/institution/H2.json", NULL, "\"last_day\":\"2026-11-30\""));
	assert_true(has(&t, "/public/institution/P1", "lang=en", "No services and prices"));
	town_close(&t);
}

static void the_list_shows_ten_services_and_the_page_of_one_all(void **state)
{
	struct town t;
	char code[16];

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	for (int i = 0; i <= PUBLIC_SERVICES_MAX; i++) {
		(void)snprintf(code, sizeof(code), "S%02d", i);
		put_item(&t, "H2", ITEM_SERVICE, code, code, 1, 0, 100);
	}
	town_build(&t);
	assert_true(has(&t, LIST, NULL, "\"services_total\":11"));
	assert_true(has(&t, LIST, NULL, "\"S09\"") && !has(&t, LIST, NULL, "\"S10\""));
	assert_true(has(&t, "/public/institution/H2", NULL, "S10"));
	town_close(&t);
}

static void no_text_becomes_markup(void **state)
{
	static const char nasty[] = "<b onclick='x'>\"&</b>";
	struct town t;
	struct institution i = internet("H9", INSTITUTION_ACTIVE);

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	i.name = i.address = i.region_name = nasty;
	put(&t, i);
	put_agreement(&t, agreement_of("A9", "H9", "A1"));
	put_item(&t, "H9", ITEM_SERVICE, nasty, nasty, 1, 0, 1);
	town_build(&t);
	assert_false(has(&t, "/public/institutions", "q=%3Cb+onclick", "<b "));
	assert_false(has(&t, "/public/institution/H9", NULL, "<b "));
	assert_false(has(&t, "/public/institution/H9", NULL, "'x'"));
	assert_true(has(&t, "/public/institution/H9.json", NULL, "\\u003cb onclick='x'>\\u0022&"));
	town_close(&t);
}

static void pages_begin_and_end_where_they_should(void **state)
{
	static char codes[2 * PUBLIC_ROWS_MAX + 1][8];
	struct town t;

	(void)state;
	t.builder = registry_builder_new(7, NULL);
	assert_non_null(t.builder);
	for (size_t i = 0; i < 2 * PUBLIC_ROWS_MAX + 1; i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "P%04zu", i);
		put(&t, PLACE(codes[i], "药店", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE, "140100"));
		put_agreement(&t, agreement_of(codes[i], codes[i], ""));
	}
	town_build(&t);
	assert_true(has(&t, LIST, NULL, "\"total\":101,\"page\":1,\"pages\":3"));
	assert_true(has(&t, LIST, NULL, "P0049") && !has(&t, LIST, NULL, "P0050"));
	assert_true(has(&t, LIST, "page=2", "P0050") && !has(&t, LIST, "page=2", "P0100"));
	assert_true(has(&t, LIST, "page=3", "P0100") && !has(&t, LIST, "page=3", "P0099"));
	assert_true(has(&t, LIST, "page=4", "\"institutions\":[\n]"));
	assert_true(has(&t, "/public/institutions", "page=2&q=P", "href=\"?page=3&amp;q=P\""));
	assert_true(has(&t, "/public/institutions", "page=2&q=P", "href=\"?page=1&amp;q=P\""));
	assert_false(has(&t, "/public/institutions", "page=3", "page=4"));
	town_close(&t);
}

static void what_cannot_be_read_is_told_by_name(void **state)
{
	static const struct {
		const char *query, *field;
	} cases[] = {
		{"region=1401", "region"}, {"region=14010x", "region"}, {"kind=agency", "kind"},
		{"page=0", "page"}, {"page=10001", "page"}, {"page=-1", "page"}, {"lang=fr", "lang"},
		{"q=%ff", "q"}, {"q=%01", "q"}, {"q=%c2%85", "q"}, {"q=%", "query"}, {"q=%00", "query"},
		{"page=1&page=2", "page"},
	};
	struct town t;
	char field[40];

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	town_build(&t);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		(void)snprintf(field, sizeof(field), "{\"error\":400,\"field\":\"%s\"}", cases[i].field);
		if (code_of(&t, LIST, cases[i].query) != 400 || !has(&t, LIST, cases[i].query, field))
			fail_msg("%s is taken", cases[i].query);
		assert_int_equal(code_of(&t, "/public/institutions", cases[i].query), 400);
	}
	assert_int_equal(code_of(&t, LIST, "page=10000&utm=1&q="), 200);
	town_close(&t);
}

static void without_a_confirmed_registry_there_is_no_list(void **state)
{
	struct town t = {NULL, NULL};
	struct side_door_page page = get(&t, "/public/institutions", "lang=en");

	(void)state;
	assert_int_equal(page.code, 503);
	assert_string_equal(page.etag, "");
	page_clear(&page.body);
	assert_int_equal(code_of(&t, "/public/interface.json", NULL), 200);
	assert_false(public_pages_answer("/public/", NULL, NULL, NOW_MS, &page));
	assert_false(public_pages_answer("/private", NULL, NULL, NOW_MS, &page));
}

static void etag_at(const struct town *t, int64_t at_ms, char etag[SIDE_DOOR_ETAG_MAX])
{
	struct side_door_page page = {.code = 0};

	page_init(&page.body);
	assert_true(public_pages_answer(LIST, NULL, t->registry, at_ms, &page));
	memcpy(etag, page.etag, SIDE_DOOR_ETAG_MAX);
	page_clear(&page.body);
}

static void a_page_is_marked_by_what_it_says(void **state)
{
	char first[SIDE_DOOR_ETAG_MAX], same[SIDE_DOOR_ETAG_MAX], later[SIDE_DOOR_ETAG_MAX];
	struct town t;

	(void)state;
	town_open(&t, INSTITUTION_ACTIVE);
	put_item(&t, "H2", ITEM_SERVICE, "S1", "价", NOW_MS + DAY_MS, 0, 100);
	town_build(&t);
	etag_at(&t, NOW_MS, first);
	etag_at(&t, NOW_MS + DAY_MS - 1, same);
	etag_at(&t, NOW_MS + DAY_MS, later);
	assert_string_not_equal(first, "");
	assert_string_equal(first, same);
	assert_string_not_equal(first, later); /* a price has come into force */
	town_close(&t);
}

static const struct CMUnitTest tests[] = {
	PROVES(one_list_holds_internet_hospitals_and_pharmacies, "JIN15-3.7 TJ2-29"),
	PROVES(a_state_is_shown_as_it_is, "SX15-2.8 TJ2-19a"),
	TEST(the_suspended_may_be_left_out_by_region),
	PROVES(an_internet_hospital_goes_with_its_host, "SX15-2.8"),
	PROVES(an_agreement_says_whether_it_serves, "SX15-2.8 TJ2-19a"),
	PROVES(a_pharmacy_in_service_pools_outpatient_care_by_that_alone, "JIN15-2.0a"),
	PROVES(the_newest_price_in_force_counts, "SX15-2.8 TJ2-19b"),
	TEST(the_list_shows_ten_services_and_the_page_of_one_all),
	TEST(no_text_becomes_markup),
	TEST(pages_begin_and_end_where_they_should),
	TEST(what_cannot_be_read_is_told_by_name),
	TEST(without_a_confirmed_registry_there_is_no_list),
	TEST(a_page_is_marked_by_what_it_says),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("app/public_pages", tests, NULL, NULL);
}
