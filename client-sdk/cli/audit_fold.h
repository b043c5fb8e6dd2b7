/* What the tables must say, folded from the log, and the comparison with what they do say.
 *
 * Pure: no files, no network, no clock.  Leaves go in, in the log's order; rows of the tables are
 * held against what was folded; what does not agree is told.  A row that is newer than the log read
 * so far is put aside, and judged when the log reaches its version (audit_fold_leaf() does that)
 * or, if it never does, at the end.
 *
 * Memory: about 120 bytes for each prescription, 48 for each document, 150 for each registry
 * record.
 * Ownership: audit_fold_init() .. audit_fold_clear().  Threads: one at a time.
 * Errors: 0, or -ENOMEM.
 */
#ifndef CLI_AUDIT_FOLD_H
#define CLI_AUDIT_FOLD_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/file.h"
#include "client-sdk/src/map.h"
#include "proto/merkle.h"

enum { AUDIT_TEXT_MAX = 240, AUDIT_HOLDER_MAX = 12, AUDIT_KIND_MAX = 24 };

/* One thing that does not agree. */
struct discrepancy {
	const char *kind;        /* a stable word, e.g. "state-altered" */
	bool has_index;
	uint64_t index;          /* place in the log */
	const uint8_t *rx_id;    /* RXC_RX_ID_LEN bytes, or NULL */
	uint64_t seq;            /* number of the change in it, or 0 */
	const char *subject;     /* of the registry, or a file of the log; or "" */
	char expected[AUDIT_TEXT_MAX], found[AUDIT_TEXT_MAX];
};
typedef void (*discrepancy_fn)(const struct discrepancy *d, void *user);

struct audit_document {
	uint64_t seq;
	uint32_t kind; /* DocumentKind */
	uint8_t sha256[SHA256_LEN];
};

/* A state word as rows have it: expiry is not stored. */
struct audit_word {
	uint8_t validity, review, use;
	bool held;
};

/* One prescription, as the log says. */
struct audit_state {
	uint8_t rx_id[RX_ID_LEN];
	uint64_t version, first_seq; /* numbered events read: the last and the first */
	uint64_t first_index;        /* where the first of them stands */
	struct merkle_hash head;
	struct audit_word word;
	char holder[AUDIT_HOLDER_MAX + 1];
	bool has_word, holder_known;
	bool shredded, is_spoiled;   /* spoiled: an event of it could not be read */
	bool was_compared;
	bool key_is_gone;            /* in the tables; the log has not said so yet */
	struct audit_document *documents; /* heap */
	uint32_t documents_count, documents_cap;
	Rxcirc__V1__AuditedState *aside;  /* a newer row, or NULL */
};

/* One registry record, as the log says. */
struct audit_record {
	uint8_t key[SHA256_LEN];     /* SHA-256 of the subject */
	char *subject;               /* heap */
	uint8_t sha256[SHA256_LEN];  /* of the newest; all zero = the log does not know it */
	bool is_logged, was_compared;
	uint64_t index;              /* of the newest */
	bool has_aside;              /* a row that the log did not know when it was read */
	uint8_t aside_sha256[SHA256_LEN];
};

struct audit_fold {
	uint64_t from, size;         /* leaves read: [from, size) */
	uint64_t sealed_from;        /* the first of format 2: from there the platform seals its own */
	struct map states, records;
	uint64_t aside;              /* rows that wait for more of the log */
	char undigested[32][AUDIT_KIND_MAX]; /* kinds of record with events that have no digest */
	unsigned undigested_count;
	uint64_t unprovable;         /* records that only such events can have put there */
	uint64_t discrepancies;
	discrepancy_fn on_discrepancy;
	void *user;
};

/* Leaves from place `from` on; what happened before is then not known. */
void audit_fold_init(struct audit_fold *f, uint64_t from, discrepancy_fn on_discrepancy,
	void *user);
void audit_fold_clear(struct audit_fold *f);
/* Tell one; counted. */
void audit_tell(struct audit_fold *f, const struct discrepancy *d);

/* The leaf at place f->size. */
CLI_CHECK int audit_fold_leaf(struct audit_fold *f, struct slice leaf,
	const struct merkle_hash *hash);
/* The same when its bytes are not those of the log: whose it may have been is passed over in the
 * comparison, as far as the bytes tell. */
CLI_CHECK int audit_fold_spoiled(struct audit_fold *f, struct slice leaf);

/* ---- the tables ---- */

/* The hash of an event's bytes in the tables.  Months before `detached_ms` may be gone. */
void audit_compare_event(struct audit_fold *f, uint64_t index, int64_t at_ms, int64_t detached_ms,
	const struct merkle_hash *logged, const uint8_t stored[SHA256_LEN]);
/* The platform says that it did not write this event. */
void audit_compare_not_ours(struct audit_fold *f, uint64_t index);
/* An event that never came into the log. */
void audit_compare_unplaced(struct audit_fold *f, ProtobufCBinaryData event_id);
CLI_CHECK int audit_compare_state(struct audit_fold *f, const Rxcirc__V1__AuditedState *row);
CLI_CHECK int audit_compare_record(struct audit_fold *f, const Rxcirc__V1__AuditedRecord *row);
/* Everything was read: what is missing in the tables, and what is still put aside.  Reading the
 * states began when the log had `states_size` leaves, the registry when it had `records_size`: what
 * was put later is the next audit's. */
void audit_compare_end(struct audit_fold *f, uint64_t states_size, uint64_t records_size);

/* For audit_fold.c and its neighbours. */
CLI_CHECK int audit_record_take(struct audit_fold *f, const Rxcirc__V1__EventLeaf *leaf);
void audit_records_end(struct audit_fold *f, uint64_t records_size);
void audit_records_clear(struct audit_fold *f);
/* Hold a row against what is folded at exactly its version. */
void audit_state_judge(struct audit_fold *f, struct audit_state *s,
	const Rxcirc__V1__AuditedState *row);

#endif
