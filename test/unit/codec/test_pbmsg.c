/* Messages into arenas: what is refused, and that the arena's cap ends hostile repeats. */
#include "test/support/tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "codec/pbmsg.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/document.pb-c.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "rxcirc/v1/state.pb-c.h"

enum { BYTES_MAX = 256 * 1024 };

/* Wire bytes, built by hand so that what no packer writes can be written. */
struct wire {
	uint8_t bytes[BYTES_MAX];
	size_t len;
};

static struct arena arena;
static struct wire wire, inner;

static int fresh(void **state)
{
	(void)state;
	arena_init(&arena);
	wire.len = inner.len = 0;
	return 0;
}

static int reset(void **state)
{
	(void)state;
	arena_reset(&arena);
	return 0;
}

static void put_varint(struct wire *w, uint64_t v)
{
	do {
		assert_true(w->len < sizeof(w->bytes));
		w->bytes[w->len++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v != 0);
}

static void put_bytes(struct wire *w, unsigned field, const void *data, size_t len)
{
	put_varint(w, field << 3 | 2);
	put_varint(w, len);
	assert_true(len <= sizeof(w->bytes) - w->len);
	if (len > 0)
		memcpy(w->bytes + w->len, data, len);
	w->len += len;
}

static void *unpack(const ProtobufCMessageDescriptor *type)
{
	return pbmsg_unpack(type, &arena, slice_of(wire.bytes, wire.len));
}

/* A pull request whose only text is these bytes. */
static const Rxcirc__V1__PullPrescriptionsRequest *with_text(const void *text, size_t len)
{
	wire.len = 0;
	put_bytes(&wire, 1, text, len);
	return unpack(&rxcirc__v1__pull_prescriptions_request__descriptor);
}

static void a_message_comes_back_as_it_went(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest m = RXCIRC__V1__CLAIM_PRESCRIPTION_REQUEST__INIT;
	const Rxcirc__V1__ClaimPrescriptionRequest *again;
	uint8_t id[16] = "0123456789abcdef";
	struct slice packed;

	(void)state;
	m.rx_id = (ProtobufCBinaryData){sizeof(id), id};
	packed = pbmsg_pack(&m, &arena);
	assert_int_equal(packed.len, 18);
	again = pbmsg_unpack(&rxcirc__v1__claim_prescription_request__descriptor, &arena, packed);
	assert_non_null(again);
	assert_true(slice_equal(pbmsg_bytes(again->rx_id), slice_of(id, sizeof(id))));
	assert_int_equal(again->pull_grant.len, 0);
}

static void an_empty_message_is_one(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest m = RXCIRC__V1__CLAIM_PRESCRIPTION_REQUEST__INIT;
	struct slice packed;

	(void)state;
	assert_non_null(pbmsg_unpack(&rxcirc__v1__claim_prescription_request__descriptor, &arena,
		slice_of(NULL, 0)));
	packed = pbmsg_pack(&m, &arena);
	assert_non_null(packed.data);
	assert_int_equal(packed.len, 0);
}

static void an_absent_text_is_empty_not_NULL(void **state)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;

	(void)state;
	m = unpack(&rxcirc__v1__pull_prescriptions_request__descriptor);
	assert_non_null(m);
	assert_string_equal(m->voucher_code, "");
}

static void refuses_bytes_that_are_no_message(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\x0a", 1},                     /* a tag without a length */
		{"\x0a\x05" "abcd", 6},          /* a text that ends early */
		{"\x0a\xff\xff\xff\xff\x0f", 6}, /* a length of 4 GiB */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* a tag without end */
		{"\x08\x01", 2},                 /* a number where a text is */
		{"\x0b\x0c", 2},                 /* groups */
		{"\x00\x00", 2},                 /* field number zero */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(wire.bytes, cases[i].bytes, cases[i].len);
		wire.len = cases[i].len;
		if (unpack(&rxcirc__v1__pull_prescriptions_request__descriptor) != NULL)
			fail_msg("case %u was taken", i);
	}
}

static void a_field_of_a_later_version_is_passed_over(void **state)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;

	(void)state;
	put_bytes(&wire, 1000, "later", 5);
	put_bytes(&wire, 1, "RXV1.x", 6);
	m = unpack(&rxcirc__v1__pull_prescriptions_request__descriptor);
	assert_non_null(m);
	assert_string_equal(m->voucher_code, "RXV1.x");
}

