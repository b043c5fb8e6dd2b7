/* The transition table of applications against a second telling of the same rules, over every
 * state, event and set of callers.
 *
 * The model is written from the sentences of the policies, not from the table: per event, how far
 * an application must have come and who does it.
 */
#include "test/support/tap.h"

#include <string.h>

#include "domain/application.h"

static bool undecided(enum application_state s)
{
	return s != APPLICATION_APPROVED && s != APPLICATION_FILED && s != APPLICATION_ACTIVATED &&
		!application_is_over(s);
}

/* Whose act it is: the applicant applies, the office examines, the province opens and tells. */
static unsigned whose(enum application_event e)
{
	switch (e) {
	case APPLICATION_SUBMIT:
	case APPLICATION_SUPPLEMENT:
	case APPLICATION_CONFORM:
	case APPLICATION_WITHDRAW:
		return ACTOR_APPLICANT;
	case APPLICATION_ACTIVATE:
		return ACTOR_ACTIVATOR;
	case APPLICATION_PUBLISH:
		return ACTOR_PROVINCE;
	case APPLICATION_NOTIFY:
	case APPLICATION_CHECK:
	case APPLICATION_VERIFY:
	case APPLICATION_FORM_GROUP:
	case APPLICATION_NOTE_AGREEMENT:
	case APPLICATION_OVERRIDE:
	case APPLICATION_ASSESS:
	case APPLICATION_FAIL:
	case APPLICATION_APPROVE:
	case APPLICATION_FILE:
		break;
	}
	return ACTOR_OFFICE;
}

/* The state after, or 0 when it is not the time. */
static enum application_state after(enum application_state s, enum application_event e)
{
	switch (e) {
	case APPLICATION_SUBMIT:
		return 0;
	case APPLICATION_NOTIFY:
		return s == APPLICATION_ACCEPTED ? APPLICATION_SUPPLEMENTING : 0;
	case APPLICATION_SUPPLEMENT:
		return s == APPLICATION_SUPPLEMENTING ? APPLICATION_ACCEPTED : 0;
	case APPLICATION_CHECK:
		return s == APPLICATION_ACCEPTED ? APPLICATION_CHECKED : 0;
	case APPLICATION_CONFORM:
		return undecided(s) && s != APPLICATION_VERIFIED && s != APPLICATION_ASSESSED ? s : 0;
	case APPLICATION_VERIFY:
		return s == APPLICATION_CHECKED ? APPLICATION_VERIFIED : 0;
	case APPLICATION_FORM_GROUP:
		return undecided(s) && s != APPLICATION_ASSESSED ? s : 0;
	case APPLICATION_NOTE_AGREEMENT:
	case APPLICATION_OVERRIDE:
		return undecided(s) ? s : 0;
	case APPLICATION_ASSESS:
		return s == APPLICATION_VERIFIED ? APPLICATION_ASSESSED : 0;
	case APPLICATION_FAIL: /* not while more is asked for, and not once it has passed */
		return undecided(s) && s != APPLICATION_SUPPLEMENTING && s != APPLICATION_ASSESSED ?
			APPLICATION_FAILED : 0;
	case APPLICATION_APPROVE:
		return s == APPLICATION_ASSESSED ? APPLICATION_APPROVED : 0;
	case APPLICATION_FILE:
		return s == APPLICATION_APPROVED ? APPLICATION_FILED : 0;
	case APPLICATION_ACTIVATE:
		return s == APPLICATION_FILED ? APPLICATION_ACTIVATED : 0;
	case APPLICATION_PUBLISH:
		return s == APPLICATION_ACTIVATED ? APPLICATION_PUBLISHED : 0;
	case APPLICATION_WITHDRAW:
		return undecided(s) ? APPLICATION_WITHDRAWN : 0;
	}
	fail_msg("an event the model does not know");
	return 0;
}

