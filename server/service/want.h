/* What a field of a registry call must look like; every fault is a finding that names the field.
 *
 * The faults are counted, all of them are told at once.
 */
#ifndef SERVICE_WANT_H
#define SERVICE_WANT_H

#include "request/request.h"

struct want {
	struct request *req;
	size_t faults;
	bool exhausted; /* the arena is */
};

void want_fault(struct want *w, const char *field, const char *english, const char *chinese);
void want_institution(struct want *w, const char *field, const char *code);
void want_practitioner(struct want *w, const char *field, const char *code);
void want_region(struct want *w, const char *field, const char *code);
/* 1 .. len_max bytes. */
void want_text(struct want *w, const char *field, const char *text, size_t len_max);
/* 0 .. len_max bytes. */
void want_short(struct want *w, const char *field, const char *text, size_t len_max);
void want_period(struct want *w, const char *field, int64_t from_ms, int64_t until_ms);
/* Enums arrive as whatever number was sent. */
void want_within(struct want *w, const char *field, int value, int min, int max);
void want_digest(struct want *w, const char *field, ProtobufCBinaryData digest);
/* "kind/code" in the arena; "" when that is exhausted. */
const char *want_subject(struct want *w, const char *kind, const char *code);

bool code_is_institution(const char *code);  /* a letter and 11 digits */
bool code_is_practitioner(const char *code); /* one or two letters and 12 digits */

/* STATUS_OK, BUSY when memory was short, else REGISTRY_RECORD_INVALID. */
enum status_reason want_status(const struct want *w);

#endif
