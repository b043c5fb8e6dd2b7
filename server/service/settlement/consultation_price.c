#include "service/settlement/consultation_price.h"

#include "registry/registry.h"
#include "rules/settlement.h"

enum { E6_PER_FEN = 10000 };

int64_t consultation_price_max(const struct request *req, const char *hospital_code,
	const char *service_code, int64_t at_ms)
{
	const struct registry *r = req->registry;
	const struct institution *hospital = registry_institution(r, hospital_code);
	const struct code *item = registry_code(r, CODE_CONSULTATION_ITEM, service_code, at_ms);
	const struct item *own = registry_item_held(r, hospital_code, ITEM_SERVICE, service_code,
		at_ms);

	return hospital == NULL ? -1 : settlement_price_max(
		registry_number(r, PARAM_CONSULTATION_PRICE, hospital->region, at_ms),
		item == NULL ? 0 : item->price_e6 / E6_PER_FEN, own == NULL ? 0 : own->amount_fen);
}
