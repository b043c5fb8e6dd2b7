/* How many may come in, how fast, and what happens when descriptors run out. */
#include "house.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "support/tap.h"

static bool hung_up(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) <= 0;
}

static void as_many_connections_as_allowed_and_not_one_more(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h;
	struct peer_answer answer;
	struct peer peers[3];
	int fd;

	(void)state;
	o.connections_max = 3;
	h = house_open(&o);
	fake_behaviour = FAKE_ECHO;
	for (unsigned i = 0; i < ARRAY_LEN(peers); i++)
		house_peer(h, &peers[i]);
	fd = peer_dial(h->port);
	assert_true(hung_up(fd));
	close(fd);
	assert_int_equal(metric_value(&gate_metrics(h->gate)->refused_full), 1);
	for (unsigned i = 0; i < ARRAY_LEN(peers); i++) {
		peer_call(&peers[i], 1, METHOD_GET, 1, false);
		assert_true(peer_answer(&peers[i], &answer));
	}
	peer_close(&peers[0]);
	house_await(&h->conns.metrics.open, 2);
	house_peer(h, &peers[0]);
	for (unsigned i = 0; i < ARRAY_LEN(peers); i++)
		peer_close(&peers[i]);
	house_close(h);
}

static void as_many_from_one_address_as_allowed_and_not_one_more(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h;
	struct peer peers[2];
	int fd;

	(void)state;
	o.per_address_max = 2;
	h = house_open(&o);
	for (unsigned i = 0; i < ARRAY_LEN(peers); i++)
		house_peer(h, &peers[i]);
	fd = peer_dial(h->port);
	assert_true(hung_up(fd));
	close(fd);
	assert_int_equal(metric_value(&gate_metrics(h->gate)->refused_address), 1);
	for (unsigned i = 0; i < ARRAY_LEN(peers); i++)
		peer_close(&peers[i]);
	house_close(h);
}

static void newcomers_wait_while_handshakes_come_too_fast(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h;
	int64_t begun_ms;
	int fds[15];

	(void)state;
	o.handshakes_per_s_max = 10;
	h = house_open(&o);
	begun_ms = clock_mono_ms();
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = peer_dial(h->port);
	/* A second's worth at once, the rest at the rate; nobody is turned away. */
	house_await(&listener_metrics(h->listener)->accepted, ARRAY_LEN(fds));
	assert_true(metric_value(&listener_metrics(h->listener)->pauses_rate) > 0);
	assert_true(clock_mono_ms() - begun_ms >= 400);
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	house_await(&h->conns.metrics.open, 0);
	house_close(h);
}

/* Six seconds' worth of handshakes, had they been any. */
static void who_is_refused_spends_nobody_elses_handshakes(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h;
	struct peer peer;

	(void)state;
	o.handshakes_per_s_max = 10;
	o.per_address_max = 1;
	h = house_open(&o);
	house_peer(h, &peer);
	for (unsigned i = 0; i < 60; i++) {
		int fd = peer_dial(h->port);

		assert_true(hung_up(fd));
		close(fd);
	}
	assert_int_equal(metric_value(&gate_metrics(h->gate)->refused_address), 60);
	assert_int_equal(metric_value(&listener_metrics(h->listener)->pauses_rate), 0);
	peer_close(&peer);
	house_close(h);
}

static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void accepting_pauses_without_descriptors_and_goes_on_with_them(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	struct rlimit before, tight;
	struct peer p;
	int fd;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* Room for the client's own socket and for nothing else. */
	tight = (struct rlimit){.rlim_cur = (rlim_t)next_fd() + 1, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	fd = peer_dial(h->port);
	for (int i = 0; i < 1000 &&
		metric_value(&listener_metrics(h->listener)->pauses_descriptors) < 2; i++)
		usleep(1000);
	/* It paused, more than once, without spinning; and those inside are served. */
	assert_in_range(metric_value(&listener_metrics(h->listener)->pauses_descriptors), 2, 6);
	peer_call(&p, 1, METHOD_GET, 1, false);
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	house_await(&h->conns.metrics.accepted, 2);
	close(fd);
	peer_close(&p);
	house_close(h);
}

static void many_connections_are_served_side_by_side(void **state)
{
	enum { PEERS = 200, ROUNDS = 5 };
	static struct peer peers[PEERS];
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	for (unsigned i = 0; i < PEERS; i++)
		house_peer(h, &peers[i]);
	for (unsigned round = 1; round <= ROUNDS; round++) {
		for (unsigned i = 0; i < PEERS; i++)
			peer_call(&peers[i], round, METHOD_GET, i, false);
		for (unsigned i = 0; i < PEERS; i++) {
			assert_true(peer_answer(&peers[i], &answer));
			assert_int_equal(answer.call_id, round);
			assert_int_equal(answer.body_len, i);
		}
	}
	assert_int_equal(fake_started, PEERS * ROUNDS);
	for (unsigned i = 0; i < PEERS; i++)
		peer_close(&peers[i]);
	house_await(&h->conns.metrics.ends[CONN_END_PEER], PEERS);
	house_close(h);
}

static void an_address_in_use_or_unreadable_is_said_plainly(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct loop *loop = loop_new();
	char problem[LISTENER_PROBLEM_MAX] = "";
	struct listener_options options = {
		.address = "127.0.0.1", .port = h->port, .handshakes_per_s_max = 1, .gate = h->gate};
	struct listener *l = NULL;

	(void)state;
	assert_int_equal(listener_open(&l, loop, &options, problem), ERR_SYSTEM);
	assert_non_null(strstr(problem, "could not listen on 127.0.0.1 port"));
	options.address = "localhost";
	assert_int_equal(listener_open(&l, loop, &options, problem), ERR_CONFIG);
	assert_non_null(strstr(problem, "not a numeric address"));
	assert_null(l);
	loop_free(loop);
	house_close(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(as_many_connections_as_allowed_and_not_one_more),
		TEST(as_many_from_one_address_as_allowed_and_not_one_more),
		TEST(newcomers_wait_while_handshakes_come_too_fast),
		TEST(who_is_refused_spends_nobody_elses_handshakes),
		TEST(accepting_pauses_without_descriptors_and_goes_on_with_them),
		TEST(many_connections_are_served_side_by_side),
		TEST(an_address_in_use_or_unreadable_is_said_plainly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
