/* Sets of words. */
#include "domain/words.h"
#include "test/support/tap.h"

static void words_come_in_their_order(void **state)
{
	struct slice word = {NULL, 0};

	(void)state;
	assert_true(words_nth("  a  bc d ", 0, &word) && slice_equal(word, slice_of_text("a")));
	assert_true(words_nth("  a  bc d ", 1, &word) && slice_equal(word, slice_of_text("bc")));
	assert_true(words_nth("  a  bc d ", 2, &word) && slice_equal(word, slice_of_text("d")));
	assert_false(words_nth("  a  bc d ", 3, &word));
	assert_true(slice_equal(word, slice_of_text("d")));
	assert_false(words_nth("", 0, &word));
	assert_false(words_nth("   ", 0, &word));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(words_come_in_their_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
