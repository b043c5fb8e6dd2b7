/* A signer and witnesses with real keys, as one bench: each is an HTTP server in the test's own
 * loop that remembers what it signed, checks what it is asked, and may be told to behave otherwise.
 */
#ifndef TEST_UNIT_TRAIL_COUNCIL_H
#define TEST_UNIT_TRAIL_COUNCIL_H

#include "proto/tlog_policy.h"
#include "test/unit/http/web.h"
#include "test/unit/proto/note_draft.h"
#include "test/unit/trail/grove.h"

#define COUNCIL_ORIGIN "log.example/rx"

enum { COUNCIL_WITNESSES = 3, COUNCIL_HELD = 16 };

/* One who is asked. */
struct member {
	struct signer signer;
	bool is_witness;
	struct web *web;
	/* what it remembers */
	uint64_t size;
	struct merkle_hash root;
	/* what it does; honest at first */
	void (*manner)(struct member *m, struct web_question *q);
	const char *text;  /* for member_says() */
	int status;
	unsigned asked;
	struct web_question *held[COUNCIL_HELD];
	unsigned held_count;
	uint64_t last_old_size; /* of the last question that could be read */
};

struct council {
	struct loop *loop;
	const char *folder;
	struct member signer, witnesses[COUNCIL_WITNESSES];
	struct policy policy;
};

/* Witnesses "w0" .. "w2"; `quorum` is the policy's last lines, e.g. "group g 2 w0 w1 w2\nquorum
 * g\n". The signer's socket lies in the folder. */
void council_open(struct council *c, struct loop *loop, const char *folder, const char *quorum);
void council_close(struct council *c);
const char *council_socket(const struct council *c);
/* From the same address or socket again, after web_close(). */
void member_come_back(struct council *c, struct member *m);

/* Manners. */
void member_is_honest(struct member *m, struct web_question *q);
void member_holds(struct member *m, struct web_question *q);
void member_says(struct member *m, struct web_question *q); /* its status and text */
void member_cuts(struct member *m, struct web_question *q);
/* Answer what was held first, honestly. */
void member_answers_held(struct member *m);

/* It remembers so many leaves of the grove; or another log. */
void member_remembers(struct member *m, uint64_t size);
void member_remembers_other(struct member *m, uint64_t size);

/* The line a member would answer with, for the checkpoint of `size` leaves of the grove. */
void member_line(const struct member *m, uint64_t size, char line[NOTE_LINE_MAX]);
/* The whole note of a size, signed by the log and the first `witnesses` witnesses. */
size_t council_note(const struct council *c, uint64_t size, unsigned witnesses,
	char note[NOTE_MAX]);

#endif
