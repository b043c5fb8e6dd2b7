/* The kinds of record an officer may ask for, and what each is found by.
 *
 * Pure over the snapshot.  Threads: any.
 */
#ifndef SERVICE_REGISTRY_ROWS_H
#define SERVICE_REGISTRY_ROWS_H

#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/record_show.h"

enum { ROW_TEXTS_MAX = 4, ROW_HEX_LEN = 2 * SHA256_LEN };

/* What every kind has in common; "" and NULL where a record has no such thing. */
struct registry_row {
	const char *region;               /* "" = of the whole province */
	const char *codes[ROW_TEXTS_MAX]; /* any of them answers to a code */
	const char *texts[ROW_TEXTS_MAX]; /* any of them may hold a text */
	char hex[ROW_HEX_LEN + 1];        /* a key id or pin, for codes[] */
	int64_t from_ms, until_ms;        /* 0 = none known */
	bool is_void;                     /* revoked, withdrawn, ended: holds at no moment */
};

struct registry_rows {
	enum registry_kind kind;
	/* False: this record is not of the kind asked for.  *ret is empty before. */
	bool (*describe)(const struct registry *r, const void *record, struct registry_row *ret);
	Rxcirc__V1__RegistryRecord *(*show)(struct arena *a, const void *record);
};

/* NULL for a number that is no kind. */
const struct registry_rows *registry_rows_of(Rxcirc__V1__RegistryKind kind);

/* What is asked of a row; the scope is part of it. */
struct registry_asked {
	const Rxcirc__V1__QueryRegistryRequest *message;
	const char *scope;   /* region; "" = the whole province */
	int64_t now_ms;
	const uint8_t *person_key; /* of blocks, or NULL */
};

/* Whether the record is of the kind, within the scope, and what was asked for. */
bool registry_row_matches(const struct registry *r, const struct registry_rows *rows,
	const void *record, const struct registry_asked *asked);

#endif
