/* The keys documents may be signed with, as a trusted registry authority states them.
 *
 * Ownership: holds copies of the statements until signers_clear(); starts zeroed.
 * Threads: one at a time.
 */
#ifndef SDK_SIGNERS_H
#define SDK_SIGNERS_H

#include "client-sdk/src/error.h"
#include "client-sdk/src/trust.h"
#include "proto/limits.h"

enum {
	/* Two statements for each document of a full bundle. */
	SIGNERS_STATEMENTS_MAX = 2 * (2 + LATER_DOCUMENTS_MAX),
	SIGNERS_MAX = 64 * 1024, /* keys of a whole export */
};

struct signer {
	Rxcirc__V1__KeyStatement *statement; /* the newest about its key */
	uint8_t body_sha256[SHA256_LEN]; /* of the statement as it was signed */
	uint8_t key_id[KEY_ID_LEN];
};

struct signers {
	struct signer *list; /* by key id */
	size_t count, cap;
};

/* Verify one statement and keep it, unless a newer one about its key is there.  `number` names it
 * in the error's sentence. */
MUST_CHECK int signers_add(struct signers *signers, const struct rxc_trust *trust,
	const Rxcirc__V1__SignedDocument *statement, size_t number, struct rxc_error *err);
/* Every statement of a bundle.  One that does not verify spoils all: a newer one, with a revocation
 * in it, could have been tampered with. */
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
