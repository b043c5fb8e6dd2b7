/* The snapshot: everything added is found, nothing else is, and the last reference frees it. */
#include "test/support/tap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "registry/registry.h"

enum { MANY = 100 * 1000, THREADS = 4, ROUNDS = 50 * 1000 };

static struct registry_builder *builder(void)
{
	struct registry_builder *b = registry_builder_new(7);

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
	assert_null(registry_drug(r, "X"));
	assert_null(registry_diagnosis(r, "X"));
	registry_unref(r);
}

static void add_one_of_each(struct registry_builder *b)
{
	struct certificate c = {.owner_code = "H14010500321", .scope = "140100", .is_officer = true,
		.not_after_ms = 12};
	struct practitioner_key k = {.practitioner_code = "D140105003217",
		.institution_code = "H14010500321", .role = ROLE_PHYSICIAN, .revoked_from_ms = 5,
		.statement = {(const uint8_t *)"a\0b", 3}};
	struct voucher_key v = {.revoked = true};

	digest_of(c.spki, 1);
	digest_of(k.key_id, 2);
	digest_of(v.key_id, 3);
	assert_int_equal(registry_add_institution(b, &(struct institution){"H14010500321", "hospital",
		INSTITUTION_HOSPITAL, INSTITUTION_ACTIVE, "140105", ""}), 0);
	assert_int_equal(registry_add_certificate(b, &c), 0);
	assert_int_equal(registry_add_practitioner(b, &(struct practitioner){"D140105003217", "name",
		ROLE_PHYSICIAN, true, "2010-07-01", "140105"}), 0);
	assert_int_equal(registry_add_practice(b, &(struct practice){"D140105003217", "H14010500321",
		true}), 0);
	assert_int_equal(registry_add_key(b, &k), 0);
	assert_int_equal(registry_add_voucher_key(b, &v), 0);
	assert_int_equal(registry_add_drug(b, &(struct drug){.code = "X", .generic_name = "drug",
		.kind = 11, .special_control = true}), 0);
	assert_int_equal(registry_add_diagnosis(b, &(struct diagnosis_code){"I10", "name", 1, true,
		false}), 0);
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
	assert_true(registry_drug(r, "X")->special_control);
	assert_string_equal(registry_diagnosis(r, "I10")->name, "name");
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
	assert_int_equal(registry_add_institution(b, &(struct institution){code, name,
		INSTITUTION_HOSPITAL, INSTITUTION_ACTIVE, "", ""}), 0);
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
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(registry_add_drug(b, &(struct drug){
			.code = i == 0 ? "A" : i == 1 ? "B" : "C",
			.generic_name = i == 1 ? huge : "small"}), 0);
	r = registry_finish(b);
	assert_string_equal(registry_drug(r, "B")->generic_name, huge);
	assert_string_equal(registry_drug(r, "C")->generic_name, "small");
	registry_unref(r);
}

static void a_hundred_thousand_records_are_each_found(void **state)
{
	struct registry_builder *b = builder();
	struct registry *r;
	char code[32];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(code, sizeof(code), "XC%08uA", i);
		assert_int_equal(registry_add_drug(b, &(struct drug){.code = code, .generic_name = code,
			.kind = (uint8_t)(11 + i % 3)}), 0);
	}
	r = registry_finish(b);
	assert_non_null(r);
	for (unsigned i = 0; i < MANY; i++) {
		const struct drug *d;

		(void)snprintf(code, sizeof(code), "XC%08uA", i);
		d = registry_drug(r, code);
		if (d == NULL || strcmp(d->generic_name, code) != 0 || d->kind != 11 + i % 3)
			fail_msg("%s is not found", code);
		code[10] = 'B';
		if (registry_drug(r, code) != NULL)
			fail_msg("%s is found", code);
	}
	registry_unref(r);
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
		TEST(a_builder_may_be_given_up),
		TEST(references_are_counted_across_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
