/* Declared numbers and received ones are put side by side by their digests and counted. */
#include "store/day.h"

#include "base/ensure.h"
#include "base/err.h"

#define DAY(param) "DATE '1970-01-01' + " param

const struct pg_statement day_declare_sql = {"day_declare",
	ENTRY("NOT EXISTS (SELECT FROM hospital_day d WHERE d.hospital_code = $3::text"
	" AND d.day = " DAY("$13::int4") " AND d.business = $14::int2 AND d.revision = $15::int2"
	" AND d.numbers <> $16::int4)")
	", day AS ("
	" INSERT INTO hospital_day (hospital_code, day, business, revision, numbers, declared_at)"
	" SELECT $3, " DAY("$13") ", $14, $15, $16, $2 FROM key ON CONFLICT DO NOTHING"
	"), page AS ("
	" INSERT INTO hospital_day_number (hospital_code, day, business, revision, number, number_mac)"
	" SELECT $3, " DAY("$13") ", $14, $15, n.number, n.mac"
	" FROM key, unnest($17::text[], $18::bytea[]) AS n (number, mac) ON CONFLICT DO NOTHING)"
	ENTRY_END, 18};

/* `each`: one row per hospital and number of day $2 and business $3, of hospitals `h (code)`. */
#define EACH_NUMBER \
	"told AS (" \
	" SELECT d.hospital_code, max(d.revision) AS revision FROM hospital_day d" \
	" JOIN h ON h.code = d.hospital_code" \
	" WHERE d.day = " DAY("$2::int4") " AND d.business = $3::int2 GROUP BY d.hospital_code" \
	"), got AS (" \
	" SELECT r.hospital_code, r.number_mac AS mac, r.rx_id," \
	"  (extract(epoch FROM r.received_at - r.issued_at) * 1000)::int8 AS ms," \
	"  r.business = 2 AND NOT EXISTS (SELECT FROM identity_check c WHERE c.bucket = r.bucket" \
	"   AND c.serial_mac = r.serial_mac AND c.hospital_code = r.hospital_code AND c.passed)" \
	"   AS unreported" \
	" FROM hospital_received r JOIN h ON h.code = r.hospital_code" \
	" WHERE r.day = " DAY("$2") " AND r.business = $3" \
	"), side AS (" \
	" SELECT n.hospital_code, n.number_mac AS mac, n.number, true AS declared, 0 AS times," \
	"  NULL::int8 AS ms, false AS unreported, NULL::bytea AS rx_id FROM hospital_day_number n" \
	" JOIN told t ON t.hospital_code = n.hospital_code AND t.revision = n.revision" \
	" WHERE n.day = " DAY("$2") " AND n.business = $3" \
	" UNION ALL SELECT g.hospital_code, g.mac, NULL, false, 1, g.ms, g.unreported, g.rx_id" \
	" FROM got g" \
	"), again AS (" \
	" SELECT o.hospital_code, o.number_mac AS mac FROM hospital_received o" \
	" JOIN got g ON g.hospital_code = o.hospital_code AND g.mac = o.number_mac" \
	" WHERE o.day BETWEEN " DAY("$2 - 92") " AND " DAY("$2 + 92") " AND o.day <> " DAY("$2") \
	" GROUP BY o.hospital_code, o.number_mac"
static_assert(DAY_REUSE_DAYS == 92, "the text above says 92");

const struct pg_statement day_counts_sql = {"day_counts",
	"WITH h AS (SELECT a.code, a.late_ms, a.place FROM unnest($1::text[], $4::int8[])"
	" WITH ORDINALITY AS a (code, late_ms, place)), " EACH_NUMBER
	"), each AS ("
	" SELECT s.hospital_code, s.mac, bool_or(s.declared) AS declared, sum(s.times) AS times,"
	"  count(*) FILTER (WHERE s.ms > h.late_ms) AS late, max(s.ms) AS ms,"
	"  count(*) FILTER (WHERE s.unreported) AS unreported, bool_or(a.mac IS NOT NULL) AS again"
	" FROM side s JOIN h ON h.code = s.hospital_code"
	" LEFT JOIN again a ON a.hospital_code = s.hospital_code AND a.mac = s.mac"
	" GROUP BY s.hospital_code, s.mac"
	") SELECT t.revision IS NOT NULL, d.declared_at, coalesce(d.numbers, 0)::int8,"
	" count(*) FILTER (WHERE e.declared), coalesce(sum(e.times), 0)::int8,"
	" count(*) FILTER (WHERE e.times = 0), count(*) FILTER (WHERE NOT e.declared),"
	" count(*) FILTER (WHERE e.times > 1 OR e.again), coalesce(sum(e.late), 0)::int8,"
	" coalesce(max(e.ms), 0), coalesce(sum(e.unreported), 0)::int8"
	" FROM h LEFT JOIN told t ON t.hospital_code = h.code"
	" LEFT JOIN hospital_day d ON d.hospital_code = h.code AND d.day = " DAY("$2")
	"  AND d.business = $3 AND d.revision = t.revision"
	" LEFT JOIN each e ON e.hospital_code = h.code"
	" GROUP BY h.place, t.revision, d.declared_at, d.numbers ORDER BY h.place", 4};

