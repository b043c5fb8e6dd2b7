/* What the statements about settlements have in common.  `s` is the settlement; $1 the bucket. */
#ifndef STORE_SETTLEMENT_SQL_H
#define STORE_SETTLEMENT_SQL_H

/* Rows of table `t` (alias) that belong to settlement s, in its bucket. */
#define OF_SETTLEMENT(t) \
	t ".bucket = s.bucket AND " t ".rx_id = s.rx_id AND " t ".fill_no = s.fill_no AND " t \
	".settlement_no = s.settlement_no"

/* Nobody took it back. */
#define IT_STANDS "NOT EXISTS (SELECT FROM settlement_reversal v WHERE " OF_SETTLEMENT("v") ")"

/* Servers of the version before left it empty. */
#define ITS_PAYEE "CASE s.payee_code WHEN '' THEN s.pharmacy_code ELSE s.payee_code END"

/* What of the settlement stands refused: not what was withdrawn. */
#define ITS_REFUSED \
	"coalesce((SELECT sum(t.amount_fen) FROM settlement_step t WHERE " OF_SETTLEMENT("t") \
	" AND t.step = 2 AND NOT EXISTS (SELECT FROM settlement_step w WHERE " OF_SETTLEMENT("w") \
	" AND w.line_no = t.line_no AND w.step = 5)), 0)::int8"

/* What was returned of fill f, in fen. */
#define FILL_RETURNED \
	"coalesce((SELECT sum(r.total_fen) FROM fill_return r WHERE r.bucket = f.bucket" \
	" AND r.rx_id = f.rx_id AND r.fill_no = f.fill_no), 0)::int8"

/* Something of fill f is still with the patient. */
#define FILL_REMAINS \
	"EXISTS (SELECT FROM fill_line l WHERE l.bucket = f.bucket AND l.rx_id = f.rx_id" \
	" AND l.fill_no = f.fill_no AND l.quantity_e4 > l.returned_e4)"

/* Drugs of fill f for which no trace code was shown.  A code lies in a bucket of its own. */
#define UNTRACED \
	"ARRAY(SELECT l.drug_code FROM fill_line l WHERE l.bucket = f.bucket AND l.rx_id = f.rx_id" \
	" AND l.fill_no = f.fill_no AND NOT EXISTS (SELECT FROM trace_sale t WHERE t.rx_id = l.rx_id" \
	"  AND t.fill_no = l.fill_no AND t.line_no = l.line_no) ORDER BY l.line_no)"

#endif
