/* The snapshot follows the database: loaded whole, at one version, and only what was signed. */
#include "test/service/province.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "service/registry/code_load.h"
#include "service/registry/registry_load.h"
#include "test/service/papers.h"
#include "test/support/fake_pg.h"
#include "test/support/tap.h"

static struct loop *loop;
static struct pg_lane *lane;
static struct registry_loader *loader;
static struct registry_loader_options options;
static struct province province;
static struct registry *newest;
static unsigned loads, freshes, stop_after;
static int64_t as_of;

static void seen(int64_t as_of_mono_ms)
{
	assert_true(as_of_mono_ms > 0 && as_of_mono_ms <= clock_mono_ms());
	as_of = as_of_mono_ms;
	if (loads + freshes == stop_after)
		loop_stop(loop);
}

static void loaded(struct registry *registry, int64_t as_of_mono_ms, void *arg)
{
	assert_ptr_equal(arg, &options);
	registry_unref(newest);
	newest = registry;
	loads++;
	seen(as_of_mono_ms);
}

static void fresh(int64_t as_of_mono_ms, void *arg)
{
	assert_ptr_equal(arg, &options);
	freshes++;
	seen(as_of_mono_ms);
}

/* Every kind changed last at the same version, except the institutions and the codes. */
static void answer_code_versions(int64_t version, int64_t institutions, int64_t others,
	int64_t codes)
{
	static const char *const kinds[] = {"", "institution", "certificate", "practitioner",
		"practice", "key", "voucher-key", "item", "parameter", "person-block", "agreement",
		"code"};
	struct fake_cell cells[2 * ARRAY_LEN(kinds)];

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int64_t v = i == 0 ? version : i == 1 ? institutions : others;

		if (i == ARRAY_LEN(kinds) - 1)
			v = codes;

		cells[2 * i] = fake_text(kinds[i]);
		cells[2 * i + 1] = (struct fake_cell)FAKE_I64(v);
	}
	fake_pg_answer("registry_version", 2, cells, ARRAY_LEN(kinds));
}

static void answer_versions(int64_t version, int64_t institutions, int64_t others)
{
	answer_code_versions(version, institutions, others, others);
}

static void answer_version(int64_t version)
{
	answer_versions(version, version, version);
}

static void answer_institutions(const char *hospital_name)
{
	const struct fake_cell institution[] = {FAKE_TEXT(HOSPITAL), fake_text(hospital_name),
		FAKE_I16(1), FAKE_I16(1), FAKE_TEXT(HOME_REGION), FAKE_TEXT(""), FAKE_TEXT(""),
		FAKE_TEXT("SX-0001"), FAKE_TEXT(""), FAKE_BOOL(false), FAKE_BOOL(true),
		FAKE_TEXT("小店区")};

	fake_pg_answer("institutions", 12, institution, 1);
}

static void answer_people(const char *hospital_name)
{
	const struct fake_cell certificate[] = {FAKE_BYTES(province.authority.id, 32),
		FAKE_TEXT(OFFICE), FAKE_I16(2), FAKE_TEXT("140100"), FAKE_TIME(noon_ms),
		FAKE_TIME(noon_ms + 1), FAKE_BOOL(true), FAKE_I16(16), FAKE_TEXT("王处长")};
	const struct fake_cell practitioner[] = {FAKE_TEXT("D140105003217"), FAKE_TEXT("李明华"),
		FAKE_I16(1), FAKE_BOOL(true), FAKE_TEXT("2010-07-01"), FAKE_TEXT(HOME_REGION),
		FAKE_TEXT("L1")};
	const struct fake_cell practice[] = {FAKE_TEXT("D140105003217"), FAKE_TEXT(HOSPITAL),
		FAKE_BOOL(true), FAKE_TEXT("A03 B04")};

	answer_institutions(hospital_name);
	fake_pg_answer("certificates", 9, certificate, 1);
	fake_pg_answer("practitioners", 7, practitioner, 1);
	fake_pg_answer("practices", 4, practice, 1);
}

static struct fake_cell statement_of(const struct person *person)
{
	uint8_t *bytes = papers_alloc(2048);
	size_t len = province_key_statement(&province, person, bytes, 2048);

	return fake_bytes(slice_of(bytes, len));
}

