/* Everything that is wrong with a document, collected before anybody is told.
 *
 * Holds the findings of this program's own reading of the national layout and those of the server
 * alike.  At most FINDINGS_LOCAL_MAX; what comes later is counted, not kept.
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdio.h>

#include <rxcirc/v1/envelope.pb-c.h>

#include "client-sdk/cli/say.h"

enum { FINDINGS_LOCAL_MAX = 256, FINDING_TEXT_MAX = 400 };

struct finding {
	char rule[48];
	char field[96];
	char source[128];
	char message[FINDING_TEXT_MAX];
	char message_zh[FINDING_TEXT_MAX];
	bool refuse; /* else a flag */
};

struct findings {
	struct finding *items; /* heap */
	size_t count;
	size_t refused; /* of severity refuse, also those not kept */
	size_t lost;    /* beyond the maximum, or memory was short */
};

void findings_clear(struct findings *findings);
/* `field` and `source` are copied, texts too long are cut. */
void findings_add(struct findings *findings, bool refuse, const char *rule, const char *field,
	const char *source, const char *en, const char *zh, ...) SAY_FORMAT(6, 7, 8);
/* Append the server's. */
void findings_add_all(struct findings *findings, Rxcirc__V1__Finding *const *items, size_t count);
/* For people, one block per finding, on `stream`. */
void findings_print(const struct findings *findings, FILE *stream);
/* [{"rule","severity","field","source","message","message_zh"}] */
json_t *findings_json(const struct findings *findings);

#endif
