#include "registry/service_state.h"

#include <string.h>

static const char by_connection[] = "outpatient-pooling";

size_t region_digits(const char *region)
{
	size_t len = strlen(region);

	while (len >= 2 && region[len - 1] == '0' && region[len - 2] == '0')
		len -= 2;
	return len;
}

bool region_lies_in(const char *region, const char *within)
{
	return strncmp(region, within, region_digits(within)) == 0;
}

static enum service_state state_of(const struct institution *i)
{
	switch (i->status) {
	case INSTITUTION_ACTIVE:
		return SERVICE_OPEN;
	case INSTITUTION_SUSPENDED:
		return SERVICE_SUSPENDED;
	case INSTITUTION_CLOSED:
		return SERVICE_ENDED;
	case INSTITUTION_APPLYING:
		break;
	}
	return SERVICE_NONE;
}

enum service_state registry_service_state(const struct registry *r, const struct institution *i,
	int64_t at_ms)
{
	enum service_state own = state_of(i), host;
	const struct institution *h;

	(void)at_ms; /* what is dated will decide here, too */
	if (i->kind != INSTITUTION_INTERNET_HOSPITAL || own == SERVICE_NONE)
		return own;
	h = registry_institution(r, i->host_code);
	host = h == NULL ? SERVICE_ENDED : state_of(h);
	if (host == SERVICE_NONE)
		return SERVICE_SUSPENDED;
	return host > own ? host : own;
}

bool registry_capability(const struct registry *r, const struct institution *i, const char *code,
	int64_t at_ms)
{
	if (registry_service_state(r, i, at_ms) != SERVICE_OPEN)
		return false;
	if (i->kind == INSTITUTION_PHARMACY && strcmp(code, by_connection) == 0)
		return true;
	return registry_item_held(r, i->code, ITEM_CAPABILITY, code, at_ms) != NULL;
}
