/* The snapshot: everything added is found, nothing else is, and the last reference frees it. */
#include "test/support/tap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "registry/registry.h"

enum { MANY = 100 * 1000, THREADS = 4, ROUNDS = 50 * 1000 };

static struct registry_builder *builder(void)
{
	struct registry_builder *b = registry_builder_new(7, NULL);

	assert_non_null(b);
	return b;
}

static void digest_of(uint8_t out[32], unsigned n)
{
	memset(out, 0x5a, 32);
	memcpy(out, &n, sizeof(n));
}

static void an_empty_registry_knows_nothing(void **state)
{
	struct registry *r = registry_finish(builder());
	uint8_t digest[32] = {0};

	(void)state;
	assert_int_equal(registry_version(r), 7);
	assert_null(registry_institution(r, "H14010500321"));
	assert_null(registry_institution(r, ""));
	assert_null(registry_certificate(r, digest));
	assert_null(registry_practitioner(r, "D140105003217"));
	assert_null(registry_practice(r, "D140105003217", "H14010500321"));
	assert_null(registry_key(r, digest));
	assert_null(registry_voucher_key(r, digest));
	assert_null(registry_code(r, CODE_DRUG, "X", 1));
	assert_null(registry_item_next(r, "X", ITEM_LICENCE, NULL));
	assert_null(registry_person_block(r, digest, BLOCK_ALL, 1));
	assert_int_equal(registry_institutions(r), 0);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 1), 7);
	registry_unref(r);
}

static void add_one_of_each(struct registry_builder *b)
{
	struct certificate c = {.owner_code = "H14010500321", .scope = "140100", .is_officer = true,
		.officer = "officer", .duties = DUTY_BIT(DUTY_AUDIT), .not_after_ms = 12};
	struct practitioner_key k = {.practitioner_code = "D140105003217",
		.institution_code = "H14010500321", .role = ROLE_PHYSICIAN, .revoked_from_ms = 5,
		.statement = {(const uint8_t *)"a\0b", 3}};
	struct voucher_key v = {.revoked = true};

	digest_of(c.spki, 1);
	digest_of(k.key_id, 2);
	digest_of(v.key_id, 3);
	assert_int_equal(registry_add_institution(b, &(struct institution){.code = "H14010500321",
		.name = "hospital", .kind = INSTITUTION_HOSPITAL, .status = INSTITUTION_ACTIVE,
		.region = "140105", .host_code = "", .chain_code = "", .filing_no = "", .address = ""}), 0);
	assert_int_equal(registry_add_certificate(b, &c), 0);
	assert_int_equal(registry_add_practitioner(b, &(struct practitioner){"D140105003217", "name",
		ROLE_PHYSICIAN, true, "2010-07-01", "140105", "L1"}), 0);
	assert_int_equal(registry_add_practice(b, &(struct practice){"D140105003217", "H14010500321",
		true, "A03 B04"}), 0);
	assert_int_equal(registry_add_key(b, &k), 0);
	assert_int_equal(registry_add_voucher_key(b, &v), 0);
	assert_int_equal(registry_add_code_table(b, 1, CODE_DRUG, 0), 0);
	assert_int_equal(registry_add_code(b, &(struct code){.code = "X", .name = "drug",
		.class_no = 11, .flags = CODE_SPECIAL_CONTROL, .dosage_form = "",
		.specification = ""}), 0);
	assert_int_equal(registry_add_code_table(b, 2, CODE_DIAGNOSIS, 0), 0);
	assert_int_equal(registry_add_code(b, &(struct code){.code = "I10", .name = "name",
		.class_no = 1, .dosage_form = "", .specification = ""}), 0);
}

