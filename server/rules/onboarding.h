/* What an act of an application must bring, and when it is too late: one pure function per rule,
 * one row per rule.
 *
 * Who may act in which state is domain/application.h.  The facts are gathered by the service;
 * nothing here reads a clock, a database or a message, so a decision can be reproduced for any past
 * day from what was stored.  All findings come at once.
 */
#ifndef RULES_ONBOARDING_H
#define RULES_ONBOARDING_H

#include "domain/words.h"
#include "rules/onboarding_clock.h"

enum { ONBOARDING_GROUP_MIN = 2 };    /* a group is more than one person */
enum { ONBOARDING_SUBJECT_MAX = 64 }; /* bytes */

/* Which applications a rule is for. */
enum onboarding_kind {
	ONBOARDING_HOSPITAL = 1 << 0,
	ONBOARDING_PHARMACY = 1 << 1,
	ONBOARDING_ONLINE = 1 << 2, /* also set for a pharmacy that asks for online sale */
};

struct onboarding_item {
	const char *name;
	bool passed;
	bool proved;   /* a digest of its evidence is there */
	int64_t at_ms; /* when it was found so */
};

struct onboarding_penalty {
	const char *id;
	int32_t day;
};

struct onboarding_licence {
	const char *kind;
	int32_t from_day, until_day; /* both inclusive */
};

/* What the region's parameters say; sets of words. */
struct onboarding_terms {
	const char *documents;
	const char *licences;     /* any one of these kinds suffices */
	const char *verification;
	const char *assessment;
	const char *conformance;  /* methods, e.g. "Hospital.UploadPrescription" */
	const char *months;       /* "1" .. "12" */
	unsigned lookback_days;
};

struct onboarding_case {
	enum application_event event;
	unsigned kind;                  /* a set of ONBOARDING_* */
	int64_t at_ms;
	struct onboarding_dates dates;  /* before the act; at SUBMIT submitted_ms is at_ms */
	int64_t notice_due_ms;          /* as told at SUBMIT; WORKDAY_NONE: no calendar says */
	struct onboarding_terms terms;

	/* the applicant */
	bool may_apply;                 /* the host for its internet hospital, a pharmacy for itself */
	bool voluntary;                 /* says that it applies of its own will */
	bool has_host;                  /* a host that is a hospital */
	bool agreement_in_force;        /* the host's designation, or the pharmacy's own */
	bool may_stand;                 /* neither suspended nor closed */
	const char *capabilities;       /* asked for, a set of words */
	const struct onboarding_licence *licences;
	size_t licence_count;
	const struct onboarding_penalty *penalties;
	size_t penalty_count;
	int64_t suspended_ms;           /* its agreement was suspended last; 0 = never */
	const char *const *overridden;  /* blocks lifted by hand */
	size_t overridden_count;

	/* the case so far, with what the act brings */
	const char *const *documents;   /* kinds */
	size_t document_count;
	const char *const *brought;     /* by this supplement */
	size_t brought_count;
	const char *const *requested;   /* by the supplement notice */
	size_t requested_count;
	const char *const *conformed;   /* methods the platform saw called correctly */
	size_t conformed_count;
	const char *const *group;       /* names of those who assess */
	size_t group_count;
	bool group_form;                /* by document or on site is said */
	const char *assessor;           /* who told the assessment's result */

	/* the act */
	const char *officer;
	const struct onboarding_item *items;
	size_t item_count;
	const char *reason;
	const char *suggestions;
	const char *number;             /* of the filing; of a block */
	int64_t noted_ms;               /* when it happened, as the officer says */
};

struct onboarding_finding;

struct onboarding_rule {
	const char *id;
	const char *source;
	unsigned events;  /* a set of 1 << APPLICATION_* */
	unsigned kinds;   /* judged when the case is of one of them */
	const char *field;
	const char *english, *chinese;
	/* True when it is broken an nth time (from 0), and then what it is about. */
	bool (*broken)(const struct onboarding_case *c, size_t nth, char subject[]);
};

struct onboarding_finding {
	const struct onboarding_rule *rule;
	char subject[ONBOARDING_SUBJECT_MAX + 1]; /* "" = the whole */
};

extern const struct onboarding_rule onboarding_rules[];
extern const size_t onboarding_rules_count;

/* Judge by every rule; returns how many findings there are, of which at most `cap` are written. */
size_t onboarding_judge(const struct onboarding_case *c, struct onboarding_finding *ret,
	size_t cap);

/* What blocks a pharmacy by itself (JIN15-2.1) and was not lifted: the nth, from 0, as
 * "penalty:<id>" or "suspension".  The look-back counts from the application. */
MUST_CHECK bool onboarding_block(const struct onboarding_case *c, size_t nth, char subject[]);
/* What the institution may do once activated (JIN15-2.0a, 2.0b), the nth from 0. */
MUST_CHECK bool onboarding_capability(unsigned kind, const char *asked, size_t nth,
	char subject[]);

/* A known word in Chinese, or the word itself. */
const char *onboarding_chinese(const char *word);

#endif
