#include "store/rating.h"

#include "base/err.h"
#include "proto/rxid.h"

const struct pg_statement rating_load_sql = {"rating_load",
	"SELECT coalesce(max(r.revision), 0::int2), min(r.rated_at) FROM fill f"
	" LEFT JOIN rating r ON r.bucket = $1 AND r.rx_id = f.rx_id AND r.fill_no = f.fill_no"
	" WHERE f.bucket = $1::int4 AND f.rx_id = $2::bytea AND f.fill_no = $3::int2"
	" GROUP BY f.fill_no", 3};

const struct pg_statement rating_put_sql = {"rating_put",
	ENTRY_ABOUT("EXISTS (SELECT FROM fill f WHERE f.bucket = $1::int4 AND f.rx_id = $13::bytea"
	" AND f.fill_no = $14::int2)", "$13::bytea", "$12::bytea")
	", put AS ("
	" INSERT INTO rating (bucket, rx_id, fill_no, revision, score, comment, rated_at)"
	" SELECT $1, $13, $14, $15::int2, $16::int2, $17::bytea, $2 FROM key)"
	ENTRY_END, 17};

const struct pg_statement ratings_count_sql = {"ratings_count",
	"SELECT c.code, count(*) FILTER (WHERE c.score = 1), count(*) FILTER (WHERE c.score = 2),"
	" count(*) FILTER (WHERE c.score = 3), count(*) FILTER (WHERE c.score = 4),"
	" count(*) FILTER (WHERE c.score = 5), count(*) FROM ("
	"SELECT CASE WHEN $1::bool THEN p.hospital_code ELSE f.pharmacy_code END AS code,"
	"  (SELECT r.score FROM rating r WHERE r.bucket = f.bucket AND r.rx_id = f.rx_id"
	"   AND r.fill_no = f.fill_no ORDER BY r.revision DESC LIMIT 1) AS score"
	" FROM fill f JOIN prescription p ON p.bucket = f.bucket AND p.rx_id = f.rx_id"
	" WHERE f.dispensed_at >= $2::timestamptz AND f.dispensed_at < $3::timestamptz) c"
	" JOIN institution i ON i.code = c.code"
	" WHERE starts_with(i.region, $4::text) AND ($5::text = '' OR c.code = $5)"
	" AND c.code > $6::text GROUP BY c.code ORDER BY c.code LIMIT $7::int4", 7};
static_assert(RATING_SCORE_MAX == 5, "the text above counts five");

int store_rating_load(struct pg_unit *unit, struct arena *arena, const uint8_t rx_id[RX_ID_LEN],
	int16_t fill_no)
{
	struct binder b;

	if (!binder_open(&b, arena, &rating_load_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), rx_id_bucket(rx_id));
	pg_param_bytes(binder_next(&b), slice_of(rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(&b), fill_no);
	binder_close(&b, unit);
	return 0;
}

void store_rating_standing(const struct pg_unit *unit, unsigned query, struct rating_standing *ret)
{
	*ret = (struct rating_standing){.fill_exists = pg_rows(unit, query) > 0};
	if (!ret->fill_exists)
		return;
	ret->revision = pg_i16(unit, query, 0, 0);
	if (ret->revision > 0)
		ret->first_rated_at_ms = pg_time(unit, query, 0, 1);
}

int store_rating_put(struct pg_unit *unit, struct arena *arena, const struct stored_rating *rating,
	const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &rating_put_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(rating->rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(&b), rating->fill_no);
	pg_param_i16(binder_next(&b), rating->revision);
	pg_param_i16(binder_next(&b), rating->score);
	if (rating->comment.len == 0)
		pg_param_null(binder_next(&b));
	else
		pg_param_bytes(binder_next(&b), rating->comment);
	binder_close(&b, unit);
	return 0;
}

int store_ratings_count(struct pg_unit *unit, struct arena *arena, const struct rating_query *q)
{
	struct binder b;

	if (!binder_open(&b, arena, &ratings_count_sql))
		return ERR_MEMORY;
	pg_param_bool(binder_next(&b), q->by_hospital);
	pg_param_time(binder_next(&b), q->from_ms);
	pg_param_time(binder_next(&b), q->until_ms);
	pg_param_text(binder_next(&b), q->region_prefix);
	pg_param_text(binder_next(&b), q->institution_code);
	pg_param_text(binder_next(&b), q->after_code);
	pg_param_i32(binder_next(&b), q->limit);
	binder_close(&b, unit);
	return 0;
}

void store_rating_counts(const struct pg_unit *unit, int row, struct rating_counts *ret)
{
	ret->institution_code = pg_text(unit, 0, row, 0);
	for (int i = 0; i < RATING_SCORE_MAX; i++)
		ret->counts[i] = pg_i64(unit, 0, row, i + 1);
	ret->fills = pg_i64(unit, 0, row, RATING_SCORE_MAX + 1);
}
