/* An export of the trail, checked while it is read: the parts.
 *
 *     bytes --> pages (trail_check.c) --> head: signatures, consistency   (trail_head.c)
 *                                     --> events: place in the log, chains (trail_events.c)
 *                                     --> documents and key statements     (trail_documents.c)
 *
 * Memory: one page; some 64 bytes for each prescription, so that its events can be held against one
 * another; and, only when documents come, what they are held against, and themselves opened.
 * Ownership: rxc_trail_check_new() .. _free().  Threads: one at a time.
 */
#ifndef SDK_TRAIL_CHECK_H
#define SDK_TRAIL_CHECK_H

#include "client-sdk/src/finding.h"
#include "client-sdk/src/hasher.h"
#include "client-sdk/src/map.h"
#include "client-sdk/src/page_arena.h"
#include "client-sdk/src/signers.h"
#include "proto/tlog_policy.h"

enum {
	KEPT_CHECKPOINTS_MAX = 16,
	PAGE_UNPACKED_MAX = 8 * 1024 * 1024, /* bytes; the answer to pages full of empty repeats */
	CHAINS_MAX = 1 << 26,                /* prescriptions of one export */
	FACTS_EARLY_MAX = 64 * 1024,         /* events remembered while no document has come */
	FACTS_MAX = 1 << 24,                 /* the same, when documents come */
	DOCUMENTS_BYTES_MAX = 256 * 1024 * 1024, /* sealed bytes of one export */
	GAPS_TOLD_MAX = 20,                  /* one by one; the others are counted */
};

/* A checkpoint the auditor kept. */
struct kept_checkpoint {
	uint8_t *note; /* owned */
	size_t note_len;
	bool is_answered; /* a consistency proof for it was there */
};

/* A prescription's events so far. */
struct chain {
	uint8_t rx_id[RX_ID_LEN];
	uint64_t seq; /* of the last numbered one */
	struct merkle_hash head;
};
static_assert(sizeof(struct chain) <= 64, "what the header says");

/* What the trail says about a stored document. */
struct document_fact {
	struct document_place {
		uint8_t rx_id[RX_ID_LEN];
		uint64_t seq;
	} place;
	int64_t at_ms;
	uint8_t sealed_sha256[SHA256_LEN];
	uint8_t key_id[KEY_ID_LEN];
};

/* The opened documents of one prescription, oldest first. */
struct document_file {
	uint8_t rx_id[RX_ID_LEN];
	struct opened_document *first;
};

struct documents {
	struct map facts;   /* struct document_fact */
	struct map files;   /* struct document_file */
	bool facts_are_lost; /* more than FACTS_EARLY_MAX before the first document */
	size_t bytes;
	uint64_t seen, verified, destroyed;
	bool is_full;
	struct signers signers;
	uint64_t statements;
};

struct rxc_trail_check {
	struct finding_desk desk;
	struct policy policy;
	bool has_policy;
	struct rxc_trust trust;
	bool has_trust;
	struct kept_checkpoint kept[KEPT_CHECKPOINTS_MAX];
	unsigned kept_count;

	/* bytes into pages */
	uint8_t *in; /* part of a page */
	size_t in_len;
	bool is_begun;  /* the first line was there */
	bool is_over;   /* the last page was there */
	bool is_broken; /* nothing that follows can be understood */
	struct page_arena arena;
	struct hasher *hasher;

	/* head */
	ProtobufCMessage *head; /* a copy, or NULL */
	struct checkpoint checkpoint;
	bool has_checkpoint; /* it could be read at all */
	bool is_run;
	uint64_t run_until;
	struct merkle_run left, right;
	struct leaf_run run;
	bool run_is_lost;

	/* events */
	uint64_t events, withheld, unproved;
	struct map chains; /* struct chain */
	uint64_t begin_later, gaps, missing, broken;
	bool chains_are_full;

	struct documents documents;
};

/* The first page.  0 or RXC_ERR_MEMORY. */
MUST_CHECK int trail_head_take(rxc_trail_check *c, const Rxcirc__V1__ExportTrailResponse *page,
	struct rxc_error *err);
void trail_head_end(rxc_trail_check *c);

/* The events of a page.  0 or RXC_ERR_MEMORY. */
MUST_CHECK int trail_events_take(rxc_trail_check *c, const Rxcirc__V1__ExportTrailResponse *page,
	struct rxc_error *err);
void trail_events_end(rxc_trail_check *c);

/* Remember what the trail says about the document of an event. */
MUST_CHECK int trail_documents_fact(rxc_trail_check *c, const Rxcirc__V1__EventLeaf *leaf,
	struct rxc_error *err);
/* The documents and key statements of a page.  0 or RXC_ERR_MEMORY. */
MUST_CHECK int trail_documents_take(rxc_trail_check *c,
	const Rxcirc__V1__ExportTrailResponse *page, struct rxc_error *err);
MUST_CHECK int trail_documents_end(rxc_trail_check *c, struct rxc_error *err);
void trail_documents_clear(struct documents *d);

#endif
