/* A witness of two logs, one of which has two keys, that is asked without a network. */
#ifndef TEST_UNIT_NOTARY_WITNESS_STAND_H
#define TEST_UNIT_NOTARY_WITNESS_STAND_H

#include "test/unit/notary/fixture.h"

#include "notary/witness.h"

extern char stand_folder[FOLDER_MAX], stand_problem[NOTARY_PROBLEM_MAX];
extern struct note_secret *stand_secret, *log_secret, *next_secret, *other_secret, *stranger;
extern struct witness stand_witness;
extern struct http_answer stand_answer; /* the last one */

/* For cmocka: with empty memories, and the end. */
int stand_begin(void **state);
int stand_end(void **state);
void stand_open(bool is_new);
void stand_add_log(struct witness *w, const struct note_secret *s);

/* A question about LOG_NAME's own tree, signed. */
struct question stand_question(uint64_t old_size, uint64_t size);
/* Ask; what was logged meanwhile. */
const char *stand_ask(const struct question *q);
const char *stand_ask_body(struct slice body);
void stand_get(const char *path);
void stand_get_checkpoint(const char *origin);

void assert_answer(int status, const char *text); /* NULL: any */
/* The answer is one cosignature of the whole text, made now. */
void assert_cosigned(const struct question *q);

#endif
