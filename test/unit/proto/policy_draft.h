/* The text of a policy as it grows, and the logs and witnesses it may name. */
#ifndef TEST_UNIT_PROTO_POLICY_DRAFT_H
#define TEST_UNIT_PROTO_POLICY_DRAFT_H

#include "proto/tlog_policy.h"
#include "test/unit/proto/note_draft.h"

enum { POLICY_SIGNERS = 40 };

/* Logs of one origin, "example.com/log"; witnesses "w.example/<number>". */
extern struct signer policy_logs[POLICY_SIGNERS], policy_witnesses[POLICY_SIGNERS];
/* The set-up of a group of tests. */
int policy_signers_make(void **state);

/* The text, and what was read from it last. */
extern struct writer policy_text;
extern struct policy policy;

void policy_begin(void);
void policy_add(const char *words);
/* A whole line; the witness is named W and its number. */
void policy_add_log(unsigned i);
void policy_add_witness(unsigned i);
/* Begin with the first log and so many witnesses. */
void policy_begin_with(unsigned witnesses_count);
/* Good until the next call. */
const char *vkey_of(const struct signer *s);

/* Read the text. */
void assert_policy_taken(void);
void assert_policy_refused(const char *why);

#endif
