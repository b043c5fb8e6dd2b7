/* Who may do business: every state of the own and the host's agreement, and who is asked first. */
#include "test/support/tap.h"

#include "domain/standing.h"

enum { NOW = 1000000 };

static struct institution self, host, chain;
static struct agreement own, hosts;

static struct agreement agreement_in(enum agreement_state state)
{
	struct agreement a = {.id = "AG-2026-00000001", .institution_code = "H1",
		.host_agreement_id = "", .starts_ms = NOW - 10, .ends_ms = NOW + 10,
		.institution_signed_ms = NOW - 10, .agency_signed_ms = NOW - 10};

	if (state == AGREEMENT_DRAFT)
		a.institution_signed_ms = a.agency_signed_ms = 0;
	if (state == AGREEMENT_SIGNED_BY_ONE)
		a.agency_signed_ms = 0;
	if (state == AGREEMENT_SUSPENDED)
		a.own.from_ms = NOW;
	if (state == AGREEMENT_TERMINATED)
		a.ended_from_ms = NOW;
	if (state == AGREEMENT_EXPIRED)
		a.ends_ms = NOW;
	if (state == AGREEMENT_CONCLUDED)
		a.starts_ms = NOW + 1;
	assert_int_equal(agreement_state_at(&a, NOW), state);
	return a;
}

static struct standing_facts facts_of(enum institution_kind kind)
{
	self = (struct institution){.code = "H1", .kind = kind, .status = INSTITUTION_ACTIVE};
	host = (struct institution){.code = "H2", .kind = INSTITUTION_HOSPITAL,
		.status = INSTITUTION_ACTIVE};
	chain = (struct institution){.code = "C1", .status = INSTITUTION_ACTIVE};
	own = agreement_in(AGREEMENT_IN_FORCE);
	hosts = agreement_in(AGREEMENT_IN_FORCE);
	return (struct standing_facts){.self = &self,
		.host = kind == INSTITUTION_INTERNET_HOSPITAL ? &host : NULL, .agreement = &own,
		.host_agreement = kind == INSTITUTION_INTERNET_HOSPITAL ? &hosts : NULL};
}

/* What each state of an agreement means for work, said once more. */
static const enum standing meaning[AGREEMENT_STATES] = {
	[AGREEMENT_DRAFT] = STANDING_AGREEMENT_MISSING,
	[AGREEMENT_SIGNED_BY_ONE] = STANDING_AGREEMENT_MISSING,
	[AGREEMENT_IN_FORCE] = STANDING_GOOD,
	[AGREEMENT_SUSPENDED] = STANDING_AGREEMENT_SUSPENDED,
	[AGREEMENT_TERMINATED] = STANDING_AGREEMENT_ENDED,
	[AGREEMENT_EXPIRED] = STANDING_AGREEMENT_ENDED,
	[AGREEMENT_CONCLUDED] = STANDING_AGREEMENT_MISSING,
};

static void an_agreement_in_force_is_needed_at_each_use(void **state)
{
	static const enum institution_kind kinds[] = {INSTITUTION_HOSPITAL,
		INSTITUTION_INTERNET_HOSPITAL, INSTITUTION_PHARMACY};

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		struct standing_facts f = facts_of(kinds[k]);

		for (int s = AGREEMENT_DRAFT; s < AGREEMENT_STATES; s++) {
			own = agreement_in((enum agreement_state)s);
			assert_int_equal(standing_of(&f, NOW), meaning[s]);
		}
		f.agreement = NULL;
		assert_int_equal(standing_of(&f, NOW), STANDING_AGREEMENT_MISSING);
	}
}

static void the_hosts_agreement_decides_over_its_internet_hospital(void **state)
{
	struct standing_facts f = facts_of(INSTITUTION_INTERNET_HOSPITAL);

	(void)state;
	for (int s = AGREEMENT_DRAFT; s < AGREEMENT_STATES; s++) {
		enum standing told = meaning[s];

		hosts = agreement_in((enum agreement_state)s);
		if (told != STANDING_GOOD) /* the same reason, but the host's */
			told = (enum standing)(told + STANDING_HOST_AGREEMENT_MISSING -
				STANDING_AGREEMENT_MISSING);
		assert_int_equal(standing_of(&f, NOW), told);
	}
	f.host_agreement = NULL;
	assert_int_equal(standing_of(&f, NOW), STANDING_HOST_AGREEMENT_MISSING);
	host.status = INSTITUTION_SUSPENDED;
	assert_int_equal(standing_of(&f, NOW), STANDING_HOST_NOT_ACTIVE);
	f.host = NULL;
	assert_int_equal(standing_of(&f, NOW), STANDING_HOST_NOT_ACTIVE);
}

static void the_internet_hospitals_agreement_does_not_touch_its_host(void **state)
{
	struct standing_facts f = facts_of(INSTITUTION_HOSPITAL);

	(void)state;
	/* all that is known of the host; the supplementary one is not even looked at */
	assert_int_equal(standing_of(&f, NOW), STANDING_GOOD);
	assert_int_equal(standing_needs(INSTITUTION_HOSPITAL), AGREEMENT_DESIGNATION);
	assert_int_equal(standing_needs(INSTITUTION_PHARMACY), AGREEMENT_DESIGNATION);
	assert_int_equal(standing_needs(INSTITUTION_INTERNET_HOSPITAL), AGREEMENT_SUPPLEMENTARY);
}

static void channels_and_offices_need_no_agreement(void **state)
{
	static const enum institution_kind kinds[] = {INSTITUTION_CHANNEL, INSTITUTION_AGENCY};

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct standing_facts f = facts_of(kinds[k]);

		f.agreement = NULL;
		assert_int_equal(standing_needs(kinds[k]), 0);
		assert_int_equal(standing_of(&f, NOW), STANDING_GOOD);
	}
}

static void the_own_status_comes_first_and_the_chains_last(void **state)
{
	struct standing_facts f = facts_of(INSTITUTION_PHARMACY);

	(void)state;
	f.chain = &chain;
	assert_int_equal(standing_of(&f, NOW), STANDING_GOOD);
	chain.status = INSTITUTION_CLOSED;
	assert_int_equal(standing_of(&f, NOW), STANDING_CHAIN_NOT_ACTIVE);
	own = agreement_in(AGREEMENT_SUSPENDED);
	assert_int_equal(standing_of(&f, NOW), STANDING_AGREEMENT_SUSPENDED);
	self.status = INSTITUTION_SUSPENDED;
	assert_int_equal(standing_of(&f, NOW), STANDING_NOT_ACTIVE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(an_agreement_in_force_is_needed_at_each_use, "JIN15-2.1a NT33-N1.1"),
		PROVES(the_hosts_agreement_decides_over_its_internet_hospital, "SX15-2.6"),
		PROVES(the_internet_hospitals_agreement_does_not_touch_its_host, "SX15-2.7"),
		TEST(channels_and_offices_need_no_agreement),
		TEST(the_own_status_comes_first_and_the_chains_last),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
