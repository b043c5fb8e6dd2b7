/* How hand-overs were paid (TJ2-15a, SX15-4.3). */
#ifndef STORE_SETTLEMENT_H
#define STORE_SETTLEMENT_H

#include "base/arena.h"
#include "rules/settlement.h"
#include "store/entry.h"

extern const struct pg_statement settlement_put_sql;

struct stored_settlement {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	const char *settlement_id;
	int64_t settled_at_ms;
	const struct settlement *parts;
	bool cross_region;
	const uint8_t *serial_mac; /* SHA256_LEN; NULL = no authentication named */
	const char *hospital_code; /* the prescription's, whose check the serial is of */
};

/* Why a settlement does not fit. */
enum settlement_misfit {
	SETTLEMENT_NO_FILL,     /* this pharmacy has no such fill */
	SETTLEMENT_TOTAL_WRONG, /* the fill's total is another */
	SETTLEMENT_STANDS,      /* another settlement of this fill stands */
};

/* 0 or ERR_MEMORY. */
MUST_CHECK int store_settlement_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_settlement *settlement, const struct entry_write *w);
enum settlement_misfit store_settlement_misfit(const struct pg_unit *unit);

#endif
