/* Which checkpoints to believe: logs, witnesses and a quorum, by C2SP tlog-policy.
 *
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> <k>|any|all <name> ...
 *     quorum <name>|none
 *
 * Ownership: the policy copies what it keeps.  Threads: any, once read.
 */
#ifndef PROTO_TLOG_POLICY_H
#define PROTO_TLOG_POLICY_H

#include "proto/checkpoint.h"

enum {
	POLICY_LOGS_MAX = 32,
	POLICY_WITNESSES_MAX = NOTE_SIGNATURES_MAX - 1, /* one note holds all of them and the log */
	POLICY_GROUPS_MAX = 32,
	POLICY_URL_MAX = 300,
	POLICY_BYTES_MAX = 64 * 1024,
	POLICY_PROBLEM_MAX = 200,
};

struct policy_log {
	struct note_key key;
	char url[POLICY_URL_MAX + 1];      /* "" = none */
};

struct policy_witness {
	char name[NOTE_NAME_MAX + 1];
	struct note_key key;
	char url[POLICY_URL_MAX + 1];
};

struct policy_group {
	char name[NOTE_NAME_MAX + 1];
	unsigned needed;
	unsigned count;
	unsigned char members[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX]; /* see policy_member */
};

struct policy {
	unsigned logs_count, witnesses_count, groups_count;
	struct policy_log logs[POLICY_LOGS_MAX];
	struct policy_witness witnesses[POLICY_WITNESSES_MAX];
	struct policy_group groups[POLICY_GROUPS_MAX];
	int quorum; /* a member (witness i = i, group i = POLICY_WITNESSES_MAX + i), or -1 = none */
};

/* `problem` gets one sentence with the line's number.  False: *ret is not to be looked at. */
MUST_CHECK bool policy_parse(struct policy *ret, struct slice text,
	char problem[POLICY_PROBLEM_MAX]);
/* Whether these witnesses (bit i = witness i) are a quorum. */
bool policy_quorum_holds(const struct policy *p, uint32_t witnesses);

/* Whether to believe a checkpoint, and if not, why not in one sentence. */
struct policy_verdict {
	bool accepted;
	struct checkpoint checkpoint;  /* only to be looked at when accepted or when only the quorum
	                                * is missing (log >= 0) */
	int log;                       /* which of the policy's logs signed it; -1 = none */
	uint32_t witnesses;            /* which cosigned it */
	uint64_t oldest_s, newest_s;   /* times of their cosignatures; 0 = none */
	char problem[POLICY_PROBLEM_MAX];
};
void policy_judge(const struct policy *p, struct slice note, struct policy_verdict *ret);

#endif
