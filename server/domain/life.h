/* The life of a prescription: one table says which event is allowed in which state.
 *
 *     validity  valid -> revoked | expired          (expired is computed from time)
 *     review    hospital-passed -> pharmacy-passed | pharmacy-rejected (a claim opens it anew)
 *     use       unused -> partly-dispensed -> dispensed
 *     hold      free -> held by one institution until the lease's end -> free
 *
 * Whoever dispenses has reviewed in the same claim (JIN15-4.6).
 * The numbers are stored and stand in the .proto files; they never change.
 */
#ifndef DOMAIN_LIFE_H
#define DOMAIN_LIFE_H

#include <stdbool.h>
#include <stdint.h>

enum validity { VALIDITY_VALID = 1, VALIDITY_REVOKED = 2, VALIDITY_EXPIRED = 3 };
enum review {
	REVIEW_HOSPITAL_PASSED = 1,
	REVIEW_PHARMACY_PASSED = 2,
	REVIEW_PHARMACY_REJECTED = 3
};
enum use { USE_UNUSED = 1, USE_PARTLY = 2, USE_DISPENSED = 3 };

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
	LIFE_RELEASE,
	LIFE_REVIEW_PASS,
	LIFE_REVIEW_REJECT,
	LIFE_DISPENSE_PART, /* something is still owed afterwards */
	LIFE_DISPENSE_ALL,
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

#endif
