/* The transition table, and what is read from it. */
#include "domain/life.h"

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
	[LIFE_RENEW] = {"renew", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), ANY, 0, 0, 0, 0},
	/* The branch that takes over reviews by itself. */
	[LIFE_TRANSFER] = {"transfer", IS(VALIDITY_VALID), IS(USE_UNUSED) | IS(USE_PARTLY),
		IS(HOLD_MINE), ANY, 0, REVIEW_HOSPITAL_PASSED, 0, HOLD_OTHERS},
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
	/* Goods come back whatever became of the prescription meanwhile. */
	[LIFE_RETURN_PART] = {"return-part", ANY, IS(USE_UNUSED) | IS(USE_PARTLY) | IS(USE_DISPENSED),
		ANY, ANY, 0, 0, 0, 0},
	[LIFE_RETURN_ALL] = {"return-all", ANY, IS(USE_DISPENSED), ANY, ANY, 0, 0, USE_RETURNED, 0},
	[LIFE_REVERSE_PART] = {"reverse-part", IS(VALIDITY_VALID) | IS(VALIDITY_EXPIRED),
		IS(USE_PARTLY) | IS(USE_DISPENSED), ANY, ANY, 0, 0, USE_PARTLY, 0},
	[LIFE_REVERSE_ALL] = {"reverse-all", IS(VALIDITY_VALID) | IS(VALIDITY_EXPIRED),
		IS(USE_PARTLY) | IS(USE_DISPENSED), ANY, ANY, 0, 0, USE_UNUSED, 0},
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

int life_word(struct life_stored s)
{
	return (int)s.validity * 1000 + (int)s.review * 100 + (int)s.use * 10 + s.held;
}

static struct life_stored stored_of(int word)
{
	return (struct life_stored){(enum validity)(word / 1000), (enum review)(word / 100 % 10),
		(enum use)(word / 10 % 10), word % 10 == 1};
}

/* How an actor may see what is stored: at each time, as each actor. */
static struct life view_of(struct life_stored s, unsigned n)
{
	static const enum hold holds[] = {HOLD_FREE, HOLD_MINE, HOLD_OTHERS};
	struct life life = {s.validity, s.review, s.use, HOLD_FREE};

	if (s.validity == VALIDITY_VALID && (n & 1) != 0)
		life.validity = VALIDITY_EXPIRED;
	if (s.held)
		life.hold = holds[n / 2 % 3];
	if (s.use == USE_DISPENSED && n / 6 == 1) { /* the next round is open */
		life.use = USE_UNUSED;
		life.review = REVIEW_HOSPITAL_PASSED;
	}
	return life;
}

/* What is stored after an event: expiry is not; a lease that ended is cleared by whoever acts. */
static struct life_stored stored_after(struct life after)
{
	return (struct life_stored){
		after.validity == VALIDITY_REVOKED ? VALIDITY_REVOKED : VALIDITY_VALID,
		after.review, after.use, after.hold != HOLD_FREE};
}

size_t life_words(int ret[LIFE_WORDS_MAX])
{
	enum { VIEWS = 12, WORDS = 10000 };
	static const struct life_stored first = {VALIDITY_VALID, REVIEW_HOSPITAL_PASSED, USE_UNUSED,
		false};
	bool seen[WORDS] = {false};
	size_t count = 0;

	seen[life_word(first)] = true;
	for (bool grew = true; grew;) {
		grew = false;
		for (int word = 0; word < WORDS; word++) {
			for (unsigned n = 0; seen[word] && n < VIEWS * LIFE_EVENTS; n++) {
				struct life_stored s = stored_of(word);
				struct life life = view_of(s, n % VIEWS);
				int next;

				if (life_apply(&life, (enum life_event)(n / VIEWS)) != LIFE_ALLOWED)
					continue;
				next = life_word(stored_after(life));
				grew = grew || !seen[next];
				seen[next] = true;
			}
		}
	}
	for (int word = 0; word < WORDS; word++)
		if (seen[word])
			ret[count++] = word;
	return count;
}
