/* What follows from a row and the time, and that the row's MAC covers every part of it. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "domain/prescription.h"

static const int64_t now_ms = 1780027200000;
#define MINE "P14010500001"
#define OTHERS "P14010500002"

static struct prescription row(void)
{
	struct prescription p = {
		.hospital_code = "H14010500321",
		.issued_at_ms = now_ms - 1000, .valid_until_ms = now_ms + 1000,
		.received_at_ms = now_ms - 900,
		.validity = VALIDITY_VALID, .review = REVIEW_PHARMACY_PASSED, .use = USE_PARTLY,
		.holder_code = MINE, .held_until_ms = now_ms + 500, .fencing_token = 3,
		.fills_done = 1, .fills_max = 2, .interval_days = 7, .version = 5, .mac_generation = 1,
		.round = 1, .next_from_ms = now_ms - 900, .held_from_ms = now_ms - 900,
	};

	memset(p.rx_id, 1, sizeof(p.rx_id));
	memset(p.person_key, 2, sizeof(p.person_key));
	memset(p.upload_mac, 3, sizeof(p.upload_mac));
	memset(p.head_leaf, 4, sizeof(p.head_leaf));
	return p;
}

static void a_prescription_expires_at_exactly_its_end(void **state)
{
	struct prescription p = row();

	(void)state;
	assert_int_equal(prescription_life(&p, MINE, p.valid_until_ms - 1).validity, VALIDITY_VALID);
	assert_int_equal(prescription_life(&p, MINE, p.valid_until_ms).validity, VALIDITY_EXPIRED);
	assert_int_equal(prescription_life(&p, MINE, p.valid_until_ms + 1).validity, VALIDITY_EXPIRED);
}

static void a_revoked_one_stays_revoked_after_its_end(void **state)
{
	struct prescription p = row();

	(void)state;
	p.validity = VALIDITY_REVOKED;
	assert_int_equal(prescription_life(&p, MINE, p.valid_until_ms - 1).validity, VALIDITY_REVOKED);
	assert_int_equal(prescription_life(&p, MINE, p.valid_until_ms).validity, VALIDITY_REVOKED);
}

static void a_lease_ends_at_exactly_its_end(void **state)
{
	struct prescription p = row();

	(void)state;
	assert_true(prescription_is_held(&p, p.held_until_ms - 1));
	assert_false(prescription_is_held(&p, p.held_until_ms));
	assert_int_equal(prescription_life(&p, MINE, p.held_until_ms - 1).hold, HOLD_MINE);
	assert_int_equal(prescription_life(&p, OTHERS, p.held_until_ms - 1).hold, HOLD_OTHERS);
	assert_int_equal(prescription_life(&p, MINE, p.held_until_ms).hold, HOLD_FREE);
	assert_int_equal(prescription_life(&p, OTHERS, p.held_until_ms).hold, HOLD_FREE);
}

static void nobody_holds_what_was_released(void **state)
{
	struct prescription p = row();

	(void)state;
	p.holder_code[0] = '\0';
	p.held_until_ms = now_ms + 1000 * 1000;
	assert_false(prescription_is_held(&p, now_ms));
	assert_int_equal(prescription_life(&p, "", now_ms).hold, HOLD_FREE);
}

static void an_onlooker_without_a_name_holds_nothing(void **state)
{
	struct prescription p = row();

	(void)state;
	assert_int_equal(prescription_life(&p, "", now_ms).hold, HOLD_OTHERS);
}

static void review_and_use_are_as_stored(void **state)
{
	struct prescription p = row();
	struct life l = prescription_life(&p, MINE, now_ms);

	(void)state;
	assert_int_equal(l.review, REVIEW_PHARMACY_PASSED);
	assert_int_equal(l.use, USE_PARTLY);
}

static void the_next_round_opens_at_exactly_its_time(void **state)
{
	struct prescription p = row();

	(void)state;
	p.use = USE_DISPENSED;
	p.next_from_ms = now_ms;
	assert_false(prescription_next_is_open(&p, now_ms - 1));
	assert_int_equal(prescription_life(&p, MINE, now_ms - 1).use, USE_DISPENSED);
	assert_true(prescription_next_is_open(&p, now_ms));
	assert_int_equal(prescription_life(&p, MINE, now_ms).use, USE_UNUSED);
	assert_int_equal(prescription_life(&p, MINE, now_ms).review, REVIEW_HOSPITAL_PASSED);
	prescription_turn(&p, now_ms - 1);
	assert_int_equal(p.round, 1);
	prescription_turn(&p, now_ms);
	assert_int_equal(p.round, 2);
	assert_int_equal(p.use, USE_UNUSED);
	p.use = USE_DISPENSED; /* of the last round */
	prescription_turn(&p, now_ms + 1);
	assert_int_equal(p.round, 2);
	assert_int_equal(p.use, USE_DISPENSED);
}

