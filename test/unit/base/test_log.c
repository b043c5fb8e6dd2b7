/* The clock is the test's own: it takes the place of base/clock.c at link time. */
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "test/support/death.h"
#include "test/support/tap.h"

static int64_t now_ms = 5000;

int64_t clock_wall_ms(void)
{
	return 1700000000123;
}

int64_t clock_mono_ms(void)
{
	return now_ms;
}

int64_t clock_mono_us(void)
{
	return now_ms * 1000;
}

static int stderr_before = -1;
static FILE *captured;
static char text[1 << 20];

static int capture(void **state)
{
	(void)state;
	captured = tmpfile();
	stderr_before = dup(STDERR_FILENO);
	if (captured == NULL || stderr_before < 0 || dup2(fileno(captured), STDERR_FILENO) < 0)
		return -1;
	log_set_level(LOG_LEVEL_INFO);
	now_ms += 10000;
	return 0;
}

static int give_back(void **state)
{
	(void)state;
	(void)dup2(stderr_before, STDERR_FILENO);
	(void)close(stderr_before);
	return fclose(captured);
}

/* Everything on standard error since the test began. */
static const char *seen(void)
{
	size_t len;

	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	return text;
}

static unsigned lines(void)
{
	const char *p = seen();
	unsigned count = 0;

	while ((p = strchr(p, '\n')) != NULL) {
		p++;
		count++;
	}
	return count;
}

static void line_has_time_level_and_message(void **state)
{
	(void)state;
	log_warn("queue is at %u", 7u);
	assert_string_equal(seen(), "2023-11-14T22:13:20.123Z warn queue is at 7\n");
}

static void level_holds_back_what_is_below(void **state)
{
	(void)state;
	log_debug("not seen");
	assert_int_equal(lines(), 0);
	log_set_level(LOG_LEVEL_DEBUG);
	assert_int_equal(log_level(), LOG_LEVEL_DEBUG);
	log_debug("seen");
	assert_int_equal(lines(), 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("not seen");
	log_error("seen");
	assert_int_equal(lines(), 2);
}

static void say(unsigned i)
{
	log_info("line %u", i);
}

static void site_is_held_back_beyond_its_burst(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < LOG_BURST; i++)
		say(i);
	assert_int_equal(lines(), LOG_BURST);
	for (i = 0; i < 3; i++)
		say(i);
	assert_int_equal(lines(), LOG_BURST);
	log_info("another place still speaks");
	assert_int_equal(lines(), LOG_BURST + 1);
	now_ms += 1000;
	say(99);
	assert_int_equal(lines(), LOG_BURST + 3);
	assert_non_null(strstr(seen(), " info 3 lines like the next were held back\n"));
	assert_non_null(strstr(seen(), " info line 99\n"));
	now_ms += 1000;
	say(100);
	assert_int_equal(lines(), LOG_BURST + 4);
}

static void line_break_in_a_value_makes_no_new_line(void **state)
{
	(void)state;
	log_info("name \"%s\"", "a\n2023 error forged\r\033[2J");
	assert_int_equal(lines(), 1);
	assert_null(strchr(seen(), '\033'));
}

static void long_line_is_cut(void **state)
{
	char *value = malloc(5000);

	(void)state;
	assert_non_null(value);
	memset(value, 'v', 4999);
	value[4999] = '\0';
	log_info("%s", value);
	assert_int_equal(lines(), 1);
	assert_true(strlen(seen()) == 2048);
	free(value);
}

static void journal_gets_a_number_instead_of_the_time(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_error("broken");
	assert_string_equal(seen(), "<3>broken\n");
	/* Somebody else's journal: standard error was redirected since. */
	assert_int_equal(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	log_error("broken");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_non_null(strstr(seen(), "Z error broken\n"));
}

static void *shout(void *arg)
{
	int i;

	for (i = 0; i < 10; i++)
		log_info("%s", (const char *)arg);
	return NULL;
}

static void lines_of_threads_stay_whole(void **state)
{
	static char words[4][100];
	pthread_t threads[4];
	regex_t whole;
	char *line, *rest = NULL;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		memset(words[i], 'a' + i, 99);
		assert_int_equal(pthread_create(&threads[i], NULL, shout, words[i]), 0);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(lines(), 40);
	assert_int_equal(regcomp(&whole, "Z info (a{99}|b{99}|c{99}|d{99})$", REG_EXTENDED), 0);
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		assert_int_equal(regexec(&whole, line, 0, NULL, 0), 0);
	regfree(&whole);
}

static void every_error_has_a_class_and_a_text(void **state)
{
	(void)state;
#define X(name, number, class, sentence) \
	assert_int_equal(err_class(ERR_##name), ERR_CLASS_##class); \
	assert_string_equal(err_text(number), sentence);
	ERR_LIST(X)
#undef X
	assert_string_equal(err_text(0), "success");
}

static void class_of(void *err)
{
	(void)err_class(*(const int *)err);
}

static void number_that_is_no_error_is_a_bug(void **state)
{
	int success = 0, beyond = ERR_DB_CHECK - 1;

	(void)state;
	assert_true(death_of(class_of, &success));
	assert_true(death_of(class_of, &beyond));
}

static void histogram_counts_at_and_above_its_bounds(void **state)
{
	struct metric_histogram h = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < METRIC_BUCKETS; i++) {
		metric_observe(&h, &metric_time, metric_time.bounds[i]);
		metric_observe(&h, &metric_time, metric_time.bounds[i] + 1);
	}
	assert_int_equal(h.buckets[0], 1);
	for (i = 1; i < METRIC_BUCKETS; i++)
		assert_int_equal(h.buckets[i], 2);
	assert_int_equal(h.buckets[METRIC_BUCKETS], 1);
	metric_observe(&h, &metric_time, 0);
	assert_int_equal(h.buckets[0], 2);
}

#define LOG_TEST(fn) cmocka_unit_test_setup_teardown(fn, capture, give_back)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LOG_TEST(line_has_time_level_and_message),
		LOG_TEST(level_holds_back_what_is_below),
		LOG_TEST(site_is_held_back_beyond_its_burst),
		LOG_TEST(line_break_in_a_value_makes_no_new_line),
		LOG_TEST(long_line_is_cut),
		LOG_TEST(journal_gets_a_number_instead_of_the_time),
		LOG_TEST(lines_of_threads_stay_whole),
		TEST(every_error_has_a_class_and_a_text),
		TEST(number_that_is_no_error_is_a_bug),
		TEST(histogram_counts_at_and_above_its_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
