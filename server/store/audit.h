/* What the tables say of the prescriptions and of the log, read for who compares it with the log
 * itself.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "base/arena.h"
#include "db/pg_value.h"

extern const struct pg_statement audit_states_sql;
extern const struct pg_statement audit_states_of_sql;
extern const struct pg_statement audit_log_sql;
extern const struct pg_statement audit_unplaced_sql;

/* Prescriptions by id, after the last one of the page before; of all, or of these. */
struct audit_page {
	const uint8_t *after_rx_id; /* NULL: from the first on */
	int32_t limit;
	const struct slice *rx_ids; /* RX_ID_LEN each */
	size_t count;               /* 0 = all there are */
};
MUST_CHECK int store_audit_states(struct pg_unit *unit, struct arena *arena,
	const struct audit_page *page);

/* A row is read by store_prescription_read(); its documents come after that. */
struct audit_documents {
	bool is_empty;
	struct pg_array seqs, kinds, digests;
};
void store_audit_documents(const struct pg_unit *unit, unsigned query, int row,
	struct audit_documents *ret);
/* False at the end. */
bool store_audit_document_next(struct audit_documents *d, int64_t *ret_seq, int64_t *ret_kind,
	struct slice *ret_sha256);

/* How many places are given out, and how many events wait for one. */
MUST_CHECK int store_audit_log(struct pg_unit *unit, struct arena *arena);
void store_audit_log_read(const struct pg_unit *unit, unsigned query, uint64_t *ret_size,
	uint64_t *ret_queued);

/* Ids of the events written from .. before to that neither stand in the log nor wait for it, oldest
 * first. */
MUST_CHECK int store_audit_unplaced(struct pg_unit *unit, struct arena *arena, int64_t from_ms,
	int64_t to_ms, int32_t limit);
struct slice store_audit_unplaced_read(const struct pg_unit *unit, unsigned query, int row);

#endif