static void takes_UTF_8_up_to_its_edges(void **state)
{
	static const char *const texts[] = {
		"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "处方", "a处b方c",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const Rxcirc__V1__PullPrescriptionsRequest *m = with_text(texts[i], strlen(texts[i]));

		if (m == NULL || strcmp(m->voucher_code, texts[i]) != 0)
			fail_msg("text %u was refused", i);
	}
}

static void refuses_what_is_not_UTF_8(void **state)
{
	static const char *const texts[] = {
		"\x80", "\xbf", "a\x80", /* continuation alone */
		"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80", "\xed\xbf\xbf", /* surrogates */
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", /* above U+10FFFF */
		"\xc2", "\xe4\xb8", "\xf0\x9f\x98", ("\xe4\xb8" "a"), "\xc2\xc2", /* cut short */
		"\xb4\xa6\xb7\xbd", /* 处方 in GBK */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (with_text(texts[i], strlen(texts[i])) != NULL)
			fail_msg("text %u was taken", i);
}

static void a_text_of_the_largest_size_is_taken_and_one_byte_more_is_not(void **state)
{
	char text[TEXT_MAX + 1];
	const Rxcirc__V1__PullPrescriptionsRequest *m;

	(void)state;
	memset(text, 'x', sizeof(text));
	m = with_text(text, TEXT_MAX);
	assert_non_null(m);
	assert_int_equal(strlen(m->voucher_code), TEXT_MAX);
	assert_null(with_text(text, TEXT_MAX + 1));
}

/* The same bad text, wherever a text may stand. */
static void texts_are_checked_at_every_depth(void **state)
{
	static const char bad[] = "\xff";

	(void)state;
	/* Prescription.patient.guardian.name */
	put_bytes(&wire, 1, bad, 1);
	put_bytes(&inner, 11, wire.bytes, wire.len);
	wire.len = 0;
	put_bytes(&wire, 13, inner.bytes, inner.len);
	assert_null(unpack(&rxcirc__v1__prescription__descriptor));
	/* the second of two Prescription.lines */
	wire.len = inner.len = 0;
	put_bytes(&wire, 16, NULL, 0);
	put_bytes(&inner, 3, bad, 1);
	put_bytes(&wire, 16, inner.bytes, inner.len);
	assert_null(unpack(&rxcirc__v1__prescription__descriptor));
	/* DispensedLine.trace_codes: a repeated text */
	wire.len = 0;
	put_bytes(&wire, 8, "good", 4);
	put_bytes(&wire, 8, bad, 1);
	assert_null(unpack(&rxcirc__v1__dispensed_line__descriptor));
	/* RegistryRecord.region: a member of a oneof */
	wire.len = inner.len = 0;
	put_bytes(&inner, 2, bad, 1);
	put_bytes(&wire, 1, inner.bytes, inner.len);
	assert_null(unpack(&rxcirc__v1__registry_record__descriptor));
}

static void bytes_fields_are_not_texts(void **state)
{
	uint8_t bytes[TEXT_MAX + 1];
	const Rxcirc__V1__SignedDocument *m;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	put_bytes(&wire, 2, bytes, sizeof(bytes));
	m = unpack(&rxcirc__v1__signed_document__descriptor);
	assert_non_null(m);
	assert_int_equal(m->body.len, sizeof(bytes));
}

static void embedded_messages_are_reached_and_absent_ones_are_NULL(void **state)
{
	const Rxcirc__V1__Prescription *m;

	(void)state;
	put_bytes(&inner, 3, "王建国", strlen("王建国"));
	put_bytes(&wire, 13, inner.bytes, inner.len);
	put_bytes(&wire, 16, NULL, 0);
	put_bytes(&wire, 16, NULL, 0);
	m = unpack(&rxcirc__v1__prescription__descriptor);
	assert_non_null(m);
	assert_string_equal(m->patient->name, "王建国");
	assert_null(m->patient->guardian);
	assert_null(m->physician);
	assert_int_equal(m->n_lines, 2);
	assert_string_equal(m->lines[1]->drug_code, "");
}

static void refuses_an_embedded_message_that_is_none(void **state)
{
	(void)state;
	put_bytes(&wire, 13, "\x0a\x05" "a", 3);
	assert_null(unpack(&rxcirc__v1__prescription__descriptor));
}

static void of_a_oneof_the_last_member_counts(void **state)
{
	const Rxcirc__V1__RegistryRecord *m;

	(void)state;
	put_bytes(&inner, 1, "140100", 6);
	put_bytes(&wire, 1, inner.bytes, inner.len);
	inner.len = 0;
	put_bytes(&inner, 1, "H14010500321", 12);
	put_bytes(&wire, 2, inner.bytes, inner.len);
	m = unpack(&rxcirc__v1__registry_record__descriptor);
	assert_non_null(m);
	assert_int_equal(m->record_case, RXCIRC__V1__REGISTRY_RECORD__RECORD_INSTITUTION);
	assert_string_equal(m->institution->code, "H14010500321");
}

static void a_oneof_may_be_empty(void **state)
{
	const Rxcirc__V1__RegistryRecord *m;

	(void)state;
	m = unpack(&rxcirc__v1__registry_record__descriptor);
	assert_non_null(m);
	assert_int_equal(m->record_case, RXCIRC__V1__REGISTRY_RECORD__RECORD__NOT_SET);
}

/* Three bytes on the wire, hundreds in memory: the largest frame of them ends at the cap. */
static void the_cap_ends_hostile_repeats(void **state)
{
	(void)state;
	while (wire.len + 3 <= FRAME_BODY_MAX)
		put_bytes(&wire, 16, NULL, 0);
	assert_null(unpack(&rxcirc__v1__prescription__descriptor));
	assert_true(arena.used <= ARENA_CAP);
}

static void an_exhausted_arena_gives_no_message_and_no_bytes(void **state)
{
	Rxcirc__V1__PullPrescriptionsRequest m = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	struct slice packed;

	(void)state;
	assert_non_null(arena_alloc(&arena, ARENA_CAP));
	put_bytes(&wire, 1, "text", 4);
	assert_null(unpack(&rxcirc__v1__pull_prescriptions_request__descriptor));
	packed = pbmsg_pack(&m, &arena);
	assert_null(packed.data);
	assert_int_equal(packed.len, 0);
}

static int open_as(struct slice in)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m = (const void *)&wire;
	int r = pbmsg_open(&m, &rxcirc__v1__pull_prescriptions_request__descriptor, &arena, in);

	assert_true(r == 0 ? m != (const void *)&wire : m == (const void *)&wire);
	return r;
}

