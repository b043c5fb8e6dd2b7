/* Self-signed EC P-256 certificates, pinned by the SHA-256 of their SubjectPublicKeyInfo.
 *
 * Nobody signs anybody here: the registry's pin is what makes a certificate good.
 */
#ifndef CLI_CERTIFICATE_H
#define CLI_CERTIFICATE_H

#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/file.h"

struct certificate_facts {
	uint8_t spki_sha256[DIGEST_LEN];
	int64_t not_before_ms, not_after_ms; /* the first moment it is no longer valid */
};

/* Make key.pem (0600) and cert.pem (0644) in `folder`.  `name` becomes the CN, at most 64
 * characters; `host` the subject alternative name of a server, or NULL for a client.  An existing
 * pair is left as it is and *ret_made false; half a pair is an error (-EEXIST).
 * 0 or a negative errno; -EIO when OpenSSL refuses. */
CLI_CHECK int certificate_make(const char *folder, const char *name, const char *host,
	unsigned days, bool *ret_made);
/* Read a PEM certificate.  0 or a negative errno. */
CLI_CHECK int certificate_read(const char *path, struct certificate_facts *ret);

#endif
