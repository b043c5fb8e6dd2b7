/* An institution that may not do business: told why at the next call, by the clock of that
 * call, and still able to read and sign its agreements. */
#include "desk.h"

#include <string.h>

#include "support/tap.h"

static const char hospital[] = "H14010000001", internet_hospital[] = "H14010000002",
	pharmacy[] = "P14010000003";

static struct desk_call call_of(const char *method, uint64_t id)
{
	return desk_call_of(dispatch_find(method), id);
}

static void fall(struct desk *d, const char *code, enum standing why, int64_t from_ms)
{
	d->registry->fallen_code = code;
	d->registry->fallen_from_ms = from_ms;
	d->registry->fallen = why;
}

/* Every method of business is closed, those for the agreement itself are not. */
static void expect_closed(uint8_t pin, const char *code, enum standing why,
	enum status_reason told)
{
	struct desk *d = desk_new(pin);

	fall(d, code, why, fake_wall_ms);
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		const struct dispatch_row *row = &dispatch_rows[i];
		struct desk_call call = desk_call_of(row, i + 1);

		if (row->roles & CALLER_APPLICANT)
			desk_expect_start(d, &call);
		else
			desk_expect_refusal(d, &call, told);
	}
	desk_free(d);
}

static void an_upload_is_refused_with_the_agreements_state(void **state)
{
	(void)state;
	expect_closed(PIN_HOSPITAL, hospital, STANDING_AGREEMENT_MISSING, STATUS_AGREEMENT_MISSING);
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_AGREEMENT_SUSPENDED,
		STATUS_AGREEMENT_SUSPENDED);
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_AGREEMENT_ENDED,
		STATUS_AGREEMENT_ENDED);
}

static void a_pharmacy_needs_its_agreement_at_each_call(void **state)
{
	(void)state;
	expect_closed(PIN_PHARMACY, pharmacy, STANDING_AGREEMENT_MISSING, STATUS_AGREEMENT_MISSING);
	expect_closed(PIN_PHARMACY, pharmacy, STANDING_AGREEMENT_SUSPENDED,
		STATUS_AGREEMENT_SUSPENDED);
	expect_closed(PIN_PHARMACY, pharmacy, STANDING_CHAIN_NOT_ACTIVE,
		STATUS_INSTITUTION_NOT_ACTIVE);
}

static void the_hosts_state_is_told_to_its_internet_hospital(void **state)
{
	(void)state;
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_HOST_NOT_ACTIVE,
		STATUS_HOST_NOT_ACTIVE);
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_HOST_AGREEMENT_MISSING,
		STATUS_AGREEMENT_MISSING);
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_HOST_AGREEMENT_SUSPENDED,
		STATUS_AGREEMENT_SUSPENDED);
	expect_closed(PIN_INTERNET_HOSPITAL, internet_hospital, STANDING_HOST_AGREEMENT_ENDED,
		STATUS_AGREEMENT_ENDED);
}

/* Nothing is loaded anew: the same snapshot, the same session, one millisecond later. */
static void a_moment_that_comes_is_felt_by_a_session_that_is_open(void **state)
{
	struct desk *d = desk_new(PIN_HOSPITAL);
	struct desk_call call = call_of("rxcirc.v1.Hospital/UploadPrescription", 1);

	(void)state;
	fall(d, hospital, STANDING_AGREEMENT_SUSPENDED, fake_wall_ms + 1);
	desk_expect_start(d, &call);
	fake_wall_ms++;
	call.call_id = 2;
	desk_expect_refusal(d, &call, STATUS_AGREEMENT_SUSPENDED);
	assert_int_equal(session_greet(d->session), SESSION_GO_ON);
	desk_free(d);
}

static void others_go_on(void **state)
{
	struct desk *d = desk_new(PIN_PHARMACY);
	struct desk_call call = call_of("rxcirc.v1.Pharmacy/PullPrescriptions", 1);

	(void)state;
	fall(d, hospital, STANDING_AGREEMENT_ENDED, 0);
	desk_expect_start(d, &call);
	desk_free(d);
}

static void who_applies_is_told_that_it_is_not_opened(void **state)
{
	struct desk *d = desk_new(PIN_PHARMACY);
	struct desk_call call = call_of("rxcirc.v1.Pharmacy/PullPrescriptions", 1);
	struct desk_call sign = call_of("rxcirc.v1.Agreements/AdvanceAgreement", 2);

	(void)state;
	d->registry->institutions[2].status = INSTITUTION_APPLYING;
	desk_expect_refusal(d, &call, STATUS_INSTITUTION_NOT_OPENED);
	desk_expect_start(d, &sign);
	desk_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(an_upload_is_refused_with_the_agreements_state, "SX15-2.5 NT33-N1.1"),
		PROVES(a_pharmacy_needs_its_agreement_at_each_call, "JIN15-2.1a"),
		PROVES(the_hosts_state_is_told_to_its_internet_hospital, "SX15-2.6"),
		PROVES(a_moment_that_comes_is_felt_by_a_session_that_is_open, "SX15-2.5"),
		PROVES(others_go_on, "SX15-2.7"),
		TEST(who_applies_is_told_that_it_is_not_opened),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
