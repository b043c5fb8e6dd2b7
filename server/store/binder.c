/* Counting, so that SQL text and C never disagree unnoticed. */
#include "store/binder.h"

#include "base/ensure.h"
#include "base/err.h"

bool binder_open(struct binder *b, struct arena *arena, const struct pg_statement *statement)
{
	ensure(statement->params <= PG_PARAMS_MAX);
	b->statement = statement;
	b->bound = 0;
	b->params = arena_array(arena, (size_t)statement->params + 1, sizeof(*b->params));
	return b->params != NULL;
}

struct pg_param *binder_next(struct binder *b)
{
	ensure(b->bound < b->statement->params);
	return &b->params[b->bound++];
}

static bool open_room(struct arena *arena, size_t cap, struct writer *ret)
{
	uint8_t *bytes = arena_alloc(arena, cap);

	if (bytes != NULL)
		writer_init(ret, bytes, cap);
	return bytes != NULL;
}

static size_t slices_room(const struct slice *v, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += v[i].len;
	return pg_array_room(count, len);
}

int binder_texts(struct binder *b, struct arena *arena, const struct slice *v, size_t count)
{
	struct writer w;

	if (!open_room(arena, slices_room(v, count), &w))
		return ERR_MEMORY;
	pg_param_array_text(binder_next(b), &w, v, count);
	return 0;
}

int binder_byte_strings(struct binder *b, struct arena *arena, const struct slice *v,
	size_t count)
{
	struct writer w;

	if (!open_room(arena, slices_room(v, count), &w))
		return ERR_MEMORY;
	pg_param_array_bytes(binder_next(b), &w, v, count);
	return 0;
}

int binder_i64s(struct binder *b, struct arena *arena, const int64_t *v, size_t count)
{
	struct writer w;

	if (!open_room(arena, pg_array_len_i64(count), &w))
		return ERR_MEMORY;
	pg_param_array_i64(binder_next(b), &w, v, count);
	return 0;
}

int binder_times(struct binder *b, struct arena *arena, const int64_t *at_ms, size_t count)
{
	struct writer w;

	if (!open_room(arena, pg_array_len_i64(count), &w))
		return ERR_MEMORY;
	pg_param_array_time(binder_next(b), &w, at_ms, count);
	return 0;
}

void binder_close(struct binder *b, struct pg_unit *unit)
{
	ensure(b->bound == b->statement->params);
	pg_unit_add(unit, b->statement, b->params);
}
