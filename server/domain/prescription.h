/* A prescription's state as the server keeps it, and its lines.
 *
 * Times are ms since 1970 UTC; quantities 1/10000 of the line's unit.
 */
#ifndef DOMAIN_PRESCRIPTION_H
#define DOMAIN_PRESCRIPTION_H

#include "domain/life.h"
#include "proto/bytes.h"
#include "proto/limits.h"

enum { HOLDER_CODE_MAX = 12 };

struct prescription {
	uint8_t rx_id[RX_ID_LEN];
	uint8_t person_key[PERSON_KEY_LEN];
	char hospital_code[HOLDER_CODE_MAX + 1];
	uint8_t upload_mac[32];
	int64_t issued_at_ms, valid_until_ms, received_at_ms;
	enum validity validity; /* valid or revoked; expiry is computed */
	enum review review;
	enum use use;
	char holder_code[HOLDER_CODE_MAX + 1]; /* "" = nobody since the last release */
	int64_t held_until_ms;
	int64_t fencing_token;
	int64_t held_from_ms;   /* when the claim began that runs; renewals and transfers keep it */
	int16_t fills_done, fills_max, interval_days;
	int16_t round;          /* how many rounds were opened, 1 .. fills_max */
	int64_t next_from_ms;   /* the round being complete: when the next one opens by itself */
	int64_t version;
	uint8_t head_leaf[SHA256_LEN];
	uint16_t mac_generation;
	uint8_t row_mac[32];
};

struct prescription_line {
	int16_t line_no; /* 1, 2, 3 .. */
	const char *drug_code;
	int64_t prescribed_e4;  /* of one round */
	int64_t dispensed_e4;   /* over all rounds; what a reversal undid is not in it */
	int64_t returned_e4;    /* of that, what came back and is not owed again */
};

/* The state as `actor` sees it at `now_ms`: expiry and the end of a lease are computed here. */
struct life prescription_life(const struct prescription *p, const char *actor, int64_t now_ms);
/* True while a lease runs. */
bool prescription_is_held(const struct prescription *p, int64_t now_ms);
/* True when the round is complete and the interval has passed: the next round is open, though no
 * row says so yet. */
bool prescription_next_is_open(const struct prescription *p, int64_t now_ms);
/* Make the row say so: called before every change, written with it. */
void prescription_turn(struct prescription *p, int64_t now_ms);
/* What of the line may still be handed over when `round` rounds are open. */
int64_t prescription_owed_e4(const struct prescription_line *line, int16_t round);

enum { PRESCRIPTION_MAC_BYTES_MAX = 512 + RX_LINES_MAX * (CODE_MAX + 32) };
/* Everything of the row and its lines that must not change unnoticed, in one fixed form.  What came
 * into the row with repeats, returns and renewals stands at the end, and only once it was used:
 * rows from before keep their MAC. */
MUST_CHECK bool prescription_mac_bytes(struct writer *out, const struct prescription *p,
	const struct prescription_line *lines, size_t count);

#endif
