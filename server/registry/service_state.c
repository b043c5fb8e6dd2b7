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

/* Of an institution that may not do business by its own status. */
static enum service_state state_of(const struct institution *i)
{
	switch (i->status) {
	case INSTITUTION_CLOSED:
		return SERVICE_ENDED;
	case INSTITUTION_APPLYING:
		return SERVICE_NONE;
	case INSTITUTION_ACTIVE:
	case INSTITUTION_SUSPENDED:
		break;
	}
	return SERVICE_SUSPENDED;
}

enum service_state registry_service_state(const struct registry *r, const struct institution *i,
	int64_t at_ms)
{
	switch (registry_standing(r, i, at_ms)) {
	case STANDING_GOOD:
		return SERVICE_OPEN;
	case STANDING_NOT_ACTIVE:
		return state_of(i);
	case STANDING_AGREEMENT_MISSING:
	case STANDING_HOST_AGREEMENT_MISSING:
		return SERVICE_NONE;
	case STANDING_AGREEMENT_ENDED:
	case STANDING_HOST_AGREEMENT_ENDED:
		return SERVICE_ENDED;
	case STANDING_AGREEMENT_SUSPENDED:
	case STANDING_HOST_NOT_ACTIVE:
	case STANDING_HOST_AGREEMENT_SUSPENDED:
	case STANDING_CHAIN_NOT_ACTIVE:
		break;
	}
	return SERVICE_SUSPENDED;
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
