/* A practitioner at this machine: the signing key and the name that stands on documents.
 *
 * The key is PROVINCE/practitioners/<code>.key unless a file is named; the name comes from
 * PROVINCE/statements/<code>.statement when that is there.
 */
#ifndef CLI_PRACTITIONER_H
#define CLI_PRACTITIONER_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/file.h"

struct practitioner {
	const char *code; /* borrowed */
	rxc_key *key;
	Rxcirc__V1__KeyStatement *statement; /* NULL when there is none at hand */
};

/* `key_file` may be NULL.  0, or an exit code after saying why. */
CLI_CHECK int practitioner_open(struct practitioner *ret, const char *province, const char *code,
	const char *key_file);
void practitioner_close(struct practitioner *practitioner);
/* "" when not known. */
const char *practitioner_name(const struct practitioner *practitioner);
/* Unpack a stored key statement (a SignedDocument in a file); NULL when it is not one. */
Rxcirc__V1__SignedDocument *statement_load(const char *province, const char *code,
	Rxcirc__V1__KeyStatement **ret_statement);

#endif
