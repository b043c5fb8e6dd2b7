/* Do person and credential match (人证相符审核, SX15-6.1): a check made at a terminal, judged.
 *
 * E-voucher codes prove themselves (proto/voucher.h).  A terminal's check is the pharmacy's word:
 * taken only where the region switched that way on, only fresh, and counted once.
 * Pure: no clock, no database.
 */
#ifndef RULES_IDENTITY_H
#define RULES_IDENTITY_H

#include "domain/identity.h"
#include "proto/bytes.h"

struct identity_check {
	int mode;                  /* as it was told; enum identity_mode when it is sound */
	const char *serial;        /* of the check */
	const char *operator_code; /* who stood there */
	const char *device;
	const char *voucher_id;    /* whom the terminal saw */
	int64_t checked_at_ms;
};

enum identity_verdict {
	IDENTITY_ACCEPTED,
	IDENTITY_LATE,       /* too old to be new; who used it in time may ask again */
	IDENTITY_STALE,      /* outside every time it could count */
	IDENTITY_OFF,        /* not a way this region takes */
	IDENTITY_INCOMPLETE, /* a part is missing or not of its form */
};

/* The word of a mode in parameter identity-modes; NULL for what is none. */
const char *identity_mode_word(int mode);
/* 1 .. 50 of A-Z a-z 0-9 - . _ */
bool identity_code_is_sound(const char *code);
/* `modes` = value of parameter identity-modes.  *ret_field: the part of the check it is about
 * (INCOMPLETE), else NULL. */
enum identity_verdict identity_judge(const struct identity_check *check, const char *modes,
	int64_t now_ms, const char **ret_field);

#endif
