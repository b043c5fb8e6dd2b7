/* Values on their way to PostgreSQL and back: what comes back is what went in, in its own type. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "test/db/fixture.h"
#include "test/support/death.h"
#include "test/support/tap.h"

/* Each column proves on the server's side that the parameter is what it should be. */
static const struct pg_statement stmt_echo = {"value_echo",
	"SELECT $1::smallint, $2::integer, $3::bigint, $4::boolean, $5::bytea, $6::text,"
	" $7::timestamptz, $7::timestamptz::text, $8::text", 8};
static const struct pg_statement stmt_numbers = {"value_numbers",
	"SELECT $1::bigint[]::text, $2::smallint[]::text, $3::boolean[]::text,"
	" array_ndims($1::bigint[]) IS NULL", 3};
static const struct pg_statement stmt_texts = {"value_texts",
	"SELECT $1::text[], $2::bytea[], $1::text[]::text", 2};
static const struct pg_statement stmt_times = {"value_times",
	"SELECT ($1::timestamptz[])[1], ($1::timestamptz[])[2], cardinality($1::timestamptz[])", 1};
static const struct pg_statement *const statements[] = {
	&stmt_echo, &stmt_numbers, &stmt_texts, &stmt_times, NULL};

static struct pg_lane *lane;
static bool is_done;

static void on_done(struct pg_unit *unit)
{
	(void)unit;
	is_done = true;
}

static bool done_flag(void *arg)
{
	(void)arg;
	return is_done;
}

static void ask(struct pg_unit *unit, const struct pg_statement *statement, struct pg_param *params)
{
	is_done = false;
	pg_unit_init(unit, on_done);
	pg_unit_add(unit, statement, params);
	pg_submit(lane, unit);
	fixture_until(done_flag, NULL);
	assert_int_equal(unit->status, 0);
}

static int value_start(void **state)
{
	struct pg_lane_options options;

	if (fixture_start(state) != 0)
		return -1;
	options = fixture_options(PG_LANE_READ, 1);
	options.statements = statements;
	return pg_lane_open(&lane, loop, &options);
}

static int value_stop(void **state)
{
	fixture_close(lane);
	return fixture_stop(state);
}

static void echo(struct pg_unit *unit, int16_t i16, int32_t i32, int64_t i64, int64_t at_ms)
{
	static const uint8_t bytes[] = {0, 255, 0, 1};
	struct pg_param p[8];

	pg_param_i16(&p[0], i16);
	pg_param_i32(&p[1], i32);
	pg_param_i64(&p[2], i64);
	pg_param_bool(&p[3], i16 > 0);
	pg_param_bytes(&p[4], slice_of(bytes, sizeof(bytes)));
	pg_param_text(&p[5], "处方 ok");
	pg_param_time(&p[6], at_ms);
	pg_param_null(&p[7]);
	ask(unit, &stmt_echo, p);
	assert_int_equal(pg_rows(unit, 0), 1);
	assert_int_equal(pg_i16(unit, 0, 0, 0), i16);
	assert_int_equal(pg_i32(unit, 0, 0, 1), i32);
	assert_true(pg_i64(unit, 0, 0, 2) == i64);
	assert_int_equal(pg_bool(unit, 0, 0, 3), i16 > 0);
	assert_true(slice_equal(pg_bytes(unit, 0, 0, 4), slice_of(bytes, sizeof(bytes))));
	assert_string_equal(pg_text(unit, 0, 0, 5), "处方 ok");
	assert_true(pg_time(unit, 0, 0, 6) == at_ms);
	assert_true(pg_is_null(unit, 0, 0, 8));
	assert_false(pg_is_null(unit, 0, 0, 0));
}