static void each_kind_is_found_as_it_was_added(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;
	uint8_t digest[32];

	(void)state;
	add_one_of_each(b);
	r = registry_finish(b);
	assert_string_equal(registry_institution(r, "H14010500321")->region, "140105");
	digest_of(digest, 1);
	assert_string_equal(registry_certificate(r, digest)->scope, "140100");
	assert_int_equal(registry_certificate(r, digest)->not_after_ms, 12);
	assert_true(registry_practitioner(r, "D140105003217")->suspended);
	assert_string_equal(registry_practitioner(r, "D140105003217")->independent_since,
		"2010-07-01");
	assert_true(registry_practice(r, "D140105003217", "H14010500321")->ended);
	digest_of(digest, 2);
	assert_int_equal(registry_key(r, digest)->revoked_from_ms, 5);
	assert_true(slice_equal(registry_key(r, digest)->statement, slice_of("a\0b", 3)));
	digest_of(digest, 3);
	assert_true(registry_voucher_key(r, digest)->revoked);
	assert_int_equal(registry_code(r, CODE_DRUG, "X", 1)->flags, CODE_SPECIAL_CONTROL);
	assert_string_equal(registry_code(r, CODE_DIAGNOSIS, "I10", 1)->name, "name");
	assert_null(registry_code(r, CODE_DIAGNOSIS, "X", 1));
	registry_unref(r);
}

static void what_was_not_added_is_not_found(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;
	uint8_t digest[32];

	(void)state;
	add_one_of_each(b);
	r = registry_finish(b);
	assert_null(registry_institution(r, "H1401050032"));
	assert_null(registry_institution(r, "H140105003210"));
	assert_null(registry_institution(r, "h14010500321"));
	assert_null(registry_practice(r, "D140105003217", "H14010500322"));
	assert_null(registry_practice(r, "D140105003217H", "14010500321"));
	assert_null(registry_practice(r, "H14010500321", "D140105003217"));
	assert_null(registry_practitioner(r, "H14010500321"));
	digest_of(digest, 2); /* a key's id is no certificate's pin */
	assert_null(registry_certificate(r, digest));
	digest_of(digest, 1);
	assert_null(registry_key(r, digest));
	assert_null(registry_voucher_key(r, digest));
	registry_unref(r);
}

static void texts_are_copied(void **state)
{
	struct registry_builder *b = builder();
	char code[16] = "H14010500321", name[16] = "hospital";
	struct registry *r;

	(void)state;
	assert_int_equal(registry_add_institution(b, &(struct institution){.code = code, .name = name,
		.kind = INSTITUTION_HOSPITAL, .region = "", .host_code = "", .chain_code = "",
		.filing_no = "", .address = ""}), 0);
	memset(code, 'x', sizeof(code) - 1);
	memset(name, 'x', sizeof(name) - 1);
	r = registry_finish(b);
	assert_string_equal(registry_institution(r, "H14010500321")->name, "hospital");
	registry_unref(r);
}

