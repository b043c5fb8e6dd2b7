/* A month of China's calendar, and totals between message and struct. */
#ifndef SERVICE_SETTLEMENT_CHARGE_MONTH_H
#define SERVICE_SETTLEMENT_CHARGE_MONTH_H

#include "request/request.h"
#include "rules/charge.h"
#include "rxcirc/v1/settlement.pb-c.h"

/* "yyyy-MM", not in the future and at most 24 months back: its first day.  A finding and false
 * otherwise. */
bool charge_month_read(struct request *req, const char *text, int32_t *ret_first);
/* The first ms of the month, and of the next. */
void charge_month_span(int32_t first, int64_t *ret_from_ms, int64_t *ret_until_ms);

struct charge_total charge_total_of(const Rxcirc__V1__ChargeTotal *m);
void charge_total_fill(Rxcirc__V1__ChargeTotal *m, const struct charge_total *t);

#endif
