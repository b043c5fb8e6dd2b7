#include "test/sdk/scripted_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

enum { STEP_TIMEOUT_S = 10 };

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* ---- certificates ---- */

static X509 *certificate_new(EVP_PKEY **ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *name;

	must(key && certificate);
	name = X509_get_subject_name(certificate);
	must(X509_set_version(certificate, X509_VERSION_3) &&
		ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
		X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
		X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1,
			0) &&
		X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
		X509_sign(certificate, key, EVP_sha256()));
	*ret_key = key;
	return certificate;
}

void scripted_certificate(const char *certificate_file, const char *key_file)
{
	EVP_PKEY *key;
	X509 *certificate = certificate_new(&key);
	FILE *file = fopen(certificate_file, "we");

	must(file && PEM_write_X509(file, certificate) && fclose(file) == 0);
	file = fopen(key_file, "we");
	must(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) &&
		fclose(file) == 0);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static int alpn_select(SSL *session, const uint8_t **out, uint8_t *out_len, const uint8_t *in,
	unsigned in_len, void *arg)
{
	static const uint8_t ours[] = "\x08rxcirc/1";

	(void)session;
	(void)arg;
	return SSL_select_next_proto((uint8_t **)(uintptr_t)out, out_len, ours, sizeof(ours) - 1,
		in, in_len) == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int any_client(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static SSL_CTX *context_new(const struct scripted_manner *manner, uint8_t pin[32])
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key;
	X509 *certificate = certificate_new(&key);
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	must(context && len > 0);
	SHA256(der, (size_t)len, pin);
	OPENSSL_free(der);
	must(SSL_CTX_use_certificate(context, certificate) == 1 &&
		SSL_CTX_use_PrivateKey(context, key) == 1);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, any_client, NULL);
	SSL_CTX_set_num_tickets(context, 0);
	if (manner && manner->tls_version_max)
		SSL_CTX_set_max_proto_version(context, manner->tls_version_max);
	if (!manner || !manner->no_alpn)
		SSL_CTX_set_alpn_select_cb(context, alpn_select, NULL);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return context;
}

/* ---- the steps ---- */

static bool call_read(struct scripted_server *s, SSL *session)
{
	Rxcirc__V1__ClientFrame *call;
	uint8_t bytes[4096];

	while (!(call = wire_take_call(&s->in))) {
		int n = SSL_read(session, bytes, sizeof(bytes));

		if (n <= 0)
			return false;
		wire_put(&s->in, bytes, (size_t)n);
	}
	must(s->calls_count < SCRIPT_CALLS_MAX);
	s->calls[s->calls_count++] = call;
	return true;
}

static void answer(struct scripted_server *s, SSL *session, const struct script_step *step)
{
	bool is_notice = step->action == SCRIPT_NOTICE;
	struct receipt_made made = {0};
	struct wire_tail tail = {0};
	struct wire w = {0};
	uint64_t call_id = 0;

	if (!is_notice) {
		must(s->calls_count > step->back);
		call_id = s->calls[s->calls_count - 1 - step->back]->call_id;
		if (step->receipts)
			receipts_make(step->receipts, s->calls[s->calls_count - 1 - step->back], &made,
				&tail);
	}
	wire_put_answer_with(&w, call_id, step->status, step->message,
		step->action == SCRIPT_ANSWER_PART, &tail);
	if (step->action == SCRIPT_ANSWER_HALF)
		w.len /= 2;
	(void)SSL_write(session, w.bytes, (int)w.len); /* the client may be gone */
	wire_clear(&w);
}

static void answer_all(struct scripted_server *s, SSL *session, const struct script_step *step)
{
	struct wire w = {0};

	must(s->calls_count > step->back);
	for (size_t i = s->calls_count - 1 - step->back; i < s->calls_count; i++)
		wire_put_answer(&w, s->calls[i]->call_id, step->status, step->message, false);
	(void)SSL_write(session, w.bytes, (int)w.len); /* the client may be gone */
	wire_clear(&w);
}

