/* The registry as the server sees it: one immutable snapshot of who may do what.
 *
 * Replaced whole when the database says it changed; a request uses the one it started with.
 * Ownership: reference-counted (atomic); lookups return pointers into the snapshot, borrowed as
 * long as the reference is held.  Threads: any, once built.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "domain/registry.h"
#include "proto/bytes.h"

struct registry;
struct registry_builder;

/* Build: add everything, then finish.  Records are copied.  0 or ERR_MEMORY. */
struct registry_builder *registry_builder_new(int64_t version);
void registry_builder_free(struct registry_builder *b); /* NULL ok; not after finish */
MUST_CHECK int registry_add_institution(struct registry_builder *b, const struct institution *v);
MUST_CHECK int registry_add_certificate(struct registry_builder *b, const struct certificate *v);
MUST_CHECK int registry_add_practitioner(struct registry_builder *b, const struct practitioner *v);
MUST_CHECK int registry_add_practice(struct registry_builder *b, const struct practice *v);
MUST_CHECK int registry_add_key(struct registry_builder *b, const struct practitioner_key *v);
MUST_CHECK int registry_add_voucher_key(struct registry_builder *b, const struct voucher_key *v);
MUST_CHECK int registry_add_drug(struct registry_builder *b, const struct drug *v);
MUST_CHECK int registry_add_diagnosis(struct registry_builder *b, const struct diagnosis_code *v);
/* Consumes the builder, also on failure (NULL: no memory).  One reference is the caller's. */
struct registry *registry_finish(struct registry_builder *b);

struct registry *registry_ref(struct registry *r);
void registry_unref(struct registry *r); /* NULL ok */
int64_t registry_version(const struct registry *r);

const struct institution *registry_institution(const struct registry *r, const char *code);
const struct certificate *registry_certificate(const struct registry *r, const uint8_t spki[32]);
const struct practitioner *registry_practitioner(const struct registry *r, const char *code);
const struct practice *registry_practice(const struct registry *r, const char *practitioner,
	const char *institution);
const struct practitioner_key *registry_key(const struct registry *r, const uint8_t key_id[32]);
const struct voucher_key *registry_voucher_key(const struct registry *r, const uint8_t key_id[32]);
const struct drug *registry_drug(const struct registry *r, const char *code);
const struct diagnosis_code *registry_diagnosis(const struct registry *r, const char *code);

#endif
