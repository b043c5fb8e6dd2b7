#include "test/bench/schedule.h"

static const double ns_per_s = 1e9;

int64_t schedule_at_ns(const struct schedule *s, size_t i)
{
	return s->start_ns + (int64_t)((double)i * ns_per_s / s->per_s);
}

size_t schedule_due(const struct schedule *s, int64_t now_ns)
{
	size_t due;

	if (now_ns < s->start_ns)
		return 0;
	due = (size_t)((double)(now_ns - s->start_ns) * s->per_s / ns_per_s);
	/* Both are rounded down; agree with schedule_at_ns() to the nanosecond. */
	while (schedule_at_ns(s, due) <= now_ns)
		due++;
	while (due > 0 && schedule_at_ns(s, due - 1) > now_ns)
		due--;
	return due;
}
