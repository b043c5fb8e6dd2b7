/* Configuration files.  What is accepted lies within its range, and written out and read again it
 * is the same; what is refused says why in one sentence. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "base/config.h"
#include "base/ensure.h"
#include "base/err.h"

struct settings {
	char *address;
	char *note;
	int64_t port;
	int64_t offset;
	bool open;
};

static const struct config_row rows[] = {
	{"address", CONFIG_TEXT, NULL, 1, 30, false, offsetof(struct settings, address), "Where."},
	{"note", CONFIG_TEXT, "", 0, 5, true, offsetof(struct settings, note), "Anything."},
	{"port", CONFIG_NUMBER, "7443", 1, 65535, false, offsetof(struct settings, port), "Which."},
	{"offset", CONFIG_NUMBER, NULL, -9, INT64_MAX, false, offsetof(struct settings, offset),
		"How far."},
	{"open", CONFIG_SWITCH, "off", 0, 0, false, offsetof(struct settings, open), "Whether."},
};

static void check_ranges(const struct settings *s)
{
	FUZZ_CHECK(s->address == NULL || (strlen(s->address) >= 1 && strlen(s->address) <= 30));
	FUZZ_CHECK(s->note != NULL && strlen(s->note) <= 5);
	FUZZ_CHECK(s->port >= 1 && s->port <= 65535);
	FUZZ_CHECK(s->offset == INT64_MIN || s->offset >= -9);
}

static void check_same(const struct settings *a, const struct settings *b)
{
	FUZZ_CHECK(strcmp(a->address, b->address) == 0 && strcmp(a->note, b->note) == 0);
	FUZZ_CHECK(a->port == b->port && a->offset == b->offset && a->open == b->open);
}

static void check_again(const struct settings *s)
{
	char text[CONFIG_LINE_MAX], problem[CONFIG_PROBLEM_MAX];
	struct settings again;
	int len = snprintf(text, sizeof(text),
		"address=%s\nnote=%s\nport=%lld\noffset=%lld\nopen=%s\n", s->address, s->note,
		(long long)s->port, (long long)s->offset, s->open ? "on" : "off");

	FUZZ_CHECK(len > 0 && (size_t)len < sizeof(text));
	FUZZ_CHECK(config_defaults(rows, ARRAY_LEN(rows), &again) == 0);
	FUZZ_CHECK(config_apply_text(rows, ARRAY_LEN(rows), &again, "again",
			   slice_of(text, (size_t)len), problem) == 0);
	check_same(s, &again);
	config_clear(rows, ARRAY_LEN(rows), &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char problem[CONFIG_PROBLEM_MAX];
	struct settings s;
	int r;

	memset(problem, 'p', sizeof(problem));
	FUZZ_CHECK(config_defaults(rows, ARRAY_LEN(rows), &s) == 0);
	r = config_apply_text(rows, ARRAY_LEN(rows), &s, "input", slice_of(data, len), problem);
	check_ranges(&s);
	if (r != 0) {
		FUZZ_CHECK(r == ERR_CONFIG && strnlen(problem, sizeof(problem)) < sizeof(problem));
		FUZZ_CHECK(strchr(problem, '\n') == NULL && strncmp(problem, "\"input\" ", 8) == 0);
	} else if (config_check(rows, ARRAY_LEN(rows), &s, problem) == 0) {
		check_again(&s);
	}
	config_clear(rows, ARRAY_LEN(rows), &s);
	return 0;
}
