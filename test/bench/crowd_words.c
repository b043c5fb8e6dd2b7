#include "test/bench/crowd_words.h"

#include <stdlib.h>

#include <rxcirc/v1/envelope.pb-c.h>

#include "proto/frame.h"
#include "proto/limits.h"
#include "test/bench/stop.h"

/* "rxcirc/1" with its length before it */
static const uint8_t alpn[] = {8, 'r', 'x', 'c', 'i', 'r', 'c', '/', '1'};

static char *path_of(const char *province, const char *institution, const char *file)
{
	char *path = NULL;

	stop_unless(asprintf(&path, "%s/institutions/%s/%s", province, institution, file) > 0,
		"memory");
	return path;
}

SSL_CTX *crowd_context(const char *province, const char *institution)
{
	char *certificate = path_of(province, institution, "cert.pem");
	char *key = path_of(province, institution, "key.pem");
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	stop_unless(context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
		SSL_CTX_set_alpn_protos(context, alpn, sizeof(alpn)) == 0, "memory");
	stop_unless(SSL_CTX_use_certificate_chain_file(context, certificate) == 1, certificate);
	stop_unless(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, key);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* Our own memory matters too: there are thousands of us on the machine that is measured. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	free(certificate);
	free(key);
	return context;
}

size_t crowd_hello(SSL_CTX *context, uint8_t out[CROWD_HELLO_LEN_MAX])
{
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *written = BIO_new(BIO_s_mem());
	int len;

	stop_unless(ssl != NULL && in != NULL && written != NULL, "memory");
	SSL_set_bio(ssl, in, written); /* both are the link's now */
	SSL_set_connect_state(ssl);
	stop_unless(SSL_do_handshake(ssl) < 0, "a handshake with nobody");
	len = BIO_read(written, out, CROWD_HELLO_LEN_MAX);
	stop_unless(len > 0 && BIO_pending(written) == 0, "a ClientHello");
	SSL_free(ssl);
	return (size_t)len;
}

size_t crowd_call(uint8_t out[CROWD_CALL_LEN_MAX], uint64_t call_id, const char *method)
{
	Rxcirc__V1__ClientFrame frame;
	size_t len, prefix_len;

	rxcirc__v1__client_frame__init(&frame);
	frame.call_id = call_id;
	frame.method = (char *)(uintptr_t)method;
	len = rxcirc__v1__client_frame__get_packed_size(&frame);
	stop_unless(len + FRAME_PREFIX_MAX <= CROWD_CALL_LEN_MAX, "a call that is too long");
	prefix_len = frame_prefix(out, len);
	return prefix_len + rxcirc__v1__client_frame__pack(&frame, out + prefix_len);
}
