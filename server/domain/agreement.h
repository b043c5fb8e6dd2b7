/* The life of an agreement between a handling agency and an institution.
 *
 *     draft -> signed by one -> concluded -> in force -> expired
 *                                   \          |  ^
 *                                    \     suspended
 *                                     +--------+---> terminated
 *
 * Nothing here happens by itself: an agreement keeps dated facts (who signed when, from when to
 * when it is suspended, from when it has ended), and the state is computed from them for a moment.
 * So a decision that takes effect next Monday does so on every server without anybody acting.
 *
 * An agreement is suspended by its own decision, by its host's, or by both; the two are separate
 * facts, and each is lifted by what laid it (SX15-2.6).
 * The numbers are stored and stand in the .proto files; they never change.
 * Times are ms since 1970 UTC; 0 = never.  Spans hold from their begin until before their end.
 */
#ifndef DOMAIN_AGREEMENT_H
#define DOMAIN_AGREEMENT_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum agreement_kind { AGREEMENT_DESIGNATION = 1, AGREEMENT_SUPPLEMENTARY = 2 };

enum agreement_state {
	AGREEMENT_DRAFT = 1,
	AGREEMENT_SIGNED_BY_ONE,
	AGREEMENT_IN_FORCE,
	AGREEMENT_SUSPENDED,
	AGREEMENT_TERMINATED,
	AGREEMENT_EXPIRED,
	AGREEMENT_CONCLUDED, /* signed by both, its term has not begun */
	AGREEMENT_STATES,
};

/* Whose decision suspended or ended it; a set. */
enum agreement_cause { AGREEMENT_CAUSE_OWN = 1, AGREEMENT_CAUSE_HOST = 2 };

/* From when until when it is suspended; until 0 = nobody has lifted it. */
struct agreement_span {
	int64_t from_ms, until_ms;
};

struct agreement {
	const char *id;                /* AG-<year>-<8 hexadecimal digits> */
	enum agreement_kind kind;
	const char *institution_code;
	const char *host_agreement_id; /* supplementary: the host's designation; else "" */
	int64_t starts_ms, ends_ms;    /* the term */
	int64_t institution_signed_ms, agency_signed_ms;
	struct agreement_span own, host;
	int64_t ended_from_ms;         /* terminated */
	enum agreement_cause ended_by; /* 0 = not terminated */
};

enum agreement_event {
	AGREEMENT_TO_DRAFT,            /* the text is replaced */
	AGREEMENT_SIGN_INSTITUTION,
	AGREEMENT_SIGN_AGENCY,
	AGREEMENT_SUSPEND,
	AGREEMENT_RESUME,
	AGREEMENT_TERMINATE,           /* of a draft: withdrawn */
	AGREEMENT_CHANGE_TERM,
	AGREEMENT_RENEW,
	AGREEMENT_EVENTS,
};

struct agreement_act {
	enum agreement_event event;
	int64_t now_ms;
	int64_t effective_ms;          /* suspend, resume, terminate; 0 = at once */
	int64_t ends_ms;               /* change of term, renewal: the new end */
	const struct agreement *host;  /* supplementary: the agreement it hangs on; else NULL */
};

/* Why an event is not allowed; checked in this order. */
enum agreement_refusal {
	AGREEMENT_ALLOWED,
	AGREEMENT_WRONG_STATE,         /* not in this state */
	AGREEMENT_SIGNED_ALREADY,      /* by this party */
	AGREEMENT_HOST_IS_OVER,        /* the host's is terminated or expired */
	AGREEMENT_HOST_NOT_CONCLUDED,  /* the host's lacks a signature (SX15-2.2) */
	AGREEMENT_TERM_IS_THE_HOSTS,   /* a supplementary term is the host's (SX15-2.4) */
	AGREEMENT_SUSPENDED_ALREADY,
	AGREEMENT_NOT_SUSPENDED,
	AGREEMENT_SUSPENDED_BY_HOST,   /* resumes with its host (SX15-2.6) */
	AGREEMENT_MOMENT_PAST,         /* nothing takes effect in the past */
	AGREEMENT_MOMENT_OUTSIDE,      /* before what it undoes, or after the agreement's end */
	AGREEMENT_TERM_INVALID,        /* ends before it starts, before now, or does not change */
};

enum agreement_state agreement_state_at(const struct agreement *a, int64_t at_ms);
/* Whose decisions suspend it at this moment, also while the term has not begun. */
unsigned agreement_causes_at(const struct agreement *a, int64_t at_ms);
/* Terminated or expired: nothing happens to it any more. */
bool agreement_is_over(const struct agreement *a, int64_t at_ms);
/* Signed by both. */
bool agreement_is_concluded(const struct agreement *a);

/* AGREEMENT_ALLOWED and the facts after, or why not and *a untouched. */
enum agreement_refusal agreement_apply(struct agreement *a, const struct agreement_act *act);
/* When the event takes effect: as asked, or at once -- which, for a suspension that lies ahead and
 * is lifted, is the moment it would have begun. */
int64_t agreement_effective_ms(const struct agreement *a, const struct agreement_act *act);

/* Bring a supplementary agreement in line with its host's: suspension, end and term; true when that
 * changed it (SX15-2.4, SX15-2.6). */
bool agreement_follow(struct agreement *a, const struct agreement *host);
/* Two agreements of one kind and institution would run at the same time. */
bool agreement_overlaps(const struct agreement *a, const struct agreement *b);
/* Of two agreements (either may be NULL) the one that says more for its institution just now. */
const struct agreement *agreement_better(const struct agreement *a, const struct agreement *b,
	int64_t at_ms);

const char *agreement_event_name(enum agreement_event event);

#endif
