/* A row is filled before it is counted, so that a reader never sees half a code. */
#include "service/lateness.h"

#include <string.h>

const struct lateness_row *lateness_at(const struct lateness *l, unsigned index)
{
	return index < atomic_load_explicit(&l->count, memory_order_acquire) ? &l->rows[index] : NULL;
}

const struct lateness_row *lateness_find(const struct lateness *l, const char *hospital)
{
	unsigned count = atomic_load_explicit(&l->count, memory_order_acquire);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(l->rows[i].hospital, hospital) == 0)
			return &l->rows[i];
	return NULL;
}

static struct lateness_row *lateness_add(struct lateness *l, const char *hospital)
{
	unsigned count = atomic_load_explicit(&l->count, memory_order_relaxed);
	struct lateness_row *row;

	if (count > LATENESS_HOSPITALS_MAX) /* the others have their row */
		return &l->rows[LATENESS_HOSPITALS_MAX];
	row = &l->rows[count];
	if (count == LATENESS_HOSPITALS_MAX)
		hospital = LATENESS_OTHERS;
	ensure(strlen(hospital) < sizeof(row->hospital));
	memcpy(row->hospital, hospital, strlen(hospital) + 1);
	atomic_store_explicit(&l->count, count + 1, memory_order_release);
	return row;
}

void lateness_observe(struct lateness *l, const char *hospital, int64_t late_ms)
{
	struct lateness_row *row;

	if (l == NULL)
		return;
	row = (struct lateness_row *)(uintptr_t)lateness_find(l, hospital);
	if (row == NULL)
		row = lateness_add(l, hospital);
	metric_observe(&row->ms, &metric_late, late_ms < 0 ? 0 : (uint64_t)late_ms);
}
