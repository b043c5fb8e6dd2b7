/* The sold-code ledger in PostgreSQL: what stands against a code, asked before it is sold. */
#ifndef STORE_TRACE_CODE_H
#define STORE_TRACE_CODE_H

#include "domain/trace_code.h"
#include "store/binder.h"

/* One code of a line on its way into or out of the ledger. */
struct trace_mark {
	uint16_t bucket; /* of the code's digest */
	const char *code;
	int16_t line_no;
	enum trace_mode mode;
};

extern const struct pg_statement trace_codes_load_sql;
extern const struct pg_statement trace_story_sql;

MUST_CHECK int store_trace_codes_load(struct pg_unit *unit, struct arena *arena,
	const struct trace_mark *marks, size_t count);
/* Row `row`: what stands, and the number of the mark it is about.  Codes never sold have no row. */
struct trace_sales store_trace_code_read(const struct pg_unit *unit, unsigned query, int row,
	size_t *ret_mark);

/* What became of one code, as a person may ask: no row when it was never sold. */
struct trace_story {
	int64_t sales;          /* also those that came back */
	bool stands;            /* one of them was not taken back */
	bool own;               /* the newest was to that person */
	int64_t last_sold_at_ms;
	const char *last_region; /* borrowed until the unit is cleared */
};
MUST_CHECK int store_trace_story(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *code, const uint8_t person_key[PERSON_KEY_LEN]);
/* False: never sold. */
bool store_trace_story_read(const struct pg_unit *unit, unsigned query, struct trace_story *ret);

/* Marks as four arrays: bucket int8[], code text[], line_no and mode int2[].  0 or ERR_MEMORY. */
MUST_CHECK int trace_marks_bind(struct binder *b, struct arena *arena,
	const struct trace_mark *marks, size_t count);

#endif