static void a_text_larger_than_a_block_is_kept(void **state)
{
	static char huge[600 * 1024];
	struct registry_builder *b = builder();
	struct registry *r;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	assert_int_equal(registry_add_code_table(b, 1, CODE_DRUG, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(registry_add_code(b, &(struct code){
			.code = i == 0 ? "A" : i == 1 ? "B" : "C",
			.name = i == 1 ? huge : "small", .dosage_form = "", .specification = ""}), 0);
	r = registry_finish(b);
	assert_string_equal(registry_code(r, CODE_DRUG, "B", 0)->name, huge);
	assert_string_equal(registry_code(r, CODE_DRUG, "C", 0)->name, "small");
	registry_unref(r);
}

static void a_hundred_thousand_records_are_each_found(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;
	char code[32];

	(void)state;
	assert_int_equal(registry_add_code_table(b, 1, CODE_DRUG, 0), 0);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(code, sizeof(code), "XC%08uA", i);
		assert_int_equal(registry_add_code(b, &(struct code){.code = code, .name = code,
			.class_no = (uint8_t)(11 + i % 3), .dosage_form = "", .specification = ""}), 0);
	}
	r = registry_finish(b);
	assert_non_null(r);
	for (unsigned i = 0; i < MANY; i++) {
		const struct code *d;

		(void)snprintf(code, sizeof(code), "XC%08uA", i);
		d = registry_code(r, CODE_DRUG, code, 0);
		if (d == NULL || strcmp(d->name, code) != 0 || d->class_no != 11 + i % 3)
			fail_msg("%s is not found", code);
		code[10] = 'B';
		if (registry_code(r, CODE_DRUG, code, 0) != NULL)
			fail_msg("%s is found", code);
	}
	registry_unref(r);
}

static void add_item(struct registry_builder *b, const char *code, int64_t from_ms,
	int64_t until_ms, bool withdrawn)
{
	assert_int_equal(registry_add_item(b, &(struct item){.owner_code = "P14010500001",
		.kind = ITEM_LICENCE, .code = code, .name = "", .number = "", .authority = "",
		.note = "", .from_ms = from_ms, .until_ms = until_ms, .withdrawn = withdrawn}), 0);
}

static void items_of_one_owner_are_walked_and_hold_in_their_time(void **state)
{
	struct registry_builder *b = builder();
	const struct item *i = NULL;
	struct registry *r;
	unsigned count = 0;

	(void)state;
	add_item(b, "practice", 100, 200, false);
	add_item(b, "practice", 300, 0, false);
	add_item(b, "internet-drug", 100, 0, true);
	r = registry_finish(b);
	while ((i = registry_item_next(r, "P14010500001", ITEM_LICENCE, i)) != NULL)
		count++;
	assert_int_equal(count, 3);
	assert_null(registry_item_next(r, "P14010500001", ITEM_PENALTY, NULL));
	assert_null(registry_item_next(r, "P14010500002", ITEM_LICENCE, NULL));
	assert_null(registry_item_held(r, "P14010500001", ITEM_LICENCE, "practice", 99));
	assert_non_null(registry_item_held(r, "P14010500001", ITEM_LICENCE, "practice", 100));
	assert_non_null(registry_item_held(r, "P14010500001", ITEM_LICENCE, "practice", 199));
	assert_null(registry_item_held(r, "P14010500001", ITEM_LICENCE, "practice", 200));
	assert_int_equal(
		registry_item_held(r, "P14010500001", ITEM_LICENCE, "practice", 300)->from_ms, 300);
	assert_null(registry_item_held(r, "P14010500001", ITEM_LICENCE, "internet-drug", 150));
	registry_unref(r);
}

static void add_parameter(struct registry_builder *b, const char *region, int64_t from_ms,
	const char *value)
{
	assert_int_equal(registry_add_parameter(b, &(struct parameter){region, "supply-days-max",
		from_ms, value, "a document"}), 0);
}

/* What ruled on a past day can be told for ever; the nearest region rules. */
static void a_parameter_is_the_nearest_regions_of_that_day(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;

	(void)state;
	add_parameter(b, "140000", 100, "8");
	add_parameter(b, "140100", 200, "9");
	add_parameter(b, "140100", 300, "10");
	add_parameter(b, "140105", 400, "11");
	r = registry_finish(b);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 99), 7);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 100), 8);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 199), 8);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 200), 9);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 300), 10);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140105", 400), 11);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140106", 400), 10);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "140200", 400), 8);
	assert_int_equal(registry_number(r, PARAM_SUPPLY_DAYS_MAX, "610100", 400), 7);
	assert_null(registry_setting(r, "rule.RX-SUPPLY", "140105", 400));
	registry_unref(r);
}

static void a_block_holds_from_its_first_to_its_last_moment(void **state)
{
	struct person_block block = {.scope = BLOCK_INTERNET, .from_ms = 100, .until_ms = 200,
		.reason = "fraud"};
	struct registry_builder *b = builder();
	struct registry *r;
	uint8_t other[32];

	(void)state;
	digest_of(block.person_key, 1);
	digest_of(other, 2);
	assert_int_equal(registry_add_person_block(b, &block), 0);
	r = registry_finish(b);
	assert_null(registry_person_block(r, block.person_key, BLOCK_INTERNET, 99));
	assert_non_null(registry_person_block(r, block.person_key, BLOCK_INTERNET, 100));
	assert_non_null(registry_person_block(r, block.person_key, BLOCK_INTERNET, 199));
	assert_null(registry_person_block(r, block.person_key, BLOCK_INTERNET, 200));
	assert_null(registry_person_block(r, block.person_key, BLOCK_SETTLEMENT, 150));
	assert_null(registry_person_block(r, other, BLOCK_INTERNET, 150));
	registry_unref(r);
}

static void code_table(struct registry_builder *b, int64_t id, int64_t from_ms, const char *name)
{
	assert_int_equal(registry_add_code_table(b, id, CODE_DRUG, from_ms), 0);
	assert_int_equal(registry_add_code(b, &(struct code){.code = "X", .name = name,
		.dosage_form = "", .specification = ""}), 0);
}

