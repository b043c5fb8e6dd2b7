/* What the calls about code tables have in common: what a row may hold, rows as messages, places in
 * a table as page tokens. */
#ifndef SERVICE_CODE_MESSAGE_H
#define SERVICE_CODE_MESSAGE_H

#include "domain/registry.h"
#include "request/request.h"
#include "rxcirc/v1/codes.pb-c.h"
#include "service/want.h"
#include "store/code.h"

enum {
	CODE_NAME_MAX = 300,          /* bytes */
	CODE_DOSAGE_FORM_MAX = 150,   /* bytes */
	CODE_SPECIFICATION_MAX = 200, /* bytes */
	CODE_SOURCE_MAX = 300,        /* bytes, of a version */
	CODE_REASON_MAX = 200,        /* bytes, of a withdrawal */
};

/* "drug", "diagnosis", ... as trail subjects name them. */
const char *code_kind_word(enum code_kind kind);
/* A fault unless it is one of the kinds. */
void want_code_kind(struct want *w, const char *field, Rxcirc__V1__CodeKind kind);
/* Every fault of a batch: 1 .. REGISTRY_BATCH_MAX rows, each code once, each as its kind wants. */
void want_codes(struct want *w, enum code_kind kind, Rxcirc__V1__Code *const *codes,
	size_t count);
/* The status of a call that only asks: FIELD_INVALID instead of REGISTRY_RECORD_INVALID. */
enum status_reason want_status_asking(const struct want *w);

/* From kind, label and content: the same import, begun again, is the same version, and another
 * content under that label is not.  1 .. 10^18 - 1, so that it has at most 18 digits. */
int64_t code_version_id(enum code_kind kind, const char *label, struct slice content_sha256);
/* Office and officer, for the version's row; NULL when the arena is exhausted. */
char *code_version_by(struct request *req);

/* A row copied into the arena; NULL when that is exhausted. */
Rxcirc__V1__Code *code_message(struct request *req, const struct code *code);
Rxcirc__V1__CodeChange *code_change_message(struct request *req, const struct code_change *c);

/* A place behind this code of this version; NULL when the arena is exhausted. */
char *code_token_make(struct request *req, int64_t version_id, const char *code);
/* False when it is not such a token; *ret_code points into it. */
MUST_CHECK bool code_token_read(const char *token, int64_t *ret_version_id, const char **ret_code);

#endif
