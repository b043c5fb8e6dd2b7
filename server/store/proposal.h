/* What one officer proposed and another carries out (C29: two persons for what matters most). */
#ifndef STORE_PROPOSAL_H
#define STORE_PROPOSAL_H

#include "base/arena.h"
#include "store/registry_tail.h"

extern const struct pg_statement proposal_load_sql;
extern const struct pg_statement proposal_put_sql;
extern const struct pg_statement proposal_use_sql;

struct proposal {
	const char *office_code, *officer; /* who proposed; borrowed from the unit */
	int64_t proposed_at_ms;
	bool used;
};

/* 0 or ERR_MEMORY; the digest is 32 bytes and outlives the unit. */
MUST_CHECK int store_proposal_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t *digest);
/* False when there is none. */
MUST_CHECK bool store_proposal_read(const struct pg_unit *unit, unsigned query,
	struct proposal *ret);
/* Proposes, or proposes anew what was used or has lapsed. */
MUST_CHECK int store_proposal_put(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w, const uint8_t *digest, const char *officer);
/* Behind the write it allows, in the same unit: used up if that write was made. */
MUST_CHECK int store_proposal_use(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w, const uint8_t *digest, const char *officer);

#endif
