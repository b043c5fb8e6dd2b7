/* Lines of a key file. */
#include "test/unit/crypto/keys.h"

#include <stdio.h>
#include <string.h>

#include "test/support/tap.h"

void keys_add_line(struct keys_text *t, const char *line)
{
	int n = snprintf(t->text + t->len, sizeof(t->text) - t->len, "%s\n", line);

	assert_true(n > 0 && (size_t)n < sizeof(t->text) - t->len);
	t->len += (size_t)n;
}

void keys_add(struct keys_text *t, const char *purpose, unsigned generation, uint8_t fill)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s %u ", purpose, generation);

	for (int i = 0; i < KEYRING_KEY_LEN; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%02x", fill);
	keys_add_line(t, line);
}

void keys_add_all(struct keys_text *t, const char *without)
{
	static const char *const names[] = {"kek", "rowmac", "index", "ids", "grant", "receipt"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (without == NULL || strcmp(names[i], without) != 0)
			keys_add(t, names[i], 1, (uint8_t)(0x11 * (i + 1)));
}

struct keyring *keys_parse(const struct keys_text *t)
{
	char problem[KEYRING_PROBLEM_MAX] = "";
	struct keyring *k = NULL;

	if (keyring_parse(&k, slice_of(t->text, t->len), problem) != 0)
		fail_msg("%s", problem);
	return k;
}
