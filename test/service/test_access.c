/* Who looked at a person's prescriptions or changed them, as the person is told (C27). */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/own_grant.h"
#include "domain/moment.h"
#include "rxcirc/v1/insured.pb-c.h"

static const struct method accesses_method = {"rxcirc.v1.Insured/ListOwnAccesses",
	list_own_accesses_start};

static struct ledger l;
static uint8_t grant[OWN_GRANT_LEN];

static void begin(void)
{
	scene_upload(&l, NULL);
	own_grant_make(grant, stage.keys, l.person_key, CHANNEL, noon_ms + OWN_GRANT_MS);
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
}

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

enum { ROW_CELLS = 4, ROWS_MAX = OWN_ACCESSES_MAX, TOKEN_LEN = 24 };

static struct fake_cell rows[ROW_CELLS * ROWS_MAX];
static unsigned row_count;

static void add_row(const Rxcirc__V1__EventLeaf *leaf, uint8_t id)
{
	size_t len = rxcirc__v1__event_leaf__get_packed_size(leaf);
	uint8_t *bytes = papers_alloc(len), *event_id = papers_alloc(EVENT_ID_LEN);
	static const uint8_t hash[SHA256_LEN];
	struct fake_cell *c = &rows[ROW_CELLS * row_count++];

	rxcirc__v1__event_leaf__pack(leaf, bytes);
	event_id[0] = id;
	c[0] = (struct fake_cell)FAKE_TIME(leaf->at_ms);
	c[1] = (struct fake_cell)FAKE_BYTES(event_id, EVENT_ID_LEN);
	c[2] = (struct fake_cell)FAKE_BYTES(bytes, len);
	c[3] = (struct fake_cell)FAKE_BYTES(hash, SHA256_LEN);
}

static Rxcirc__V1__EventLeaf a_leaf(Rxcirc__V1__EventKind kind, const char *institution)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;

	leaf.kind = kind;
	leaf.institution_code = paper_text(institution);
	leaf.at_ms = noon_ms - HOUR_MS - row_count;
	return leaf;
}

static enum status_reason accesses_call(uint32_t page_size, ProtobufCBinaryData token)
{
	Rxcirc__V1__ListOwnAccessesRequest m = RXCIRC__V1__LIST_OWN_ACCESSES_REQUEST__INIT;

	stage_clear();
	fake_pg_answer("accesses", ROW_CELLS, rows, row_count);
	promise_answer_event();
	m.own_grant = paper_bytes(grant, sizeof(grant));
	m.page_size = page_size;
	m.page_token = token;
	return stage_call(&accesses_method, &m);
}

static const Rxcirc__V1__ListOwnAccessesResponse *accesses(uint32_t page_size,
	ProtobufCBinaryData token)
{
	assert_int_equal(accesses_call(page_size, token), STATUS_OK);
	return stage_reply(&rxcirc__v1__list_own_accesses_response__descriptor);
}