static void answer_keys(void)
{
	const struct fake_cell nothing = FAKE_BYTES("", 0);
	struct fake_cell keys[8];
	struct fake_cell voucher_keys[] = {
		FAKE_BYTES(province.voucher_pair.id, 32),
		FAKE_BYTES(province.voucher_pair.public_key, 32), FAKE_TIME(noon_ms),
		FAKE_TIME(noon_ms + 1), FAKE_BOOL(false),
		FAKE_BYTES(province.authority.id, 32), FAKE_BYTES(province.authority.public_key, 31),
		FAKE_TIME(noon_ms), FAKE_TIME(noon_ms + 1), FAKE_BOOL(false),
	};
	struct key_pair real = province.authority;

	for (int i = 1; i < 8; i += 2)
		keys[i] = nothing;
	keys[1] = (struct fake_cell)FAKE_BYTES(province.people[PHYSICIAN].pair.id, KEY_ID_LEN);

	keys[0] = statement_of(&province.people[PHYSICIAN]);
	key_pair_make(&province.authority, "somebody else");
	keys[2] = statement_of(&province.people[PHARMACIST]);
	province.authority = real;
	keys[4] = (struct fake_cell)FAKE_BYTES("\x0a\x7f", 2);
	keys[6] = statement_of(&province.people[HOSPITAL_PHARMACIST]);
	((uint8_t *)(uintptr_t)keys[6].bytes.data)[40] ^= 1;
	fake_pg_answer("practitioner_keys", 2, keys, 4);
	fake_pg_answer("voucher_keys", 5, voucher_keys, 2);
}

static const struct fake_cell drug_row[] = {FAKE_TEXT("X1"), FAKE_TEXT("药"), FAKE_I16(11),
	FAKE_I32(CODE_SPECIAL_CONTROL), FAKE_TEXT("片剂"), FAKE_TEXT("5mg"), FAKE_I64(8600000)};
static const struct fake_cell diagnosis_row[] = {FAKE_TEXT("I10"), FAKE_TEXT("病"), FAKE_I16(1),
	FAKE_I32(CODE_CHRONIC), FAKE_TEXT(""), FAKE_TEXT(""), FAKE_I64(0)};
static const struct fake_cell two_versions[] = {FAKE_I64(7), FAKE_I16(CODE_DRUG), FAKE_TIME(0),
	FAKE_I64(8), FAKE_I16(CODE_DIAGNOSIS), FAKE_TIME(0)};

static void answer_codes(void)
{
	fake_pg_answer("code_versions_needed", 3, two_versions, 2);
	fake_pg_answer("codes_page", 7, drug_row, 1);
	fake_pg_answer("codes_page", 7, diagnosis_row, 1);
}

/* Another version of kind "code", but no table that is not known. */
static void answer_codes_again(void)
{
	fake_pg_answer("code_versions_needed", 3, two_versions, 2);
}

static void answer_facts(void)
{
	const struct fake_cell item[] = {FAKE_TEXT(HOSPITAL), FAKE_I16(ITEM_LICENCE),
		FAKE_TEXT("practice"), FAKE_TIME(noon_ms), FAKE_NULL, FAKE_TEXT("执业许可证"),
		FAKE_TEXT("1"), FAKE_TEXT("卫健委"), FAKE_TEXT(""), FAKE_I64(0), FAKE_BOOL(false)};
	const struct fake_cell parameter[] = {FAKE_TEXT("140000"), FAKE_TEXT("supply-days-max"),
		FAKE_TIME(noon_ms), FAKE_TEXT("9"), FAKE_TEXT("a document")};
	const struct fake_cell block[] = {FAKE_BYTES(province.authority.id, 32), FAKE_I16(3),
		FAKE_TIME(noon_ms), FAKE_TIME(noon_ms + 1), FAKE_TEXT("fraud")};

	fake_pg_answer("items", 11, item, 1);
	fake_pg_answer("parameters", 5, parameter, 1);
	fake_pg_answer("person_blocks", 5, block, 1);
	fake_pg_answer("agreements", 1, NULL, 0);
}

static void answer_all(int64_t version, const char *hospital_name)
{
	answer_people(hospital_name);
	answer_keys();
	answer_facts();
	answer_version(version);
}

static void run_until(unsigned events)
{
	stop_after = loads + freshes + events;
	loop_run(loop);
}

