/* Milliseconds of the clock that never goes back. */
#ifndef SDK_CLOCK_H
#define SDK_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);

#endif
