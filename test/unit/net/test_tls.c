/* Who gets through the handshake and who does not. */
#include "house.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tap.h"

static void expect_refused(const struct peer_options *options, struct house *h)
{
	struct peer p;

	assert_false(peer_open(&p, h->port, options));
	peer_close(&p);
	house_await(&h->conns.metrics.ends[CONN_END_HANDSHAKE_REFUSED], 1);
	assert_int_equal(metric_value(&h->conns.metrics.handshakes), 0);
	house_close(h);
}

static void a_registered_peer_gets_an_answer(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	struct peer p;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	assert_string_equal(SSL_get_version(p.ssl), "TLSv1.3");
	peer_call(&p, 7, METHOD_GET, 100, false);
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(answer.call_id, 7);
	assert_string_equal(answer.reason, "");
	assert_int_equal(answer.body_len, 100);
	peer_close(&p);
	house_await(&h->conns.metrics.ends[CONN_END_PEER], 1);
	house_close(h);
}

static void a_stranger_with_a_certificate_is_told_so_and_sent_away(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_options options = {.identity = &h->stranger, .alpn = PEER_ALPN};
	struct peer_answer answer;
	struct peer p;

	(void)state;
	assert_true(peer_open(&p, h->port, &options));
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(answer.call_id, 0);
	assert_string_equal(answer.reason, "CERTIFICATE_NOT_REGISTERED");
	peer_expect_goodbye(&p);
	peer_close(&p);
	house_await(&h->conns.metrics.ends[CONN_END_SENT_AWAY], 1);
	house_close(h);
}

static void no_client_certificate_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct peer_options options = {.alpn = PEER_ALPN};

	(void)state;
	expect_refused(&options, house_open(&o));
}

static void another_protocol_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_options options = {.identity = &h->client, .alpn = "\x02h2"};

	(void)state;
	expect_refused(&options, h);
}

static void no_protocol_at_all_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_options options = {.identity = &h->client};

	(void)state;
	expect_refused(&options, h);
}

static void tls_1_2_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_options options = {
		.identity = &h->client, .alpn = PEER_ALPN, .max_version = TLS1_2_VERSION};

	(void)state;
	expect_refused(&options, h);
}

/* A key pair that does not belong together: the public half of one, the secret half of another. */
static EVP_PKEY *mixed_key(EVP_PKEY *public_of, EVP_PKEY *secret_of)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *secret = NULL;
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	uint8_t point[256];
	size_t point_len = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(public_of, OSSL_PKEY_PARAM_PUB_KEY, point,
				 sizeof(point), &point_len), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(secret_of, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, point_len);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_clear_free(secret);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void a_certificate_without_its_key_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct identity thief = {.certificate = h->client.certificate};
	struct peer_options options = {.identity = &thief, .alpn = PEER_ALPN};

	(void)state;
	thief.key = mixed_key(h->client.key, h->stranger.key);
	expect_refused(&options, h);
	EVP_PKEY_free(thief.key);
}

static void bytes_that_are_no_tls_are_refused(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	int fd = peer_dial(h->port);
	char byte;

	(void)state;
	assert_int_equal(send(fd, http, sizeof(http) - 1, MSG_NOSIGNAL), sizeof(http) - 1);
	while (recv(fd, &byte, 1, 0) > 0)
		; /* an alert */
	close(fd);
	house_await(&h->conns.metrics.ends[CONN_END_HANDSHAKE_REFUSED], 1);
	house_close(h);
}

static void no_session_ticket_is_given(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	struct peer p;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	peer_call(&p, 1, METHOD_GET, 1, false);
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(p.ssl)), 0);
	peer_close(&p);
	house_close(h);
}

static void a_new_server_certificate_is_taken_over_without_a_pause(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	char problem[TLS_PROBLEM_MAX] = "";
	struct identity fresh;
	struct peer before, after;
	X509 *shown;

	(void)state;
	house_peer(h, &before);
	identity_init(&fresh, "fresh");
	identity_save(&fresh, h->certificate_path, h->key_path);
	assert_int_equal(tls_reload(h->tls, h->certificate_path, h->key_path, problem), 0);
	house_peer(h, &after);
	shown = SSL_get1_peer_certificate(after.ssl);
	assert_int_equal(X509_cmp(shown, fresh.certificate), 0);
	X509_free(shown);
	peer_close(&before);
	peer_close(&after);
	identity_clear(&fresh);
	house_close(h);
}

static void unusable_files_are_refused_and_the_old_ones_stay(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	char problem[TLS_PROBLEM_MAX] = "";
	struct peer p;

	(void)state;
	assert_true(tls_reload(h->tls, "/nonexistent", h->key_path, problem) < 0);
	assert_non_null(strstr(problem, "/nonexistent"));
	assert_true(tls_reload(h->tls, h->certificate_path, "/nonexistent", problem) < 0);
	assert_non_null(strstr(problem, "/nonexistent"));
	identity_save(&h->stranger, "/tmp/rxcirc-net-other.crt", h->key_path); /* does not match */
	unlink("/tmp/rxcirc-net-other.crt");
	assert_true(tls_reload(h->tls, h->certificate_path, h->key_path, problem) < 0);
	assert_int_equal(chmod(h->key_path, 0604), 0);
	assert_true(tls_reload(h->tls, h->certificate_path, h->key_path, problem) < 0);
	assert_non_null(strstr(problem, "open to everybody"));
	house_peer(h, &p);
	peer_close(&p);
	house_close(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(a_registered_peer_gets_an_answer, "NT33-N4.3"),
		PROVES(a_stranger_with_a_certificate_is_told_so_and_sent_away, "NT33-N4.3"),
		TEST(no_client_certificate_is_refused),
		TEST(another_protocol_is_refused),
		TEST(no_protocol_at_all_is_refused),
		TEST(tls_1_2_is_refused),
		TEST(a_certificate_without_its_key_is_refused),
		TEST(bytes_that_are_no_tls_are_refused),
		TEST(no_session_ticket_is_given),
		TEST(a_new_server_certificate_is_taken_over_without_a_pause),
		TEST(unusable_files_are_refused_and_the_old_ones_stay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
