#include "store/trace_code.h"

#include "base/ensure.h"
#include "base/err.h"
#include "proto/limits.h"

const struct pg_statement trace_codes_load_sql = {"trace_codes_load",
	"SELECT m.n, c.whole_sales, c.split_sales, c.flagged_sales"
	" FROM unnest($1::int8[], $2::text[], $3::int2[], $4::int2[])"
	"  WITH ORDINALITY AS m (bucket, code, line_no, mode, n)"
	" JOIN trace_code c ON c.bucket = m.bucket::int4 AND c.code = m.code", 4};

int trace_marks_bind(struct binder *b, struct arena *arena, const struct trace_mark *marks,
	size_t count)
{
	int64_t *buckets = arena_array(arena, count + 1, sizeof(*buckets));
	struct slice *codes = arena_array(arena, count + 1, sizeof(*codes));
	int16_t *lines = arena_array(arena, 2 * count + 1, sizeof(*lines));
	size_t cap = pg_array_room(count, count * TRACE_CODE_LEN_MAX) +
		3 * pg_array_room(count, 8 * count);
	uint8_t *room = arena_alloc(arena, cap);
	struct writer w;

	ensure(count <= TRACE_RECORD_MAX);
	if (buckets == NULL || codes == NULL || lines == NULL || room == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		buckets[i] = marks[i].bucket;
		codes[i] = slice_of_text(marks[i].code);
		lines[i] = marks[i].line_no;
		lines[count + i] = (int16_t)marks[i].mode;
	}
	writer_init(&w, room, cap);
	pg_param_array_i64(binder_next(b), &w, buckets, count);
	pg_param_array_text(binder_next(b), &w, codes, count);
	pg_param_array_i16(binder_next(b), &w, lines, count);
	pg_param_array_i16(binder_next(b), &w, lines + count, count);
	return 0;
}

int store_trace_codes_load(struct pg_unit *unit, struct arena *arena,
	const struct trace_mark *marks, size_t count)
{
	struct binder b;

	if (!binder_open(&b, arena, &trace_codes_load_sql) ||
		trace_marks_bind(&b, arena, marks, count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

struct trace_sales store_trace_code_read(const struct pg_unit *unit, unsigned query, int row,
	size_t *ret_mark)
{
	*ret_mark = (size_t)pg_i64(unit, query, row, 0) - 1;
	return (struct trace_sales){pg_i32(unit, query, row, 1), pg_i32(unit, query, row, 2),
		pg_i32(unit, query, row, 3)};
}
