/* TLS 1.3 with a client certificate, to one server known by its key.
 *
 * The server is accepted when the SHA-256 of its certificate's SubjectPublicKeyInfo is the pinned
 * one, and for no other reason: names, issuers and dates are not looked at.  The protocol
 * "rxcirc/1" must be agreed by ALPN.  Session tickets and early data are off.
 *
 * Ownership: a context is shared by counting (SSL_CTX_up_ref); a session holds its own reference.
 * Threads: a context may be shared by sessions in different threads; a session belongs to one.
 */
#ifndef SDK_TLS_H
#define SDK_TLS_H

#include <openssl/ssl.h>

#include "client-sdk/src/error.h"
#include "proto/limits.h"

/* A context for this institution's PEM files and this server.  RXC_ERR_FILE names the file. */
MUST_CHECK int tls_context_new(const char *certificate_file, const char *key_file,
	const uint8_t server_pin[SHA256_LEN], SSL_CTX **ret_context, struct rxc_error *err);

/* A session over a connected, non-blocking socket, which stays the caller's. */
MUST_CHECK int tls_session_new(SSL_CTX *context, int fd, SSL **ret_session,
	struct rxc_error *err);

enum tls_result {
	TLS_DONE,       /* the handshake is complete, or *ret_len bytes went through */
	TLS_WANT_READ,  /* again when the socket is readable */
	TLS_WANT_WRITE, /* again when it is writable */
	TLS_FAILED,     /* `err` tells why: RXC_ERR_TLS, RXC_ERR_CLOSED or RXC_ERR_MEMORY */
};

MUST_CHECK enum tls_result tls_handshake(SSL *session, struct rxc_error *err);
MUST_CHECK enum tls_result tls_read(SSL *session, uint8_t *bytes, size_t cap, size_t *ret_len,
	struct rxc_error *err);
/* After TLS_WANT_* repeat with at least the same bytes; they may have moved. */
MUST_CHECK enum tls_result tls_write(SSL *session, const uint8_t *bytes, size_t len,
	size_t *ret_len, struct rxc_error *err);
/* Tell the peer that nothing more comes, if that goes without waiting; while nothing has failed. */
void tls_goodbye(SSL *session);

#endif
