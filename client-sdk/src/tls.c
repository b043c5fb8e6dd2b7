#include "client-sdk/src/tls.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

/* "rxcirc/1" with its length before it */
static const uint8_t alpn[] = {8, 'r', 'x', 'c', 'i', 'r', 'c', '/', '1'};

static_assert(SHA256_DIGEST_LENGTH == SHA256_LEN, "the pin is a SHA-256");

/* ---- a socket BIO that never raises SIGPIPE, since a library may not change signals ---- */

static pthread_once_t bio_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *bio_method; /* for the process's life */

static int bio_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int bio_ended(BIO *bio, ssize_t n, bool reading)
{
	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
		if (reading)
			BIO_set_retry_read(bio);
		else
			BIO_set_retry_write(bio);
	}
	return (int)n;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
	return bio_ended(bio, send(bio_fd(bio), bytes, (size_t)len, MSG_NOSIGNAL), false);
}

static int bio_read(BIO *bio, char *bytes, int len)
{
	ssize_t n = recv(bio_fd(bio), bytes, (size_t)len, 0);

	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return bio_ended(bio, n, true);
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_FLUSH)
		return 1;
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return 0;
}

static void bio_method_make(void)
{
	int type = BIO_get_new_index();

	bio_method = type < 0 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "rxcirc socket");
	if (!bio_method)
		return;
	/* These setters only store a pointer. */
	(void)BIO_meth_set_write(bio_method, bio_write);
	(void)BIO_meth_set_read(bio_method, bio_read);
	(void)BIO_meth_set_ctrl(bio_method, bio_ctrl);
}

static BIO *bio_new(int fd)
{
	BIO *bio;

	/* Cannot fail: the control is statically initialised. */
	(void)pthread_once(&bio_once, bio_method_make);
	if (!bio_method)
		return NULL;
	bio = BIO_new(bio_method);
	if (!bio)
		return NULL;
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	return bio;
}

/* ---- the context ---- */

static int pin_index_made = -1;
static pthread_once_t pin_once = PTHREAD_ONCE_INIT;

static void pin_freed(void *parent, void *pin, CRYPTO_EX_DATA *data, int index, long argl,
	void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	OPENSSL_free(pin);
}

static void pin_index_make(void)
{
	pin_index_made = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, pin_freed);
}

static int pin_index(void)
{
	/* Cannot fail: the control is statically initialised. */
	(void)pthread_once(&pin_once, pin_index_make);
	return pin_index_made;
}

static bool spki_digest(X509 *certificate, uint8_t digest[SHA256_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (len <= 0)
		return false;
	SHA256(der, (size_t)len, digest);
	OPENSSL_free(der);
	return true;
}

/* The only judge of the server's certificate. */
static int server_check(X509_STORE_CTX *store, void *arg)
{
	SSL *session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const uint8_t *pin = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), pin_index());
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[SHA256_LEN];

	(void)arg;
	if (certificate && pin && spki_digest(certificate, digest) &&
		CRYPTO_memcmp(digest, pin, SHA256_LEN) == 0) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static bool context_set_up(SSL_CTX *context, const uint8_t server_pin[SHA256_LEN])
{
	uint8_t *pin = OPENSSL_memdup(server_pin, SHA256_LEN);

	if (!pin || pin_index() < 0 || !SSL_CTX_set_ex_data(context, pin_index(), pin)) {
		OPENSSL_free(pin);
		return false;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, server_check, NULL);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* A repeated write may come from a buffer that has grown, and so moved. */
	SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* SSL_CTX_set_alpn_protos() returns 0 for success. */
	return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) &&
		SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) &&
		SSL_CTX_set_alpn_protos(context, alpn, sizeof(alpn)) == 0;
}

/* OpenSSL's reason for the last failure in this thread. */
static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "no reason given";
}

static int context_load(SSL_CTX *context, const char *certificate_file, const char *key_file,
	struct rxc_error *err)
{
	if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
		return error_set(err, RXC_ERR_FILE, "CERTIFICATE_FILE_UNREADABLE",
			"could not read certificate file \"%s\": %s", certificate_file,
			openssl_reason());
	if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
		return error_set(err, RXC_ERR_FILE, "CERTIFICATE_KEY_UNREADABLE",
			"could not read the certificate's key from \"%s\": %s", key_file,
			openssl_reason());
	return 0;
}

