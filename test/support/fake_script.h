/* The inside of the scripted database: what has been given to say, and what was said to it. */
#ifndef TEST_SUPPORT_FAKE_SCRIPT_H
#define TEST_SUPPORT_FAKE_SCRIPT_H

#include "test/support/fake_pg.h"

static const int64_t fake_epoch_ms = 946684800000; /* 2000-01-01 00:00 UTC */

/* An answer, shared by the script and the units that got it. */
struct fake_answer {
	struct list link; /* of the script */
	char statement[64];
	unsigned holders;
	bool is_always;
	int status;
	char sqlstate[6];
	int64_t affected;
	unsigned columns, rows;
	struct fake_cell *cells;
};

void *fake_zalloc(size_t size);
/* Take the next answer of a statement; the caller holds it afterwards. */
struct fake_answer *fake_take(const char *statement);
void fake_answer_unref(struct fake_answer *a); /* NULL is fine */
/* Keep what a unit asks. */
void fake_record(const char *lane, const struct pg_unit *unit);
void fake_script_reset(void);

#endif
