/* A trail that keeps what it is told, and grants wishes when the test says so. */
#ifndef TEST_UNIT_SESSION_FAKE_TRAIL_H
#define TEST_UNIT_SESSION_FAKE_TRAIL_H

#include "trail/trail.h"

enum { FAKE_PROMISES = 1024, FAKE_WISHES = 64 };

/* Defined here, opaque to the sessions. */
struct trail {
	unsigned batches, promises;
	struct {
		int64_t at_ms;
		struct merkle_hash leaf;
	} promised[FAKE_PROMISES];
	struct wish *wishes[FAKE_WISHES];
	unsigned wishes_count;
};

/* End the oldest wish, with a proof of so many bytes; 0: without one. */
void fake_grant(struct trail *t, size_t proof_len);

#endif
