/* What an ordinary outpatient pays for a consultation (TJ2-10a, NH123-1.1). */
#ifndef SERVICE_SETTLEMENT_CONSULTATION_PRICE_H
#define SERVICE_SETTLEMENT_CONSULTATION_PRICE_H

#include "request/request.h"

/* In the hospital's region at that moment, in fen; -1 when nobody set a price.  Publicly owned or
 * not makes no difference (NT33-N1.2). */
int64_t consultation_price_max(const struct request *req, const char *hospital_code,
	const char *service_code, int64_t at_ms);

#endif