static void what_is_not_complete_opens_no_round(void **state)
{
	static const enum use uses[] = {USE_UNUSED, USE_PARTLY, USE_RETURNED};

	(void)state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		struct prescription p = row();

		p.use = uses[i];
		assert_false(prescription_next_is_open(&p, INT64_MAX));
	}
}

static void each_round_owes_what_was_prescribed(void **state)
{
	const struct prescription_line line = {1, "X", 40000, 50000, 0};

	(void)state;
	assert_int_equal(prescription_owed_e4(&line, 2), 30000);
	assert_int_equal(prescription_owed_e4(&line, 3), 70000);
}

struct mac_bytes {
	uint8_t bytes[PRESCRIPTION_MAC_BYTES_MAX];
	size_t len;
};

static struct mac_bytes bytes_of(const struct prescription *p,
	const struct prescription_line *lines, size_t count)
{
	struct mac_bytes m;
	struct writer w;

	memset(&m, 0, sizeof(m));
	writer_init(&w, m.bytes, sizeof(m.bytes));
	assert_true(prescription_mac_bytes(&w, p, lines, count));
	m.len = writer_written(&w).len;
	return m;
}

static struct prescription_line lines[3] = {
	{1, "XC08CAA185A001010104211", 40000, 10000},
	{2, "ZA09CAX0235010204127", 50000, 0},
	{3, "T000100237", 70000, 70000},
};

static void assert_other(const struct mac_bytes *base, const struct mac_bytes *other,
	const char *what)
{
	if (base->len == other->len && memcmp(base->bytes, other->bytes, base->len) == 0)
		fail_msg("%s is not covered", what);
}

/* Each change alone must change the bytes. */
#define ROW_CHANGES(X) \
	X(rx_id, p.rx_id[15] ^= 1) \
	X(person_key, p.person_key[31] ^= 1) \
	X(hospital_code, p.hospital_code[11] = '2') \
	X(upload_mac, p.upload_mac[0] ^= 1) \
	X(issued_at_ms, p.issued_at_ms++) \
	X(valid_until_ms, p.valid_until_ms++) \
	X(received_at_ms, p.received_at_ms++) \
	X(validity, p.validity = VALIDITY_REVOKED) \
	X(review, p.review = REVIEW_HOSPITAL_PASSED) \
	X(use, p.use = USE_DISPENSED) \
	X(holder_code, p.holder_code[11] = '2') \
	X(holder_gone, p.holder_code[0] = '\0') \
	X(held_until_ms, p.held_until_ms++) \
	X(fencing_token, p.fencing_token++) \
	X(fills_done, p.fills_done++) \
	X(fills_max, p.fills_max++) \
	X(interval_days, p.interval_days++) \
	X(version, p.version++) \
	X(head_leaf, p.head_leaf[31] ^= 1) \
	X(round, p.round++) \
	X(next_from_ms, p.next_from_ms++) \
	X(held_from_ms, p.held_from_ms++)