static void wait_gone(SSL *session)
{
	uint8_t bytes[4096];

	while (SSL_read(session, bytes, sizeof(bytes)) > 0)
		;
}

static void abort_connection(int fd)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void follow(struct scripted_server *s, SSL *session, int fd, const struct script_step *step)
{
	for (;; step++) {
		switch (step->action) {
		case SCRIPT_END:
			SSL_shutdown(session);
			return;
		case SCRIPT_READ:
			if (!call_read(s, session))
				return;
			break;
		case SCRIPT_ANSWER:
		case SCRIPT_ANSWER_PART:
		case SCRIPT_ANSWER_HALF:
		case SCRIPT_NOTICE:
			answer(s, session, step);
			break;
		case SCRIPT_ANSWER_ALL:
			answer_all(s, session, step);
			break;
		case SCRIPT_RAW:
			(void)SSL_write(session, step->text, (int)strlen(step->text));
			break;
		case SCRIPT_ABORT:
			abort_connection(fd);
			return;
		case SCRIPT_WAIT_GONE:
			wait_gone(session);
			return;
		case SCRIPT_PAUSE:
			poll(NULL, 0, (int)step->back);
			break;
		}
	}
}

static void serve(struct scripted_server *s, int fd, const struct script_connection *connection)
{
	struct timeval timeout = {.tv_sec = STEP_TIMEOUT_S};
	SSL *session;
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	s->in.len = 0;
	if (connection->manner == SCRIPT_HANG_UP)
		return;
	if (connection->manner == SCRIPT_SILENT) {
		while (recv(fd, &byte, 1, 0) > 0)
			;
		return;
	}
	session = SSL_new(s->context);
	must(session && SSL_set_fd(session, fd));
	if (SSL_accept(session) == 1) {
		X509 *certificate = SSL_get1_peer_certificate(session);

		if (certificate)
			s->certificates++;
		X509_free(certificate);
		follow(s, session, fd, connection->steps);
	}
	SSL_free(session);
}

static void *server_run(void *arg)
{
	struct scripted_server *s = arg;
	sigset_t set;

	/* A client that is gone must not end the test. */
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < s->script_count; i++) {
		struct pollfd pfds[2] = {{.fd = s->listener, .events = POLLIN},
			{.fd = s->stop_pipe[0], .events = POLLIN}};
		int fd;

		while (poll(pfds, 2, -1) < 0 && errno == EINTR)
			;
		if (pfds[1].revents)
			break;
		fd = accept(s->listener, NULL, NULL);
		must(fd >= 0);
		s->connections++;
		serve(s, fd, &s->script[i]);
		close(fd);
	}
	/* Who comes now finds nobody. */
	close(s->listener);
	return NULL;
}

void scripted_server_start(struct scripted_server *server, const struct scripted_manner *manner,
	const struct script_connection *script, size_t script_count)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	*server = (struct scripted_server){.script = script, .script_count = script_count};
	server->context = context_new(manner, server->pin);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(server->listener >= 0 &&
		bind(server->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(server->listener, 16) == 0 &&
		getsockname(server->listener, (struct sockaddr *)&address, &len) == 0 &&
		pipe(server->stop_pipe) == 0);
	server->port = ntohs(address.sin_port);
	must(pthread_create(&server->thread, NULL, server_run, server) == 0);
}

void scripted_server_stop(struct scripted_server *server)
{
	must(write(server->stop_pipe[1], "", 1) == 1);
	must(pthread_join(server->thread, NULL) == 0);
	close(server->stop_pipe[0]);
	close(server->stop_pipe[1]);
	SSL_CTX_free(server->context);
	wire_clear(&server->in);
}

void scripted_server_clear(struct scripted_server *server)
{
	for (size_t i = 0; i < server->calls_count; i++)
		rxcirc__v1__client_frame__free_unpacked(server->calls[i], NULL);
	server->calls_count = 0;
}