static void opening_tells_why_not(void **state)
{
	(void)state;
	put_bytes(&wire, 1, "text", 4);
	assert_int_equal(open_as(slice_of(wire.bytes, wire.len)), 0);
	assert_int_equal(open_as(slice_of(wire.bytes, wire.len - 1)), ERR_MALFORMED);
	assert_int_equal(open_as(slice_of("\x0a\x01\xff", 3)), ERR_MALFORMED);
	assert_non_null(arena_alloc(&arena, ARENA_CAP - arena.used));
	assert_int_equal(open_as(slice_of(wire.bytes, wire.len)), ERR_MEMORY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_comes_back_as_it_went, fresh, reset),
		cmocka_unit_test_setup_teardown(an_empty_message_is_one, fresh, reset),
		cmocka_unit_test_setup_teardown(an_absent_text_is_empty_not_NULL, fresh, reset),
		cmocka_unit_test_setup_teardown(refuses_bytes_that_are_no_message, fresh, reset),
		cmocka_unit_test_setup_teardown(a_field_of_a_later_version_is_passed_over, fresh, reset),
		cmocka_unit_test_setup_teardown(takes_UTF_8_up_to_its_edges, fresh, reset),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_UTF_8, fresh, reset),
		cmocka_unit_test_setup_teardown(
			a_text_of_the_largest_size_is_taken_and_one_byte_more_is_not, fresh, reset),
		cmocka_unit_test_setup_teardown(texts_are_checked_at_every_depth, fresh, reset),
		cmocka_unit_test_setup_teardown(bytes_fields_are_not_texts, fresh, reset),
		cmocka_unit_test_setup_teardown(embedded_messages_are_reached_and_absent_ones_are_NULL,
			fresh, reset),
		cmocka_unit_test_setup_teardown(refuses_an_embedded_message_that_is_none, fresh, reset),
		cmocka_unit_test_setup_teardown(of_a_oneof_the_last_member_counts, fresh, reset),
		cmocka_unit_test_setup_teardown(a_oneof_may_be_empty, fresh, reset),
		cmocka_unit_test_setup_teardown(the_cap_ends_hostile_repeats, fresh, reset),
		cmocka_unit_test_setup_teardown(an_exhausted_arena_gives_no_message_and_no_bytes, fresh,
			reset),
		cmocka_unit_test_setup_teardown(opening_tells_why_not, fresh, reset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pbmsg", tests, NULL, NULL);
}
