/* The small parts alone: buffers, the gate, pages. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"
#include "net/buffer.h"
#include "net/gate.h"
#include "net/page.h"
#include "support/tap.h"

/* ---- buffer -------------------------------------------------------------------------------- */

static void a_buffer_takes_its_cap_and_not_a_byte_more(void **state)
{
	static const uint8_t bytes[10000];
	struct buffer b;

	(void)state;
	buffer_init(&b, sizeof(bytes));
	assert_int_equal(buffer_append(&b, slice_of(bytes, sizeof(bytes))), 0);
	assert_int_equal(buffer_append(&b, slice_of(bytes, 1)), ERR_FULL);
	assert_int_equal(buffer_len(&b), sizeof(bytes));
	buffer_consume(&b, 1);
	assert_int_equal(buffer_append(&b, slice_of(bytes, 1)), 0);
	assert_int_equal(buffer_append(&b, slice_of(bytes, 1)), ERR_FULL);
	buffer_clear(&b);
}

static void an_empty_buffer_holds_no_memory(void **state)
{
	struct buffer b;
	size_t room;

	(void)state;
	buffer_init(&b, 100);
	assert_null(b.data);
	assert_non_null(buffer_room(&b, 0, &room));
	buffer_consume(&b, 0);
	assert_null(b.data);
	assert_int_equal(buffer_append(&b, slice_of_text("abc")), 0);
	buffer_consume(&b, 3);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
}

static void a_buffer_grows_with_what_came_and_not_with_what_was_announced(void **state)
{
	struct buffer b;
	size_t room, cap_before;

	(void)state;
	buffer_init(&b, 300000);
	memset(buffer_room(&b, 262000, &room), 1, 5);
	assert_true(room <= BUFFER_FIRST);
	buffer_filled(&b, 5);
	while (buffer_len(&b) < 262000) {
		uint8_t *at = buffer_room(&b, 262000, &room);

		assert_non_null(at);
		cap_before = b.cap;
		assert_true(cap_before <= 4 * (buffer_len(&b) + BUFFER_FIRST));
		if (room > 1000)
			room = 1000;
		memset(at, 2, room);
		buffer_filled(&b, room);
	}
	assert_int_equal(buffer_bytes(&b).data[4], 1);
	assert_int_equal(buffer_bytes(&b).data[5], 2);
	buffer_clear(&b);
}

static void bytes_come_out_as_they_went_in(void **state)
{
	struct buffer b;
	uint8_t next_in = 0, next_out = 0;

	(void)state;
	buffer_init(&b, 20000);
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t piece[37];
		size_t take;

		for (size_t k = 0; k < sizeof(piece); k++)
			piece[k] = next_in++;
		assert_int_equal(buffer_append(&b, slice_of(piece, sizeof(piece))), 0);
		take = (i * 7919) % 75;
		if (take > buffer_len(&b) || buffer_len(&b) > 15000)
			take = buffer_len(&b);
		for (size_t k = 0; k < take; k++)
			assert_int_equal(buffer_bytes(&b).data[k], next_out++);
		buffer_consume(&b, take);
	}
	buffer_clear(&b);
}

static void a_full_buffer_has_no_room(void **state)
{
	struct buffer b;
	size_t room = 0;

	(void)state;
	buffer_init(&b, 3);
	assert_non_null(buffer_room(&b, 0, &room));
	assert_int_equal(room, 3);
	buffer_filled(&b, 3);
	assert_null(buffer_room(&b, 0, &room));
	buffer_clear(&b);
}

/* ---- gate ---------------------------------------------------------------------------------- */

static int enter(struct gate *g, const char *address, struct gate_pass *pass)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return gate_enter(g, (struct sockaddr *)&v4, pass);
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return gate_enter(g, (struct sockaddr *)&v6, pass);
}

