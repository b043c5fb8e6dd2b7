/* The keys a bundle's documents may be signed with, as a trusted registry authority states them.
 *
 * Ownership: holds the statements until signers_clear(); the signed documents stay the bundle's.
 * Threads: one at a time.
 */
#ifndef SDK_SIGNERS_H
#define SDK_SIGNERS_H

#include "client-sdk/src/error.h"
#include "client-sdk/src/trust.h"
#include "proto/limits.h"

/* Two statements for each document of a full bundle. */
enum { SIGNERS_STATEMENTS_MAX = 2 * (2 + LATER_DOCUMENTS_MAX) };

struct signer {
	Rxcirc__V1__KeyStatement *statement; /* the newest about its key */
	const Rxcirc__V1__SignedDocument *document;
	uint8_t key_id[KEY_ID_LEN];
};

struct signers {
	struct signer list[SIGNERS_STATEMENTS_MAX];
	size_t count;
};

/* Verify every statement and keep the newest of each key.  One that does not verify spoils all: a
 * newer one, with a revocation in it, could have been tampered with.  `signers` starts zeroed. */
MUST_CHECK int signers_load(struct signers *signers, const struct rxc_trust *trust,
	Rxcirc__V1__SignedDocument *const *statements, size_t count, struct rxc_error *err);
void signers_clear(struct signers *signers);

/* The signer with this key id, or NULL. */
const struct signer *signers_find(const struct signers *signers, ProtobufCBinaryData key_id);

/* As whom a document says it was signed, and when. */
struct signer_claim {
	Rxcirc__V1__PractitionerRole role;
	const char *institution_code;
	const char *practitioner_code;
	int64_t at_ms;
};

/* Does the registry agree?  Returns NULL, or the reason word with a sentence in *ret_why. */
const char *signer_refuses(const struct signer *signer, const struct signer_claim *claim,
	const char **ret_why);

#endif