int tls_context_new(const char *certificate_file, const char *key_file,
	const uint8_t server_pin[SHA256_LEN], SSL_CTX **ret_context, struct rxc_error *err)
{
	SSL_CTX *context;
	int r = 0;

	ERR_clear_error();
	context = SSL_CTX_new(TLS_client_method());
	if (!context || !context_set_up(context, server_pin))
		r = error_set_memory(err);
	else
		r = context_load(context, certificate_file, key_file, err);
	ERR_clear_error();
	if (r < 0) {
		SSL_CTX_free(context);
		return r;
	}
	*ret_context = context;
	return 0;
}

/* ---- the session ---- */

int tls_session_new(SSL_CTX *context, int fd, SSL **ret_session, struct rxc_error *err)
{
	SSL *session = SSL_new(context);
	BIO *bio = session ? bio_new(fd) : NULL;

	if (!bio) {
		SSL_free(session);
		ERR_clear_error();
		return error_set_memory(err);
	}
	SSL_set_bio(session, bio, bio);
	SSL_set_connect_state(session);
	*ret_session = session;
	return 0;
}

static enum tls_result session_failed(SSL *session, int ssl_error, int system_error,
	struct rxc_error *err)
{
	unsigned long code = ERR_peek_last_error();

	if (ssl_error == SSL_ERROR_ZERO_RETURN || (ssl_error == SSL_ERROR_SSL &&
		ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
		error_set(err, RXC_ERR_CLOSED, "", "the server closed the connection");
	else if (ssl_error == SSL_ERROR_SYSCALL)
		error_set(err, RXC_ERR_CLOSED, "", "the connection broke: %s",
			system_error ? strerror(system_error) : "end of stream");
	else if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		error_set_memory(err);
	else if (SSL_get_verify_result(session) == X509_V_ERR_CERT_REJECTED)
		error_set(err, RXC_ERR_TLS, "SERVER_NOT_PINNED",
			"the server's key is not the pinned one");
	else
		error_set(err, RXC_ERR_TLS, "TLS_REFUSED", "TLS ended the connection: %s",
			openssl_reason());
	ERR_clear_error();
	return TLS_FAILED;
}

/* What a call into OpenSSL that returned `r` means. */
static enum tls_result session_result(SSL *session, int r, struct rxc_error *err)
{
	int system_error = errno;
	int ssl_error;

	if (r > 0)
		return TLS_DONE;
	ssl_error = SSL_get_error(session, r);
	if (ssl_error == SSL_ERROR_WANT_READ)
		return TLS_WANT_READ;
	if (ssl_error == SSL_ERROR_WANT_WRITE)
		return TLS_WANT_WRITE;
	return session_failed(session, ssl_error, system_error, err);
}

enum tls_result tls_handshake(SSL *session, struct rxc_error *err)
{
	const uint8_t *agreed;
	unsigned agreed_len;
	enum tls_result result;

	ERR_clear_error();
	result = session_result(session, SSL_do_handshake(session), err);
	if (result != TLS_DONE)
		return result;
	SSL_get0_alpn_selected(session, &agreed, &agreed_len);
	if (agreed_len == sizeof(alpn) - 1 && memcmp(agreed, alpn + 1, agreed_len) == 0)
		return TLS_DONE;
	error_set(err, RXC_ERR_TLS, "ALPN_MISSING", "the server does not speak \"rxcirc/1\"");
	return TLS_FAILED;
}

enum tls_result tls_read(SSL *session, uint8_t *bytes, size_t cap, size_t *ret_len,
	struct rxc_error *err)
{
	ERR_clear_error();
	return session_result(session, SSL_read_ex(session, bytes, cap, ret_len), err);
}

enum tls_result tls_write(SSL *session, const uint8_t *bytes, size_t len, size_t *ret_len,
	struct rxc_error *err)
{
	ERR_clear_error();
	return session_result(session, SSL_write_ex(session, bytes, len, ret_len), err);
}

void tls_goodbye(SSL *session)
{
	(void)SSL_shutdown(session); /* the peer learns it from the socket otherwise */
	ERR_clear_error();
}
