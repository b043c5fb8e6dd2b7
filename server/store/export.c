#include "store/export.h"

#include "base/ensure.h"
#include "base/err.h"
#include "proto/rxid.h"
#include "store/binder.h"

const struct pg_statement export_documents_sql = {"export_documents",
	"SELECT w.n, d.seq, d.kind, d.sealed, k.generation, k.wrapped, p.person_key"
	" FROM unnest($1::int8[], $2::bytea[], $3::int8[]) WITH ORDINALITY AS w (bucket, rx_id, seq, n)"
	" JOIN document d ON d.bucket = w.bucket::int4 AND d.rx_id = w.rx_id AND d.seq = w.seq"
	" LEFT JOIN data_key k ON k.bucket = d.bucket AND k.rx_id = d.rx_id"
	" LEFT JOIN prescription p ON p.bucket = d.bucket AND p.rx_id = d.rx_id"
	" ORDER BY w.n", 3};

const struct pg_statement export_regions_sql = {"export_regions",
	"SELECT l.idx, e.region FROM log_leaf l JOIN event e"
	" ON e.bucket = l.event_bucket AND e.at = l.at AND e.event_id = l.event_id"
	" WHERE l.idx >= $1::int8 AND l.idx < $2::int8 ORDER BY l.idx", 2};

int store_export_documents(struct pg_unit *unit, struct arena *arena,
	const struct export_wanted *wanted, size_t count)
{
	int64_t *buckets = arena_array(arena, count + 1, sizeof(*buckets));
	int64_t *seqs = arena_array(arena, count + 1, sizeof(*seqs));
	struct slice *ids = arena_array(arena, count + 1, sizeof(*ids));
	struct binder b;

	if (buckets == NULL || seqs == NULL || ids == NULL ||
		!binder_open(&b, arena, &export_documents_sql))
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		buckets[i] = rx_id_bucket(wanted[i].rx_id);
		ids[i] = slice_of(wanted[i].rx_id, RX_ID_LEN);
		seqs[i] = wanted[i].seq;
	}
	if (binder_i64s(&b, arena, buckets, count) < 0 ||
		binder_byte_strings(&b, arena, ids, count) < 0 ||
		binder_i64s(&b, arena, seqs, count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_export_document(const struct pg_unit *unit, unsigned query, int row,
	struct export_document *ret)
{
	struct slice person;

	*ret = (struct export_document){
		.wanted = (size_t)pg_i64(unit, query, row, 0) - 1,
		.document = {
			.seq = pg_i64(unit, query, row, 1),
			.kind = pg_i16(unit, query, row, 2),
			.sealed = pg_bytes(unit, query, row, 3),
		},
		.key.shredded = pg_is_null(unit, query, row, 4),
	};
	if (!ret->key.shredded) {
		ret->key.generation = (uint16_t)pg_i16(unit, query, row, 4);
		ret->key.wrapped = pg_bytes(unit, query, row, 5);
	}
	if (pg_is_null(unit, query, row, 6))
		return;
	person = pg_bytes(unit, query, row, 6);
	ensure(person.len == PERSON_KEY_LEN); /* the table's check */
	ret->person_key = person.data;
}

int store_export_regions(struct pg_unit *unit, struct arena *arena, uint64_t from, uint64_t until)
{
	struct binder b;

	if (!binder_open(&b, arena, &export_regions_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), (int64_t)from);
	pg_param_i64(binder_next(&b), (int64_t)until);
	binder_close(&b, unit);
	return 0;
}

void store_export_region(const struct pg_unit *unit, unsigned query, int row, uint64_t *ret_index,
	const char **ret_region)
{
	*ret_index = (uint64_t)pg_i64(unit, query, row, 0);
	*ret_region = pg_text(unit, query, row, 1);
}