static void scalars_come_back(void **state)
{
	struct pg_unit unit;

	(void)state;
	echo(&unit, INT16_MAX, INT32_MAX, INT64_MAX, 1700000000123);
	assert_string_equal(pg_text(&unit, 0, 0, 7), "2023-11-14 22:13:20.123+00");
	pg_unit_clear(&unit);
	echo(&unit, INT16_MIN, INT32_MIN, INT64_MIN, 0);
	assert_string_equal(pg_text(&unit, 0, 0, 7), "1970-01-01 00:00:00+00");
	pg_unit_clear(&unit);
	echo(&unit, 0, -1, -1, -1);
	assert_string_equal(pg_text(&unit, 0, 0, 7), "1969-12-31 23:59:59.999+00");
	pg_unit_clear(&unit);
}

static void empty_is_not_null(void **state)
{
	struct pg_param p[8];
	struct pg_unit unit;
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		pg_param_null(&p[i]);
	pg_param_bytes(&p[4], slice_of(NULL, 0));
	pg_param_text(&p[5], "");
	pg_param_text(&p[7], NULL);
	ask(&unit, &stmt_echo, p);
	assert_false(pg_is_null(&unit, 0, 0, 4));
	assert_int_equal(pg_bytes(&unit, 0, 0, 4).len, 0);
	assert_string_equal(pg_text(&unit, 0, 0, 5), "");
	for (i = 0; i < 4; i++)
		assert_true(pg_is_null(&unit, 0, 0, i));
	assert_true(pg_is_null(&unit, 0, 0, 8));
	pg_unit_clear(&unit);
}

static void arrays_of_numbers_arrive(void **state)
{
	static const int64_t i64[] = {INT64_MIN, 0, INT64_MAX};
	static const int16_t i16[] = {-7, 7};
	static const bool flags[] = {true, false, true};
	uint8_t room[512];
	struct writer out;
	struct pg_param p[3];
	struct pg_unit unit;

	(void)state;
	writer_init(&out, room, sizeof(room));
	pg_param_array_i64(&p[0], &out, i64, 3);
	pg_param_array_i16(&p[1], &out, i16, 2);
	pg_param_array_bool(&p[2], &out, flags, 3);
	ask(&unit, &stmt_numbers, p);
	assert_string_equal(pg_text(&unit, 0, 0, 0), "{-9223372036854775808,0,9223372036854775807}");
	assert_string_equal(pg_text(&unit, 0, 0, 1), "{-7,7}");
	assert_string_equal(pg_text(&unit, 0, 0, 2), "{t,f,t}");
	assert_false(pg_bool(&unit, 0, 0, 3));
	pg_unit_clear(&unit);

	writer_init(&out, room, sizeof(room));
	pg_param_array_i64(&p[0], &out, NULL, 0);
	pg_param_array_i16(&p[1], &out, NULL, 0);
	pg_param_array_bool(&p[2], &out, NULL, 0);
	ask(&unit, &stmt_numbers, p);
	assert_string_equal(pg_text(&unit, 0, 0, 0), "{}");
	assert_true(pg_bool(&unit, 0, 0, 3));
	pg_unit_clear(&unit);
}

static void arrays_of_times_arrive(void **state)
{
	static const int64_t at_ms[] = {0, 253402300799999}; /* 1970, and the last ms of 9999 */
	uint8_t room[64];
	struct writer out;
	struct pg_param p;
	struct pg_unit unit;

	(void)state;
	writer_init(&out, room, pg_array_room(2, 16));
	pg_param_array_time(&p, &out, at_ms, 2);
	ask(&unit, &stmt_times, &p);
	assert_int_equal(pg_time(&unit, 0, 0, 0), at_ms[0]);
	assert_int_equal(pg_time(&unit, 0, 0, 1), at_ms[1]);
	pg_unit_clear(&unit);
	writer_init(&out, room, sizeof(room));
	pg_param_array_time(&p, &out, NULL, 0);
	ask(&unit, &stmt_times, &p);
	assert_int_equal(pg_i32(&unit, 0, 0, 2), 0);
	pg_unit_clear(&unit);
}

