/* A log as a platform keeps it, small and in memory: leaves, keys of the log and its witnesses,
 * checkpoints, proofs, and exports of it, which a test may spoil.
 *
 * Ownership: log_draft_init() .. log_draft_clear().
 */
#ifndef TEST_SDK_LOG_DRAFT_H
#define TEST_SDK_LOG_DRAFT_H

#include "proto/merkle.h"
#include "proto/note.h"
#include "test/sdk/plan.h"
#include "test/sdk/wire.h"

enum { DRAFT_WITNESSES = 2, DRAFT_DOCUMENTS_MAX = 16, DRAFT_POLICY_MAX = 2048 };

struct draft_signer {
	struct note_key key;
	uint8_t secret[64];
};

struct draft_leaf {
	uint8_t *bytes;
	size_t len;
	struct merkle_hash hash;
};

struct log_draft {
	struct draft_leaf *leaves;
	size_t count;
	struct draft_signer log, witnesses[DRAFT_WITNESSES];
	char policy[DRAFT_POLICY_MAX]; /* both witnesses are wanted */
};

void log_draft_init(struct log_draft *log, const char *origin);
void log_draft_clear(struct log_draft *log);
/* Pack and append; returns the index. */
size_t log_draft_add(struct log_draft *log, const Rxcirc__V1__EventLeaf *leaf);
/* An event of nobody, with `number` in its id. */
size_t log_draft_fill(struct log_draft *log, unsigned number);
void log_draft_root(const struct log_draft *log, uint64_t size, struct merkle_hash *ret);
void log_draft_proof(const struct log_draft *log, uint64_t index, uint64_t size,
	struct merkle_proof *ret);
/* The first `size` leaves, signed by the log and the first `witnesses` witnesses. */
void log_draft_checkpoint(const struct log_draft *log, uint64_t size, unsigned witnesses,
	struct wire *ret);
/* A tlog-proof with the leaf in it. */
void log_draft_tlog_proof(const struct log_draft *log, uint64_t index, uint64_t size,
	unsigned witnesses, struct wire *ret);

/* ---- a prescription in it ---- */

struct draft_document {
	uint64_t seq;
	Rxcirc__V1__DocumentKind kind;
	uint8_t *sealed;
	size_t sealed_len;
};

/* Events and sealed documents of a plan's bundle; its numbered events stand among fillers. */
struct draft_story {
	uint8_t rx_id[16], key[32];
	size_t indexes[DRAFT_DOCUMENTS_MAX]; /* of the numbered events, by number - 1 */
	size_t events;
	struct draft_document documents[DRAFT_DOCUMENTS_MAX];
	size_t count;
};

void draft_story_init(struct draft_story *story, struct log_draft *log, const struct plan *plan,
	const Rxcirc__V1__PrescriptionBundle *bundle);
void draft_story_clear(struct draft_story *story);

/* ---- an export of it ---- */

struct export_plan {
	const struct log_draft *log;
	uint64_t size;              /* of the checkpoint; 0 = the whole log */
	unsigned witnesses;
	uint64_t from, until;       /* a run; until 0: the events listed */
	const size_t *indexes;
	size_t indexes_count;
	size_t page_events;         /* 0 = all on one page */
	const uint64_t *known_sizes;
	size_t known_count;
	const struct draft_story *story; /* with its documents; or NULL */
	const Rxcirc__V1__PrescriptionBundle *statements; /* their key statements */
	bool destroyed;             /* documents without their key */
	uint64_t withheld_from, withheld_until; /* events by their hash only */
	/* Spoil a page before it is packed; or NULL. */
	void (*spoil)(size_t page_no, Rxcirc__V1__ExportTrailResponse *page);
};

void export_draft(const struct export_plan *plan, struct wire *ret);

#endif
