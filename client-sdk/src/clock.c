#include "client-sdk/src/clock.h"

#include <time.h>

int64_t clock_now_ms(void)
{
	struct timespec now;

	/* CLOCK_MONOTONIC exists and the address is sound: cannot fail. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