static int open_all(void **state)
{
	static const struct pg_lane_options lane_options = {.name = "read"};

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	province_init(&province);
	loop = loop_new();
	if (loop == NULL || pg_lane_open(&lane, loop, &lane_options) != 0)
		return -1;
	fake_pg_attach(loop);
	newest = NULL;
	loads = freshes = stop_after = 0;
	options = (struct registry_loader_options){.poll_ms = 1, .founding_office = OFFICE,
		.loaded = loaded, .fresh = fresh, .arg = &options};
	memset(options.founding_officer, 0xf0, 32);
	memcpy(options.authority_key, province.authority.public_key, 32);
	return registry_loader_open(&loader, loop, lane, &options);
}

static void lane_closed(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static int close_all(void **state)
{
	(void)state;
	registry_loader_close(loader);
	pg_lane_close(lane, lane_closed, NULL);
	loop_run(loop);
	registry_loader_free(loader);
	fake_pg_attach(NULL);
	fake_pg_reset();
	loop_free(loop);
	registry_unref(newest);
	papers_free();
	return 0;
}

static void the_first_load_comes_by_itself_with_everything(void **state)
{
	uint8_t founder[32];

	(void)state;
	memset(founder, 0xf0, sizeof(founder));
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	assert_int_equal(loads, 1);
	assert_int_equal(registry_version(newest), 5);
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "医院");
	assert_true(registry_practitioner(newest, "D140105003217")->suspended);
	assert_true(registry_practice(newest, "D140105003217", HOSPITAL)->ended);
	assert_string_equal(registry_practice(newest, "D140105003217", HOSPITAL)->departments,
		"A03 B04");
	assert_string_equal(registry_institution(newest, HOSPITAL)->filing_no, "SX-0001");
	assert_string_equal(registry_institution(newest, HOSPITAL)->region_name, "小店区");
	assert_int_equal(registry_code(newest, CODE_DRUG, "X1", 0)->flags, CODE_SPECIAL_CONTROL);
	assert_non_null(registry_code(newest, CODE_DIAGNOSIS, "I10", 0));
	assert_non_null(registry_item_held(newest, HOSPITAL, ITEM_LICENCE, "practice", noon_ms));
	assert_int_equal(registry_number(newest, PARAM_SUPPLY_DAYS_MAX, HOME_REGION, noon_ms), 9);
	assert_non_null(
		registry_person_block(newest, province.authority.id, BLOCK_INTERNET, noon_ms));
	assert_int_equal(registry_certificate(newest, province.authority.id)->duties,
		DUTY_BIT(DUTY_AUDIT));
	assert_true(registry_certificate(newest, province.authority.id)->is_officer);
	assert_false(registry_certificate(newest, province.authority.id)->is_provincial);
	assert_true(registry_certificate(newest, founder)->is_provincial);
	assert_int_equal(registry_certificate(newest, founder)->duties, DUTIES_ALL);
	assert_string_equal(registry_certificate(newest, founder)->owner_code, OFFICE);
	assert_int_equal(registry_institution(newest, OFFICE)->kind, INSTITUTION_AGENCY);
	assert_int_equal(fake_pg_unused(), 0);
}

/* A row somebody put or changed in the database is no key. */
static void only_keys_the_authority_signed_are_known(void **state)
{
	const struct practitioner_key *key;

	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	key = registry_key(newest, province.people[PHYSICIAN].pair.id);
	assert_non_null(key);
	assert_int_equal(key->role, ROLE_PHYSICIAN);
	assert_string_equal(key->institution_code, HOSPITAL);
	assert_int_equal(key->not_after_ms, province.people[PHYSICIAN].key.not_after_ms);
	assert_null(registry_key(newest, province.people[PHARMACIST].pair.id));
	assert_null(registry_key(newest, province.people[HOSPITAL_PHARMACIST].pair.id));
	assert_non_null(registry_voucher_key(newest, province.voucher_pair.id));
	assert_null(registry_voucher_key(newest, province.authority.id)); /* 31 bytes */
}

static void the_same_version_is_fresh_and_not_loaded_again(void **state)
{
	int64_t first;

	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	answer_version(5);
	answer_version(5);
	run_until(1);
	first = as_of;
	run_until(2);
	assert_int_equal(loads, 1);
	assert_int_equal(freshes, 2);
	assert_true(as_of > first);
	assert_int_equal(fake_pg_unused(), 0);
}

static void another_version_is_loaded_anew(void **state)
{
	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	answer_version(6);
	answer_codes_again();
	answer_all(6, "改名医院");
	run_until(2);
	assert_int_equal(loads, 2);
	assert_int_equal(registry_version(newest), 6);
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "改名医院");
}

