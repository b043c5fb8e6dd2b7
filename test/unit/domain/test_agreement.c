/* The transitions of an agreement against a second telling of them, over every state and event, and
 * each guard at its moment, one before and one after. */
#include "test/support/tap.h"

#include <string.h>

#include "domain/agreement.h"

enum { NOW = 1000000, DAY = 1000, STARTS = NOW - 100 * DAY, ENDS = NOW + 100 * DAY };

static const struct agreement host_in_force = {
	.id = "AG-2026-00000001", .kind = AGREEMENT_DESIGNATION, .institution_code = "H1",
	.host_agreement_id = "", .starts_ms = STARTS, .ends_ms = ENDS,
	.institution_signed_ms = STARTS, .agency_signed_ms = STARTS,
};

static struct agreement in_state(enum agreement_kind kind, enum agreement_state state)
{
	struct agreement a = host_in_force;

	a.kind = kind;
	if (state == AGREEMENT_DRAFT)
		a.institution_signed_ms = a.agency_signed_ms = 0;
	if (state == AGREEMENT_SIGNED_BY_ONE)
		a.institution_signed_ms = 0;
	if (state == AGREEMENT_SUSPENDED)
		a.own.from_ms = NOW - DAY;
	if (state == AGREEMENT_TERMINATED) {
		a.ended_from_ms = NOW - DAY;
		a.ended_by = AGREEMENT_CAUSE_OWN;
	}
	if (state == AGREEMENT_EXPIRED)
		a.ends_ms = NOW;
	if (state == AGREEMENT_CONCLUDED)
		a.starts_ms = NOW + DAY;
	return a;
}

/* An act that nothing but the state can forbid. */
static struct agreement_act act_of(enum agreement_event event, const struct agreement *host)
{
	return (struct agreement_act){.event = event, .now_ms = NOW, .ends_ms = ENDS + DAY,
		.host = host};
}

/* The sentences of the domain, per state, without looking at how the table is laid out. */
static bool model_allows(enum agreement_kind kind, enum agreement_state state,
	enum agreement_event event)
{
	bool unsigned_yet = state == AGREEMENT_DRAFT || state == AGREEMENT_SIGNED_BY_ONE;
	bool over = state == AGREEMENT_TERMINATED || state == AGREEMENT_EXPIRED;

	if (over)
		return false;
	switch (event) {
	case AGREEMENT_TO_DRAFT:
		return state == AGREEMENT_DRAFT;
	case AGREEMENT_SIGN_INSTITUTION:
		return unsigned_yet;
	case AGREEMENT_SIGN_AGENCY:
		return state == AGREEMENT_DRAFT; /* here it is the agency that has signed */
	case AGREEMENT_SUSPEND:
		return state == AGREEMENT_IN_FORCE || state == AGREEMENT_CONCLUDED;
	case AGREEMENT_RESUME:
		return state == AGREEMENT_SUSPENDED;
	case AGREEMENT_TERMINATE:
		return true;
	case AGREEMENT_CHANGE_TERM:
	case AGREEMENT_RENEW:
		return !unsigned_yet && kind == AGREEMENT_DESIGNATION;
	case AGREEMENT_EVENTS:
		break;
	}
	fail_msg("an event the model does not know");
	return false;
}

static enum agreement_state model_after(enum agreement_state state, enum agreement_event event)
{
	if (event == AGREEMENT_SIGN_INSTITUTION || event == AGREEMENT_SIGN_AGENCY)
		return state == AGREEMENT_DRAFT ? AGREEMENT_SIGNED_BY_ONE : AGREEMENT_IN_FORCE;
	if (event == AGREEMENT_SUSPEND)
		return state == AGREEMENT_CONCLUDED ? state : AGREEMENT_SUSPENDED;
	if (event == AGREEMENT_RESUME)
		return AGREEMENT_IN_FORCE;
	return event == AGREEMENT_TERMINATE ? AGREEMENT_TERMINATED : state;
}

