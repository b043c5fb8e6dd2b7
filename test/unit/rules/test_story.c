/* What of a prescription's three streams is missing: each combination of what is known against the
 * sentences the gaps stand for.
 */
#include "test/support/tap.h"

#include "rules/story.h"

static struct story_fill fill_of(unsigned bits, uint32_t fill_no)
{
	return (struct story_fill){.fill_no = fill_no, .has_encounter = bits & 1,
		.needs_real_name = bits & 2, .has_real_name = bits & 4, .kept = bits & 8,
		.online = bits & 16, .untraced = bits & 32, .settled = bits & 64,
		.receipted = bits & 128, .ordered = bits & 256, .signed_for = bits & 512};
}

static bool expected(const struct story_fill *f, enum story_gap gap)
{
	bool whole = f->fill_no == 0;

	if (gap == STORY_GAP_ENCOUNTER)
		return whole && !f->has_encounter;
	if (gap == STORY_GAP_REAL_NAME)
		return whole && f->needs_real_name && !f->has_real_name;
	if (gap == STORY_GAP_RECEIPT)
		return f->settled && !f->receipted; /* a consultation has a receipt, too */
	if (whole)
		return false;
	if (gap == STORY_GAP_TRACE_CODES)
		return f->untraced;
	if (gap == STORY_GAP_REVERSAL)
		return f->settled && !f->kept;
	if (!f->kept) /* what came back wants no money and no delivery */
		return false;
	if (gap == STORY_GAP_SETTLEMENT)
		return !f->settled;
	if (gap == STORY_GAP_DELIVERY_ORDER)
		return f->online && !f->ordered;
	return f->ordered && !f->signed_for;
}

static void every_combination_has_the_gaps_its_sentences_say(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1024; bits++) {
		for (uint32_t fill_no = 0; fill_no <= 1; fill_no++) {
			struct story_fill f = fill_of(bits, fill_no);

			for (int gap = 1; gap < STORY_GAPS; gap++)
				if (story_has_gap(&f, (enum story_gap)gap) != expected(&f, (enum story_gap)gap))
					fail_msg("gap %d of %u, hand-over %u", gap, bits, fill_no);
		}
	}
}

static void a_number_that_is_no_gap_is_none(void **state)
{
	struct story_fill f = fill_of(0, 1);

	(void)state;
	assert_false(story_has_gap(&f, STORY_GAPS));
	assert_false(story_has_gap(&f, (enum story_gap)0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(every_combination_has_the_gaps_its_sentences_say, "NT33-N5.2 SX15-3.4"),
		TEST(a_number_that_is_no_gap_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
