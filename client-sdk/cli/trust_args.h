/* Whom to believe, from the command line: policies, public keys, checkpoints kept from before. */
#ifndef CLI_TRUST_ARGS_H
#define CLI_TRUST_ARGS_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/file.h"

enum { POLICY_FILE_MAX = 64 * 1024, CHECKPOINT_FILE_MAX = 16 * 1024 };

/* All return 0, or an exit code after saying why. */

/* Keys: 64 hexadecimal digits each, or files with lines "<name> HEX". */
CLI_CHECK int trust_args_keys(const struct arg_list *given, const char *name,
	uint8_t keys[][RXC_PUBLIC_KEY_LEN], size_t max, size_t *ret_count);
/* The policy's text; missing is EXIT_USAGE. */
CLI_CHECK int trust_args_policy(const char *path, struct buffer *ret);

struct trust_args {
	const char *policy;
	const struct arg_list *authorities; /* or NULL */
	const rxc_trust *trust;             /* instead of them; or NULL */
	const struct arg_list *checkpoints;
};

/* A check that believes them. */
CLI_CHECK int trust_args_check(const struct trust_args *args, rxc_on_finding on_finding,
	void *user, rxc_trail_check **ret);

#endif