static void try_all_events(enum agreement_kind kind, enum agreement_state state)
{
	for (int e = 0; e < AGREEMENT_EVENTS; e++) {
		enum agreement_event event = (enum agreement_event)e;
		struct agreement a = in_state(kind, state), before = a, host = host_in_force;
		struct agreement_act act;
		bool allowed;

		host.starts_ms = a.starts_ms;
		act = act_of(event, &host);
		allowed = agreement_apply(&a, &act) == AGREEMENT_ALLOWED;
		if (allowed != model_allows(kind, state, event))
			fail_msg("%s of kind %d in state %d: %d", agreement_event_name(event), kind, state,
				allowed);
		if (!allowed)
			assert_memory_equal(&a, &before, sizeof(a));
		else if (agreement_state_at(&a, NOW) != model_after(state, event))
			fail_msg("%s leads from state %d to %d", agreement_event_name(event), state,
				agreement_state_at(&a, NOW));
	}
}

static void every_state_and_event_agree_with_the_model(void **state)
{
	(void)state;
	for (int s = AGREEMENT_DRAFT; s < AGREEMENT_STATES; s++) {
		struct agreement a = in_state(AGREEMENT_DESIGNATION, (enum agreement_state)s);

		assert_int_equal(agreement_state_at(&a, NOW), s); /* the world is as it says */
		try_all_events(AGREEMENT_DESIGNATION, (enum agreement_state)s);
		try_all_events(AGREEMENT_SUPPLEMENTARY, (enum agreement_state)s);
	}
}

static enum agreement_refusal act_at(struct agreement *a, enum agreement_event event,
	int64_t effective_ms)
{
	struct agreement_act act = act_of(event, NULL);

	act.effective_ms = effective_ms;
	return agreement_apply(a, &act);
}

static void nothing_takes_effect_in_the_past(void **state)
{
	static const enum agreement_event events[] = {AGREEMENT_SUSPEND, AGREEMENT_TERMINATE};
	struct agreement a;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		a = host_in_force;
		assert_int_equal(act_at(&a, events[i], NOW - 1), AGREEMENT_MOMENT_PAST);
		assert_int_equal(act_at(&a, events[i], NOW), AGREEMENT_ALLOWED);
		a = host_in_force;
		assert_int_equal(act_at(&a, events[i], ENDS), AGREEMENT_MOMENT_OUTSIDE);
		assert_int_equal(act_at(&a, events[i], ENDS - 1), AGREEMENT_ALLOWED);
	}
	a = in_state(AGREEMENT_DESIGNATION, AGREEMENT_SUSPENDED);
	assert_int_equal(act_at(&a, AGREEMENT_RESUME, NOW - 1), AGREEMENT_MOMENT_PAST);
	assert_int_equal(act_at(&a, AGREEMENT_RESUME, NOW), AGREEMENT_ALLOWED);
}

/* Decided today for Monday: in force until the last millisecond before, suspended from it on. */
static void a_decision_for_later_takes_effect_by_itself(void **state)
{
	struct agreement a = host_in_force;

	(void)state;
	assert_int_equal(act_at(&a, AGREEMENT_SUSPEND, NOW + DAY), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW + DAY - 1), AGREEMENT_IN_FORCE);
	assert_int_equal(agreement_state_at(&a, NOW + DAY), AGREEMENT_SUSPENDED);
	assert_int_equal(act_at(&a, AGREEMENT_SUSPEND, 0), AGREEMENT_SUSPENDED_ALREADY);
	assert_int_equal(act_at(&a, AGREEMENT_RESUME, NOW + DAY - 1), AGREEMENT_MOMENT_OUTSIDE);
	assert_int_equal(act_at(&a, AGREEMENT_RESUME, NOW + 3 * DAY), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW + 3 * DAY - 1), AGREEMENT_SUSPENDED);
	assert_int_equal(agreement_state_at(&a, NOW + 3 * DAY), AGREEMENT_IN_FORCE);
	assert_int_equal(act_at(&a, AGREEMENT_TERMINATE, NOW + 5 * DAY), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW + 5 * DAY - 1), AGREEMENT_IN_FORCE);
	assert_int_equal(agreement_state_at(&a, NOW + 5 * DAY), AGREEMENT_TERMINATED);
}

