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

static void a_word_is_the_whole_of_it(void **state)
{
	(void)state;
	assert_true(words_have("1 4 7 10", "10"));
	assert_false(words_have("1 4 7 10", "0"));
	assert_false(words_have("10", "1"));
	assert_false(words_have("", ""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(words_come_in_their_order),
		TEST(a_word_is_the_whole_of_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
