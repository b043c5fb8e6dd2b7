/* Integers, texts and times as PostgreSQL's binary forms: big-endian, times in us since 2000. */
#include "base/ensure.h"
#include "db/pg_value.h"

/* 2000-01-01 00:00 UTC, where PostgreSQL's clock begins, in ms since 1970. */
static const int64_t pg_epoch_ms = 946684800000;

/* `len` low bytes of v, most significant first. */
static void pg_param_small(struct pg_param *p, uint64_t v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p->small[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	p->value = slice_of(p->small, len);
	p->is_null = false;
}

void pg_param_i16(struct pg_param *p, int16_t v)
{
	pg_param_small(p, (uint64_t)v, 2);
}

void pg_param_i32(struct pg_param *p, int32_t v)
{
	pg_param_small(p, (uint64_t)v, 4);
}

void pg_param_i64(struct pg_param *p, int64_t v)
{
	pg_param_small(p, (uint64_t)v, 8);
}

void pg_param_bool(struct pg_param *p, bool v)
{
	pg_param_small(p, v ? 1 : 0, 1);
}

void pg_param_bytes(struct pg_param *p, struct slice v)
{
	p->value = v;
	p->is_null = false;
}

void pg_param_text(struct pg_param *p, const char *v)
{
	p->value = slice_of_text(v);
	p->is_null = v == NULL;
}

void pg_param_time(struct pg_param *p, int64_t at_ms)
{
	int64_t at_us;

	ensure(!__builtin_mul_overflow(at_ms - pg_epoch_ms, 1000, &at_us));
	pg_param_i64(p, at_us);
}

void pg_param_null(struct pg_param *p)
{
	p->value = slice_of(NULL, 0);
	p->is_null = true;
}

int64_t pg_time(const struct pg_unit *u, unsigned query, int row, int column)
{
	int64_t at_us = pg_i64(u, query, row, column);
	int64_t at_ms = at_us / 1000;

	if (at_us % 1000 < 0) /* before 2000: round down, as after it */
		at_ms--;
	return at_ms + pg_epoch_ms;
}
