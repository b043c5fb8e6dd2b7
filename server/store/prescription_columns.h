/* What store_prescription_read() reads of a prescription: its row, its lines and its key in one
 * snapshot, because the row's MAC covers the lines.
 *
 *     "SELECT " PRESCRIPTION_COLUMNS PRESCRIPTION_FROM("$1::int4") " WHERE p.bucket = $1 ..."
 */
#ifndef STORE_PRESCRIPTION_COLUMNS_H
#define STORE_PRESCRIPTION_COLUMNS_H

enum { PRESCRIPTION_COLUMNS_NR = 29 };
#define PRESCRIPTION_COLUMNS \
	"p.rx_id, p.person_key, p.hospital_code, p.upload_mac, p.issued_at, p.valid_until," \
	" p.received_at, p.validity, p.review, p.use, p.holder_code, p.held_until, p.fencing_token," \
	" p.fills_done, p.fills_max, p.interval_days, p.version, p.head_leaf, p.mac_generation," \
	" p.row_mac, l.codes, l.prescribed, l.dispensed, k.generation, k.wrapped, l.returned," \
	" p.round, coalesce(p.next_from, p.received_at), coalesce(p.held_from, p.received_at)"
/* `bucket` is the expression that every table's bucket equals. */
#define PRESCRIPTION_FROM(bucket) \
	" FROM prescription p" \
	" CROSS JOIN LATERAL (SELECT array_agg(x.drug_code ORDER BY x.line_no) AS codes," \
	"  array_agg(x.prescribed_e4 ORDER BY x.line_no) AS prescribed," \
	"  array_agg(x.dispensed_e4 ORDER BY x.line_no) AS dispensed," \
	"  array_agg(x.returned_e4 ORDER BY x.line_no) AS returned" \
	"  FROM prescription_line x WHERE x.bucket = " bucket " AND x.rx_id = p.rx_id) l" \
	" LEFT JOIN data_key k ON k.bucket = " bucket " AND k.rx_id = p.rx_id"

#endif
