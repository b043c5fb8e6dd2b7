/* The only place that asks what time it is.  Tests replace it at link time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
int64_t clock_mono_ms(void); /* never goes back */
int64_t clock_mono_us(void);

#endif
