/* Money and goods side by side: hand-overs where one lacks the other (NT33-N5.2). */
#ifndef STORE_DELIVERY_GAP_H
#define STORE_DELIVERY_GAP_H

#include "base/arena.h"
#include "domain/delivery.h"
#include "store/binder.h"

extern const struct pg_statement delivery_gaps_sql;

enum delivery_gap_kind {
	DELIVERY_GAP_NO_ORDER = 1,
	DELIVERY_GAP_NOT_SIGNED,
	DELIVERY_GAP_NOT_SETTLED,
	DELIVERY_GAP_NOT_DELIVERED,
};

struct delivery_gap {
	enum delivery_gap_kind kind;
	struct slice rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	int64_t at_ms; /* of payment or order: rows are ordered by it, then by what stands above */
	const char *pharmacy_code, *region, *delivery_no;
	enum delivery_event event; /* 0 = nothing was ordered */
	int64_t event_at_ms;
};

struct delivery_query {
	const struct slice *regions;  /* 6 digits: only institutions of these */
	const int64_t *late_ms;       /* of each: what was paid or ordered until then is late */
	size_t regions_count;
	const char *pharmacy_code;    /* only this one; "" = all */
	int64_t from_ms, until_ms;
	/* the last one of the page before: kind, rx_id, fill_no and at_ms */
	struct delivery_gap after;
	int32_t limit;
};

/* 0 or ERR_MEMORY. */
MUST_CHECK int store_delivery_gaps(struct pg_unit *unit, struct arena *arena,
	const struct delivery_query *query);
/* Borrowed until the unit is cleared. */
void store_delivery_gap_read(const struct pg_unit *unit, unsigned query, int row,
	struct delivery_gap *ret);

#endif
