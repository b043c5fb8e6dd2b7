/* The calendar of the code tables, and one addition. */
#include "service/agreement/agreement_due.h"

#include <stdlib.h>

#include "domain/workday.h"
#include "registry/registry.h"
#include "registry/shelf.h"

enum { CALENDAR_WORKING_WEEKEND = 2 };

static int by_day(const void *a, const void *b)
{
	const struct workday_exception *x = a, *y = b;

	return (x->day > y->day) - (x->day < y->day);
}

static int calendar_of(struct request *req, struct workday_calendar *ret)
{
	const struct code_table *table =
		registry_code_table(req->registry, CODE_CALENDAR, req->received_at_ms);
	size_t count = table == NULL ? 0 : shelf_count(table->codes), known = 0;
	struct workday_exception *days = arena_array(&req->arena, count + 1, sizeof(*days));

	if (days == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct code *code = shelf_at(table->codes, i);
		struct workday_exception *d = &days[known];

		d->works = code->class_no == CALENDAR_WORKING_WEEKEND;
		if (!(code->flags & CODE_WITHDRAWN) && date_read(code->code, &d->day))
			known++;
	}
	qsort(days, known, sizeof(*days), by_day);
	*ret = (struct workday_calendar){days, known};
	return 0;
}

enum status_reason agreement_sign_due(struct request *req, int64_t assessed_ms,
	const char *region, int64_t *ret_due_ms)
{
	struct workday_calendar calendar;
	int64_t due_ms;

	*ret_due_ms = 0;
	if (assessed_ms == 0)
		return STATUS_OK;
	if (calendar_of(req, &calendar) < 0)
		return STATUS_BUSY;
	due_ms = workday_add(&calendar, assessed_ms,
		(unsigned)registry_number(req->registry, PARAM_SIGN_DAYS_MAX, region, assessed_ms));
	if (due_ms == WORKDAY_NONE) {
		request_find(req, "AG-CALENDAR", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			"text.application_id", "TJ2-9a",
			"the code table of holidays does not know the days until it must be signed",
			"节假日表缺少签订期限内的日期");
		return STATUS_AGREEMENT_REFUSED;
	}
	*ret_due_ms = due_ms;
	return STATUS_OK;
}
