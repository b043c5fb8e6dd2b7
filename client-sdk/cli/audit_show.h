/* Discrepancies told: one line each, in Chinese or English or as JSON. */
#ifndef CLI_AUDIT_SHOW_H
#define CLI_AUDIT_SHOW_H

#include "client-sdk/cli/audit_fold.h"

/* A discrepancy_fn; `user` is not used. */
void audit_show(const struct discrepancy *d, void *user);

#endif
