#include "trail/follower.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "db/pg_value.h"
#include "store/log.h"

enum { QUERY_STATE, QUERY_LEAVES };

static void follower_end(struct follower *f, enum follower_outcome outcome)
{
	pg_unit_clear(&f->unit);
	arena_reset(&f->arena);
	f->options.done(outcome, f->options.arg);
}

__attribute__((format(printf, 3, 4)))
static int follower_fail(struct follower *f, int r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(f->why, sizeof(f->why), format, arguments);
	va_end(arguments);
	return r;
}

static int follower_fail_file(struct follower *f, int r)
{
	return follower_fail(f, r, "could not write the log's files: %s",
		r == ERR_SYSTEM ? strerror(errno) : err_text(r));
}

/* One leaf joins the tree; 0, ERR_DAMAGED or ERR_SYSTEM. */
static int take_leaf(struct follower *f, const struct log_leaf *leaf)
{
	unsigned long long index = leaf->index;
	struct merkle_hash hash;
	int r;

	if (leaf->index != tree_size(f->options.tree))
		return follower_fail(f, ERR_DAMAGED, "place %llu of the log is missing",
			(unsigned long long)tree_size(f->options.tree));
	if (leaf->leaf.data == NULL)
		return follower_fail(f, ERR_DAMAGED, "the event at place %llu is missing; if its month was"
			" detached, copy the directory of another node", index);
	merkle_leaf_hash(&hash, leaf->leaf);
	if (leaf->leaf.len > TILE_ENTRY_MAX ||
		!slice_equal(leaf->hash, slice_of(hash.bytes, sizeof(hash.bytes))))
		return follower_fail(f, ERR_DAMAGED, "the event at place %llu was altered", index);
	r = tree_add(f->options.tree, &hash, leaf->leaf);
	if (r < 0)
		return follower_fail_file(f, r);
	awaited_place(f->options.awaited, &hash, leaf->index);
	return 0;
}

/* What the database says of the log as a whole. */
static int take_state(struct follower *f)
{
	struct log_state state;

	store_log_state_read(&f->unit, QUERY_STATE, &state);
	f->size = state.size;
	f->published_size = state.published_size;
	if (state.note.len > sizeof(f->note))
		return follower_fail(f, ERR_DAMAGED, "the published checkpoint is too long");
	if (state.note.len > 0)
		memcpy(f->note, state.note.data, state.note.len);
	f->note_len = state.note.len;
	if (f->size < tree_size(f->options.tree))
		return follower_fail(f, ERR_DAMAGED, "the database's log has %llu leaves, and %llu were"
			" read before: was an older backup restored?", (unsigned long long)f->size,
			(unsigned long long)tree_size(f->options.tree));
	return 0;
}

static int take_page(struct follower *f, int rows)
{
	struct log_leaf leaf;
	int r = take_state(f);

	for (int row = 0; r == 0 && row < rows; row++) {
		store_log_leaf(&f->unit, QUERY_LEAVES, row, &leaf);
		r = take_leaf(f, &leaf);
	}
	if (r < 0)
		return r;
	r = tree_flush(f->options.tree);
	return r < 0 ? follower_fail_file(f, r) : 0;
}

static enum follower_outcome outcome_of(int r)
{
	return r == 0 ? FOLLOWER_DONE : r == ERR_DAMAGED ? FOLLOWER_DAMAGED : FOLLOWER_FAILED;
}

/* Leaves beyond what the state says were added between the two questions. */
static void page_done(struct pg_unit *unit)
{
	struct follower *f = container_of(unit, struct follower, unit);
	int rows, r;

	if (unit->status < 0) {
		follower_end(f, FOLLOWER_AWAY);
		return;
	}
	rows = pg_rows(unit, QUERY_LEAVES);
	r = take_page(f, rows);
	if (r == 0 && rows < FOLLOWER_PAGE && tree_size(f->options.tree) < f->size)
		r = follower_fail(f, ERR_DAMAGED, "place %llu of the log is missing",
			(unsigned long long)tree_size(f->options.tree));
	if (r < 0 || rows < FOLLOWER_PAGE) {
		follower_end(f, outcome_of(r));
		return;
	}
	pg_unit_clear(unit);
	arena_reset(&f->arena);
	follower_run(f);
}

void follower_run(struct follower *f)
{
	int r;

	pg_unit_init(&f->unit, page_done);
	f->unit.deadline_mono_ms = clock_mono_ms() + FOLLOWER_TIMEOUT_MS;
	r = store_log_state(&f->unit, &f->arena);
	if (r == 0)
		r = store_log_leaves(&f->unit, &f->arena, tree_size(f->options.tree), FOLLOWER_PAGE);
	ensure(r == 0); /* three numbers fit an empty arena */
	pg_submit(f->options.lane, &f->unit);
}

void follower_init(struct follower *f, const struct follower_options *options)
{
	memset(f, 0, offsetof(struct follower, arena));
	f->options = *options;
	arena_init(&f->arena);
	pg_unit_init(&f->unit, page_done);
}

void follower_clear(struct follower *f)
{
	pg_unit_clear(&f->unit);
	arena_reset(&f->arena);
}