static void the_person_sees_who_looked_when_at_what_and_why(void **state)
{
	const Rxcirc__V1__ListOwnAccessesResponse *reply;
	Rxcirc__V1__EventLeaf leaf;
	ProtobufCBinaryData one;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	row_count = 0;
	one = paper_bytes(l.rx_id, RX_ID_LEN);
	leaf = a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ, OFFICE);
	leaf.reason = paper_text("complaint 12");
	leaf.rx_id = one;
	add_row(&leaf, 9);
	leaf = a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED, PHARMACY);
	leaf.disclosed = &one;
	leaf.n_disclosed = 1;
	add_row(&leaf, 8);
	leaf = a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_HOSPITAL_READ, HOSPITAL);
	leaf.rx_id = one;
	add_row(&leaf, 7);
	leaf = a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED, "P14019999999");
	leaf.reason = paper_text("VOUCHER_REPLAYED");
	add_row(&leaf, 6);
	reply = accesses(0, (ProtobufCBinaryData){0, NULL});
	assert_int_equal(reply->n_accesses, 4);
	assert_int_equal(reply->next_page_token.len, 0);
	assert_true(reply->accesses[0]->at_ms == noon_ms - HOUR_MS);
	assert_string_equal(reply->accesses[0]->institution_code, OFFICE);
	assert_string_equal(reply->accesses[0]->reason, "complaint 12");
	assert_int_equal(reply->accesses[0]->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_int_equal(reply->accesses[0]->n_rx_ids, 1);
	assert_memory_equal(reply->accesses[0]->rx_ids[0].data, l.rx_id, RX_ID_LEN);
	assert_string_equal(reply->accesses[1]->institution_name,
		province_place(&stage.province, PHARMACY)->name);
	assert_int_equal(reply->accesses[1]->n_rx_ids, 1);
	assert_int_equal(reply->accesses[2]->kind,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_HOSPITAL_READ);
	assert_string_equal(reply->accesses[3]->reason, "VOUCHER_REPLAYED");
	assert_string_equal(reply->accesses[3]->institution_name, ""); /* nobody's any more */
	assert_int_equal(reply->accesses[3]->n_rx_ids, 0);
	stage_expect_lane("accesses", "slow");
	u = fake_pg_last("accesses", &q);
	assert_int_equal(fake_number(u, q, 0), l.person_key[0] << 8 | l.person_key[1]);
	assert_true(slice_equal(fake_value(u, q, 1), slice_of(l.person_key, PERSON_KEY_LEN)));
	assert_int_equal(fake_time(u, q, 2), MOMENT_MS_MAX);
	assert_int_equal(fake_number(u, q, 4), OWN_ACCESSES_MAX);
	/* and the looking itself is one of the next answer */
	assert_int_equal(leaf_of("event_put", 10)->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
	assert_string_equal(leaf_of("event_put", 10)->subject, "accesses");
}

static void accesses_come_page_by_page(void **state)
{
	const Rxcirc__V1__ListOwnAccessesResponse *reply;
	const struct fake_unit *u;
	uint8_t last[EVENT_ID_LEN] = {2};
	unsigned q;

	(void)state;
	begin();
	row_count = 0;
	for (uint8_t i = 0; i < 3; i++) {
		const Rxcirc__V1__EventLeaf leaf =
			a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED, PHARMACY);

		add_row(&leaf, i);
	}
	reply = accesses(3, (ProtobufCBinaryData){0, NULL});
	assert_int_equal(reply->n_accesses, 3);
	assert_int_equal(reply->next_page_token.len, TOKEN_LEN);
	row_count = 1;
	(void)accesses(OWN_ACCESSES_MAX, reply->next_page_token);
	u = fake_pg_last("accesses", &q);
	assert_int_equal(fake_time(u, q, 2), noon_ms - HOUR_MS - 2);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of(last, sizeof(last))));
}

/* A hundred accesses with the longest purposes fit; the answer never outgrows its frame. */
static void a_page_of_the_longest_purposes_fits_its_frame(void **state)
{
	const Rxcirc__V1__ListOwnAccessesResponse *reply;
	char *purpose;

	(void)state;
	begin();
	row_count = 0;
	purpose = papers_alloc(TEXT_MAX + 1);
	memset(purpose, 'p', TEXT_MAX);
	for (unsigned i = 0; i < ROWS_MAX; i++) {
		Rxcirc__V1__EventLeaf leaf = a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ, OFFICE);

		leaf.reason = purpose;
		if (i % 2 == 1)
			leaf.reason = paper_text("p");
		add_row(&leaf, (uint8_t)i);
	}
	reply = accesses(0, (ProtobufCBinaryData){0, NULL});
	assert_in_range(reply->n_accesses, 50, ROWS_MAX - 1);
	assert_int_equal(reply->next_page_token.len, TOKEN_LEN);
	assert_true(stage.req.reply.len + 4096 <= FRAME_BODY_MAX);
	assert_int_equal(reply->next_page_token.data[8], reply->n_accesses - 1);
}

static void a_leaf_that_cannot_be_read_is_damage_and_short_memory_is_busy(void **state)
{
	(void)state;
	begin();
	row_count = 0;
	for (uint8_t i = 0; i < 2; i++) {
		const Rxcirc__V1__EventLeaf leaf =
			a_leaf(RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED, PHARMACY);

		add_row(&leaf, i);
	}
	for (stage.fail_at = 1;; stage.fail_at++) {
		enum status_reason status = accesses_call(0, (ProtobufCBinaryData){0, NULL});

		if (!stage.has_failed) {
			assert_int_equal(status, STATUS_OK);
			break;
		}
		assert_int_equal(status, STATUS_BUSY);
	}
	assert_true(stage.fail_at > 5);
	stage.fail_at = 0;
	rows[2] = (struct fake_cell)FAKE_BYTES("\x0a\x7f", 2);
	assert_int_equal(accesses_call(0, (ProtobufCBinaryData){0, NULL}), STATUS_DATA_DAMAGED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_person_sees_who_looked_when_at_what_and_why, "C27 NT33-N5.3"),
		STAGED(accesses_come_page_by_page),
		STAGED(a_page_of_the_longest_purposes_fits_its_frame),
		STAGED(a_leaf_that_cannot_be_read_is_damage_and_short_memory_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("access", tests, stage_open, stage_close);
}
