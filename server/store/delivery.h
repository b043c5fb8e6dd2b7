/* Orders to deliver and what happened to them (NT33-N2.5).
 *
 * Functions that fill a unit return 0 or ERR_MEMORY.
 */
#ifndef STORE_DELIVERY_H
#define STORE_DELIVERY_H

#include "base/arena.h"
#include "domain/delivery.h"
#include "store/entry.h"

extern const struct pg_statement delivery_order_sql;
extern const struct pg_statement delivery_step_sql;

struct stored_delivery {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	const char *delivery_no;
	/* an order */
	const char *carrier_code, *carrier_name, *region;
	int64_t drugs_version; /* of the code table that says which drugs may not be sent */
	/* both: ORDERED, or what happened */
	enum delivery_event event;
	int64_t at_ms;
	int16_t signer, reason;
};

/* Why it does not fit. */
enum delivery_misfit {
	DELIVERY_NOT_THERE = 1, /* this institution has no such fill, or no such order of it */
	DELIVERY_NUMBER_USED,  /* another order of the fill has this number */
	DELIVERY_NOT_SENT,     /* the fill holds a drug that must not be delivered (C18) */
	DELIVERY_OUT_OF_ORDER, /* not after the step that stands */
	DELIVERY_TOO_EARLY,    /* told with a time before that of the step that stands */
	DELIVERY_TOO_MANY,     /* orders, or steps */
};

MUST_CHECK int store_delivery_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_delivery *delivery, const struct entry_write *w);
/* *ret_stands is the last step, 0 when there is none. */
enum delivery_misfit store_delivery_misfit(const struct pg_unit *unit,
	const struct stored_delivery *delivery, enum delivery_event *ret_stands);

#endif
