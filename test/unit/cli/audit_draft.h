/* A fold fed with hand-made events, and what it tells. */
#ifndef TEST_UNIT_CLI_AUDIT_DRAFT_H
#define TEST_UNIT_CLI_AUDIT_DRAFT_H

#include "client-sdk/cli/audit_fold.h"

#define EVENT(name) RXCIRC__V1__EVENT_KIND__EVENT_KIND_##name
#define PHARMACY "P14010000001"
#define OTHER "P14010000002"

enum { TOLD_MAX = 32 };

struct told {
	unsigned count;
	char kinds[TOLD_MAX][24], expected[TOLD_MAX][AUDIT_TEXT_MAX], found[TOLD_MAX][AUDIT_TEXT_MAX];
	uint64_t indexes[TOLD_MAX], seqs[TOLD_MAX];
};
extern struct told told;

extern struct audit_fold fold;

/* The prescription whose changes are drafted, and where it stands. */
struct draft {
	uint8_t rx[16];
	uint64_t seq;             /* of its last event */
	struct merkle_hash head;  /* of it */
	uint32_t v, r, u;         /* the state after it */
	bool held;
};
extern struct draft draft;

/* A fold of the log from `from` on; nothing told yet. */
void begin(uint64_t from);
void end(void);
/* This kind was told, and nothing else. */
void assert_told(const char *kind);
void assert_agrees(void);

ProtobufCBinaryData data_of(const void *data, size_t len);
/* Any event. */
void put(const Rxcirc__V1__EventLeaf *leaf, struct merkle_hash *ret_hash);
/* The next change of the prescription; the document, if any, has `document` in its digest. */
void change(Rxcirc__V1__EventKind kind, const char *who, uint32_t v, uint32_t r, uint32_t u,
	bool held, uint8_t document);

#endif
