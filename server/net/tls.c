#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ensure.h"
#include "base/err.h"

struct tls {
	pthread_mutex_t lock;
	SSL_CTX *context; /* guarded by the lock; each link holds its own reference */
};

/* The protocol list of ALPN: a length byte before each name. */
static const unsigned char alpn[] = "\x08" TLS_ALPN;
enum { ALPN_LEN = sizeof(alpn) - 1 };
static_assert(ALPN_LEN == 1 + 8, "the length byte is right");

static int tls_problem(char problem[TLS_PROBLEM_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int tls_problem(char problem[TLS_PROBLEM_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, TLS_PROBLEM_MAX, format, args); /* cut when too long */
	va_end(args);
	return ERR_CONFIG;
}

const char *tls_link_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason != NULL ? reason : "the connection ended";
}

static int tls_select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	unsigned char *selected;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&selected, out_len, alpn, ALPN_LEN, in, in_len) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = selected;
	return SSL_TLSEXT_ERR_OK;
}

/* The pin decides who the peer is, not a chain; that it holds the key the handshake has proved. */
static int tls_accept_chain(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static bool tls_set_rules(SSL_CTX *context)
{
	static const unsigned char session_context[] = TLS_ALPN;

	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_num_tickets(context, 0) != 1 ||
		SSL_CTX_set_max_early_data(context, 0) != 1 ||
		SSL_CTX_set_session_id_context(context, session_context, ALPN_LEN) != 1)
		return false;
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
		SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* A read returns after every record, so that a peer's key updates cannot keep it busy. */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_max_cert_list(context, TLS_PEER_CERTIFICATE_MAX);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context, tls_accept_chain, NULL);
	SSL_CTX_set_alpn_select_cb(context, tls_select_alpn, NULL);
	return true;
}

static int tls_check_key_mode(const char *key_path, char problem[TLS_PROBLEM_MAX])
{
	struct stat st;

	if (stat(key_path, &st) < 0)
		return tls_problem(problem, "could not read the TLS key \"%s\": %s", key_path,
			strerror(errno));
	if ((st.st_mode & (S_IROTH | S_IWOTH)) != 0)
		return tls_problem(problem, "the TLS key \"%s\" is open to everybody; use mode 0600",
			key_path);
	return 0;
}

static int tls_load(SSL_CTX **ret, const char *certificate_path, const char *key_path,
	char problem[TLS_PROBLEM_MAX])
{
	SSL_CTX *context;
	int r = tls_check_key_mode(key_path, problem);

	if (r < 0)
		return r;
	ERR_clear_error();
	context = SSL_CTX_new(TLS_server_method());
	if (context == NULL || !tls_set_rules(context))
		r = tls_problem(problem, "could not set up TLS: %s", tls_link_reason());
	else if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1)
		r = tls_problem(problem, "could not read the TLS certificate \"%s\": %s",
			certificate_path, tls_link_reason());
	else if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1)
		r = tls_problem(problem, "could not use the TLS key \"%s\" with the certificate: %s",
			key_path, tls_link_reason());
	ERR_clear_error();
	if (r < 0) {
		SSL_CTX_free(context);
		return r;
	}
	*ret = context;
	return 0;
}

int tls_new(struct tls **ret, const char *certificate_path, const char *key_path,
	char problem[TLS_PROBLEM_MAX])
{
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return tls_problem(problem, "could not set up TLS: out of memory");
	r = tls_load(&t->context, certificate_path, key_path, problem);
	if (r < 0) {
		free(t);
		return r;
	}
	ensure(pthread_mutex_init(&t->lock, NULL) == 0);
	*ret = t;
	return 0;
}

int tls_reload(struct tls *t, const char *certificate_path, const char *key_path,
	char problem[TLS_PROBLEM_MAX])
{
	SSL_CTX *fresh, *old;
	int r = tls_load(&fresh, certificate_path, key_path, problem);

	if (r < 0)
		return r;
	ensure(pthread_mutex_lock(&t->lock) == 0);
	old = t->context;
	t->context = fresh;
	ensure(pthread_mutex_unlock(&t->lock) == 0);
	SSL_CTX_free(old);
	return 0;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->context);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

int tls_link_init(struct tls_link *link, struct tls *t, int fd)
{
	SSL *ssl;

	ensure(pthread_mutex_lock(&t->lock) == 0);
	ssl = SSL_new(t->context);
	ensure(pthread_mutex_unlock(&t->lock) == 0);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return ERR_MEMORY;
	}
	SSL_set_accept_state(ssl);
	link->ssl = ssl;
	return 0;
}

void tls_link_clear(struct tls_link *link)
{
	SSL_free(link->ssl);
	link->ssl = NULL;
	ERR_clear_error();
}

static enum tls_result tls_result_of(struct tls_link *link, int returned)
{
	switch (SSL_get_error(link->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_ENDED;
	default:
		return TLS_FAILED;
	}
}

enum tls_result tls_link_handshake(struct tls_link *link)
{
	const unsigned char *protocol;
	unsigned protocol_len;
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(link->ssl);
	if (r != 1)
		return tls_result_of(link, r);
	/* The select callback is not asked when the peer offers no protocol at all. */
	SSL_get0_alpn_selected(link->ssl, &protocol, &protocol_len);
	return protocol_len == ALPN_LEN - 1 ? TLS_DONE : TLS_FAILED;
}

int tls_link_pin(const struct tls_link *link, uint8_t spki[SHA256_LEN])
{
	X509 *certificate = SSL_get0_peer_certificate(link->ssl);
	unsigned char *der = NULL;
	unsigned len = 0;
	int der_len, ok;

	if (certificate == NULL)
		return ERR_MALFORMED;
	der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	if (der_len <= 0)
		return ERR_MALFORMED;
	ok = EVP_Digest(der, (size_t)der_len, spki, &len, EVP_sha256(), NULL);
	OPENSSL_free(der);
	ensure(ok != 1 || len == SHA256_LEN);
	return ok == 1 ? 0 : ERR_MEMORY;
}

enum tls_result tls_link_read(struct tls_link *link, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len = 0;
	int r;

	ERR_clear_error();
	r = SSL_read_ex(link->ssl, out, cap, &len);
	if (r != 1)
		return tls_result_of(link, r);
	*ret_len = len;
	return TLS_DONE;
}

enum tls_result tls_link_write(struct tls_link *link, struct slice in)
{
	size_t len = 0;
	int r;

	ensure(in.len > 0 && in.len <= TLS_RECORD_MAX);
	ERR_clear_error();
	r = SSL_write_ex(link->ssl, in.data, in.len, &len);
	if (r != 1)
		return tls_result_of(link, r);
	ensure(len == in.len);
	return TLS_DONE;
}

void tls_link_shutdown(struct tls_link *link)
{
	ERR_clear_error();
	(void)SSL_shutdown(link->ssl); /* the socket closes either way */
	ERR_clear_error();
}
