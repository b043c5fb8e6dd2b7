/* The other end of a connection: a blocking TLS client that can also misbehave, and the
 * certificates both ends need.  Any failure to do what a test asks fails the test; what the server
 * does is told.
 */
#ifndef TEST_UNIT_NET_PEER_H
#define TEST_UNIT_NET_PEER_H

#include <openssl/ssl.h>

#include "proto/bytes.h"
#include "proto/limits.h"

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
	uint8_t pin[SHA256_LEN];
};

/* A fresh P-256 key with a certificate by itself, years out of date: only the pin counts. */
void identity_init(struct identity *id, const char *name);
void identity_clear(struct identity *id);
void identity_save(const struct identity *id, const char *certificate_path, const char *key_path);

struct peer_options {
	const struct identity *identity; /* NULL: no client certificate */
	const char *alpn;                /* with its length byte; NULL: none */
	int max_version;                 /* 0: any */
	bool hasty;                      /* do not wait for the server's verdict */
};

struct peer {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
};

#define PEER_ALPN "\x08rxcirc/1"

/* A TCP connection, without TLS yet; reads give up after 5 s. */
int peer_dial(uint16_t port);
/* Dial and shake hands, reading whatever the server then says to the handshake; false when it was
 * refused. */
bool peer_open(struct peer *p, uint16_t port, const struct peer_options *options);
void peer_close(struct peer *p); /* idempotent */

void peer_send(struct peer *p, const void *bytes, size_t len);
/* Like peer_send(), but false when the server has hung up. */
bool peer_try_send(struct peer *p, const void *bytes, size_t len);
/* A call of a method, as a frame. */
void peer_call(struct peer *p, uint64_t call_id, const char *method, size_t body_len,
	bool with_key);
size_t peer_frame(uint8_t *out, size_t cap, uint64_t call_id, const char *method, size_t body_len,
	bool with_key);

struct peer_answer {
	uint64_t call_id;
	char reason[48]; /* "" = OK */
	size_t body_len;
};
/* The next answer; false when the server has closed. */
bool peer_answer(struct peer *p, struct peer_answer *ret);
/* Expect the connection to end without further bytes. */
void peer_expect_end(struct peer *p);
/* The same, and that the server said goodbye properly. */
void peer_expect_goodbye(struct peer *p);

#endif
