/* An application as it is stored: whole, as it stands in a list, and the columns it is found by. */
#ifndef SERVICE_APPLICATION_RECORD_H
#define SERVICE_APPLICATION_RECORD_H

#include "domain/application.h"
#include "request/request.h"
#include "rxcirc/v1/onboarding.pb-c.h"
#include "store/application.h"

enum {
	APPLICATION_ID_LEN = 16,              /* "AP-2026-0a1b2c3d" */
	APPLICATION_OFFICE_ROOM = 60 * 1024,  /* bytes the applicant cannot fill: the office's words */
};

/* The form of an id, nothing about whether there is one. */
bool application_id_is_sound(const char *id);

/* Unpack a stored one into the arena.  0, ERR_MEMORY, or ERR_DAMAGED. */
MUST_CHECK int application_open(struct request *req, struct slice body,
	Rxcirc__V1__Application **ret);

/* Take the step: number it, move the version, compute the deadlines, pack.  *ret_row is what is
 * written, `summary` what is answered; `text` is what the history says besides.  0, ERR_MEMORY, or
 * ERR_TOO_LARGE when the application would become too large. */
MUST_CHECK int application_step(struct request *req, Rxcirc__V1__Application *a,
	enum application_event event, const char *text, Rxcirc__V1__Application *summary,
	struct application_row *ret_row);

#endif
