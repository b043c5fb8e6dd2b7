/* The way of an institution onto the platform: one table says who may do what in which state.
 *
 *     ACCEPTED -> CHECKED -> VERIFIED -> ASSESSED -> APPROVED -> FILED -> ACTIVATED -> PUBLISHED
 *       |   ^
 *       v   |                              (any before APPROVED) -> FAILED | WITHDRAWN
 *     SUPPLEMENTING
 *
 * What is submitted is accepted at once (TJ2-7a): there is no state before.  Clocks, checklists and
 * blocks are rules/onboarding.h.  The numbers are stored and stand in onboarding.proto; they never
 * change.
 */
#ifndef DOMAIN_APPLICATION_H
#define DOMAIN_APPLICATION_H

#include <stdbool.h>
#include <stdint.h>

enum application_state {
	APPLICATION_ACCEPTED = 1,
	APPLICATION_SUPPLEMENTING = 2, /* the one notice is out; the applicant's turn */
	APPLICATION_CHECKED = 3,       /* documents complete and licences right */
	APPLICATION_VERIFIED = 4,      /* the systems work with one another */
	APPLICATION_ASSESSED = 5,      /* passed by the assessment group */
	APPLICATION_APPROVED = 6,      /* by the responsible office */
	APPLICATION_FILED = 7,         /* the dossier is with the province */
	APPLICATION_ACTIVATED = 8,     /* the institution may do business */
	APPLICATION_PUBLISHED = 9,     /* and stands in the public list; the end */
	APPLICATION_FAILED = 10,       /* with reasons and suggestions; the end */
	APPLICATION_WITHDRAWN = 11,    /* by the applicant; the end */
	APPLICATION_STATE_FIRST = APPLICATION_ACCEPTED,
	APPLICATION_STATE_LAST = APPLICATION_WITHDRAWN,
};

enum application_event {
	APPLICATION_SUBMIT = 1,
	APPLICATION_NOTIFY = 2,         /* the one consolidated supplement notice */
	APPLICATION_SUPPLEMENT = 3,
	APPLICATION_CHECK = 4,
	APPLICATION_CONFORM = 5,        /* a run of the applicant's own calls */
	APPLICATION_VERIFY = 6,
	APPLICATION_FORM_GROUP = 7,     /* who assesses, and how */
	APPLICATION_NOTE_AGREEMENT = 8, /* combined: the host's agreement is signed */
	APPLICATION_OVERRIDE = 9,       /* of an automatic block, with a reason */
	APPLICATION_ASSESS = 10,
	APPLICATION_FAIL = 11,
	APPLICATION_APPROVE = 12,
	APPLICATION_FILE = 13,
	APPLICATION_ACTIVATE = 14,
	APPLICATION_PUBLISH = 15,
	APPLICATION_WITHDRAW = 16,
	APPLICATION_EVENT_FIRST = APPLICATION_SUBMIT,
	APPLICATION_EVENT_LAST = APPLICATION_WITHDRAW,
};

/* How a caller stands to an application; a caller may stand so in several ways. */
enum application_actor {
	ACTOR_APPLICANT = 1 << 0, /* the host of an internet hospital; a pharmacy itself */
	ACTOR_OFFICE = 1 << 1,    /* an officer of the responsible office */
	ACTOR_ACTIVATOR = 1 << 2, /* the province, or whom its parameter names */
	ACTOR_PROVINCE = 1 << 3,  /* an officer of the province */
};
enum { ACTORS_ALL = 15 };

enum application_refusal {
	APPLICATION_ALLOWED,
	APPLICATION_WRONG_ACTOR, /* told first: a stranger learns nothing about the state */
	APPLICATION_WRONG_STATE,
};

/* APPLICATION_ALLOWED and the state after, or why not and *state untouched.  SUBMIT makes an
 * application and is therefore allowed in no state.  `actors` is a set of ACTOR_*. */
enum application_refusal application_apply(enum application_state *state,
	enum application_event event, unsigned actors);
/* The set of ACTOR_* who may do it, whatever the state. */
unsigned application_who(enum application_event event);
/* True when nothing can happen to it any more. */
bool application_is_over(enum application_state state);

const char *application_state_name(enum application_state state);
const char *application_state_chinese(enum application_state state);
const char *application_event_name(enum application_event event);
const char *application_event_chinese(enum application_event event);

#endif
