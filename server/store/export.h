/* What an export of the trail takes from the tables: documents as they are stored, and where events
 * of the log happened.
 */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H

#include "base/arena.h"
#include "db/pg.h"
#include "store/prescription.h"

extern const struct pg_statement export_documents_sql;
extern const struct pg_statement export_regions_sql;

/* The document that came with an event, if one did. */
struct export_wanted {
	const uint8_t *rx_id; /* RX_ID_LEN */
	int64_t seq;
};
/* 0 or ERR_MEMORY. */
MUST_CHECK int store_export_documents(struct pg_unit *unit, struct arena *arena,
	const struct export_wanted *wanted, size_t count);
/* Rows are in the order in which they were wanted; those that are there. */
struct export_document {
	size_t wanted;            /* which of them */
	struct stored_document document;
	struct stored_data_key key;
	const uint8_t *person_key; /* NULL: the prescription's row is gone */
};
/* Borrowed until the unit is cleared. */
void store_export_document(const struct pg_unit *unit, unsigned query, int row,
	struct export_document *ret);

/* In which region each of these places' events happened; those of a detached month are left
 * out. */
MUST_CHECK int store_export_regions(struct pg_unit *unit, struct arena *arena, uint64_t from,
	uint64_t until);
void store_export_region(const struct pg_unit *unit, unsigned query, int row,
	uint64_t *ret_index, const char **ret_region);

#endif
