/* A host's agreement and the supplementary ones that hang on it: whatever officers decide, in
 * whatever order, the family stays true. */
#include "test/support/tap.h"

#include <stdlib.h>

#include "domain/agreement.h"

enum { NOW = 1000000, DAY = 1000, STARTS = NOW - 100 * DAY, ENDS = NOW + 1000 * DAY };
enum { CHILDREN = 3, STEPS = 60, ROUNDS = 2000 };

struct family {
	struct agreement host, children[CHILDREN];
	int64_t now_ms;
};

static const struct agreement drafted = {
	.id = "AG-2026-00000001", .kind = AGREEMENT_DESIGNATION, .institution_code = "H1",
	.host_agreement_id = "", .starts_ms = STARTS, .ends_ms = ENDS,
};

static void family_set(struct family *f)
{
	f->now_ms = NOW;
	f->host = drafted;
	for (int i = 0; i < CHILDREN; i++) {
		f->children[i] = drafted;
		f->children[i].kind = AGREEMENT_SUPPLEMENTARY;
	}
}

static void family_sign(struct family *f)
{
	family_set(f);
	f->host.institution_signed_ms = f->host.agency_signed_ms = STARTS;
	for (int i = 0; i < CHILDREN; i++)
		f->children[i].institution_signed_ms = f->children[i].agency_signed_ms = STARTS;
}

static enum agreement_refusal host_act(struct family *f, struct agreement_act act)
{
	enum agreement_refusal why;

	act.now_ms = f->now_ms;
	why = agreement_apply(&f->host, &act);
	for (int i = 0; why == AGREEMENT_ALLOWED && i < CHILDREN; i++)
		if (!agreement_is_over(&f->children[i], f->now_ms))
			(void)agreement_follow(&f->children[i], &f->host);
	return why;
}

static enum agreement_refusal child_act(struct family *f, int child, struct agreement_act act)
{
	act.now_ms = f->now_ms;
	act.host = &f->host;
	return agreement_apply(&f->children[child], &act);
}

static struct agreement_act act(enum agreement_event event, int64_t effective_ms)
{
	return (struct agreement_act){.event = event, .effective_ms = effective_ms};
}

static enum agreement_state child_state(const struct family *f, int child, int64_t at_ms)
{
	return agreement_state_at(&f->children[child], at_ms);
}

static void suspending_the_host_suspends_all_at_the_same_moment(void **state)
{
	struct family f;

	(void)state;
	family_sign(&f);
	assert_int_equal(host_act(&f, act(AGREEMENT_SUSPEND, NOW + DAY)), AGREEMENT_ALLOWED);
	for (int i = 0; i < CHILDREN; i++) {
		assert_int_equal(child_state(&f, i, NOW + DAY - 1), AGREEMENT_IN_FORCE);
		assert_int_equal(child_state(&f, i, NOW + DAY), AGREEMENT_SUSPENDED);
		assert_int_equal(agreement_causes_at(&f.children[i], NOW + DAY), AGREEMENT_CAUSE_HOST);
	}
}

static void terminating_the_host_ends_all_at_the_same_moment(void **state)
{
	struct family f;

	(void)state;
	family_sign(&f);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_TERMINATE, NOW + DAY)), AGREEMENT_ALLOWED);
	assert_int_equal(host_act(&f, act(AGREEMENT_TERMINATE, NOW + 2 * DAY)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 0, NOW + 2 * DAY - 1), AGREEMENT_IN_FORCE);
	assert_int_equal(child_state(&f, 0, NOW + 2 * DAY), AGREEMENT_TERMINATED);
	assert_int_equal(f.children[0].ended_by, AGREEMENT_CAUSE_HOST);
	/* an end of its own that comes earlier stays */
	assert_int_equal(f.children[1].ended_from_ms, NOW + DAY);
	assert_int_equal(f.children[1].ended_by, AGREEMENT_CAUSE_OWN);
}

