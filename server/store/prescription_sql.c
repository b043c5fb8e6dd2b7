/* The statements that store and find prescriptions. */
#include "store/prescription_sql.h"

#include "store/prescription_columns.h"
#include "store/trail_sql.h"

/* The key is kept only with the prescription: who uploads the same at the same moment and comes
 * second keeps no answer that promises an event nobody wrote. */
const struct pg_statement prescription_put_sql = {"prescription_put",
	"WITH rx AS ("
	" INSERT INTO prescription (bucket, rx_id, person_key, hospital_code, upload_mac, issued_at,"
	"  valid_until, received_at, validity, review, use, holder_code, held_until, fencing_token,"
	"  fills_done, fills_max, interval_days, version, head_leaf, mac_generation, row_mac)"
	" SELECT $1::int4, $2::bytea, $3::bytea, $4::text, $5::bytea, $6::timestamptz, $7::timestamptz,"
	"  $8::timestamptz, 1, 1, 1, '', $8, 0, 0, $9::int2, $10::int2, 1, $11::bytea, $12::int2,"
	"  $13::bytea"
	" WHERE NOT EXISTS (SELECT FROM idempotency i WHERE i.bucket = $1::int4"
	"  AND i.institution_code = $4::text AND i.key = $25::bytea)"
	" ON CONFLICT DO NOTHING RETURNING 1"
	"), key AS ("
	" INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays,"
	"  event_id, leaf_hash)"
	" SELECT $1, $4, $25, $26::bytea, $27::bytea, $8, 0, $20::bytea, $11 FROM rx RETURNING 1"
	"), line AS ("
	" INSERT INTO prescription_line (bucket, rx_id, line_no, drug_code, prescribed_e4,"
	"  dispensed_e4, rounds)"
	" SELECT $1, $2, l.n, l.code, l.quantity, 0, $9"
	" FROM rx, unnest($14::text[], $15::int8[]) WITH ORDINALITY AS l (code, quantity, n)"
	"), secret AS ("
	" INSERT INTO data_key (bucket, rx_id, generation, wrapped)"
	" SELECT $1, $2, $16::int2, $17::bytea FROM rx"
	"), paper AS ("
	" INSERT INTO document (bucket, rx_id, seq, kind, sealed)"
	" SELECT $1, $2, 1, 1, $18::bytea FROM rx"
	"), trail AS ("
	" INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, person_key, institution_code,"
	"  practitioner_code, region, leaf, leaf_hash)"
	" SELECT $1, $19::timestamptz, $20::bytea, $21::int2, $2, 1, $3, $4, $22::text, $23::text,"
	"  $24::bytea, $11 FROM rx" TRAIL_QUEUED
	"), received AS ("
	" INSERT INTO hospital_received (bucket, rx_id, hospital_code, day, business, number_mac,"
	"  issued_at, received_at, serial_mac)"
	" SELECT $1, $2, $4, DATE '1970-01-01' + $28::int4, $29::int2, $30::bytea, $6, $8, $31::bytea"
	" FROM rx"
	") SELECT EXISTS (SELECT FROM key), EXISTS (SELECT FROM rx)",
	31};

#define ROW_COLUMNS "SELECT " PRESCRIPTION_COLUMNS PRESCRIPTION_FROM("$1::int4")

const struct pg_statement prescription_load_sql = {"prescription_load",
	ROW_COLUMNS " WHERE p.bucket = $1 AND p.rx_id = $2::bytea", 2};

#define OF_PERSON " WHERE p.bucket = $1::int4 AND p.person_key = $2::bytea"
/* Also when the next round opened by itself (domain/prescription.h). */
#define IS_OPEN \
	" AND p.validity = 1 AND p.valid_until > $3::timestamptz" \
	" AND (p.use < 3 OR (p.use = 3 AND p.round < p.fills_max AND p.next_from <= $3))"

const struct pg_statement prescriptions_open_sql = {"prescriptions_open",
	ROW_COLUMNS OF_PERSON IS_OPEN " ORDER BY p.issued_at, p.rx_id LIMIT $4::int4", 4};
/* Newest first, page by page: what comes after ($5, $6), and only open ones when $7. */
#define PERSON_PAGE \
	OF_PERSON " AND (p.issued_at < $5::timestamptz OR (p.issued_at = $5 AND p.rx_id > $6::bytea))" \
	" AND (NOT $7::bool OR (true" IS_OPEN "))" \
	" ORDER BY p.issued_at DESC, p.rx_id LIMIT $4::int4"
const struct pg_statement prescriptions_all_sql = {"prescriptions_all",
	ROW_COLUMNS PERSON_PAGE, 7};

#define DOCUMENT_COLUMNS "SELECT d.seq, d.kind, d.sealed, d.rx_id FROM document d"

const struct pg_statement documents_load_sql = {"documents_load",
	DOCUMENT_COLUMNS " WHERE d.bucket = $1::int4 AND d.rx_id = $2::bytea ORDER BY d.seq", 2};
const struct pg_statement documents_open_sql = {"documents_open",
	DOCUMENT_COLUMNS " JOIN (SELECT p.rx_id FROM prescription p" OF_PERSON IS_OPEN
	" ORDER BY p.issued_at, p.rx_id LIMIT $4::int4) p ON p.rx_id = d.rx_id"
	" WHERE d.bucket = $1 ORDER BY d.rx_id, d.seq", 4};
const struct pg_statement documents_all_sql = {"documents_all",
	DOCUMENT_COLUMNS " JOIN (SELECT p.rx_id FROM prescription p" PERSON_PAGE
	") p ON p.rx_id = d.rx_id WHERE d.bucket = $1 ORDER BY d.rx_id, d.seq", 7};

const struct pg_statement reply_load_sql = {"reply_load",
	"SELECT i.request_mac, i.reply, i.at, i.event_id, i.leaf_hash FROM idempotency i"
	" WHERE i.bucket = $1::int4 AND i.institution_code = $2::text AND i.key = $3::bytea", 3};
/* The commit of this tiny change is the barrier: a row may be visible before it is replicated. */
const struct pg_statement reply_replay_sql = {"reply_replay",
	"UPDATE idempotency SET replays = replays + 1"
	" WHERE bucket = $1::int4 AND institution_code = $2::text AND key = $3::bytea"
	" RETURNING request_mac, reply, at, event_id, leaf_hash", 3};
/* Without a promise once the month of the first event was detached. */
const struct pg_statement reply_put_sql = {"reply_put",
	"INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays,"
	" event_id, leaf_hash)"
	" SELECT $1::int4, $2::text, $3::bytea, $4::bytea, $5::bytea, coalesce(e.at, p.received_at), 0,"
	" e.event_id, e.leaf_hash FROM prescription p"
	" LEFT JOIN event e ON e.bucket = p.bucket AND e.rx_id = p.rx_id AND e.rx_seq = 1"
	" WHERE p.bucket = $1 AND p.rx_id = $6::bytea"
	" ON CONFLICT (bucket, institution_code, key) DO UPDATE SET reply = EXCLUDED.reply"
	" WHERE idempotency.request_mac = EXCLUDED.request_mac"
	" RETURNING request_mac, reply, at, event_id, leaf_hash", 6};