static void the_gate_counts_all_and_each_address(void **state)
{
	struct gate *g = gate_new(5, 2);
	struct gate_pass a[2], b[2], c, waste;

	(void)state;
	assert_int_equal(enter(g, "10.0.0.1", &a[0]), 0);
	assert_int_equal(enter(g, "10.0.0.1", &a[1]), 0);
	assert_int_equal(enter(g, "10.0.0.1", &waste), ERR_FULL);
	assert_int_equal(metric_value(&gate_metrics(g)->refused_address), 1);
	assert_int_equal(enter(g, "10.0.0.2", &b[0]), 0);
	assert_int_equal(enter(g, "::ffff:10.0.0.2", &b[1]), 0); /* the same peer */
	assert_int_equal(enter(g, "10.0.0.2", &waste), ERR_FULL);
	assert_int_equal(enter(g, "10.0.0.3", &c), 0);
	assert_int_equal(enter(g, "10.0.0.4", &waste), ERR_FULL);
	assert_int_equal(metric_value(&gate_metrics(g)->refused_full), 1);
	assert_int_equal(gate_count(g), 5);
	gate_leave(g, &a[0]);
	assert_int_equal(enter(g, "10.0.0.1", &a[0]), 0);
	gate_leave(g, &a[0]);
	gate_leave(g, &a[1]);
	gate_leave(g, &b[0]);
	gate_leave(g, &b[1]);
	gate_leave(g, &c);
	assert_int_equal(gate_count(g), 0);
	gate_free(g);
}

static void an_ipv6_network_counts_as_one_address(void **state)
{
	struct gate *g = gate_new(10, 1);
	struct gate_pass one, other, waste;

	(void)state;
	assert_int_equal(enter(g, "2001:db8:0:1::1", &one), 0);
	assert_int_equal(enter(g, "2001:db8:0:1:ffff::2", &waste), ERR_FULL);
	assert_int_equal(enter(g, "2001:db8:0:2::1", &other), 0);
	gate_leave(g, &one);
	gate_leave(g, &other);
	gate_free(g);
}

static void thousands_of_addresses_come_and_go(void **state)
{
	enum { PEERS = 20000 };
	static struct gate_pass passes[PEERS];
	struct gate *g = gate_new(PEERS, 1);
	struct gate_pass waste;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < PEERS; i++) {
			struct sockaddr_in at = {.sin_family = AF_INET};

			at.sin_addr.s_addr = htonl(0x0a000000u + i);
			assert_int_equal(gate_enter(g, (struct sockaddr *)&at, &passes[i]), 0);
		}
		assert_int_equal(enter(g, "192.168.0.1", &waste), ERR_FULL);
		for (uint32_t i = 0; i < PEERS; i++)
			gate_leave(g, &passes[i]);
		assert_int_equal(gate_count(g), 0);
	}
	gate_free(g);
}

static void new_limits_count_from_the_next_one(void **state)
{
	struct gate *g = gate_new(1, 1);
	struct gate_pass one, two, waste;

	(void)state;
	assert_int_equal(enter(g, "10.0.0.1", &one), 0);
	assert_int_equal(enter(g, "10.0.0.1", &waste), ERR_FULL);
	gate_set(g, 2, 2);
	assert_int_equal(enter(g, "10.0.0.1", &two), 0);
	gate_set(g, 1, 1);
	gate_leave(g, &one);
	assert_int_equal(enter(g, "10.0.0.1", &waste), ERR_FULL);
	gate_leave(g, &two);
	gate_free(g);
}

/* ---- page ---------------------------------------------------------------------------------- */

static void a_page_takes_its_cap_and_not_a_byte_more(void **state)
{
	static char kilobyte[1024 + 1];
	struct page p;

	(void)state;
	memset(kilobyte, 'x', sizeof(kilobyte) - 1);
	page_init(&p);
	for (unsigned i = 0; i < PAGE_LEN_MAX / 1024; i++)
		page_print(&p, "%s", kilobyte);
	assert_false(p.failed);
	assert_int_equal(p.len, PAGE_LEN_MAX);
	assert_int_equal(p.text[p.len - 1], 'x');
	page_print(&p, "y");
	assert_true(p.failed);
	page_clear(&p);
}

static void quotes_and_backslashes_of_a_label_are_escaped(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_quote(&p, "");
	page_quote(&p, "山西");
	page_quote(&p, "a\"} 1\\");
	assert_string_equal(p.text, "\"\"" "\"山西\"" "\"a\\\"} 1\\\\\"");
	page_clear(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_buffer_takes_its_cap_and_not_a_byte_more),
		TEST(an_empty_buffer_holds_no_memory),
		TEST(a_buffer_grows_with_what_came_and_not_with_what_was_announced),
		TEST(bytes_come_out_as_they_went_in),
		TEST(a_full_buffer_has_no_room),
		TEST(the_gate_counts_all_and_each_address),
		TEST(an_ipv6_network_counts_as_one_address),
		TEST(thousands_of_addresses_come_and_go),
		TEST(new_limits_count_from_the_next_one),
		TEST(a_page_takes_its_cap_and_not_a_byte_more),
		TEST(quotes_and_backslashes_of_a_label_are_escaped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
