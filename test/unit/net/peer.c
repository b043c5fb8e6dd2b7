#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/frame.h"
#include "rxcirc/v1/envelope.pb-c.h"
#include "support/tap.h"

void identity_init(struct identity *id, const char *name)
{
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	int der_len;

	id->key = EVP_EC_gen("P-256");
	assert_non_null(id->key);
	assert_non_null(cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -2L * 365 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), -365L * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	assert_int_equal(X509_set_pubkey(cert, id->key), 1);
	assert_true(X509_sign(cert, id->key, EVP_sha256()) > 0);
	der_len = i2d_PUBKEY(id->key, &der);
	assert_true(der_len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)der_len, id->pin, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	id->certificate = cert;
}

void identity_clear(struct identity *id)
{
	X509_free(id->certificate);
	EVP_PKEY_free(id->key);
	*id = (struct identity){0};
}

void identity_save(const struct identity *id, const char *certificate_path, const char *key_path)
{
	mode_t mask = umask(077);
	FILE *file = fopen(certificate_path, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, id->certificate), 1);
	fclose(file);
	file = fopen(key_path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, id->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	umask(mask);
}

int peer_dial(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* In TLS 1.3 the client is done before the server has seen its certificate, so the server's verdict
 * comes with the first read; only an alert is taken for a refusal here. */
static bool peer_is_welcome(struct peer *p)
{
	uint8_t byte;
	size_t len;

	for (int tries = 0; tries < 40; tries++) {
		if (recv(p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
			return SSL_peek_ex(p->ssl, &byte, 1, &len) == 1;
		usleep(2500);
	}
	return true; /* silence is consent */
}

bool peer_open(struct peer *p, uint16_t port, const struct peer_options *o)
{
	*p = (struct peer){.fd = peer_dial(port)};
	p->context = SSL_CTX_new(TLS_client_method());
	assert_non_null(p->context);
	if (o->max_version != 0)
		SSL_CTX_set_max_proto_version(p->context, o->max_version);
	if (o->alpn != NULL)
		assert_int_equal(SSL_CTX_set_alpn_protos(p->context, (const unsigned char *)o->alpn,
					 (unsigned)strlen(o->alpn)), 0);
	if (o->identity != NULL) {
		assert_int_equal(SSL_CTX_use_certificate(p->context, o->identity->certificate), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(p->context, o->identity->key), 1);
	}
	p->ssl = SSL_new(p->context);
	assert_non_null(p->ssl);
	SSL_set_fd(p->ssl, p->fd);
	if (SSL_connect(p->ssl) == 1 && (o->hasty || peer_is_welcome(p)))
		return true;
	ERR_clear_error();
	return false;
}

void peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->context);
	if (p->fd > 0)
		close(p->fd);
	ERR_clear_error();
	*p = (struct peer){0};
}

bool peer_try_send(struct peer *p, const void *bytes, size_t len)
{
	size_t sent;

	return SSL_write_ex(p->ssl, bytes, len, &sent) == 1;
}

void peer_send(struct peer *p, const void *bytes, size_t len)
{
	assert_true(peer_try_send(p, bytes, len));
}

size_t peer_frame(uint8_t *out, size_t cap, uint64_t call_id, const char *method, size_t body_len,
	bool with_key)
{
	Rxcirc__V1__ClientFrame f = RXCIRC__V1__CLIENT_FRAME__INIT;
	uint8_t key[IDEMPOTENCY_KEY_LEN] = {1}, *body = calloc(1, body_len + 1);
	char name[128];
	size_t len, prefix_len;

	assert_non_null(body);
	snprintf(name, sizeof(name), "%s", method);
	f.call_id = call_id;
	f.method = name;
	f.body = (ProtobufCBinaryData){body_len, body};
	if (with_key)
		f.idempotency_key = (ProtobufCBinaryData){sizeof(key), key};
	len = rxcirc__v1__client_frame__get_packed_size(&f);
	assert_true(cap >= len + FRAME_PREFIX_MAX);
	prefix_len = frame_prefix(out, len);
	assert_true(prefix_len > 0);
	rxcirc__v1__client_frame__pack(&f, out + prefix_len);
	free(body);
	return prefix_len + len;
}

void peer_call(struct peer *p, uint64_t call_id, const char *method, size_t body_len,
	bool with_key)
{
	size_t cap = body_len + 1024;
	uint8_t *frame = malloc(cap);

	assert_non_null(frame);
	peer_send(p, frame, peer_frame(frame, cap, call_id, method, body_len, with_key));
	free(frame);
}

static bool peer_read(struct peer *p, uint8_t *out, size_t len)
{
	while (len > 0) {
		size_t got;

		if (SSL_read_ex(p->ssl, out, len, &got) != 1)
			return false;
		out += got;
		len -= got;
	}
	return true;
}

bool peer_answer(struct peer *p, struct peer_answer *ret)
{
	static uint8_t bytes[FRAME_PREFIX_MAX + FRAME_BODY_MAX];
	Rxcirc__V1__ServerFrame *f;
	struct slice body = {0};
	size_t have = 0, used = 0, need = 0;

	for (;;) {
		enum frame_result result = frame_decode(slice_of(bytes, have), &body, &used, &need);

		if (result == FRAME_WHOLE)
			break;
		assert_int_equal(result, FRAME_PARTIAL);
		if (need == 0)
			need = have + 1;
		if (!peer_read(p, bytes + have, need - have))
			return false;
		have = need;
	}
	f = rxcirc__v1__server_frame__unpack(NULL, body.len, body.data);
	assert_non_null(f);
	assert_non_null(f->status);
	*ret = (struct peer_answer){.call_id = f->call_id, .body_len = f->body.len};
	snprintf(ret->reason, sizeof(ret->reason), "%s", f->status->reason);
	rxcirc__v1__server_frame__free_unpacked(f, NULL);
	return true;
}

static int peer_end(struct peer *p)
{
	uint8_t byte;
	size_t len;
	int error;

	assert_int_equal(SSL_read_ex(p->ssl, &byte, 1, &len), 0);
	error = SSL_get_error(p->ssl, 0);
	/* A wish to go on means that the 5 s are over and the server has not closed. */
	assert_int_not_equal(error, SSL_ERROR_WANT_READ);
	ERR_clear_error();
	return error;
}

void peer_expect_end(struct peer *p)
{
	(void)peer_end(p);
}

void peer_expect_goodbye(struct peer *p)
{
	assert_int_equal(peer_end(p), SSL_ERROR_ZERO_RETURN);
}
