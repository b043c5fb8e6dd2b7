/* One registry record written: the upsert, and the tail of every registry write.
 *
 * A record that stands there already changes nothing: no version, no event, the "unchanged" reply.
 */
#ifndef STORE_REGISTRY_WRITE_H
#define STORE_REGISTRY_WRITE_H

#include "base/arena.h"
#include "rxcirc/v1/document.pb-c.h"
#include "rxcirc/v1/registry.pb-c.h"
#include "store/registry_tail.h"

extern const struct pg_statement region_put_sql;
extern const struct pg_statement institution_put_sql;
extern const struct pg_statement certificate_put_sql;
extern const struct pg_statement practitioner_put_sql;
extern const struct pg_statement practice_put_sql;
extern const struct pg_statement practitioner_key_put_sql;
extern const struct pg_statement voucher_key_put_sql;
extern const struct pg_statement item_put_sql;
extern const struct pg_statement parameter_put_sql;
extern const struct pg_statement person_block_put_sql;

/* Everything it points to must outlive the unit. */
struct registry_put {
	const Rxcirc__V1__RegistryRecord *record;
	/* records of kind KEY: the verified statement and its serialized SignedDocument */
	const Rxcirc__V1__KeyStatement *statement;
	struct slice statement_bytes;
	const uint8_t *key_id; /* kinds KEY and VOUCHER_KEY */
	const uint8_t *person_key; /* kind PERSON_BLOCK */
};

/* 0, or ERR_MEMORY.  The record must have passed the service's checks. */
MUST_CHECK int store_registry_put(struct pg_unit *unit, struct arena *arena,
	const struct registry_put *put, const struct registry_write *write);

#endif