/* A revocation must not cost reading a province's drugs and verifying its keys again. */
static void only_the_kinds_that_changed_are_read_again(void **state)
{
	const struct practitioner_key *key;

	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	key = registry_key(newest, province.people[PHYSICIAN].pair.id);
	assert_non_null(key);
	answer_versions(6, 6, 5);
	answer_institutions("改名医院");
	answer_versions(6, 6, 5);
	run_until(1);
	assert_int_equal(loads, 2);
	assert_int_equal(fake_pg_unused(), 0);
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "改名医院");
	assert_ptr_equal(registry_key(newest, province.people[PHYSICIAN].pair.id), key);
	assert_int_equal(registry_code(newest, CODE_DRUG, "X1", 0)->class_no, 11);
}

/* The second reading finds the same keys, with the same refusals. */
static void keys_read_again_are_the_same_keys(void **state)
{
	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	answer_version(6);
	answer_codes_again();
	answer_all(6, "医院");
	run_until(2);
	assert_non_null(registry_key(newest, province.people[PHYSICIAN].pair.id));
	assert_null(registry_key(newest, province.people[PHARMACIST].pair.id));
	assert_null(registry_key(newest, province.people[HOSPITAL_PHARMACIST].pair.id));
}

/* Somebody wrote while the tables were read: what was read is not handed out. */
static void a_version_that_moved_meanwhile_starts_the_load_over(void **state)
{
	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(6, "医院");
	answer_version(6);
	answer_codes_again();
	answer_all(6, "改名医院");
	run_until(1);
	assert_int_equal(loads, 1);
	assert_int_equal(registry_version(newest), 6);
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "改名医院");
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_failure_anywhere_is_tried_again_from_the_start(void **state)
{
	(void)state;
	fake_pg_answer_failure("registry_version", ERR_DB_AWAY, NULL);
	answer_version(5);
	fake_pg_answer_failure("code_versions_needed", ERR_TIMEOUT, NULL);
	fake_pg_answer_failure("institutions", ERR_TIMEOUT, NULL);
	answer_version(5);
	fake_pg_answer("code_versions_needed", 3, two_versions, 2);
	fake_pg_answer("codes_page", 7, drug_row, 1);
	fake_pg_answer_failure("codes_page", ERR_DB_AWAY, NULL);
	answer_people("医院");
	fake_pg_answer_failure("practitioner_keys", ERR_DB_AWAY, NULL);
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	assert_int_equal(loads, 1);
	assert_int_equal(freshes, 0);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_notification_hurries_the_question(void **state)
{
	int64_t begun = clock_mono_ms();

	(void)state;
	registry_loader_close(loader);
	registry_loader_free(loader);
	options.poll_ms = 60 * 1000;
	assert_int_equal(registry_loader_open(&loader, loop, lane, &options), 0);
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	answer_version(6);
	answer_codes_again();
	answer_all(6, "改名医院");
	registry_loader_hurry(loader);
	run_until(1);
	assert_int_equal(loads, 2);
	assert_true(clock_mono_ms() - begun < 30 * 1000);
}

/* A revocation comes through while a quarter of a million codes are still being read; the new
 * table then counts from its moment on, whole. */
static void a_code_table_being_read_keeps_nothing_else_waiting(void **state)
{
	static const struct fake_cell versions[] = {
		FAKE_I64(7), FAKE_I16(CODE_DRUG), FAKE_TIME(0),
		FAKE_I64(9), FAKE_I16(CODE_DRUG), FAKE_TIME(noon_ms),
		FAKE_I64(8), FAKE_I16(CODE_DIAGNOSIS), FAKE_TIME(0)};
	static const struct fake_cell newer[] = {FAKE_TEXT("X1"), FAKE_TEXT("新药"), FAKE_I16(12),
		FAKE_I32(0), FAKE_TEXT(""), FAKE_TEXT(""), FAKE_I64(0)};

	(void)state;
	answer_version(5);
	answer_codes();
	answer_all(5, "医院");
	run_until(1);
	fake_pg_hold("codes_page");
	answer_code_versions(6, 6, 5, 6);
	fake_pg_answer("code_versions_needed", 3, versions, 3);
	answer_institutions("改名医院");
	answer_code_versions(6, 6, 5, 6);
	fake_pg_always("registry_version");
	run_until(1);
	assert_int_equal(loads, 2);
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "改名医院");
	assert_string_equal(registry_code(newest, CODE_DRUG, "X1", noon_ms)->name, "药");
	fake_pg_answer("codes_page", 7, newer, 1);
	fake_pg_hold(NULL);
	while (loads < 3)
		run_until(1);
	assert_string_equal(registry_code(newest, CODE_DRUG, "X1", noon_ms - 1)->name, "药");
	assert_string_equal(registry_code(newest, CODE_DRUG, "X1", noon_ms)->name, "新药");
	assert_non_null(registry_code(newest, CODE_DIAGNOSIS, "I10", noon_ms));
	assert_string_equal(registry_institution(newest, HOSPITAL)->name, "改名医院");
}

