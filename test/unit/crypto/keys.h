/* Key files for tests: fixed keys, so that what is made with them is the same every time. */
#ifndef TEST_CRYPTO_KEYS_H
#define TEST_CRYPTO_KEYS_H

#include "crypto/keyring.h"

enum { KEYS_TEXT_MAX = 40 * 1024 };

/* A text that grows line by line. */
struct keys_text {
	char text[KEYS_TEXT_MAX];
	size_t len;
};

/* Add "purpose generation hex", the key filled with `fill`. */
void keys_add(struct keys_text *t, const char *purpose, unsigned generation, uint8_t fill);
/* Add one line as it stands. */
void keys_add_line(struct keys_text *t, const char *line);
/* One key of generation 1 for every purpose except `without` (may be NULL). */
void keys_add_all(struct keys_text *t, const char *without);
/* Must succeed. */
struct keyring *keys_parse(const struct keys_text *t);

#endif
