/* Parameters looked up for the directory. */
#include "service/registry/directory.h"

#include <string.h>

#include "domain/moment.h"
#include "registry/registry.h"

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

enum status_reason directory_ask(struct request *req, const char *region, int64_t at_ms,
	struct place_and_time *ret)
{
	bool sound = true;

	if (region[0] != '\0' &&
		(strlen(region) != REGION_CODE_LEN || strspn(region, "0123456789") != REGION_CODE_LEN)) {
		request_find_field(req, "region", "must be 6 digits (GB/T 2260)",
			"须为 6 位行政区划代码（GB/T 2260）");
		sound = false;
	}
	if (at_ms < 0 || !moment_is_sound(at_ms)) {
		request_find_field(req, "at_ms", "is not a moment", "时间无效");
		sound = false;
	}
	ret->region = region[0] == '\0' ? req->caller.region : region;
	ret->at_ms = at_ms == 0 ? req->received_at_ms : at_ms;
	return sound ? STATUS_OK : STATUS_FIELD_INVALID;
}

void directory_parameter(const struct request *req, const struct parameter_row *row,
	const struct place_and_time *where, Rxcirc__V1__ParameterState *ret)
{
	const struct parameter *p = registry_parameter(req->registry, row->name, where->region,
		where->at_ms);

	rxcirc__v1__parameter_state__init(ret);
	ret->name = text(row->name);
	ret->value = text(p == NULL ? row->standard : p->value);
	ret->standard = text(row->standard);
	ret->region = text(p == NULL ? "" : p->region);
	ret->from_ms = p == NULL ? 0 : p->from_ms;
	ret->source = text(p == NULL ? row->source : p->source);
	ret->meaning = text(row->english);
	ret->meaning_zh = text(row->chinese);
}
