/* Signed documents that arrive: whose signature is it, does it count now, what do the bytes say.
 *
 * The signature is verified before a byte of the body is parsed, and exactly the verified bytes are
 * parsed.  Validity of a key is judged at the platform's receive time.
 */
#ifndef SERVICE_PAPER_H
#define SERVICE_PAPER_H

#include "domain/registry.h"
#include "request/request.h"
#include "rxcirc/v1/document.pb-c.h"

struct paper {
	const Rxcirc__V1__SignedDocument *doc;
	const struct practitioner_key *key; /* in the request's registry snapshot */
	void *body;                         /* the unpacked document */
};

/* What a document of this kind must be. */
struct paper_terms {
	Rxcirc__V1__DocumentKind kind;
	unsigned roles;                     /* 1 << enum practitioner_role, of the signer */
	const char *institution_code;       /* where the key must belong to */
	const ProtobufCMessageDescriptor *type;
};

/* The roles of whoever reviews and hands over for the caller: a pharmacy's pharmacists, or those of
 * a hospital that fills at its own pharmacy. */
unsigned paper_filler_roles(const struct request *req);
/* Verify and unpack.  STATUS_OK, or why not. */
MUST_CHECK enum status_reason paper_read(struct request *req, const struct paper_terms *terms,
	const Rxcirc__V1__SignedDocument *doc, struct paper *ret);
/* The body without looking at the signature: for dry runs of unsigned documents. */
MUST_CHECK enum status_reason paper_read_unsigned(struct request *req,
	const struct paper_terms *terms, const Rxcirc__V1__SignedDocument *doc, struct paper *ret);
/* The signer named in the document is the key's owner, active, and signed just now. */
MUST_CHECK enum status_reason paper_check_signer(struct request *req, const struct paper *paper,
	const char *practitioner_code, int64_t signed_at_ms);
/* True for a refusal that the passing of time alone can bring (a key or a grant ended, the clock
 * went on): a request that was answered before is not refused for it, it gets its answer again. */
bool paper_refusal_is_of_time(enum status_reason status);
/* |signed - received| within SIGNED_AT_SKEW_MS_MAX. */
bool paper_time_is_near(const struct request *req, int64_t signed_at_ms);

#endif
