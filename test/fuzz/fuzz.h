/* What every fuzz target shares.
 *
 * A target is one file fuzz_<name>.c that defines LLVMFuzzerTestOneInput(), a folder
 * corpus/<name>/ with at least one seed, and a line in meson.build.  It keeps no state between
 * inputs, frees what it takes, and returns 0.  What must always hold is said by FUZZ_CHECK().
 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Not assert(): it stays on in every build. */
#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

#endif
