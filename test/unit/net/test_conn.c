/* Frames, deadlines and back-pressure over real TLS. */
#include "house.h"

#include <string.h>
#include <unistd.h>

#include "support/tap.h"

/* ---- frames -------------------------------------------------------------------------------- */

static void expect_last_words(struct peer *p, const char *reason)
{
	struct peer_answer answer;

	assert_true(peer_answer(p, &answer));
	assert_int_equal(answer.call_id, 0);
	assert_string_equal(answer.reason, reason);
	peer_expect_goodbye(p);
}

static void a_frame_in_pieces_is_put_together(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	uint8_t frame[512];
	struct peer p;
	size_t len;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	len = peer_frame(frame, sizeof(frame), 3, METHOD_GET, 200, false);
	for (size_t i = 0; i < len; i++)
		peer_send(&p, frame + i, 1);
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(answer.call_id, 3);
	assert_int_equal(answer.body_len, 200);
	peer_close(&p);
	house_close(h);
}

static void many_frames_in_one_piece_are_taken_apart(void **state)
{
	enum { CALLS = 500 };
	static uint8_t bytes[CALLS * 128];
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	bool seen[CALLS + 1] = {false};
	struct peer p;
	size_t len = 0;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	for (uint64_t id = 1; id <= CALLS; id++)
		len += peer_frame(bytes + len, sizeof(bytes) - len, id, METHOD_GET, id % 50, false);
	peer_send(&p, bytes, len);
	for (unsigned i = 0; i < CALLS; i++) {
		struct peer_answer answer;

		assert_true(peer_answer(&p, &answer));
		assert_string_equal(answer.reason, "");
		assert_in_range(answer.call_id, 1, CALLS);
		assert_false(seen[answer.call_id]);
		seen[answer.call_id] = true;
		assert_int_equal(answer.body_len, answer.call_id % 50);
	}
	peer_close(&p);
	house_close(h);
}

static void the_largest_body_of_a_method_passes_and_a_larger_one_is_refused(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	struct peer p;

	(void)state;
	fake_behaviour = FAKE_ECHO;
	house_peer(h, &p);
	peer_call(&p, 1, METHOD_CHECK, UPLOAD_BODY_MAX, false);
	assert_true(peer_answer(&p, &answer));
	assert_string_equal(answer.reason, "");
	assert_int_equal(answer.body_len, UPLOAD_BODY_MAX);
	peer_call(&p, 2, METHOD_CHECK, UPLOAD_BODY_MAX + 1, false);
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(answer.call_id, 2);
	assert_string_equal(answer.reason, "BODY_TOO_LARGE");
	peer_close(&p);
	house_close(h);
}

static void the_largest_frame_is_read_and_a_larger_one_is_refused_at_its_prefix(void **state)
{
	/* Length prefixes of FRAME_BODY_MAX and of one byte more. */
	static const uint8_t largest[] = {0x80, 0x80, 0x10}, larger[] = {0x81, 0x80, 0x10};
	static uint8_t body[FRAME_BODY_MAX];
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer p;

	(void)state;
	/* A whole frame, but no envelope: refused for that and not for its size. */
	memset(body, 0xff, sizeof(body));
	house_peer(h, &p);
	peer_send(&p, largest, sizeof(largest));
	peer_send(&p, body, sizeof(body));
	expect_last_words(&p, "FRAME_MALFORMED");
	peer_close(&p);
	house_peer(h, &p);
	peer_send(&p, larger, sizeof(larger));
	expect_last_words(&p, "FRAME_TOO_LARGE");
	peer_close(&p);
	house_await(&h->conns.metrics.ends[CONN_END_FRAME_REFUSED], 2);
	house_close(h);
}

static void last_words_arrive_although_the_peer_is_still_sending(void **state)
{
	static const uint8_t larger[] = {0x81, 0x80, 0x10};
	static uint8_t body[512 * 1024];
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer p;

	(void)state;
	house_peer(h, &p);
	peer_send(&p, larger, sizeof(larger));
	assert_true(peer_try_send(&p, body, sizeof(body)));
	expect_last_words(&p, "FRAME_TOO_LARGE");
	peer_close(&p);
	house_close(h);
}