static void array_fills_exactly_the_room_it_asked_for(void **state)
{
	static const int64_t v[] = {1, 2, 3};
	size_t room = pg_array_len_i64(3);
	uint8_t *start = malloc(room);
	struct pg_param p;
	struct writer out;

	(void)state;
	assert_non_null(start);
	writer_init(&out, start, room);
	pg_param_array_i64(&p, &out, v, 3);
	assert_int_equal(p.value.len, room);
	free(start);
}

static void overfill_an_array(void *arg)
{
	static const int64_t v[] = {1, 2, 3};
	uint8_t start[20 + 3 * 12 - 1]; /* one less than pg_array_len_i64(3) */
	struct pg_param p;
	struct writer out;

	(void)arg;
	writer_init(&out, start, sizeof(start));
	pg_param_array_i64(&p, &out, v, 3);
}

static void arrays_of_texts_and_bytes_come_back(void **state)
{
	const struct slice texts[] = {slice_of_text("a,b"), slice_of_text(""), slice_of_text("药")};
	const struct slice bytes[] = {slice_of("\0\1", 2)};
	uint8_t room[256];
	struct slice element;
	struct pg_array array;
	struct pg_param p[2];
	struct pg_unit unit;
	struct writer out;
	size_t i;

	(void)state;
	writer_init(&out, room, sizeof(room));
	pg_param_array_text(&p[0], &out, texts, 3);
	pg_param_array_bytes(&p[1], &out, bytes, 1);
	ask(&unit, &stmt_texts, p);
	pg_array_open(&array, &unit, 0, 0, 0);
	for (i = 0; i < 3; i++) {
		assert_true(pg_array_next(&array, &element));
		assert_true(slice_equal(element, texts[i]));
	}
	assert_false(pg_array_next(&array, &element));
	pg_array_open(&array, &unit, 0, 0, 1);
	assert_true(pg_array_next(&array, &element));
	assert_true(slice_equal(element, bytes[0]));
	assert_false(pg_array_next(&array, &element));
	assert_string_equal(pg_text(&unit, 0, 0, 2), "{\"a,b\",\"\",药}");
	pg_unit_clear(&unit);

	writer_init(&out, room, sizeof(room));
	pg_param_array_text(&p[0], &out, NULL, 0);
	pg_param_array_bytes(&p[1], &out, NULL, 0);
	ask(&unit, &stmt_texts, p);
	pg_array_open(&array, &unit, 0, 0, 0);
	assert_false(pg_array_next(&array, &element));
	pg_unit_clear(&unit);
}

static void read_wrong_width(void *unit)
{
	(void)pg_i32(unit, 0, 0, 0);
}

static void read_null(void *unit)
{
	(void)pg_text(unit, 0, 0, 8);
}

static void read_no_row(void *unit)
{
	(void)pg_i16(unit, 0, 1, 0);
}

static void read_no_column(void *unit)
{
	(void)pg_i16(unit, 0, 0, 9);
}

static void read_no_query(void *unit)
{
	(void)pg_i16(unit, 1, 0, 0);
}

static void wrong_use_stops_the_process(void **state)
{
	struct pg_unit unit;

	(void)state;
	echo(&unit, 1, 2, 3, 4);
	assert_true(death_of(read_wrong_width, &unit));
	assert_true(death_of(read_null, &unit));
	assert_true(death_of(read_no_row, &unit));
	assert_true(death_of(read_no_column, &unit));
	assert_true(death_of(read_no_query, &unit));
	assert_true(death_of(overfill_an_array, NULL));
	pg_unit_clear(&unit);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(scalars_come_back),
		TEST(empty_is_not_null),
		TEST(arrays_of_numbers_arrive),
		TEST(arrays_of_times_arrive),
		TEST(array_fills_exactly_the_room_it_asked_for),
		TEST(arrays_of_texts_and_bytes_come_back),
		TEST(wrong_use_stops_the_process),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_value", tests, value_start, value_stop);
}