static void the_mac_covers_every_part_of_the_row(void **state)
{
	struct prescription p = row();
	struct mac_bytes base = bytes_of(&p, lines, 3), other;

	(void)state;
#define X(name, change) \
	p = row(); \
	change; \
	other = bytes_of(&p, lines, 3); \
	assert_other(&base, &other, #name);
	ROW_CHANGES(X)
#undef X
}

static void the_mac_covers_every_part_of_every_line(void **state)
{
	struct prescription p = row();
	struct mac_bytes base = bytes_of(&p, lines, 3), other;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct prescription_line kept = lines[i];

		lines[i].line_no++;
		other = bytes_of(&p, lines, 3);
		assert_other(&base, &other, "line_no");
		lines[i] = kept;
		lines[i].drug_code = "XC08CAA185A001010104212";
		other = bytes_of(&p, lines, 3);
		assert_other(&base, &other, "drug_code");
		lines[i] = kept;
		lines[i].prescribed_e4++;
		other = bytes_of(&p, lines, 3);
		assert_other(&base, &other, "prescribed_e4");
		lines[i] = kept;
		lines[i].dispensed_e4--;
		other = bytes_of(&p, lines, 3);
		assert_other(&base, &other, "dispensed_e4");
		lines[i] = kept;
		lines[i].returned_e4++;
		other = bytes_of(&p, lines, 3);
		assert_other(&base, &other, "returned_e4");
		lines[i] = kept;
	}
}

/* Rows from before repeats, returns and renewals keep the MAC they have. */
static void what_was_never_used_adds_nothing_to_the_bytes(void **state)
{
	struct prescription p = row();
	size_t plain = bytes_of(&p, lines, 3).len;

	(void)state;
	p.held_from_ms++;
	assert_int_equal(bytes_of(&p, lines, 3).len, plain + 2 + 8 + 8 + 3 * 8);
}

static void the_mac_covers_how_many_lines_there_are_and_their_order(void **state)
{
	struct prescription p = row();
	struct mac_bytes base = bytes_of(&p, lines, 3), other;
	struct prescription_line turned[3] = {lines[1], lines[0], lines[2]};

	(void)state;
	other = bytes_of(&p, lines, 2);
	assert_other(&base, &other, "the last line");
	other = bytes_of(&p, lines, 0);
	assert_other(&base, &other, "all lines");
	other = bytes_of(&p, turned, 3);
	assert_other(&base, &other, "the order");
}

static void the_largest_row_fits_the_room_given_for_it(void **state)
{
	struct prescription p = row();
	struct prescription_line many[RX_LINES_MAX];
	char code[CODE_MAX + 1];

	(void)state;
	memset(code, 'X', CODE_MAX);
	code[CODE_MAX] = '\0';
	for (int i = 0; i < RX_LINES_MAX; i++)
		many[i] = (struct prescription_line){(int16_t)(i + 1), code, INT64_MAX, INT64_MAX, 1};
	assert_true(bytes_of(&p, many, RX_LINES_MAX).len > 0);
}

static void too_little_room_is_told(void **state)
{
	struct prescription p = row();
	uint8_t out[PRESCRIPTION_MAC_BYTES_MAX];
	size_t whole = bytes_of(&p, lines, 3).len;
	struct writer w;

	(void)state;
	writer_init(&w, out, whole);
	assert_true(prescription_mac_bytes(&w, &p, lines, 3));
	writer_init(&w, out, whole - 1);
	assert_false(prescription_mac_bytes(&w, &p, lines, 3));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(a_prescription_expires_at_exactly_its_end, "C1"),
		TEST(a_revoked_one_stays_revoked_after_its_end),
		TEST(a_lease_ends_at_exactly_its_end),
		TEST(nobody_holds_what_was_released),
		TEST(an_onlooker_without_a_name_holds_nothing),
		TEST(review_and_use_are_as_stored),
		PROVES(the_next_round_opens_at_exactly_its_time, "NT33-N2.1"),
		TEST(what_is_not_complete_opens_no_round),
		TEST(each_round_owes_what_was_prescribed),
		TEST(what_was_never_used_adds_nothing_to_the_bytes),
		TEST(the_mac_covers_every_part_of_the_row),
		TEST(the_mac_covers_every_part_of_every_line),
		TEST(the_mac_covers_how_many_lines_there_are_and_their_order),
		TEST(the_largest_row_fits_the_room_given_for_it),
		TEST(too_little_room_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("prescription", tests, NULL, NULL);
}