static void resuming_the_host_brings_back_only_what_it_suspended(void **state)
{
	struct family f;

	(void)state;
	family_sign(&f);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(host_act(&f, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 2, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_RESUME, 0)), AGREEMENT_SUSPENDED_BY_HOST);
	f.now_ms += DAY;
	assert_int_equal(host_act(&f, act(AGREEMENT_RESUME, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 0, f.now_ms), AGREEMENT_IN_FORCE);
	assert_int_equal(child_state(&f, 1, f.now_ms), AGREEMENT_SUSPENDED);
	assert_int_equal(child_state(&f, 2, f.now_ms), AGREEMENT_SUSPENDED);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_RESUME, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 1, f.now_ms), AGREEMENT_IN_FORCE);
}

/* Lifting its own suspension does not help while the host's lasts. */
static void a_resumed_one_waits_for_its_host(void **state)
{
	struct family f;

	(void)state;
	family_sign(&f);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(host_act(&f, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	f.now_ms += DAY;
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_RESUME, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 0, f.now_ms), AGREEMENT_SUSPENDED);
	assert_int_equal(agreement_causes_at(&f.children[0], f.now_ms), AGREEMENT_CAUSE_HOST);
}

static void suspending_a_supplementary_leaves_its_host_alone(void **state)
{
	struct family f;
	struct agreement before;

	(void)state;
	family_sign(&f);
	before = f.host;
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_TERMINATE, 0)), AGREEMENT_ALLOWED);
	assert_memory_equal(&f.host, &before, sizeof(before));
	assert_int_equal(child_state(&f, 2, NOW), AGREEMENT_IN_FORCE);
}

static void the_hosts_new_term_is_everybodys(void **state)
{
	static const enum agreement_event events[] = {AGREEMENT_CHANGE_TERM, AGREEMENT_RENEW};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct agreement_act longer = act(events[i], 0), shorter = act(AGREEMENT_CHANGE_TERM, 0);
		struct family f;

		family_sign(&f);
		longer.ends_ms = ENDS + DAY;
		shorter.ends_ms = NOW + DAY;
		assert_int_equal(host_act(&f, longer), AGREEMENT_ALLOWED);
		assert_int_equal(f.children[2].ends_ms, ENDS + DAY);
		assert_int_equal(host_act(&f, shorter), AGREEMENT_ALLOWED);
		assert_int_equal(f.children[0].ends_ms, NOW + DAY);
		assert_int_equal(child_act(&f, 0, longer), AGREEMENT_TERM_IS_THE_HOSTS);
	}
}