static void every_state_event_and_caller_agrees_with_the_model(void **state)
{
	unsigned allowed = 0;

	(void)state;
	for (int s = APPLICATION_STATE_FIRST; s <= APPLICATION_STATE_LAST; s++) {
		for (int e = APPLICATION_EVENT_FIRST; e <= APPLICATION_EVENT_LAST; e++) {
			for (unsigned actors = 0; actors <= ACTORS_ALL; actors++) {
				enum application_state is = (enum application_state)s;
				enum application_state should = after(is, (enum application_event)e);
				enum application_refusal why =
					application_apply(&is, (enum application_event)e, actors);

				if (!(actors & whose((enum application_event)e)))
					assert_int_equal(why, APPLICATION_WRONG_ACTOR);
				else if (should == 0)
					assert_int_equal(why, APPLICATION_WRONG_STATE);
				else
					assert_int_equal(why, APPLICATION_ALLOWED);
				assert_int_equal(is, why == APPLICATION_ALLOWED ? should : (unsigned)s);
				allowed += why == APPLICATION_ALLOWED;
			}
		}
	}
	/* counted by hand: notify 1, supplement 1, check 1, conform 3, verify 1, group 4, agreement 5,
	 * override 5, assess 1, fail 3, approve, file, activate, publish 1 each, withdraw 5; each for
	 * the half of the 16 sets of callers that holds the right one */
	assert_int_equal(allowed, 34 * 8);
}

static void the_end_is_never_left(void **state)
{
	(void)state;
	for (int s = APPLICATION_STATE_FIRST; s <= APPLICATION_STATE_LAST; s++)
		for (int e = APPLICATION_EVENT_FIRST; e <= APPLICATION_EVENT_LAST; e++) {
			enum application_state is = (enum application_state)s;

			if (application_is_over(is))
				assert_int_equal(application_apply(&is, (enum application_event)e, ACTORS_ALL),
					APPLICATION_WRONG_STATE);
		}
}

/* Nothing is approved that was not both checked and verified, whatever the order of events. */
static bool reached[APPLICATION_STATE_LAST + 1][4];

static void walk(enum application_state s, unsigned passed)
{
	if (reached[s][passed])
		return;
	reached[s][passed] = true;
	for (int e = APPLICATION_EVENT_FIRST; e <= APPLICATION_EVENT_LAST; e++) {
		enum application_state next = s;
		unsigned now = passed | (e == APPLICATION_CHECK) | (e == APPLICATION_VERIFY) * 2u;

		if (application_apply(&next, (enum application_event)e, ACTORS_ALL) ==
			APPLICATION_ALLOWED)
			walk(next, now);
	}
}

static void approval_needs_the_document_check_and_the_system_verification(void **state)
{
	(void)state;
	memset(reached, 0, sizeof(reached));
	walk(APPLICATION_ACCEPTED, 0);
	for (int s = APPLICATION_APPROVED; s <= APPLICATION_PUBLISHED; s++) {
		for (unsigned passed = 0; passed < 3; passed++)
			assert_false(reached[s][passed]);
		assert_true(reached[s][3]);
	}
}

static void only_the_province_activates(void **state)
{
	enum application_state s = APPLICATION_FILED;

	(void)state;
	assert_int_equal(application_apply(&s, APPLICATION_ACTIVATE, ACTOR_OFFICE | ACTOR_APPLICANT),
		APPLICATION_WRONG_ACTOR);
	assert_int_equal(application_apply(&s, APPLICATION_ACTIVATE, ACTOR_ACTIVATOR),
		APPLICATION_ALLOWED);
	assert_int_equal(application_who(APPLICATION_ACTIVATE), ACTOR_ACTIVATOR);
}

static void everything_has_a_name_of_its_own_in_both_languages(void **state)
{
	(void)state;
	for (int e = APPLICATION_EVENT_FIRST; e <= APPLICATION_EVENT_LAST; e++) {
		for (int f = APPLICATION_EVENT_FIRST; f < e; f++) {
			assert_string_not_equal(application_event_name((enum application_event)e),
				application_event_name((enum application_event)f));
			assert_string_not_equal(application_event_chinese((enum application_event)e),
				application_event_chinese((enum application_event)f));
		}
	}
	for (int s = APPLICATION_STATE_FIRST; s <= APPLICATION_STATE_LAST; s++) {
		for (int t = APPLICATION_STATE_FIRST; t < s; t++) {
			assert_string_not_equal(application_state_name((enum application_state)s),
				application_state_name((enum application_state)t));
			assert_string_not_equal(application_state_chinese((enum application_state)s),
				application_state_chinese((enum application_state)t));
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_state_event_and_caller_agrees_with_the_model),
		TEST(the_end_is_never_left),
		PROVES(approval_needs_the_document_check_and_the_system_verification, "JIN15-3.4"),
		PROVES(only_the_province_activates, "JIN15-3.6a"),
		TEST(everything_has_a_name_of_its_own_in_both_languages),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("application", tests, NULL, NULL);
}