static void garbage_is_refused(void **state)
{
	static const uint8_t garbage[][6] = {
		{0x00, 0, 0, 0, 0, 0},                      /* an empty frame */
		{0x81, 0x80, 0x00, 0, 0, 0},                /* a prefix that is not minimal */
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},       /* a prefix without end */
		{0x05, 0xff, 0xff, 0xff, 0xff, 0xff},       /* no envelope */
	};
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(garbage); i++) {
		struct peer p;

		house_peer(h, &p);
		peer_send(&p, garbage[i], sizeof(garbage[i]));
		expect_last_words(&p, "FRAME_MALFORMED");
		peer_close(&p);
	}
	house_await(&h->conns.metrics.ends[CONN_END_FRAME_REFUSED], ARRAY_LEN(garbage));
	house_close(h);
}

static void a_frame_cut_short_by_the_peers_end_harms_nobody(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	uint8_t frame[512];
	struct peer p;
	size_t len = peer_frame(frame, sizeof(frame), 1, METHOD_GET, 100, false);

	(void)state;
	for (size_t cut = 1; cut < len; cut += 13) {
		house_peer(h, &p);
		peer_send(&p, frame, cut);
		peer_close(&p);
	}
	house_await(&h->conns.metrics.open, 0);
	assert_int_equal(fake_started, 0);
	house_close(h);
}

static void a_connection_that_dies_mid_call_leaves_nothing_behind(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer p;

	(void)state;
	house_peer(h, &p);
	for (uint64_t id = 1; id <= 10; id++)
		peer_call(&p, id, METHOD_GET, 10, false);
	house_await(&h->reception->metrics.calls, 10);
	peer_close(&p);
	house_await(&h->conns.metrics.open, 0);
	assert_int_equal(metric_value(&h->reception->metrics.sessions), 1);
	house_close(h); /* finishes the calls, then checks that the session is gone */
}

/* ---- deadlines ----------------------------------------------------------------------------- */

static struct house_options hasty(void)
{
	struct house_options o = house_options_usual();

	o.conn.handshake_ms = 150;
	o.conn.frame_ms = 150;
	o.conn.idle_ms = 60 * 1000;
	o.conn.write_ms = 150;
	o.conn.linger_ms = 100;
	return o;
}

static void a_handshake_that_is_not_finished_in_time_is_cut(void **state)
{
	struct house_options o = hasty();
	struct house *h = house_open(&o);
	int fd = peer_dial(h->port);
	char byte;

	(void)state;
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	house_await(&h->conns.metrics.ends[CONN_END_HANDSHAKE_TIMEOUT], 1);
	house_close(h);
}

