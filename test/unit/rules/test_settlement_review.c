/* The automatic review: every rule on both sides of its line, and the sample. */
#include "test/support/tap.h"

#include "rules/settlement_review.h"

enum { NOON = 1000000 };

static struct review_facts sound(void)
{
	return (struct review_facts){.kind = FEE_RETAIL_DRUGS, .total_fen = 18400,
		.pooled_fund_fen = 10000, .personal_account_fen = 6400, .settled_at_ms = NOON,
		.paid_online = true, .authenticated = true, .remains = true, .dispensed_at_ms = NOON,
		.net_fen = 18400, .price_max_fen = -1};
}

static void expect_sound(const struct review_facts *f)
{
	assert_null(review_broken_next(f, NULL));
}

static void expect_only(const struct review_facts *f, const char *id)
{
	const struct review_rule *r = review_broken_next(f, NULL);

	assert_non_null(r);
	assert_string_equal(r->id, id);
	assert_null(review_broken_next(f, r));
}

#define EACH(spoil, id) \
	f = sound(); \
	expect_sound(&f); \
	spoil; \
	expect_only(&f, id)

static void each_rule_finds_its_own(void **state)
{
	struct review_facts f;

	(void)state;
	EACH(f.remains = false, "review-fill");
	EACH(f.dispensed_at_ms = 0, "review-fill");
	EACH(f.net_fen--, "review-total");
	EACH(f.settled_at_ms--, "review-early");
	EACH(f.overpriced = 1, "review-price");
	EACH(f.untraced = 1, "review-trace");
	EACH(f.blocked = true, "review-blocked");
	EACH(f.authenticated = false, "review-authentication");
}

static void what_the_insurance_did_not_pay_is_not_its_matter(void **state)
{
	struct review_facts f = sound();

	(void)state;
	f.pooled_fund_fen = f.personal_account_fen = 0;
	f.untraced = 1;
	f.blocked = true;
	expect_sound(&f);
	f.personal_account_fen = 1;
	expect_only(&f, "review-blocked");
	f = sound();
	f.paid_online = f.authenticated = false;
	expect_sound(&f);
}

static void a_consultation_has_a_price_and_no_fill(void **state)
{
	struct review_facts f = {.kind = FEE_CONSULTATION, .total_fen = 1000, .price_max_fen = 1000};

	(void)state;
	expect_sound(&f);
	f.total_fen++;
	expect_only(&f, "review-consultation");
	f.total_fen = 1;
	f.price_max_fen = -1;
	expect_only(&f, "review-consultation");
}

/* Where it was paid changes nothing but that a check must have been reported. */
static void online_and_offline_are_reviewed_alike(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 128; n++) {
		struct review_facts f = sound();
		const struct review_rule *online = NULL, *offline = NULL;

		f.remains = n & 1;
		f.net_fen -= n >> 1 & 1;
		f.settled_at_ms -= n >> 2 & 1;
		f.overpriced = n >> 3 & 1;
		f.untraced = n >> 4 & 1;
		f.blocked = n >> 5 & 1;
		f.kind = n >> 6 & 1 ? FEE_HOSPITAL_DRUGS : FEE_RETAIL_DRUGS;
		do {
			f.paid_online = true;
			online = review_broken_next(&f, online);
			f.paid_online = false;
			offline = review_broken_next(&f, offline);
			assert_ptr_equal(online, offline);
		} while (online != NULL);
	}
}

static void a_sample_is_as_large_as_its_parameter(void **state)
{
	unsigned drawn = 0;

	(void)state;
	for (uint32_t n = 0; n < 100000; n++) {
		uint32_t mixed = n * 2654435761u;
		const uint8_t digest[4] = {(uint8_t)(mixed >> 24), (uint8_t)(mixed >> 16),
			(uint8_t)(mixed >> 8), (uint8_t)mixed};

		assert_false(review_is_sampled(digest, 0));
		assert_true(review_is_sampled(digest, 1000));
		assert_int_equal(review_is_sampled(digest, 50), mixed % 1000 < 50);
		drawn += review_is_sampled(digest, 50);
	}
	assert_in_range(drawn, 4500, 5500);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(each_rule_finds_its_own, "TJ2-17b"),
		PROVES(what_the_insurance_did_not_pay_is_not_its_matter, "TJ2-17b SX15-8.9"),
		PROVES(a_consultation_has_a_price_and_no_fill, "TJ2-17b TJ2-10a"),
		PROVES(online_and_offline_are_reviewed_alike, "SX15-4.1 NT33-J1.2 TJ2-10b"),
		PROVES(a_sample_is_as_large_as_its_parameter, "TJ2-17b"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement_review", tests, NULL, NULL);
}