/* So much at once and no more: the next page begins behind the last code. */
static void a_code_table_is_read_page_by_page(void **state)
{
	static struct fake_cell page[CODE_LOAD_PAGE * 7];
	static char texts[CODE_LOAD_PAGE][8];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (unsigned i = 0; i < CODE_LOAD_PAGE; i++) {
		memcpy(&page[7 * i], drug_row, sizeof(drug_row));
		(void)snprintf(texts[i], sizeof(texts[i]), "A%05u", i);
		page[7 * i] = fake_text(texts[i]);
	}
	answer_version(5);
	fake_pg_answer("code_versions_needed", 3, two_versions, 1);
	fake_pg_answer("codes_page", 7, page, CODE_LOAD_PAGE);
	fake_pg_answer("codes_page", 7, drug_row, 1);
	answer_all(5, "医院");
	run_until(1);
	assert_non_null(registry_code(newest, CODE_DRUG, "A00000", 0));
	assert_non_null(registry_code(newest, CODE_DRUG, "X1", 0));
	u = fake_pg_last("codes_page", &q);
	assert_true(slice_equal(u->queries[q].param[1].value, slice_of_text("A19999")));
}

static void stop_now(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(loop);
}

/* Nobody may decide by a registry without its code tables, however often its version is asked. */
static void without_code_tables_nothing_is_handed_out(void **state)
{
	struct loop_timer timer;

	(void)state;
	fake_pg_hold("code_versions_needed");
	answer_version(5);
	answer_all(5, "医院");
	fake_pg_always("registry_version");
	assert_int_equal(loop_timer_open(&timer, loop, stop_now), 0);
	loop_timer_set(&timer, 100);
	loop_run(loop);
	loop_timer_close(&timer);
	assert_true(fake_pg_sent_count() > REGISTRY_KINDS_NR + 4);
	assert_int_equal(loads + freshes, 0);
	answer_codes();
	fake_pg_hold(NULL);
	run_until(1);
	assert_int_equal(loads, 1);
	assert_non_null(registry_code(newest, CODE_DRUG, "X1", 0));
}

static void wait_for_units(struct loop_timer *timer)
{
	if (fake_pg_pending() > 0)
		loop_stop(loop);
	else
		loop_timer_set(timer, 1);
}

static void closing_while_it_waits_ignores_what_comes(void **state)
{
	struct loop_timer timer;

	(void)state;
	fake_pg_hold("registry_version");
	answer_version(5);
	assert_int_equal(loop_timer_open(&timer, loop, wait_for_units), 0);
	loop_timer_set(&timer, 1);
	loop_run(loop);
	loop_timer_close(&timer);
	assert_int_equal(fake_pg_pending(), 1);
	/* close_all() ends it */
	assert_int_equal(loads + freshes, 0);
}

int main(void)
{
#define OPENED(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)
	static const struct CMUnitTest tests[] = {
		OPENED(the_first_load_comes_by_itself_with_everything),
		OPENED(only_keys_the_authority_signed_are_known),
		OPENED(the_same_version_is_fresh_and_not_loaded_again),
		OPENED(another_version_is_loaded_anew),
		OPENED(only_the_kinds_that_changed_are_read_again),
		OPENED(keys_read_again_are_the_same_keys),
		OPENED(a_version_that_moved_meanwhile_starts_the_load_over),
		OPENED(a_failure_anywhere_is_tried_again_from_the_start),
		OPENED(a_notification_hurries_the_question),
		OPENED(a_code_table_being_read_keeps_nothing_else_waiting),
		OPENED(a_code_table_is_read_page_by_page),
		OPENED(without_code_tables_nothing_is_handed_out),
		OPENED(closing_while_it_waits_ignores_what_comes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("registry load", tests, NULL, NULL);
}
