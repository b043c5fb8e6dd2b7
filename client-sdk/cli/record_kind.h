/* The kinds of registry record an officer may ask for and put, by their words.
 *
 * The table is constant.  Threads: any.
 */
#ifndef CLI_RECORD_KIND_H
#define CLI_RECORD_KIND_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/institution.h"

enum { RECORD_KEYS_MAX = 4, RECORD_COLUMNS_MAX = 7 };

struct record_column {
	const char *field;
	const char *english, *chinese;
};

struct record_kind {
	const char *word;  /* "person-block" */
	const char *field; /* of RegistryRecord */
	Rxcirc__V1__RegistryKind asked;
	Rxcirc__V1__RegistryRecord__RecordCase put; /* NOT_SET: cannot be put like this */
	const char *keys[RECORD_KEYS_MAX];          /* what a record is known by; ends with NULL */
	struct record_column columns[RECORD_COLUMNS_MAX]; /* ends with a NULL field */
};

/* NULL after saying why. */
const struct record_kind *record_kind_find(const char *word);
/* The message inside the record (Item, Parameter, ...); of a key its statement, unpacked and
 * *ret_owned: free it with protobuf_c_message_free_unpacked().  NULL when there is none. */
ProtobufCMessage *record_inside(const Rxcirc__V1__RegistryRecord *record, bool *ret_owned);
/* An empty record of the kind with its empty message; NULL when memory is short. */
Rxcirc__V1__RegistryRecord *record_new(const struct record_kind *kind);

/* A walk over every page of an answer. */
typedef int (*record_visit)(const Rxcirc__V1__RegistryRecord *record, void *user);
/* Calls visit() for each record until it says other than 0.  0, its answer, or an exit code after
 * saying why. */
CLI_CHECK int record_walk(const struct institution *office,
	Rxcirc__V1__QueryRegistryRequest *request, record_visit visit, void *user);

#endif