static void a_handshake_kept_alive_byte_by_byte_is_cut_all_the_same(void **state)
{
	/* A record header that announces 512 bytes, then one byte now and again. */
	static const uint8_t header[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
	struct house_options o = hasty();
	struct house *h = house_open(&o);
	int fd = peer_dial(h->port);

	(void)state;
	assert_int_equal(send(fd, header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
	for (int i = 0; i < 100; i++) {
		if (send(fd, "\0", 1, MSG_NOSIGNAL) != 1)
			break;
		usleep(10 * 1000);
	}
	house_await(&h->conns.metrics.ends[CONN_END_HANDSHAKE_TIMEOUT], 1);
	close(fd);
	house_close(h);
}

static void half_a_frame_is_cut_though_bytes_keep_coming(void **state)
{
	struct house_options o = hasty();
	struct house *h = house_open(&o);
	uint8_t frame[512];
	struct peer p;
	size_t len = peer_frame(frame, sizeof(frame), 1, METHOD_GET, 300, false);

	(void)state;
	house_peer(h, &p);
	for (size_t i = 0; i + 1 < len; i++) {
		if (!peer_try_send(&p, frame + i, 1))
			break;
		usleep(10 * 1000);
	}
	house_await(&h->conns.metrics.ends[CONN_END_FRAME_TIMEOUT], 1);
	assert_int_equal(fake_started, 0);
	peer_close(&p);
	house_close(h);
}

static void an_idle_connection_is_closed_and_one_with_a_call_is_not(void **state)
{
	struct house_options o = hasty();
	struct house *h;
	struct peer idle, busy;

	(void)state;
	o.conn.idle_ms = 200;
	h = house_open(&o);
	house_peer(h, &busy);
	peer_call(&busy, 1, METHOD_GET, 1, false);
	house_await(&h->reception->metrics.calls, 1);
	house_peer(h, &idle);
	peer_expect_end(&idle);
	house_await(&h->conns.metrics.ends[CONN_END_IDLE], 1);
	usleep(300 * 1000);
	assert_int_equal(metric_value(&h->conns.metrics.open), 1);
	house_do(h, house_finish_calls);
	struct peer_answer answer;
	assert_true(peer_answer(&busy, &answer));
	assert_int_equal(answer.call_id, 1);
	house_await(&h->conns.metrics.ends[CONN_END_IDLE], 2);
	peer_close(&idle);
	peer_close(&busy);
	house_close(h);
}

/* ---- back-pressure ------------------------------------------------------------------------- */

static void shrink_receive_buffer(struct peer *p)
{
	int len = 4096;

	assert_int_equal(setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len)), 0);
}

static void a_reader_that_stands_still_is_closed(void **state)
{
	struct house_options o = hasty();
	struct house *h = house_open(&o);
	struct peer p;

	(void)state;
	fake_behaviour = FAKE_SWELL;
	fake_swell_len = 200 * 1000;
	house_peer(h, &p);
	shrink_receive_buffer(&p);
	/* Ask until nobody listens any more: first the mark stops the reading, then the time is up. */
	for (uint64_t id = 1; id <= 200; id++) {
		uint8_t frame[256];
		size_t len = peer_frame(frame, sizeof(frame), id, METHOD_GET, 1, false);

		if (!peer_try_send(&p, frame, len))
			break;
	}
	house_await(&h->conns.metrics.ends[CONN_END_SLOW_READER], 1);
	assert_true(metric_value(&h->conns.metrics.paused) > 0);
	peer_close(&p);
	house_close(h);
}

static void a_write_queue_at_its_cap_closes_the_connection(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h;
	struct peer p;

	(void)state;
	o.conn.write_len_max = ENVELOPE_FRAME_MAX;
	h = house_open(&o);
	fake_behaviour = FAKE_SWELL;
	fake_swell_len = FRAME_BODY_MAX - 8;
	house_peer(h, &p);
	/* One answer of the greatest size fits... */
	peer_call(&p, 1, METHOD_GET, 1, false);
	struct peer_answer answer;
	assert_true(peer_answer(&p, &answer));
	assert_int_equal(answer.body_len, fake_swell_len);
	/* ...two in the same turn do not. */
	uint8_t frames[512];
	size_t len = peer_frame(frames, sizeof(frames), 2, METHOD_GET, 1, false);
	len += peer_frame(frames + len, sizeof(frames) - len, 3, METHOD_GET, 1, false);
	peer_send(&p, frames, len);
	peer_expect_end(&p);
	house_await(&h->conns.metrics.ends[CONN_END_SLOW_READER], 1);
	peer_close(&p);
	house_close(h);
}

static void calls_above_the_cap_wait_in_the_socket_and_are_served_later(void **state)
{
	enum { EXTRA = 3 };
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer p;

	(void)state;
	house_peer(h, &p);
	for (uint64_t id = 1; id <= CALLS_IN_FLIGHT_MAX + EXTRA; id++)
		peer_call(&p, id, METHOD_GET, 1, false);
	house_await(&h->reception->metrics.calls, CALLS_IN_FLIGHT_MAX);
	house_await(&h->conns.metrics.paused, 1);
	usleep(20 * 1000);
	assert_int_equal(fake_started, CALLS_IN_FLIGHT_MAX);
	house_do(h, house_finish_calls);
	for (unsigned i = 0; i < CALLS_IN_FLIGHT_MAX; i++) {
		struct peer_answer answer;

		assert_true(peer_answer(&p, &answer));
		assert_string_equal(answer.reason, "");
	}
	house_await(&h->reception->metrics.calls, EXTRA);
	peer_close(&p);
	house_close(h);
}

static void a_paused_peer_is_not_blamed_for_its_half_frame(void **state)
{
	struct house_options o = hasty();
	struct house *h = house_open(&o);
	uint8_t frames[8192], last[256];
	struct peer_answer answer;
	struct peer p;
	size_t len = 0, last_len;

	(void)state;
	house_peer(h, &p);
	for (uint64_t id = 1; id <= CALLS_IN_FLIGHT_MAX; id++)
		len += peer_frame(frames + len, sizeof(frames) - len, id, METHOD_GET, 1, false);
	last_len = peer_frame(last, sizeof(last), 1000, METHOD_GET, 1, false);
	memcpy(frames + len, last, last_len / 2);
	peer_send(&p, frames, len + last_len / 2);
	house_await(&h->conns.metrics.paused, 1);
	usleep(400 * 1000);
	assert_int_equal(metric_value(&h->conns.metrics.open), 1);
	house_do(h, house_finish_calls);
	for (unsigned i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		assert_true(peer_answer(&p, &answer));
	peer_send(&p, last + last_len / 2, last_len - last_len / 2);
	house_await(&h->reception->metrics.calls, 1);
	peer_close(&p);
	house_close(h);
}

/* ---- drain --------------------------------------------------------------------------------- */

static void house_drain(struct house *h)
{
	reception_drain(h->reception);
}

static void draining_answers_what_runs_and_closes(void **state)
{
	struct house_options o = house_options_usual();
	struct house *h = house_open(&o);
	struct peer_answer answer;
	struct peer idle, busy;

	(void)state;
	house_peer(h, &idle);
	house_peer(h, &busy);
	peer_call(&busy, 1, METHOD_GET, 1, false);
	house_await(&h->reception->metrics.calls, 1);
	house_await(&h->conns.metrics.handshakes, 2);
	house_do(h, house_drain);
	expect_last_words(&idle, "DRAINING");
	assert_true(peer_answer(&busy, &answer));
	assert_string_equal(answer.reason, "DRAINING");
	assert_int_equal(answer.call_id, 0);
	peer_call(&busy, 2, METHOD_GET, 1, false);
	assert_true(peer_answer(&busy, &answer));
	assert_string_equal(answer.reason, "DRAINING");
	assert_int_equal(answer.call_id, 2);
	house_do(h, house_finish_calls);
	assert_true(peer_answer(&busy, &answer));
	assert_int_equal(answer.call_id, 1);
	assert_string_equal(answer.reason, "");
	peer_expect_goodbye(&busy);
	house_await(&h->conns.metrics.open, 0);
	peer_close(&idle);
	peer_close(&busy);
	house_close(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_frame_in_pieces_is_put_together),
		TEST(many_frames_in_one_piece_are_taken_apart),
		TEST(the_largest_body_of_a_method_passes_and_a_larger_one_is_refused),
		TEST(the_largest_frame_is_read_and_a_larger_one_is_refused_at_its_prefix),
		TEST(last_words_arrive_although_the_peer_is_still_sending),
		TEST(garbage_is_refused),
		TEST(a_frame_cut_short_by_the_peers_end_harms_nobody),
		TEST(a_connection_that_dies_mid_call_leaves_nothing_behind),
		TEST(a_handshake_that_is_not_finished_in_time_is_cut),
		TEST(a_handshake_kept_alive_byte_by_byte_is_cut_all_the_same),
		TEST(half_a_frame_is_cut_though_bytes_keep_coming),
		TEST(an_idle_connection_is_closed_and_one_with_a_call_is_not),
		TEST(a_reader_that_stands_still_is_closed),
		TEST(a_write_queue_at_its_cap_closes_the_connection),
		TEST(calls_above_the_cap_wait_in_the_socket_and_are_served_later),
		TEST(a_paused_peer_is_not_blamed_for_its_half_frame),
		TEST(draining_answers_what_runs_and_closes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