static void no_supplementary_is_concluded_before_its_host(void **state)
{
	struct family f;

	(void)state;
	family_set(&f);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SIGN_INSTITUTION, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SIGN_AGENCY, 0)),
		AGREEMENT_HOST_NOT_CONCLUDED);
	assert_int_equal(host_act(&f, act(AGREEMENT_SIGN_INSTITUTION, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SIGN_AGENCY, 0)),
		AGREEMENT_HOST_NOT_CONCLUDED);
	assert_int_equal(host_act(&f, act(AGREEMENT_SIGN_AGENCY, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 0, act(AGREEMENT_SIGN_AGENCY, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 0, NOW), AGREEMENT_IN_FORCE);
	/* another draft, of a host that is suspended: concluded, and suspended with it */
	assert_int_equal(host_act(&f, act(AGREEMENT_SUSPEND, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_SIGN_AGENCY, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_act(&f, 1, act(AGREEMENT_SIGN_INSTITUTION, 0)), AGREEMENT_ALLOWED);
	assert_int_equal(child_state(&f, 1, NOW), AGREEMENT_SUSPENDED);
	/* and of one that is over: not at all */
	f.now_ms = f.host.ends_ms;
	assert_int_equal(child_act(&f, 2, act(AGREEMENT_SIGN_AGENCY, 0)), AGREEMENT_HOST_IS_OVER);
}

static void a_supplementary_term_other_than_the_hosts_is_not_signed(void **state)
{
	for (int64_t d = -1; d <= 1; d++) {
		struct family f;

		(void)state;
		family_set(&f);
		f.children[0].ends_ms += d;
		assert_int_equal(child_act(&f, 0, act(AGREEMENT_SIGN_AGENCY, 0)),
			d == 0 ? AGREEMENT_ALLOWED : AGREEMENT_TERM_IS_THE_HOSTS);
		f.children[1].starts_ms += d;
		assert_int_equal(child_act(&f, 1, act(AGREEMENT_SIGN_AGENCY, 0)),
			d == 0 ? AGREEMENT_ALLOWED : AGREEMENT_TERM_IS_THE_HOSTS);
	}
}

/* ---- random histories ---------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t roll(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static struct agreement_act any_act(const struct family *f)
{
	struct agreement_act a = {.event = (enum agreement_event)roll(AGREEMENT_EVENTS)};

	/* terminations are rarer than in a dice game, or every history is short */
	if (a.event == AGREEMENT_TERMINATE && roll(8) != 0)
		a.event = AGREEMENT_RESUME;
	a.effective_ms = roll(2) == 0 ? 0 : f->now_ms - DAY + (int64_t)roll(6) * DAY;
	a.ends_ms = f->now_ms - DAY + (int64_t)roll(400) * DAY;
	return a;
}

static void check_child(const struct family *f, int child, int64_t at_ms)
{
	const struct agreement *c = &f->children[child];
	enum agreement_state host = agreement_state_at(&f->host, at_ms);
	enum agreement_state is = agreement_state_at(c, at_ms);

	if (is == AGREEMENT_IN_FORCE && host != AGREEMENT_IN_FORCE)
		fail_msg("in force under a host in state %d", host);
	/* what only the host suspends comes back with it, and at once */
	if (is == AGREEMENT_SUSPENDED && host == AGREEMENT_IN_FORCE)
		assert_int_equal(agreement_causes_at(c, at_ms), AGREEMENT_CAUSE_OWN);
	if (is == AGREEMENT_SUSPENDED && agreement_causes_at(c, at_ms) == AGREEMENT_CAUSE_HOST)
		assert_int_equal(host, AGREEMENT_SUSPENDED);
	if (agreement_is_concluded(c) && !agreement_is_over(c, at_ms))
		assert_int_equal(c->ends_ms, f->host.ends_ms);
}

/* Now and at every moment that lies ahead, for the decisions dated forward. */
static void check_family(const struct family *f)
{
	for (int child = 0; child < CHILDREN; child++)
		for (int64_t ahead = 0; ahead < 8; ahead++)
			check_child(f, child, f->now_ms + ahead * DAY);
}

static unsigned play(struct family *f)
{
	unsigned allowed = 0;

	for (int step = 0; step < STEPS; step++) {
		int who = (int)roll(CHILDREN + 1);
		int64_t own_from = who < CHILDREN ? 0 : f->children[0].own.from_ms;

		if (who < CHILDREN)
			allowed += child_act(f, who, any_act(f)) == AGREEMENT_ALLOWED;
		else
			allowed += host_act(f, any_act(f)) == AGREEMENT_ALLOWED;
		if (who == CHILDREN) /* a host's decision never touches a child's own suspension */
			assert_int_equal(f->children[0].own.from_ms, own_from);
		check_family(f);
		f->now_ms += (int64_t)roll(3) * DAY;
	}
	return allowed;
}

static void no_history_breaks_the_family(void **state)
{
	unsigned allowed = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct family f;

		seed = round;
		if (round % 2 == 0)
			family_sign(&f);
		else
			family_set(&f);
		allowed += play(&f);
	}
	assert_true(allowed > ROUNDS * 5); /* the dice did decide something */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(suspending_the_host_suspends_all_at_the_same_moment, "SX15-2.6"),
		PROVES(terminating_the_host_ends_all_at_the_same_moment, "TJ2-22"),
		PROVES(resuming_the_host_brings_back_only_what_it_suspended, "SX15-2.6"),
		TEST(a_resumed_one_waits_for_its_host),
		PROVES(suspending_a_supplementary_leaves_its_host_alone, "SX15-2.7"),
		PROVES(the_hosts_new_term_is_everybodys, "SX15-2.4"),
		PROVES(no_supplementary_is_concluded_before_its_host, "SX15-2.2"),
		PROVES(a_supplementary_term_other_than_the_hosts_is_not_signed, "TJ2-9b"),
		PROVES(no_history_breaks_the_family, "SX15-2.6"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agreement family", tests, NULL, NULL);
}
