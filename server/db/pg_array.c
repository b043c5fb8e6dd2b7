/* Arrays on the wire: number of dimensions, "has NULLs", element type, then per dimension its
 * length and lower bound, then each element behind its length.  An empty array has no dimension.
 */
#include "base/ensure.h"
#include "db/pg_value.h"

/* Type numbers never change: they are in every database since initdb. */
enum {
	PG_OID_BOOL = 16,
	PG_OID_BYTEA = 17,
	PG_OID_I64 = 20,
	PG_OID_I16 = 21,
	PG_OID_TEXT = 25,
	PG_OID_TIME = 1184,
};
enum { PG_ARRAY_HEAD = 20, PG_ARRAY_ELEMENT_HEAD = 4 };

size_t pg_array_room(size_t count, size_t bytes)
{
	return PG_ARRAY_HEAD + count * PG_ARRAY_ELEMENT_HEAD + bytes;
}

size_t pg_array_len_i64(size_t count)
{
	return pg_array_room(count, count * 8);
}

static void pg_array_head(struct writer *out, uint32_t type, size_t count)
{
	ensure(count <= INT32_MAX);
	writer_u32(out, count > 0 ? 1 : 0);
	writer_u32(out, 0);
	writer_u32(out, type);
	if (count > 0) {
		writer_u32(out, (uint32_t)count);
		writer_u32(out, 1);
	}
}

static void pg_array_tail(struct pg_param *p, const struct writer *out, size_t start)
{
	/* The caller sized `out` with pg_array_room(). */
	ensure(!out->failed);
	pg_param_bytes(p, slice_of(out->start + start, out->used - start));
}

void pg_param_array_i64(struct pg_param *p, struct writer *out, const int64_t *v, size_t count)
{
	size_t start = out->used, i;

	pg_array_head(out, PG_OID_I64, count);
	for (i = 0; i < count; i++) {
		writer_u32(out, 8);
		writer_u64(out, (uint64_t)v[i]);
	}
	pg_array_tail(p, out, start);
}

void pg_param_array_time(struct pg_param *p, struct writer *out, const int64_t *at_ms,
	size_t count)
{
	size_t start = out->used, i;

	pg_array_head(out, PG_OID_TIME, count);
	for (i = 0; i < count; i++) {
		struct pg_param one;

		pg_param_time(&one, at_ms[i]);
		writer_u32(out, 8);
		writer_slice(out, one.value);
	}
	pg_array_tail(p, out, start);
}

void pg_param_array_i16(struct pg_param *p, struct writer *out, const int16_t *v, size_t count)
{
	size_t start = out->used, i;

	pg_array_head(out, PG_OID_I16, count);
	for (i = 0; i < count; i++) {
		writer_u32(out, 2);
		writer_u16(out, (uint16_t)v[i]);
	}
	pg_array_tail(p, out, start);
}

static void pg_array_slices(struct pg_param *p, struct writer *out, uint32_t type,
	const struct slice *v, size_t count)
{
	size_t start = out->used, i;

	pg_array_head(out, type, count);
	for (i = 0; i < count; i++) {
		ensure(v[i].len <= INT32_MAX);
		writer_u32(out, (uint32_t)v[i].len);
		writer_slice(out, v[i]);
	}
	pg_array_tail(p, out, start);
}

void pg_param_array_text(struct pg_param *p, struct writer *out, const struct slice *v,
	size_t count)
{
	pg_array_slices(p, out, PG_OID_TEXT, v, count);
}

void pg_param_array_bytes(struct pg_param *p, struct writer *out, const struct slice *v,
	size_t count)
{
	pg_array_slices(p, out, PG_OID_BYTEA, v, count);
}

void pg_param_array_bool(struct pg_param *p, struct writer *out, const bool *v, size_t count)
{
	size_t start = out->used, i;

	pg_array_head(out, PG_OID_BOOL, count);
	for (i = 0; i < count; i++) {
		writer_u32(out, 1);
		writer_u8(out, v[i] ? 1 : 0);
	}
	pg_array_tail(p, out, start);
}

void pg_array_open(struct pg_array *a, const struct pg_unit *u, unsigned query, int row,
	int column)
{
	uint32_t dimensions, has_null, type;

	reader_init(&a->in, pg_bytes(u, query, row, column));
	dimensions = reader_u32(&a->in);
	has_null = reader_u32(&a->in);
	type = reader_u32(&a->in);
	ensure(dimensions <= 1 && has_null == 0);
	ensure(type == PG_OID_TEXT || type == PG_OID_BYTEA || type == PG_OID_I64);
	a->left = 0;
	if (dimensions == 1) {
		a->left = reader_u32(&a->in);
		(void)reader_u32(&a->in); /* the lower bound says nothing about the elements */
	}
	ensure(!a->in.failed);
}

bool pg_array_next(struct pg_array *a, struct slice *ret_element)
{
	struct slice element;
	uint32_t len;

	if (a->left == 0) {
		ensure(reader_is_done(&a->in));
		return false;
	}
	len = reader_u32(&a->in);
	element = reader_slice(&a->in, len);
	ensure(!a->in.failed);
	a->left--;
	*ret_element = element;
	return true;
}

bool pg_array_next_i64(struct pg_array *a, int64_t *ret_element)
{
	struct slice element;
	struct reader r;

	if (!pg_array_next(a, &element))
		return false;
	reader_init(&r, element);
	*ret_element = (int64_t)reader_u64(&r);
	ensure(reader_is_done(&r));
	return true;
}
