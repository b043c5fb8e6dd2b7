/* The policy of the trail, as its file says it: who signs, and whose cosignatures it takes.
 *
 * Loaded before there are threads and kept until there are none.
 */
#ifndef APP_TRAIL_POLICY_H
#define APP_TRAIL_POLICY_H

#include "base/config.h"
#include "proto/tlog_policy.h"

struct trail_policy {
	char *text; /* as it is published */
	struct policy policy;
};

/* 0, or ERR_CONFIG with one sentence: it cannot be read, is none, or is not of one log. */
MUST_CHECK int trail_policy_load(struct trail_policy *ret, const char *path,
	char problem[CONFIG_PROBLEM_MAX]);
void trail_policy_clear(struct trail_policy *p);

#endif