const struct pg_statement day_numbers_sql = {"day_numbers",
	"WITH h AS (SELECT $1::text AS code), " EACH_NUMBER
	"), each AS ("
	" SELECT s.mac, coalesce(max(s.number), '') AS number, bool_or(s.declared) AS declared,"
	"  sum(s.times) AS times, bool_or(a.mac IS NOT NULL) OR sum(s.times) > 1 AS reused,"
	"  (array_agg(s.rx_id ORDER BY s.rx_id) FILTER (WHERE s.rx_id IS NOT NULL))[1:8] AS rx_ids"
	" FROM side s LEFT JOIN again a ON a.mac = s.mac GROUP BY s.mac"
	") SELECT e.number, e.mac, e.declared, e.times, e.reused, e.rx_ids FROM each e"
	" WHERE (NOT e.declared OR e.times = 0 OR e.reused)"
	" AND (e.number, e.mac) > ($4::text, $5::bytea) ORDER BY e.number, e.mac LIMIT $6::int4", 6};
static_assert(DAY_RX_IDS_MAX == 8, "the text above says 8");

int store_day_declare(struct pg_unit *unit, struct arena *arena, const struct day_page *page,
	const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &day_declare_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_i32(binder_next(&b), page->day);
	pg_param_i16(binder_next(&b), page->business);
	pg_param_i16(binder_next(&b), page->revision);
	pg_param_i32(binder_next(&b), page->count);
	if (binder_texts(&b, arena, page->numbers, page->numbers_count) < 0 ||
		binder_byte_strings(&b, arena, page->number_macs, page->numbers_count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

int store_day_counts(struct pg_unit *unit, struct arena *arena, const struct day_query *query)
{
	struct binder b;

	ensure(query->hospitals_count >= 1);
	if (!binder_open(&b, arena, &day_counts_sql) ||
		binder_texts(&b, arena, query->hospitals, query->hospitals_count) < 0)
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), query->day);
	pg_param_i16(binder_next(&b), query->business);
	if (binder_i64s(&b, arena, query->late_ms, query->hospitals_count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_day_counts_read(const struct pg_unit *u, unsigned q, int row, struct day_counts *ret)
{
	*ret = (struct day_counts){
		.declared = pg_bool(u, q, row, 0),
		.declared_at_ms = pg_is_null(u, q, row, 1) ? 0 : pg_time(u, q, row, 1),
		.count = pg_i64(u, q, row, 2),
		.numbers = pg_i64(u, q, row, 3),
		.received = pg_i64(u, q, row, 4),
		.missing = pg_i64(u, q, row, 5),
		.undeclared = pg_i64(u, q, row, 6),
		.reused = pg_i64(u, q, row, 7),
		.late = pg_i64(u, q, row, 8),
		.late_ms_max = pg_i64(u, q, row, 9),
		.unreported = pg_i64(u, q, row, 10),
	};
}

int store_day_numbers(struct pg_unit *unit, struct arena *arena, const struct day_query *query,
	const struct day_number_key *after, int32_t limit)
{
	struct binder b;

	ensure(query->hospitals_count == 1);
	if (!binder_open(&b, arena, &day_numbers_sql))
		return ERR_MEMORY;
	pg_param_bytes(binder_next(&b), query->hospitals[0]);
	pg_param_i32(binder_next(&b), query->day);
	pg_param_i16(binder_next(&b), query->business);
	pg_param_text(binder_next(&b), after->number);
	pg_param_bytes(binder_next(&b), after->mac);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_day_number_read(const struct pg_unit *u, unsigned q, int row, struct day_number *ret)
{
	struct pg_array ids;

	*ret = (struct day_number){
		.key = {pg_text(u, q, row, 0), pg_bytes(u, q, row, 1)},
		.declared = pg_bool(u, q, row, 2),
		.received = pg_i64(u, q, row, 3),
		.reused = pg_bool(u, q, row, 4),
	};
	if (pg_is_null(u, q, row, 5))
		return;
	pg_array_open(&ids, u, q, row, 5);
	while (ret->rx_id_count < DAY_RX_IDS_MAX &&
		pg_array_next(&ids, &ret->rx_ids[ret->rx_id_count]))
		ret->rx_id_count++;
}