static void a_code_is_that_of_the_version_in_effect(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;

	(void)state;
	code_table(b, 7, 200, "newer");
	code_table(b, 5, 100, "older");
	r = registry_finish(b);
	assert_null(registry_code(r, CODE_DRUG, "X", 99));
	assert_string_equal(registry_code(r, CODE_DRUG, "X", 100)->name, "older");
	assert_string_equal(registry_code(r, CODE_DRUG, "X", 199)->name, "older");
	assert_string_equal(registry_code(r, CODE_DRUG, "X", 200)->name, "newer");
	assert_int_equal(registry_code_table(r, CODE_DRUG, 200)->id, 7);
	registry_unref(r);
}

/* The next snapshot shares what did not change, and outlives the one before. */
static void a_snapshot_is_made_from_the_one_before(void **state)
{
	struct registry_builder *b = builder();
	struct registry *first, *second;
	const struct practitioner *kept;

	(void)state;
	add_one_of_each(b);
	first = registry_finish(b);
	kept = registry_practitioner(first, "D140105003217");
	b = registry_builder_new(8, first);
	assert_non_null(b);
	assert_int_equal(registry_renew(b, REGISTRY_INSTITUTION), 0);
	registry_drop_code_tables(b);
	assert_true(registry_keep_code_table(b, 2, 50));
	assert_false(registry_keep_code_table(b, 3, 50));
	second = registry_finish(b);
	assert_non_null(registry_institution(first, "H14010500321"));
	assert_non_null(registry_code(first, CODE_DRUG, "X", 60));
	registry_unref(first);
	assert_int_equal(registry_version(second), 8);
	assert_null(registry_institution(second, "H14010500321"));
	assert_ptr_equal(registry_practitioner(second, "D140105003217"), kept);
	assert_string_equal(kept->name, "name");
	assert_null(registry_code(second, CODE_DRUG, "X", 60));
	assert_null(registry_code(second, CODE_DIAGNOSIS, "I10", 49));
	assert_non_null(registry_code(second, CODE_DIAGNOSIS, "I10", 50));
	registry_unref(second);
}

static void so_many_code_tables_and_no_more(void **state)
{
	struct registry_builder *b = builder();

	(void)state;
	for (int i = 0; i < CODE_TABLES_MAX; i++)
		assert_int_equal(registry_add_code_table(b, i, CODE_ROUTE, i), 0);
	assert_int_equal(registry_add_code_table(b, 99, CODE_ROUTE, 99), ERR_FULL);
	registry_builder_free(b);
}

static void a_builder_may_be_given_up(void **state)
{
	struct registry_builder *b = builder();

	(void)state;
	add_one_of_each(b);
	registry_builder_free(b);
	registry_builder_free(NULL);
	registry_unref(NULL);
}

/* Each thread takes and drops references and looks things up meanwhile. */
static void *reader(void *arg)
{
	struct registry *r = arg;
	bool ok = true;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct registry *mine = registry_ref(r);

		ok = ok && registry_institution(mine, "H14010500321") != NULL;
		registry_unref(mine);
	}
	registry_unref(r);
	return ok ? r : NULL;
}

static void references_are_counted_across_threads(void **state)
{
	struct registry_builder *b = builder();
	pthread_t threads[THREADS];
	struct registry *r;

	(void)state;
	add_one_of_each(b);
	r = registry_finish(b);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, registry_ref(r)), 0);
	/* The first reference goes while they run: the last thread frees it. */
	registry_unref(r);
	for (unsigned i = 0; i < THREADS; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_empty_registry_knows_nothing),
		TEST(each_kind_is_found_as_it_was_added),
		TEST(what_was_not_added_is_not_found),
		TEST(texts_are_copied),
		TEST(a_text_larger_than_a_block_is_kept),
		TEST(a_hundred_thousand_records_are_each_found),
		TEST(items_of_one_owner_are_walked_and_hold_in_their_time),
		PROVES(a_parameter_is_the_nearest_regions_of_that_day, "JIN15-4.11a"),
		TEST(a_block_holds_from_its_first_to_its_last_moment),
		TEST(a_code_is_that_of_the_version_in_effect),
		TEST(a_snapshot_is_made_from_the_one_before),
		TEST(so_many_code_tables_and_no_more),
		TEST(a_builder_may_be_given_up),
		TEST(references_are_counted_across_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
