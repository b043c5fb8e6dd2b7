/* How content insured persons were with hand-overs (SX15-8.5): each rating once, never changed;
 * of several of one fill the one with the highest revision stands. */
#ifndef STORE_RATING_H
#define STORE_RATING_H

#include "base/arena.h"
#include "store/entry.h"

extern const struct pg_statement rating_load_sql;
extern const struct pg_statement rating_put_sql;
extern const struct pg_statement ratings_count_sql;

/* The fill and what was said of it before. */
struct rating_standing {
	bool fill_exists;
	int16_t revision;        /* of the newest rating; 0 = none */
	int64_t first_rated_at_ms; /* with a revision */
};
MUST_CHECK int store_rating_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t rx_id[RX_ID_LEN], int16_t fill_no);
void store_rating_standing(const struct pg_unit *unit, unsigned query,
	struct rating_standing *ret);

struct stored_rating {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int16_t fill_no;
	int16_t revision;     /* one more than stood there */
	int16_t score;
	struct slice comment; /* sealed; empty = none */
};
/* Two of one revision: the second meets the unique key (ERR_DB_UNIQUE).  0 or ERR_MEMORY. */
MUST_CHECK int store_rating_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_rating *rating, const struct entry_write *w);

/* Counted per institution, by code. */
struct rating_query {
	bool by_hospital;              /* that prescribed; else by the pharmacy that handed over */
	int64_t from_ms, until_ms;     /* of the hand-over */
	const char *region_prefix;     /* "" = everywhere */
	const char *institution_code;  /* "" = all */
	const char *after_code;        /* the last one of the page before; "" = from the first on */
	int32_t limit;
};
struct rating_counts {
	const char *institution_code; /* borrowed until the unit is cleared */
	int64_t counts[RATING_SCORE_MAX];
	int64_t fills;
};
MUST_CHECK int store_ratings_count(struct pg_unit *unit, struct arena *arena,
	const struct rating_query *query);
void store_rating_counts(const struct pg_unit *unit, int row, struct rating_counts *ret);

#endif