static void a_suspension_that_lies_ahead_can_be_called_off(void **state)
{
	struct agreement a = host_in_force;

	(void)state;
	assert_int_equal(act_at(&a, AGREEMENT_SUSPEND, NOW + DAY), AGREEMENT_ALLOWED);
	assert_int_equal(act_at(&a, AGREEMENT_RESUME, 0), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW + DAY), AGREEMENT_IN_FORCE);
	assert_int_equal(act_at(&a, AGREEMENT_SUSPEND, 0), AGREEMENT_ALLOWED);
}

static void a_decided_end_may_be_moved_nearer_only(void **state)
{
	struct agreement a = host_in_force;

	(void)state;
	assert_int_equal(act_at(&a, AGREEMENT_TERMINATE, NOW + 5 * DAY), AGREEMENT_ALLOWED);
	assert_int_equal(act_at(&a, AGREEMENT_TERMINATE, NOW + 5 * DAY), AGREEMENT_MOMENT_OUTSIDE);
	assert_int_equal(act_at(&a, AGREEMENT_RENEW, 0), AGREEMENT_MOMENT_OUTSIDE);
	assert_int_equal(act_at(&a, AGREEMENT_TERMINATE, NOW + 5 * DAY - 1), AGREEMENT_ALLOWED);
	assert_int_equal(a.ended_from_ms, NOW + 5 * DAY - 1);
}

static enum agreement_refusal term_to(struct agreement *a, enum agreement_event event,
	int64_t ends_ms)
{
	struct agreement_act act = act_of(event, NULL);

	act.ends_ms = ends_ms;
	return agreement_apply(a, &act);
}

static void a_term_ends_after_it_starts_and_not_in_the_past(void **state)
{
	struct agreement a = host_in_force, later = in_state(AGREEMENT_DESIGNATION,
		AGREEMENT_CONCLUDED);

	(void)state;
	assert_int_equal(term_to(&a, AGREEMENT_CHANGE_TERM, NOW - 1), AGREEMENT_MOMENT_PAST);
	assert_int_equal(term_to(&a, AGREEMENT_CHANGE_TERM, ENDS), AGREEMENT_TERM_INVALID);
	assert_int_equal(term_to(&a, AGREEMENT_RENEW, ENDS - 1), AGREEMENT_TERM_INVALID);
	assert_int_equal(term_to(&a, AGREEMENT_CHANGE_TERM, NOW + 1), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW + 1), AGREEMENT_EXPIRED);
	assert_int_equal(term_to(&later, AGREEMENT_CHANGE_TERM, later.starts_ms),
		AGREEMENT_TERM_INVALID);
	assert_int_equal(term_to(&later, AGREEMENT_CHANGE_TERM, later.starts_ms + 1),
		AGREEMENT_ALLOWED);
}

static void each_party_signs_once_in_either_order(void **state)
{
	struct agreement a = in_state(AGREEMENT_DESIGNATION, AGREEMENT_DRAFT);

	(void)state;
	assert_int_equal(act_at(&a, AGREEMENT_SIGN_INSTITUTION, 0), AGREEMENT_ALLOWED);
	assert_int_equal(act_at(&a, AGREEMENT_SIGN_INSTITUTION, 0), AGREEMENT_SIGNED_ALREADY);
	assert_int_equal(agreement_state_at(&a, NOW), AGREEMENT_SIGNED_BY_ONE);
	assert_int_equal(act_at(&a, AGREEMENT_SIGN_AGENCY, 0), AGREEMENT_ALLOWED);
	assert_int_equal(agreement_state_at(&a, NOW), AGREEMENT_IN_FORCE);
	/* the term had begun, but before both had signed nothing was in force */
	assert_int_equal(agreement_state_at(&a, NOW - 1), AGREEMENT_DRAFT);
}

