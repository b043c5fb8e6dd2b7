#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void ensure_failed(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "stopped by a bug: %s:%d: \"%s\" does not hold\n", file, line, condition);
	abort();
}
