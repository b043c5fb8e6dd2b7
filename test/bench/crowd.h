/* Many connections to one server that behave as an honest client would not.
 *
 *     idle   a whole session that says nothing, until it is asked to
 *     mute   a connection without a word
 *     hello  a ClientHello, and never another word of the handshake
 *     half   a whole session that has sent half a frame
 *     deaf   a whole session that sends calls, goes on doing so, and never reads an answer
 *
 * The number of peers is kept up: whoever is closed is replaced at once.  Not so the idle ones:
 * how many of them the server keeps is what is to be found out.
 *
 * Threads: one.
 */
#ifndef TEST_BENCH_CROWD_H
#define TEST_BENCH_CROWD_H

#include "test/bench/crowd_words.h"

enum crowd_kind { CROWD_IDLE, CROWD_MUTE, CROWD_HELLO, CROWD_HALF, CROWD_DEAF, CROWD_KINDS };

struct crowd_options {
	enum crowd_kind kind;
	const char *province;
	uint16_t port;          /* on 127.0.0.1 */
	unsigned count;
	unsigned first_address; /* peers come from 127.0.1.0 plus this and upwards */
	unsigned calls;         /* a deaf peer's, at once */
};

struct crowd_counts {
	uint64_t up;       /* now: in the state the kind wants */
	uint64_t opened;   /* ever in it */
	uint64_t ended;    /* closed by the server since, and replaced but for idle ones */
	uint64_t refused;  /* closed before they came so far; tried again */
	uint64_t asked;    /* idle ones */
	uint64_t answered; /* of these, with OK */
};

/* Whose certificate all of them show: nobody else who calls is of this pharmacy. */
#define CROWD_INSTITUTION "P14010600582"

struct crowd;

/* Nobody is connected yet.  Stops the program when something it needs is missing. */
struct crowd *crowd_new(const struct crowd_options *options);
void crowd_free(struct crowd *c); /* everybody leaves */
/* Readable when the peers have something to do; crowd_turn() does it, and what is due by the clock,
 * which wants a turn every CROWD_TURN_MS. */
enum { CROWD_TURN_MS = 10 };
int crowd_fd(const struct crowd *c);
void crowd_turn(struct crowd *c);
/* Every idle peer that is up makes one call now, CROWD_ASKED_MAX of them at a time. */
enum { CROWD_ASKED_MAX = 64 };
void crowd_ask(struct crowd *c);
const struct crowd_counts *crowd_counts(const struct crowd *c);

#endif