static void a_draft_past_its_end_is_not_signed(void **state)
{
	struct agreement a = in_state(AGREEMENT_DESIGNATION, AGREEMENT_DRAFT);

	(void)state;
	a.ends_ms = NOW;
	assert_int_equal(act_at(&a, AGREEMENT_SIGN_AGENCY, 0), AGREEMENT_TERM_INVALID);
	a.ends_ms = NOW + 1;
	assert_int_equal(act_at(&a, AGREEMENT_SIGN_AGENCY, 0), AGREEMENT_ALLOWED);
}

static void one_kind_twice_at_one_time_overlaps(void **state)
{
	struct agreement a = host_in_force, b = host_in_force;

	(void)state;
	assert_true(agreement_overlaps(&a, &b));
	b.starts_ms = ENDS;
	b.ends_ms = ENDS + DAY;
	assert_false(agreement_overlaps(&a, &b));
	b.starts_ms = ENDS - 1;
	assert_true(agreement_overlaps(&a, &b));
	a.ended_from_ms = NOW; /* an agreement that was ended makes room */
	assert_false(agreement_overlaps(&a, &b));
	b.starts_ms = STARTS;
	assert_true(agreement_overlaps(&a, &b));
	b.kind = AGREEMENT_SUPPLEMENTARY;
	assert_false(agreement_overlaps(&a, &b));
	b = a;
	b.institution_code = "H2";
	assert_false(agreement_overlaps(&a, &b));
}

static void the_better_agreement_is_the_one_that_lets_work(void **state)
{
	/* from the least to the most it says */
	static const enum agreement_state order[] = {AGREEMENT_DRAFT, AGREEMENT_SIGNED_BY_ONE,
		AGREEMENT_EXPIRED, AGREEMENT_TERMINATED, AGREEMENT_CONCLUDED, AGREEMENT_SUSPENDED,
		AGREEMENT_IN_FORCE};

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct agreement low = in_state(AGREEMENT_DESIGNATION, order[i]);

		assert_ptr_equal(agreement_better(NULL, &low, NOW), &low);
		assert_ptr_equal(agreement_better(&low, NULL, NOW), &low);
		for (unsigned j = i + 1; j < 7; j++) {
			struct agreement high = in_state(AGREEMENT_DESIGNATION, order[j]);

			assert_ptr_equal(agreement_better(&low, &high, NOW), &high);
			assert_ptr_equal(agreement_better(&high, &low, NOW), &high);
		}
	}
	assert_null(agreement_better(NULL, NULL, NOW));
}

static void every_event_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int e = 0; e < AGREEMENT_EVENTS; e++) {
		assert_non_null(agreement_event_name((enum agreement_event)e));
		for (int f = 0; f < e; f++)
			assert_string_not_equal(agreement_event_name((enum agreement_event)e),
				agreement_event_name((enum agreement_event)f));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_state_and_event_agree_with_the_model),
		PROVES(nothing_takes_effect_in_the_past, "SX15-2.5"),
		PROVES(a_decision_for_later_takes_effect_by_itself, "SX15-2.5"),
		TEST(a_suspension_that_lies_ahead_can_be_called_off),
		TEST(a_decided_end_may_be_moved_nearer_only),
		TEST(a_term_ends_after_it_starts_and_not_in_the_past),
		PROVES(each_party_signs_once_in_either_order, "NT33-J2.3"),
		TEST(a_draft_past_its_end_is_not_signed),
		TEST(one_kind_twice_at_one_time_overlaps),
		TEST(the_better_agreement_is_the_one_that_lets_work),
		TEST(every_event_has_a_name_of_its_own),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
