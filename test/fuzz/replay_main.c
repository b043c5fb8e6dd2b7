/* Runs a fuzz target over its corpus, with any compiler: one TAP line per folder given.
 *
 *     replay_<name> FOLDER...
 *
 * An input that breaks the target ends the program with the input's name on stderr, which the test
 * runner counts as a failure.  A folder that is empty or cannot be read fails too.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "test/fuzz/fuzz.h"

enum { INPUT_MAX = 1024 * 1024 };

/* The input that runs now, for the signal handlers of the sanitizers to be read next to. */
static void announce(const char *path)
{
	static char line[PATH_MAX + 16];
	int len = snprintf(line, sizeof(line), "# %s\n", path);

	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		abort();
}

/* Returns 0, or -1 when the file cannot be read whole. */
static int replay_file(const char *path)
{
	uint8_t *buffer = malloc(INPUT_MAX + 1);
	FILE *file = fopen(path, "rb");
	int result = -1;

	if (!file || !buffer)
		goto out;

	size_t len = fread(buffer, 1, INPUT_MAX + 1, file);

	if (ferror(file) || len > INPUT_MAX)
		goto out;

	/* Memory of exactly its size, so that reading past the end is seen. */
	uint8_t *input = malloc(len ? len : 1);

	if (!input)
		goto out;
	memcpy(input, buffer, len);
	announce(path);
	(void)LLVMFuzzerTestOneInput(input, len);
	free(input);
	result = 0;
out:
	if (file)
		(void)fclose(file);
	free(buffer);
	return result;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Returns how many inputs ran, or -1. */
static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	int failed = 0;

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);

		if (len >= (int)sizeof(path) || replay_file(path) < 0)
			failed++;
		free(entries[i]);
	}
	free(entries);
	return failed ? -1 : count;
}

int main(int argc, char **argv)
{
	bool all_ok = true;

	printf("1..%d\n", argc);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("ok 1 - takes the empty input\n");
	for (int i = 1; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');
		int count = replay_folder(argv[i]);
		bool ok = count > 0;

		all_ok = all_ok && ok;
		printf("%s %d - takes the %d inputs of %s\n", ok ? "ok" : "not ok", i + 1,
			count < 0 ? 0 : count, name ? name + 1 : argv[i]);
	}
	return all_ok ? 0 : 1;
}
