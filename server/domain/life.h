/* The life of a prescription: one table says which event is allowed in which state.
 *
 *     validity  valid -> revoked | expired          (expired is computed from time)
 *     review    hospital-passed -> pharmacy-passed | pharmacy-rejected (a claim opens it anew)
 *     use       unused -> partly-dispensed -> dispensed -> returned
 *     hold      free -> held by one institution until the lease's end -> free
 *
 * Whoever dispenses has reviewed in the same claim (JIN15-4.6).  `use` speaks of the round that is
 * open: a repeat prescription begins anew, unused, when the interval after a completed round has
 * passed (domain/prescription.h) -- computed from time like expiry, so no job has to make it true.
 * A return takes goods back and owes nothing again; a reversal undoes a record, and what it said
 * was handed over is owed again.
 *
 * The table in life.c is the single source: the check in the server, the constraint in the database
 * and the page LIFE.md are made from it (life_table.c).
 * The numbers are stored and stand in the .proto files; they never change.
 */
#ifndef DOMAIN_LIFE_H
#define DOMAIN_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum validity { VALIDITY_VALID = 1, VALIDITY_REVOKED = 2, VALIDITY_EXPIRED = 3 };
enum review {
	REVIEW_HOSPITAL_PASSED = 1,
	REVIEW_PHARMACY_PASSED = 2,
	REVIEW_PHARMACY_REJECTED = 3
};
enum use { USE_UNUSED = 1, USE_PARTLY = 2, USE_DISPENSED = 3, USE_RETURNED = 4 };

/* How the actor stands to the hold. */
enum hold { HOLD_FREE = 1, HOLD_MINE = 2, HOLD_OTHERS = 3 };

struct life {
	enum validity validity;
	enum review review;
	enum use use;
	enum hold hold;
};

enum life_event {
	LIFE_CLAIM,
	LIFE_RENEW,
	LIFE_TRANSFER, /* to another branch of the same chain */
	LIFE_RELEASE,
	LIFE_REVIEW_PASS,
	LIFE_REVIEW_REJECT,
	LIFE_DISPENSE_PART, /* something is still owed afterwards */
	LIFE_DISPENSE_ALL,
	LIFE_RETURN_PART, /* the person keeps something, or something is still to be handed over */
	LIFE_RETURN_ALL,
	LIFE_REVERSE_PART, /* something of the round stays handed over */
	LIFE_REVERSE_ALL,
	LIFE_REVOKE,
	LIFE_EVENTS,
};

/* Why an event is not allowed; checked in this order, so the first true reason is told. */
enum life_refusal {
	LIFE_ALLOWED,
	LIFE_IS_REVOKED,
	LIFE_IS_USED,
	LIFE_IS_EXPIRED,
	LIFE_IS_HELD_BY_OTHERS,
	LIFE_IS_NOT_HELD,
	LIFE_NEEDS_REVIEW,
};

/* LIFE_ALLOWED and the state after, or why not and *life untouched. */
enum life_refusal life_apply(struct life *life, enum life_event event);
const char *life_event_name(enum life_event event);

/* Every combination of (validity, review, use, held) that can ever be stored, in ascending order of
 * life_word().  What is stored knows neither expiry nor whether a lease still runs. */
enum { LIFE_WORDS_MAX = 2 * 3 * 4 * 2 };
struct life_stored {
	enum validity validity;
	enum review review;
	enum use use;
	bool held;
};
int life_word(struct life_stored s); /* validity, review, use, held as four decimal digits */
size_t life_words(int ret[LIFE_WORDS_MAX]);

#endif
