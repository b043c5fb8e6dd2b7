/* A second, small idea of a prescription's life, for the histories to be compared with.
 *
 * Written from DOMAIN.md and the comments of the .proto files, never from the server's table.  It
 * keeps what every line was prescribed, handed over and got back, and computes the rest: whether it
 * is used follows from the quantities, who holds it from the time.
 *
 * An act either changes a prescription, and then its version is one more, or is refused.  The model
 * does not say in which order reasons are looked at: every true one may be told.
 * Quantities 1/10000 of a unit, money fen, times ms since 1970 UTC.
 */
#ifndef TEST_E2E_HISTORY_MODEL_H
#define TEST_E2E_HISTORY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINES_MAX = 3,
	FILLS_MAX = 16,
	CODES_MAX = 4,        /* trace codes of a handed-over line */
	PACK_E4 = 10000,
	NOBODY = -1,
	MODEL_LEASE_MS = 5000, /* claim_lease_s of that world */
};

/* Who takes part. */
enum actor { ACTOR_A, ACTOR_B, ACTOR_DISTANT, ACTOR_HOSPITAL, ACTORS };

enum act_kind {
	ACT_CLAIM,
	ACT_RENEW,
	ACT_TRANSFER,
	ACT_RELEASE,
	ACT_REVIEW,
	ACT_DISPENSE,
	ACT_RETURN,
	ACT_REVOKE,
	ACT_KINDS,
};

/* Why an act is refused; several may be true. */
enum reason {
	WHY_REVOKED = 1 << 0,
	WHY_USED = 1 << 1,
	WHY_ROUND = 1 << 2,       /* the next round is not open yet */
	WHY_HELD = 1 << 3,
	WHY_NOT_HELD = 1 << 4,
	WHY_STALE = 1 << 5,
	WHY_REVIEW = 1 << 6,
	WHY_FIELD = 1 << 7,
	WHY_QUANTITY = 1 << 8,
	WHY_CHAIN = 1 << 9,
	WHY_GRANT = 1 << 10,
	WHY_TRANSFER = 1 << 11,
	WHY_LONG = 1 << 12,
	WHY_RETURN = 1 << 13,
	WHY_SOLD = 1 << 14,       /* only the ledger of codes can say whether it is true */
	WHY_CODES = 1 << 15,
	WHY_UNKNOWN = 1 << 30,    /* a word that is none of the above */
};

struct act_line {
	unsigned line_no;         /* 1 .. */
	int64_t quantity_e4, price_e6, amount_fen;
	unsigned codes[CODES_MAX]; /* numbers of trace codes */
	unsigned code_count;
	bool split;
};

struct act {
	enum act_kind kind;
	enum actor actor;
	uint64_t token;           /* the fencing token shown */
	bool with_grant;          /* claim: a grant of this actor's own pull */
	enum actor to;            /* transfer */
	bool passes;              /* review */
	unsigned review;          /* dispense: which review it rests on; review: its own number */
	bool old_review;          /* dispense: not on the newest of this actor */
	unsigned fill_no;         /* dispense, return */
	unsigned round;           /* dispense */
	unsigned return_no;
	bool reversal;
	struct act_line lines[LINES_MAX];
	unsigned line_count;
	unsigned refused_line_no; /* dispense: a line not handed over, or 0 */
	int64_t from_ms, until_ms; /* first sent; last answered */
};

struct model_fill {
	enum actor actor;
	unsigned round;
	struct act_line lines[LINES_MAX];
	int64_t back_e4[LINES_MAX], back_fen[LINES_MAX];
	bool code_is_back[LINES_MAX][CODES_MAX];
	unsigned line_count;
};

struct model_line {
	int64_t prescribed_e4, dispensed_e4, returned_e4;
};

enum model_review { MODEL_HOSPITAL_PASSED = 1, MODEL_PASSED, MODEL_REJECTED };
enum model_use { MODEL_UNUSED = 1, MODEL_PARTLY, MODEL_DISPENSED, MODEL_RETURNED };

struct model {
	uint64_t version;
	bool revoked;
	enum model_review review;
	unsigned review_no;       /* the newest review in the file */
	int holder;               /* an actor, or NOBODY */
	int64_t held_until_ms;
	uint64_t token;
	unsigned rounds_max, round;
	int64_t interval_ms;
	/* the round that was completed last opened the next one at some moment between */
	int64_t next_from_ms, next_until_ms;
	struct model_line lines[LINES_MAX];
	unsigned line_count;
	struct model_fill fills[FILLS_MAX];
	unsigned fill_count, return_count;
};

/* Which of the two it was when the time alone cannot say: at which moment of the call the server
 * looked, and whether it thought that the next round was open. */
struct view {
	int64_t at_ms;
	bool round_opened;
};
enum { VIEWS_MAX = 4 };

/* Whether the pharmacies of this actor must scan codes of this line's drug, or are only warned. */
bool model_codes_are_required(enum actor actor, unsigned line_no);
/* Every view an act may have had. */
unsigned model_views(const struct model *m, int64_t from_ms, int64_t until_ms,
	struct view views[VIEWS_MAX]);
/* The state as it is seen so: a hold that ended is gone, a round that opened is open. */
struct model model_seen(const struct model *m, struct view view);
/* 0 and the state after it, or why it must be refused.  A claim of the holder's own changes
 * nothing. */
unsigned model_judge(const struct model *m, const struct act *act, struct view view,
	struct model *ret_after);
enum model_use model_use_of(const struct model *m);
int64_t model_owed_e4(const struct model *m, unsigned line);
/* What `quantity_e4` at that price costs, half a fen up. */
int64_t model_amount_fen(int64_t price_e6, int64_t quantity_e4);
/* What coming back of line `at` of that fill is worth. */
int64_t model_return_fen(const struct model_fill *fill, unsigned at, int64_t quantity_e4);
/* Fen of all fills less what came back. */
int64_t model_money_fen(const struct model *m);

#endif
