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

/* Whose prescription it was is asked in the asking person's bucket alone. */
const struct pg_statement trace_story_sql = {"trace_story",
	"SELECT count(*) OVER (), bool_or(s.returned_at IS NULL) OVER (), s.sold_at, s.region,"
	" EXISTS (SELECT FROM prescription p WHERE p.bucket = $3::int4 AND p.rx_id = s.rx_id"
	"  AND p.person_key = $4::bytea)"
	" FROM trace_sale s WHERE s.bucket = $1::int4 AND s.code = $2::text"
	" ORDER BY s.sold_at DESC, s.rx_id, s.fill_no DESC, s.line_no LIMIT 1", 4};

int store_trace_story(struct pg_unit *unit, struct arena *arena, uint16_t bucket,
	const char *code, const uint8_t person_key[PERSON_KEY_LEN])
{
	struct binder b;

	if (!binder_open(&b, arena, &trace_story_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), bucket);
	pg_param_text(binder_next(&b), code);
	pg_param_i32(binder_next(&b), person_key[0] << 8 | person_key[1]);
	pg_param_bytes(binder_next(&b), slice_of(person_key, PERSON_KEY_LEN));
	binder_close(&b, unit);
	return 0;
}

bool store_trace_story_read(const struct pg_unit *unit, unsigned query, struct trace_story *ret)
{
	if (pg_rows(unit, query) == 0)
		return false;
	*ret = (struct trace_story){pg_i64(unit, query, 0, 0), pg_bool(unit, query, 0, 1),
		pg_bool(unit, query, 0, 4), pg_time(unit, query, 0, 2), pg_text(unit, query, 0, 3)};
	return true;
}
