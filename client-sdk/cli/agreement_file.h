/* The text of an agreement as a JSON file, and as the message that is laid down.
 *
 *     {"kind": "supplementary", "institution": "H...", "host_agreement": "AG-...",
 *      "from": "2027-01-01", "until": "2028-01-01", "form": "separate",
 *      "licence": "internet-hospital", "template": "2027-1", "application": "AP-...",
 *      "clauses": {"scope": "...", "fees": "..."}}
 */
#ifndef CLI_AGREEMENT_FILE_H
#define CLI_AGREEMENT_FILE_H

#include <jansson.h>
#include <rxcirc/v1/agreement.pb-c.h>

#include "client-sdk/cli/file.h"

struct agreement_file {
	json_t *root; /* owns the texts the message points to */
	Rxcirc__V1__AgreementText text;
	Rxcirc__V1__AgreementClause *clauses;
	Rxcirc__V1__AgreementClause **clause_list;
};

/* 0, or an exit code after saying why. */
CLI_CHECK int agreement_file_load(struct agreement_file *ret, const char *path);
void agreement_file_clear(struct agreement_file *file);

#endif
