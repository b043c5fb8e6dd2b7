/* The transition table, and the one function that reads it. */
#include "domain/life.h"

#include <stddef.h>

#define ANY 0xFFu
#define IS(value) (1u << (value))

struct transition {
	const char *name;
	/* allowed when each fact is in its set */
	unsigned validity, use, hold, review;
	/* the state after; 0 keeps what is there */
	enum validity validity_after;
	enum review review_after;
	enum use use_after;
	enum hold hold_after;
};

static const struct transition table[LIFE_EVENTS] = {
	[LIFE_CLAIM] = {"claim", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_FREE), ANY, 0, REVIEW_HOSPITAL_PASSED, 0, HOLD_MINE},
	/* Letting go is always right, also of something revoked or expired meanwhile. */
	[LIFE_RELEASE] = {"release", ANY, ANY, IS(HOLD_MINE), ANY, 0, 0, 0, HOLD_FREE},
	[LIFE_REVIEW_PASS] = {"review-pass", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), IS(REVIEW_HOSPITAL_PASSED), 0, REVIEW_PHARMACY_PASSED, 0, 0},
	/* The rejected one goes back to the person: the hold ends with it. */
	[LIFE_REVIEW_REJECT] = {"review-reject", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), IS(REVIEW_HOSPITAL_PASSED), 0, REVIEW_PHARMACY_REJECTED, 0, HOLD_FREE},
	[LIFE_DISPENSE_PART] = {"dispense-part", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), IS(REVIEW_PHARMACY_PASSED), 0, 0, USE_PARTLY, 0},
	[LIFE_DISPENSE_ALL] = {"dispense-all", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), IS(REVIEW_PHARMACY_PASSED), 0, 0, USE_DISPENSED, HOLD_FREE},
	/* Authoritative at any moment before hand-over, whoever holds it. */
	[LIFE_REVOKE] = {"revoke", IS(VALIDITY_VALID) | IS(VALIDITY_EXPIRED), IS(USE_UNUSED), ANY, ANY,
		VALIDITY_REVOKED, 0, 0, HOLD_FREE},
};

static enum life_refusal refusal(const struct transition *t, const struct life *life)
{
	if (life->validity == VALIDITY_REVOKED && !(t->validity & IS(VALIDITY_REVOKED)))
		return LIFE_IS_REVOKED;
	if (!(t->use & IS(life->use)))
		return LIFE_IS_USED;
	if (!(t->validity & IS(life->validity)))
		return LIFE_IS_EXPIRED;
	if (!(t->hold & IS(life->hold)))
		return life->hold == HOLD_OTHERS ? LIFE_IS_HELD_BY_OTHERS : LIFE_IS_NOT_HELD;
	if (!(t->review & IS(life->review)))
		return LIFE_NEEDS_REVIEW;
	return LIFE_ALLOWED;
}

enum life_refusal life_apply(struct life *life, enum life_event event)
{
	const struct transition *t = &table[event];
	enum life_refusal why = refusal(t, life);

	if (why != LIFE_ALLOWED)
		return why;
	if (t->validity_after != 0)
		life->validity = t->validity_after;
	if (t->review_after != 0)
		life->review = t->review_after;
	if (t->use_after != 0)
		life->use = t->use_after;
	if (t->hold_after != 0)
		life->hold = t->hold_after;
	return LIFE_ALLOWED;
}

const char *life_event_name(enum life_event event)
{
	return table[event].name;
}
