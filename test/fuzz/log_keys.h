/* The keys of the seeds about the log: a log and three witnesses, two of which are a quorum. */
#ifndef TEST_FUZZ_LOG_KEYS_H
#define TEST_FUZZ_LOG_KEYS_H

#include "proto/tlog_policy.h"

/* Made once. */
const struct policy *log_policy(void);

#endif
