/* TLS of the server: 1.3 only, both sides with a certificate, ALPN "rxcirc/1".
 *
 * Any client certificate is accepted; the handshake proves that the peer holds its key, and the
 * registry decides by the SHA-256 of its SubjectPublicKeyInfo (the pin) what the peer may do.
 * No tickets, no resumption, no early data, no compression; buffers are released while idle.
 * The only place in the server that knows OpenSSL.
 *
 * Ownership: a link borrows its fd and is embedded in its connection.
 * Threads: struct tls any; a link belongs to its connection's thread.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "proto/bytes.h"
#include "proto/limits.h"

struct ssl_st;

enum {
	TLS_PROBLEM_MAX = 300,
	TLS_RECORD_MAX = 16 * 1024,           /* bytes of plain text in one record */
	TLS_PEER_CERTIFICATE_MAX = 16 * 1024, /* bytes of the peer's chain */
};

#define TLS_ALPN "rxcirc/1"

struct tls;

/* Certificate chain and key are PEM files; the key must not be readable by everybody.  0, or
 * ERR_CONFIG with one sentence. */
MUST_CHECK int tls_new(struct tls **ret, const char *certificate_path, const char *key_path,
	char problem[TLS_PROBLEM_MAX]);
/* Use these files for connections from now on; on failure the old ones stay. */
MUST_CHECK int tls_reload(struct tls *t, const char *certificate_path, const char *key_path,
	char problem[TLS_PROBLEM_MAX]);
void tls_free(struct tls *t); /* NULL ok; links may outlive it */

enum tls_result {
	TLS_DONE,
	TLS_WANTS_READ,  /* again when the socket is readable */
	TLS_WANTS_WRITE, /* again when it is writable */
	TLS_ENDED,       /* the peer said goodbye */
	TLS_FAILED,      /* the link is dead; only tls_link_clear() is left */
};

struct tls_link {
	struct ssl_st *ssl;
};

MUST_CHECK int tls_link_init(struct tls_link *link, struct tls *t, int fd);
void tls_link_clear(struct tls_link *link); /* idempotent */
/* TLS_DONE when the peer has proved its key and speaks our protocol. */
MUST_CHECK enum tls_result tls_link_handshake(struct tls_link *link);
/* After the handshake: the pin of the peer. */
MUST_CHECK int tls_link_pin(const struct tls_link *link, uint8_t spki[SHA256_LEN]);
MUST_CHECK enum tls_result tls_link_read(struct tls_link *link, uint8_t *out, size_t cap,
	size_t *ret_len);
/* All or nothing.  After TLS_WANTS_* the same bytes must be offered again, from any address. */
MUST_CHECK enum tls_result tls_link_write(struct tls_link *link, struct slice in);
/* Say goodbye; best effort, once, only on a link that has not failed. */
void tls_link_shutdown(struct tls_link *link);
/* Why the last call failed, for a log line. */
const char *tls_link_reason(void);

#endif
