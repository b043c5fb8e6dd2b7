/* One registry record written: upsert, new registry version, event, reply and notification
 * together.
 *
 * A record that stands there already changes nothing: no version, no event, the "unchanged" reply.
 */
#ifndef STORE_REGISTRY_WRITE_H
#define STORE_REGISTRY_WRITE_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/event.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/document.pb-c.h"

extern const struct pg_statement region_put_sql;
extern const struct pg_statement institution_put_sql;
extern const struct pg_statement certificate_put_sql;
extern const struct pg_statement practitioner_put_sql;
extern const struct pg_statement practice_put_sql;
extern const struct pg_statement practitioner_key_put_sql;
extern const struct pg_statement voucher_key_put_sql;
extern const struct pg_statement drugs_put_sql;
extern const struct pg_statement diagnoses_put_sql;

/* Everything it points to must outlive the unit. */
struct registry_put {
	const Rxcirc__V1__RegistryRecord *record;
	/* records of kind KEY: the verified statement and its serialized SignedDocument */
	const Rxcirc__V1__KeyStatement *statement;
	struct slice statement_bytes;
	const uint8_t *key_id; /* kinds KEY and VOUCHER_KEY */
	const struct event *event;
	const uint8_t *idempotency_key;
	const uint8_t *request_mac;
	struct slice reply_changed, reply_unchanged;
};

/* 0, or ERR_MEMORY.  The record must have passed the service's checks. */
MUST_CHECK int store_registry_put(struct pg_unit *unit, struct arena *arena,
	const struct registry_put *put);
bool store_registry_changed(const struct pg_unit *unit);

#endif
