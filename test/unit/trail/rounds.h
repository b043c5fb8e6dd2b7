/* Rounds of signing: a tree of forty leaves, a council, and what came of each round. */
#ifndef TEST_UNIT_TRAIL_ROUNDS_H
#define TEST_UNIT_TRAIL_ROUNDS_H

#include "test/unit/trail/council.h"
#include "trail/signing.h"

#define TWO_OF_THREE "group g 2 w0 w1 w2\nquorum g\n"
#define ONE_OF_THREE "group g 1 w0 w1 w2\nquorum g\n"
#define ALL_OF_THREE "group g all w0 w1 w2\nquorum g\n"
#define NO_QUORUM "quorum none\n"

enum {
	PATIENCE_MS = 5000,  /* of whoever does not matter */
	IMPATIENCE_MS = 500,
	GRACE_MS = 250,     /* enough for who answers at once, on a busy machine, too */
};

struct rounds {
	char folder[GROVE_FOLDER_MAX], log_folder[GROVE_PATH_MAX];
	struct loop *loop;
	struct http *http;
	struct tree *tree;
	struct council council;
	struct signing *signing;
	unsigned ends, awaited;
	uint64_t again; /* size of a round to be started from inside the next end; 0: none */
};

extern struct rounds bench;
extern struct member *const signer, *const witnesses;

int round_set_up(void **state);
int round_tear_down(void **state);

void round_begin(const char *quorum);
void round_begin_with(const char *quorum, int64_t signer_ms, int64_t witness_ms, int64_t grace_ms);
void round_start(uint64_t size);
/* Until one more has ended than was awaited before. */
void round_await(enum signing_outcome outcome);
/* Both. */
void round_sign(uint64_t size, enum signing_outcome outcome);
/* It ends so, and says why. */
void round_in_vain(uint64_t size, enum signing_outcome outcome, const char *why);
/* Until the member is asked again. */
void await_question(struct member *m);
/* Until witness i has cosigned. */
void await_cosignature(unsigned i);

/* The note is of these leaves, signed by the log, and by these witnesses and no other. */
void assert_note(uint64_t size, uint32_t cosigned);
/* The numbers of a witness. */
void assert_witness(unsigned i, uint64_t size, unsigned cosigned, unsigned away, unsigned refused,
	bool is_up);

#endif
