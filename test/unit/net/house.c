#include "house.h"

#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/tap.h"

struct house_options house_options_usual(void)
{
	return (struct house_options){
		.conn = conn_options_default,
		.connections_max = 1000,
		.per_address_max = 1000,
		.handshakes_per_s_max = LISTENER_RATE_MAX,
		.calls_max = 256,
	};
}

static void house_on_accepted(int fd, const struct gate_pass *pass, void *arg)
{
	struct house *h = arg;

	assert_int_equal(conn_open(&h->conns, fd, pass), 0);
}

static void *house_run(void *arg)
{
	struct house *h = arg;

	loop_run(h->loop);
	return NULL;
}

static void house_make_files(struct house *h)
{
	snprintf(h->dir, sizeof(h->dir), "/tmp/rxcirc-net-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->certificate_path, sizeof(h->certificate_path), "%s/tls.crt", h->dir);
	snprintf(h->key_path, sizeof(h->key_path), "%s/tls.key", h->dir);
	identity_init(&h->identity, "server");
	identity_init(&h->client, "hospital");
	identity_init(&h->stranger, "stranger");
	identity_save(&h->identity, h->certificate_path, h->key_path);
}

static void house_make_reception(struct house *h, unsigned calls_max)
{
	struct registry *registry = fake_registry_province();
	struct reception_options options = {
		.loop = h->loop,
		.shop = &h->shop,
		.admission = h->admission,
		.polls = h->polls,
		.freshness = &h->freshness,
		.registry_stale_ms = 600 * 1000,
		.calls_max = calls_max,
		.streams_max = 16,
	};

	h->freshness.at_mono_ms = clock_mono_ms();
	fake_registry_pinned(registry, h->client.pin, "H14010000001");
	h->reception = reception_new(&options);
	assert_non_null(h->reception);
	reception_set_registry(h->reception, registry);
}

struct house *house_open(const struct house_options *o)
{
	struct house *h = calloc(1, sizeof(*h));
	char problem[TLS_PROBLEM_MAX] = "";
	struct listener_options options = {
		.address = "127.0.0.1",
		.handshakes_per_s_max = o->handshakes_per_s_max,
		.accepted = house_on_accepted,
		.arg = h,
	};

	assert_non_null(h);
	signal(SIGPIPE, SIG_IGN);
	fake_reset();
	house_make_files(h);
	h->loop = loop_new();
	h->gate = gate_new(o->connections_max, o->per_address_max);
	h->admission = admission_new(ADMISSION_CALLS_PER_S_MAX, ADMISSION_BURST_MAX);
	h->polls = admission_new_daily(ADMISSION_CALLS_PER_DAY_MAX, ADMISSION_BURST_MAX);
	assert_int_equal(tls_new(&h->tls, h->certificate_path, h->key_path, problem), 0);
	house_make_reception(h, o->calls_max);
	conn_set_init(&h->conns, h->loop, h->reception, h->tls, h->gate, &o->conn);
	options.gate = h->gate;
	assert_int_equal(listener_open(&h->listener, h->loop, &options, problem), 0);
	h->port = listener_port(h->listener);
	assert_int_equal(pthread_create(&h->thread, NULL, house_run, h), 0);
	return h;
}

struct errand {
	struct loop_message message;
	struct house *house;
	void (*work)(struct house *h);
	sem_t done;
};

static void errand_receive(struct loop_message *message)
{
	struct errand *e = container_of(message, struct errand, message);

	e->work(e->house);
	sem_post(&e->done);
}

void house_do(struct house *h, void (*work)(struct house *h))
{
	struct errand e = {.message.receive = errand_receive, .house = h, .work = work};

	sem_init(&e.done, 0, 0);
	loop_post(h->loop, &e.message);
	while (sem_wait(&e.done) < 0)
		;
	sem_destroy(&e.done);
}

void house_finish_calls(struct house *h)
{
	(void)h;
	fake_finish_all();
}

void house_await(const struct metric_counter *counter, uint64_t value)
{
	for (int tries = 0; tries < 5000; tries++) {
		if (metric_value(counter) == value)
			return;
		usleep(1000);
	}
	assert_int_equal(metric_value(counter), value);
}

void house_peer(struct house *h, struct peer *p)
{
	struct peer_options options = {.identity = &h->client, .alpn = PEER_ALPN, .hasty = true};

	assert_true(peer_open(p, h->port, &options));
}

static void house_on_emptied(void *arg)
{
	struct house *h = arg;

	loop_stop(h->loop);
}

static void house_shut(struct house *h)
{
	listener_close(h->listener);
	h->listener = NULL;
	fake_finish_all();
	conn_set_close(&h->conns, house_on_emptied, h);
}

void house_close(struct house *h)
{
	house_do(h, house_shut);
	assert_int_equal(pthread_join(h->thread, NULL), 0);
	assert_int_equal(metric_value(&h->conns.metrics.open), 0);
	assert_int_equal(metric_value(&h->reception->metrics.sessions), 0);
	assert_int_equal(gate_count(h->gate), 0);
	reception_free(h->reception);
	assert_int_equal(fake_registries(), 0);
	loop_free(h->loop);
	gate_free(h->gate);
	admission_free(h->admission);
	admission_free(h->polls);
	tls_free(h->tls);
	unlink(h->certificate_path);
	unlink(h->key_path);
	assert_int_equal(rmdir(h->dir), 0);
	identity_clear(&h->identity);
	identity_clear(&h->client);
	identity_clear(&h->stranger);
	free(h);
}
