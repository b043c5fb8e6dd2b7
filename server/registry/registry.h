/* The registry as the server sees it: one immutable snapshot of who may do what.
 *
 * Replaced whole when the database says it changed; a request uses the one it started with.  A new
 * snapshot is made from the one before: only the kinds that changed are read again, the rest is
 * shared.
 * Ownership: reference-counted (atomic); lookups return pointers into the snapshot, borrowed as
 * long as the reference is held.  Threads: any, once built.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "domain/agreement.h"
#include "domain/parameter.h"
#include "domain/registry.h"
#include "domain/standing.h"
#include "proto/bytes.h"

struct registry;
struct registry_builder;

/* What is read and replaced together; the names are those of table registry_kind. */
#define REGISTRY_KINDS(X) \
	X(INSTITUTION, "institution", struct institution) \
	X(CERTIFICATE, "certificate", struct certificate) \
	X(PRACTITIONER, "practitioner", struct practitioner) \
	X(PRACTICE, "practice", struct practice) \
	X(KEY, "key", struct practitioner_key) \
	X(VOUCHER_KEY, "voucher-key", struct voucher_key) \
	X(ITEM, "item", struct item) \
	X(PARAMETER, "parameter", struct parameter) \
	X(PERSON_BLOCK, "person-block", struct person_block) \
	X(AGREEMENT, "agreement", struct agreement)

enum registry_kind {
#define X(id, name, type) REGISTRY_##id,
	REGISTRY_KINDS(X)
#undef X
	REGISTRY_KINDS_NR
};

enum { CODE_TABLES_MAX = 32 }; /* versions of code tables held at once, all kinds together */

/* Build from `previous` (NULL: from nothing): say what is new, add it, then finish.  Records are
 * copied.  0 or ERR_MEMORY. */
struct registry_builder *registry_builder_new(int64_t version, const struct registry *previous);
void registry_builder_free(struct registry_builder *b); /* NULL ok; not after finish */
/* Records of this kind come anew; before the first of them.  Without it the previous ones stay (of
 * a builder from nothing, every kind is new). */
MUST_CHECK int registry_renew(struct registry_builder *b, enum registry_kind kind);
MUST_CHECK int registry_add_institution(struct registry_builder *b, const struct institution *v);
MUST_CHECK int registry_add_certificate(struct registry_builder *b, const struct certificate *v);
MUST_CHECK int registry_add_practitioner(struct registry_builder *b, const struct practitioner *v);
MUST_CHECK int registry_add_practice(struct registry_builder *b, const struct practice *v);
MUST_CHECK int registry_add_key(struct registry_builder *b, const struct practitioner_key *v);
MUST_CHECK int registry_add_voucher_key(struct registry_builder *b, const struct voucher_key *v);
MUST_CHECK int registry_add_item(struct registry_builder *b, const struct item *v);
MUST_CHECK int registry_add_parameter(struct registry_builder *b, const struct parameter *v);
MUST_CHECK int registry_add_person_block(struct registry_builder *b, const struct person_block *v);
MUST_CHECK int registry_add_agreement(struct registry_builder *b, const struct agreement *v);
/* Code tables are immutable once published, so a version is read once.  Drop all, then keep or add
 * each version that may still be asked for. */
void registry_drop_code_tables(struct registry_builder *b);
/* True when the previous snapshot had this version: it stays, with a new effective time. */
MUST_CHECK bool registry_keep_code_table(struct registry_builder *b, int64_t id,
	int64_t effective_from_ms);
/* The code tables of another snapshot instead of its own; nothing of the kinds. */
void registry_take_code_tables(struct registry_builder *b, const struct registry *from);
/* An empty version; the codes added next are its.  ERR_FULL above CODE_TABLES_MAX. */
MUST_CHECK int registry_add_code_table(struct registry_builder *b, int64_t id, enum code_kind kind,
	int64_t effective_from_ms);
MUST_CHECK int registry_add_code(struct registry_builder *b, const struct code *v);
/* Consumes the builder, also on failure (NULL: no memory).  One reference is the caller's. */
struct registry *registry_finish(struct registry_builder *b);

struct registry *registry_ref(struct registry *r);
void registry_unref(struct registry *r); /* NULL ok */
int64_t registry_version(const struct registry *r);

const struct institution *registry_institution(const struct registry *r, const char *code);
size_t registry_institutions(const struct registry *r);
const struct institution *registry_institution_at(const struct registry *r, size_t index);
/* Every record of a kind, in no order that means anything; the type stands in REGISTRY_KINDS. */
size_t registry_count(const struct registry *r, enum registry_kind kind);
const void *registry_at(const struct registry *r, enum registry_kind kind, size_t index);
const struct certificate *registry_certificate(const struct registry *r, const uint8_t spki[32]);
const struct practitioner *registry_practitioner(const struct registry *r, const char *code);
const struct practice *registry_practice(const struct registry *r, const char *practitioner,
	const char *institution);
const struct practitioner_key *registry_key(const struct registry *r, const uint8_t key_id[32]);
const struct voucher_key *registry_voucher_key(const struct registry *r, const uint8_t key_id[32]);

/* The next item of this owner and kind after `prev`; NULL: the first, and at the end. */
const struct item *registry_item_next(const struct registry *r, const char *owner_code,
	enum item_kind kind, const struct item *prev);
/* An item of that code which holds at that moment, or NULL. */
const struct item *registry_item_held(const struct registry *r, const char *owner_code,
	enum item_kind kind, const char *code, int64_t at_ms);
/* The person's block of that scope (or of all) which holds at that moment, or NULL. */
const struct person_block *registry_person_block(const struct registry *r,
	const uint8_t person_key[PERSON_KEY_LEN], enum block_scope scope, int64_t at_ms);

/* The next agreement of this institution after `prev`; NULL: the first, and at the end. */
const struct agreement *registry_agreement_next(const struct registry *r,
	const char *institution_code, const struct agreement *prev);
/* May it do business at that moment, and if not, why. */
enum standing registry_standing(const struct registry *r, const struct institution *institution,
	int64_t at_ms);

/* The parameter in force in that region at that moment, the nearest region's; NULL where no region
 * says anything. */
const struct parameter *registry_parameter(const struct registry *r, const char *name,
	const char *region, int64_t at_ms);
/* The same, its value.  By name, for the switches of rules ("rule.RX-SUPPLY"); parameters have
 * standards, which registry_text() and its like know. */
const char *registry_setting(const struct registry *r, const char *name, const char *region,
	int64_t at_ms);
const char *registry_text(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms);
int64_t registry_number(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms);
bool registry_word(const struct registry *r, enum parameter_id id, const char *region,
	int64_t at_ms, const char *word);

/* The version of a code table in effect at that moment; NULL when there is none. */
struct code_table {
	int64_t id;
	enum code_kind kind;
	int64_t effective_from_ms;
	struct shelf *codes; /* registry/shelf.h */
};
const struct code_table *registry_code_table(const struct registry *r, enum code_kind kind,
	int64_t at_ms);
const struct code *registry_code(const struct registry *r, enum code_kind kind, const char *code,
	int64_t at_ms);

#endif
