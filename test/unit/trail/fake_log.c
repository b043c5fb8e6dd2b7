#include "test/unit/trail/fake_log.h"

#include <stdlib.h>

#include "test/support/tap.h"
#include "test/unit/trail/grove.h"

enum { COLUMNS = 3, NOBODY = -1 };

void log_says(uint64_t size, uint64_t published_size, struct slice note)
{
	const struct fake_cell row[COLUMNS] = {FAKE_I64((int64_t)size),
		FAKE_I64((int64_t)published_size), fake_bytes(note)};

	fake_pg_answer("log_state", COLUMNS, row, 1);
}

/* A leaf as the table has it. */
struct row {
	uint8_t room[GROVE_LEAF_MAX];
	struct merkle_hash hash;
};

static void lie_in(struct fake_cell cells[COLUMNS], enum log_lie lie)
{
	static uint8_t long_leaf[TILE_ENTRY_MAX + 1];
	static struct merkle_hash long_hash;

	switch (lie) {
	case LIE_LEAF:
		cells[2].bytes.len--;
		return;
	case LIE_HASH:
		cells[1].bytes = slice_of("a hash of exactly 32 bytes......", SHA256_LEN);
		return;
	case LIE_SHORT_HASH:
		cells[1].bytes.len--;
		return;
	case LIE_NO_LEAF:
		cells[2] = (struct fake_cell)FAKE_NULL;
		return;
	case LIE_PLACE:
		cells[0].number++;
		return;
	case LIE_LONG_LEAF:
		merkle_leaf_hash(&long_hash, slice_of(long_leaf, sizeof(long_leaf)));
		cells[1].bytes = slice_of(long_hash.bytes, sizeof(long_hash.bytes));
		cells[2].bytes = slice_of(long_leaf, sizeof(long_leaf));
		return;
	}
}

static void tell(uint64_t first, uint64_t end, int64_t liar, enum log_lie lie)
{
	size_t count = (size_t)(end - first);
	struct fake_cell *cells = calloc(count + 1, COLUMNS * sizeof(*cells));
	struct row *rows = calloc(count + 1, sizeof(*rows));

	assert_true(cells != NULL && rows != NULL);
	for (uint64_t i = first; i < end; i++) {
		struct row *row = &rows[i - first];
		struct fake_cell *cell = &cells[(i - first) * COLUMNS];

		leaf_hash_of(i, &row->hash);
		cell[0] = (struct fake_cell)FAKE_I64((int64_t)i);
		cell[1] = fake_bytes(slice_of(row->hash.bytes, sizeof(row->hash.bytes)));
		cell[2] = fake_bytes(leaf_of(i, row->room));
		if ((int64_t)i == liar)
			lie_in(cell, lie);
	}
	fake_pg_answer("log_leaves", COLUMNS, cells, (unsigned)count);
	free(cells);
	free(rows);
}

void log_tells(uint64_t first, uint64_t end)
{
	tell(first, end, NOBODY, LIE_LEAF);
}

void log_lies(uint64_t first, uint64_t end, uint64_t at, enum log_lie lie)
{
	tell(first, end, (int64_t)at, lie);
}

/* ---- lanes --------------------------------------------------------------------------------- */

struct pg_lane *lane_open(const char *name)
{
	const struct pg_lane_options options = {.name = name};
	struct pg_lane *lane;

	assert_int_equal(pg_lane_open(&lane, NULL, &options), 0);
	return lane;
}

static void lane_closed(void *arg)
{
	*(bool *)arg = true;
}

void lane_close(struct pg_lane *lane)
{
	bool is_closed = false;

	pg_lane_close(lane, lane_closed, &is_closed);
	fake_pg_run();
	assert_true(is_closed);
}
