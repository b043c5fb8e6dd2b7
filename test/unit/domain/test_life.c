/* The transition table against a second telling of the same rules, over every state and event.
 *
 * The model below is written the other way round than the table: per event, from the sentences of
 * the domain's description, without looking at how the table is laid out.
 */
#include "test/support/tap.h"

#include <string.h>

#include "domain/life.h"

enum { STATES = 3 * 3 * 4 * 3 };

static struct life state_of(int n)
{
	struct life l = {
		(enum validity)(1 + n % 3),
		(enum review)(1 + n / 3 % 3),
		(enum use)(1 + n / 9 % 4),
		(enum hold)(1 + n / 36 % 3),
	};

	return l;
}

/* The reasons, most final first: what was taken back stays so, what is used up is used up. */
static enum life_refusal open_to_work(struct life l)
{
	if (l.validity == VALIDITY_REVOKED)
		return LIFE_IS_REVOKED;
	if (l.use == USE_DISPENSED || l.use == USE_RETURNED)
		return LIFE_IS_USED;
	if (l.validity == VALIDITY_EXPIRED)
		return LIFE_IS_EXPIRED;
	return LIFE_ALLOWED;
}

static enum life_refusal held_by_me(struct life l)
{
	if (l.hold == HOLD_OTHERS)
		return LIFE_IS_HELD_BY_OTHERS;
	return l.hold == HOLD_MINE ? LIFE_ALLOWED : LIFE_IS_NOT_HELD;
}

static enum life_refusal model_claim(struct life *l)
{
	enum life_refusal why = open_to_work(*l);

	if (why != LIFE_ALLOWED)
		return why;
	if (l->hold == HOLD_OTHERS)
		return LIFE_IS_HELD_BY_OTHERS;
	if (l->hold == HOLD_MINE)
		return LIFE_IS_NOT_HELD; /* the service answers the holder before it asks */
	l->hold = HOLD_MINE;
	l->review = REVIEW_HOSPITAL_PASSED;
	return LIFE_ALLOWED;
}

static enum life_refusal model_renew(struct life *l)
{
	enum life_refusal why = open_to_work(*l);

	return why == LIFE_ALLOWED ? held_by_me(*l) : why;
}

static enum life_refusal model_transfer(struct life *l)
{
	enum life_refusal why = model_renew(l);

	if (why == LIFE_ALLOWED) {
		l->hold = HOLD_OTHERS;
		l->review = REVIEW_HOSPITAL_PASSED;
	}
	return why;
}

/* Goods come back from whoever has them; all of them only when all were handed over. */
static enum life_refusal model_return(struct life *l, bool all)
{
	if (l->use == USE_RETURNED || (all && l->use != USE_DISPENSED))
		return LIFE_IS_USED;
	if (all)
		l->use = USE_RETURNED;
	return LIFE_ALLOWED;
}

static enum life_refusal model_reverse(struct life *l, bool all)
{
	if (l->validity == VALIDITY_REVOKED)
		return LIFE_IS_REVOKED;
	if (l->use != USE_PARTLY && l->use != USE_DISPENSED)
		return LIFE_IS_USED;
	l->use = all ? USE_UNUSED : USE_PARTLY;
	return LIFE_ALLOWED;
}

static enum life_refusal model_release(struct life *l)
{
	enum life_refusal why = held_by_me(*l);

	if (why == LIFE_ALLOWED)
		l->hold = HOLD_FREE;
	return why;
}

static enum life_refusal model_review(struct life *l, bool passed)
{
	enum life_refusal why = open_to_work(*l);

	if (why == LIFE_ALLOWED)
		why = held_by_me(*l);
	if (why == LIFE_ALLOWED && l->review != REVIEW_HOSPITAL_PASSED)
		why = LIFE_NEEDS_REVIEW;
	if (why != LIFE_ALLOWED)
		return why;
	l->review = passed ? REVIEW_PHARMACY_PASSED : REVIEW_PHARMACY_REJECTED;
	if (!passed)
		l->hold = HOLD_FREE;
	return LIFE_ALLOWED;
}

static enum life_refusal model_dispense(struct life *l, bool all)
{
	enum life_refusal why = open_to_work(*l);

	if (why == LIFE_ALLOWED)
		why = held_by_me(*l);
	if (why == LIFE_ALLOWED && l->review != REVIEW_PHARMACY_PASSED)
		why = LIFE_NEEDS_REVIEW;
	if (why != LIFE_ALLOWED)
		return why;
	l->use = all ? USE_DISPENSED : USE_PARTLY;
	if (all)
		l->hold = HOLD_FREE;
	return LIFE_ALLOWED;
}

static enum life_refusal model_revoke(struct life *l)
{
	if (l->validity == VALIDITY_REVOKED)
		return LIFE_IS_REVOKED;
	if (l->use != USE_UNUSED)
		return LIFE_IS_USED;
	l->validity = VALIDITY_REVOKED;
	l->hold = HOLD_FREE;
	return LIFE_ALLOWED;
}

static enum life_refusal model(struct life *l, enum life_event event)
{
	switch (event) {
	case LIFE_CLAIM:
		return model_claim(l);
	case LIFE_RENEW:
		return model_renew(l);
	case LIFE_TRANSFER:
		return model_transfer(l);
	case LIFE_RETURN_PART:
		return model_return(l, false);
	case LIFE_RETURN_ALL:
		return model_return(l, true);
	case LIFE_REVERSE_PART:
		return model_reverse(l, false);
	case LIFE_REVERSE_ALL:
		return model_reverse(l, true);
	case LIFE_RELEASE:
		return model_release(l);
	case LIFE_REVIEW_PASS:
		return model_review(l, true);
	case LIFE_REVIEW_REJECT:
		return model_review(l, false);
	case LIFE_DISPENSE_PART:
		return model_dispense(l, false);
	case LIFE_DISPENSE_ALL:
		return model_dispense(l, true);
	case LIFE_REVOKE:
		return model_revoke(l);
	case LIFE_EVENTS:
		break;
	}
	fail_msg("an event the model does not know");
	return LIFE_ALLOWED;
}

