/* Where and when a question of the directory is about, and a parameter as it stands there. */
#ifndef SERVICE_DIRECTORY_H
#define SERVICE_DIRECTORY_H

#include "domain/parameter.h"
#include "request/request.h"
#include "rxcirc/v1/directory.pb-c.h"

struct place_and_time {
	const char *region; /* 6 digits */
	int64_t at_ms;
};

/* The caller's own region for "", now for 0.  STATUS_OK or FIELD_INVALID with a finding. */
MUST_CHECK enum status_reason directory_ask(struct request *req, const char *region,
	int64_t at_ms, struct place_and_time *ret);
/* A parameter of the table, as it stands there. */
void directory_parameter(const struct request *req, const struct parameter_row *row,
	const struct place_and_time *where, Rxcirc__V1__ParameterState *ret);

#endif