static bool same(struct life a, struct life b)
{
	return a.validity == b.validity && a.review == b.review && a.use == b.use && a.hold == b.hold;
}

static void every_state_and_event_agree_with_the_model(void **state)
{
	unsigned allowed = 0;

	(void)state;
	for (int n = 0; n < STATES; n++) {
		for (int e = 0; e < LIFE_EVENTS; e++) {
			struct life is = state_of(n), should = is;
			enum life_refusal why = life_apply(&is, (enum life_event)e);
			enum life_refusal expected = model(&should, (enum life_event)e);

			if (why != expected || !same(is, should))
				fail_msg("%s in state %d: %d instead of %d", life_event_name((enum life_event)e),
					n, why, expected);
			allowed += why == LIFE_ALLOWED;
		}
	}
	/* claim, renew, transfer 6 each, release 36, pass, reject, part, all 2 each, returns 81 and 27,
	 * reversals 36 each, revoke 18 */
	assert_int_equal(allowed, 3 * 6 + 36 + 4 * 2 + 81 + 27 + 2 * 36 + 18);
}

static void a_refused_event_changes_nothing(void **state)
{
	(void)state;
	for (int n = 0; n < STATES; n++) {
		for (int e = 0; e < LIFE_EVENTS; e++) {
			struct life is = state_of(n);

			if (life_apply(&is, (enum life_event)e) != LIFE_ALLOWED)
				assert_true(same(is, state_of(n)));
		}
	}
}

/* What is final stays final, and only undoing a record makes something owed again. */
static void revoked_and_returned_are_never_left(void **state)
{
	(void)state;
	for (int n = 0; n < STATES; n++) {
		for (int e = 0; e < LIFE_EVENTS; e++) {
			struct life before = state_of(n), after = before;

			(void)life_apply(&after, (enum life_event)e); /* refused ones keep the state */
			if (before.validity == VALIDITY_REVOKED)
				assert_int_equal(after.validity, VALIDITY_REVOKED);
			if (before.use == USE_RETURNED)
				assert_int_equal(after.use, USE_RETURNED);
			if (e != LIFE_REVERSE_PART && e != LIFE_REVERSE_ALL)
				assert_true(after.use >= before.use);
			if (after.validity == VALIDITY_REVOKED && before.validity != VALIDITY_REVOKED)
				assert_int_equal(before.use, USE_UNUSED);
		}
	}
}

static void nothing_is_dispensed_without_the_holders_own_review(void **state)
{
	struct life l = {VALIDITY_VALID, REVIEW_HOSPITAL_PASSED, USE_UNUSED, HOLD_FREE};

	(void)state;
	assert_int_equal(life_apply(&l, LIFE_CLAIM), LIFE_ALLOWED);
	assert_int_equal(life_apply(&l, LIFE_DISPENSE_ALL), LIFE_NEEDS_REVIEW);
	assert_int_equal(life_apply(&l, LIFE_REVIEW_PASS), LIFE_ALLOWED);
	/* the lease ends, another pharmacy claims: the first one's review does not count for it */
	l.hold = HOLD_FREE;
	assert_int_equal(life_apply(&l, LIFE_CLAIM), LIFE_ALLOWED);
	assert_int_equal(life_apply(&l, LIFE_DISPENSE_ALL), LIFE_NEEDS_REVIEW);
}

static void a_rejected_prescription_may_be_reviewed_anew_elsewhere(void **state)
{
	struct life l = {VALIDITY_VALID, REVIEW_HOSPITAL_PASSED, USE_UNUSED, HOLD_MINE};

	(void)state;
	assert_int_equal(life_apply(&l, LIFE_REVIEW_REJECT), LIFE_ALLOWED);
	assert_int_equal(l.hold, HOLD_FREE);
	assert_int_equal(life_apply(&l, LIFE_DISPENSE_ALL), LIFE_IS_NOT_HELD);
	assert_int_equal(life_apply(&l, LIFE_CLAIM), LIFE_ALLOWED);
	assert_int_equal(life_apply(&l, LIFE_REVIEW_PASS), LIFE_ALLOWED);
	assert_int_equal(life_apply(&l, LIFE_DISPENSE_PART), LIFE_ALLOWED);
	assert_int_equal(l.hold, HOLD_MINE);
	assert_int_equal(life_apply(&l, LIFE_DISPENSE_ALL), LIFE_ALLOWED);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(l.hold, HOLD_FREE);
}

static void every_event_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int e = 0; e < LIFE_EVENTS; e++) {
		assert_non_null(life_event_name((enum life_event)e));
		for (int f = 0; f < e; f++)
			assert_string_not_equal(life_event_name((enum life_event)e),
				life_event_name((enum life_event)f));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(every_state_and_event_agree_with_the_model, "C17"),
		TEST(a_refused_event_changes_nothing),
		TEST(revoked_and_returned_are_never_left),
		PROVES(nothing_is_dispensed_without_the_holders_own_review, "JIN15-4.6"),
		PROVES(a_rejected_prescription_may_be_reviewed_anew_elsewhere, "C4"),
		TEST(every_event_has_a_name_of_its_own),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
