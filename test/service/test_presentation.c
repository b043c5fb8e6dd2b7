/* An e-voucher shown at a pharmacy or through a channel: genuine, current, its purpose, once. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "proto/document.h"
#include "proto/voucher.h"
#include "rxcirc/v1/insured.pb-c.h"

enum { SKEW_MS = 5 * 1000, REPEAT_MS = 15 * MINUTE_MS };

/* The two kinds of presentation; all that is refused is refused alike. */
enum show { PULL, LIST, SHOWS };

static struct ledger l;
static struct voucher voucher;
static const struct key_pair *issuer;

static void begin(enum show show)
{
	voucher = (struct voucher){
		.purpose = show == PULL ? VOUCHER_PURPOSE_PULL : VOUCHER_PURPOSE_IDENTITY,
		.issued_at_ms = noon_ms, .life_s = 60, .id = PERSON};
	memset(voucher.nonce, 0x4e, sizeof(voucher.nonce));
	memcpy(voucher.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	issuer = &stage.province.voucher_pair;
}

static void as_of(enum show show)
{
	if (show == PULL)
		scene_as(PHARMACIST);
	else
		stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
}

static const char *text(void)
{
	char *code = papers_alloc(VOUCHER_TEXT_MAX + 1);

	ensure(voucher_issue(code, &voucher, issuer->secret) == 0);
	return code;
}

static enum status_reason present_text(enum show show, const char *code)
{
	Rxcirc__V1__PullPrescriptionsRequest pull = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__ListOwnPrescriptionsRequest list = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;

	pull.voucher_code = list.voucher_code = paper_text(code);
	as_of(show);
	return show == PULL ? stage_call(&pull_method, &pull) : stage_call(&list_method, &list);
}

static enum status_reason present(enum show show)
{
	return present_text(show, text());
}

static void answer(enum show show, const struct ledger *const *ls, unsigned count, bool used)
{
	const struct fake_cell accepted = FAKE_BOOL(used);

	stage_clear();
	ledger_answer_search(ls, count, show == PULL);
	fake_pg_answer("voucher_use", 1, &accepted, 1);
}

static void answer_one(enum show show, bool used)
{
	const struct ledger *one = &l;

	answer(show, &one, 1, used);
}

#define FOR_EACH_SHOW(show) \
	for (enum show show = 0; show < SHOWS; \
		show++, (void)stage_strike(state), (void)stage_set(state))

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

static void a_pull_shows_open_prescriptions_with_a_grant(void **state)
{
	const Rxcirc__V1__PullPrescriptionsResponse *reply;
	const Rxcirc__V1__PrescriptionBundle *b;

	(void)state;
	scene_upload(&l, NULL);
	begin(PULL);
	answer_one(PULL, true);
	assert_int_equal(present(PULL), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);
	assert_int_equal(reply->n_prescriptions, 1);
	assert_false(reply->more);
	b = reply->prescriptions[0];
	assert_memory_equal(b->state->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(document_verify(b->prescription, b->prescription->kind,
		stage.province.people[PHYSICIAN].pair.public_key), 0);
	assert_int_equal(b->n_key_statements, 2);
	assert_true(pull_grant_is_valid(slice_of(b->pull_grant.data, b->pull_grant.len), stage.keys,
		l.rx_id, PHARMACY, noon_ms + GRANT_MS - 1));
	assert_false(pull_grant_is_valid(slice_of(b->pull_grant.data, b->pull_grant.len), stage.keys,
		l.rx_id, PHARMACY, noon_ms + GRANT_MS));
	assert_false(pull_grant_is_valid(slice_of(b->pull_grant.data, b->pull_grant.len), stage.keys,
		l.rx_id, OTHER_PHARMACY, noon_ms));
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_list_shows_the_same_without_a_grant(void **state)
{
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	begin(LIST);
	answer_one(LIST, true);
	assert_int_equal(present(LIST), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__list_own_prescriptions_response__descriptor);
	assert_int_equal(reply->n_prescriptions, 1);
	assert_int_equal(reply->prescriptions[0]->pull_grant.len, 0);
	assert_int_equal(leaf_of("voucher_use", 9)->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
}

static void the_person_is_found_by_blind_index_and_the_nonce_is_used_in_one_statement(void **state)
{
	uint8_t person[PERSON_KEY_LEN];
	const struct fake_unit *read, *use;
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	scene_upload(&l, NULL);
	begin(PULL);
	answer_one(PULL, true);
	assert_int_equal(present(PULL), STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 2);
	read = fake_pg_sent(0);
	use = fake_pg_sent(1);
	digest_person(person, stage.keys, PERSON);
	assert_memory_equal(person, l.person_key, PERSON_KEY_LEN);
	assert_string_equal(read->lane, "read");
	for (unsigned q = 0; q < 2; q++) {
		assert_int_equal(fake_number(read, q, 0), person[0] << 8 | person[1]);
		assert_true(slice_equal(fake_value(read, q, 1), slice_of(person, PERSON_KEY_LEN)));
		assert_int_equal(fake_time(read, q, 2), noon_ms);
		assert_int_equal(fake_number(read, q, 3), PULL_PRESCRIPTIONS_MAX + 1);
	}
	assert_string_equal(use->lane, "write");
	assert_int_equal(use->count, 1);
	assert_true(slice_equal(fake_value(use, 0, 1), slice_of(voucher.nonce, VOUCHER_NONCE_LEN)));
	assert_true(slice_equal(fake_value(use, 0, 2), slice_of_text(PHARMACY)));
	assert_int_equal(fake_number(use, 0, 16), 1);
	leaf = leaf_of("voucher_use", 9);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED);
	assert_int_equal(leaf->n_disclosed, 1);
	assert_memory_equal(leaf->disclosed[0].data, l.rx_id, RX_ID_LEN);
	leaf = leaf_of("voucher_use", 13); /* the other one, should it turn out to be used */
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	assert_string_equal(leaf->reason, "VOUCHER_REPLAYED");
	assert_int_equal(leaf->n_disclosed, 0);
}

static size_t shown(enum show show, bool *ret_more)
{
	if (show == PULL) {
		const Rxcirc__V1__PullPrescriptionsResponse *m =
			stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);

		*ret_more = m->more;
		return m->n_prescriptions;
	}
	const Rxcirc__V1__ListOwnPrescriptionsResponse *m =
		stage_reply(&rxcirc__v1__list_own_prescriptions_response__descriptor);

	*ret_more = m->more;
	return m->n_prescriptions;
}

static void a_person_without_prescriptions_is_an_empty_answer_and_an_event(void **state)
{
	FOR_EACH_SHOW(show) {
		begin(show);
		bool more;

		answer(show, NULL, 0, true);
		assert_int_equal(present(show), STATUS_OK);
		assert_int_equal(shown(show, &more), 0);
		assert_false(more);
		assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, 0);
	}
}

static void a_code_that_was_used_shows_nothing(void **state)
{
	FOR_EACH_SHOW(show) {
		scene_upload(&l, NULL);
		begin(show);
		answer_one(show, false);
		assert_int_equal(present(show), STATUS_VOUCHER_REPLAYED);
	}
}

/* Refused without reading anything of anybody; the failed presentation is an event. */
static void expect_refused(enum show show, const char *code, enum status_reason expected,
	bool genuine)
{
	const struct fake_unit *u;
	const Rxcirc__V1__EventLeaf *leaf;
	unsigned q;

	stage_clear();
	promise_answer_event();
	assert_int_equal(present_text(show, code), expected);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("event_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(u->queries[q].param[5].is_null, !genuine); /* the person, if believed */
	leaf = leaf_of("event_put", 10);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	assert_string_equal(leaf->reason, status_row_of(expected)->reason);
	assert_string_equal(leaf->institution_code, stage.caller.code);
}

static void a_code_is_in_force_for_its_life_and_five_seconds_of_clock(void **state)
{
	FOR_EACH_SHOW(show) {
		begin(show);
		stage.now_ms = noon_ms - SKEW_MS;
		answer(show, NULL, 0, true);
		assert_int_equal(present(show), STATUS_OK);
		stage.now_ms = noon_ms - SKEW_MS - 1;
		expect_refused(show, text(), STATUS_VOUCHER_EXPIRED, true);
		stage.now_ms = noon_ms + 60 * 1000 + SKEW_MS - 1;
		answer(show, NULL, 0, true);
		assert_int_equal(present(show), STATUS_OK);
		assert_int_equal(fake_number(fake_pg_sent(1), 0, 16), 1);
	}
}

/* Expired: only the call that used it in time may ask again, for a while. */
static void an_expired_code_is_good_only_for_repeating_the_call_that_used_it(void **state)
{
	FOR_EACH_SHOW(show) {
		begin(show);
		stage.now_ms = noon_ms + 60 * 1000 + SKEW_MS;
		answer(show, NULL, 0, false);
		assert_int_equal(present(show), STATUS_VOUCHER_EXPIRED);
		assert_int_equal(fake_number(fake_pg_sent(1), 0, 16), 0); /* may not be fresh */
		assert_string_equal(leaf_of("voucher_use", 13)->reason, "VOUCHER_EXPIRED");
		answer(show, NULL, 0, true); /* it was this call */
		assert_int_equal(present(show), STATUS_OK);
		stage.now_ms = noon_ms + 60 * 1000 + REPEAT_MS - 1;
		answer(show, NULL, 0, true);
		assert_int_equal(present(show), STATUS_OK);
		stage.now_ms++;
		expect_refused(show, text(), STATUS_VOUCHER_EXPIRED, true);
	}
}

static void a_code_for_another_purpose(void **state)
{
	FOR_EACH_SHOW(show) {
		begin(show == PULL ? LIST : PULL);
		expect_refused(show, text(), STATUS_VOUCHER_PURPOSE, true);
		voucher.purpose = 0;
		expect_refused(show, text(), STATUS_VOUCHER_PURPOSE, true);
	}
}

static void a_code_signed_by_nobody_or_somebody_else(void **state)
{
	struct key_pair thief;
	char *code;

	key_pair_make(&thief, "thief");
	FOR_EACH_SHOW(show) {
		begin(show);
		issuer = &thief;
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
		memcpy(voucher.key_id, thief.id, KEY_ID_LEN); /* a key nobody registered */
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
		begin(show);
		code = paper_text(text());
		code[40] = code[40] == 'A' ? 'B' : 'A';
		stage_clear();
		promise_answer_event();
		assert_int_equal(present_text(show, code), STATUS_VOUCHER_FORGED);
	}
}

static void a_revoked_or_absent_authority_key(void **state)
{
	FOR_EACH_SHOW(show) {
		stage.province.voucher_key.revoked = true;
		stage_rebuild();
		begin(show);
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
		stage.province.voucher_key.revoked = false;
		stage.province.voucher_key_is_absent = true;
		stage_rebuild();
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
	}
}

static void an_authority_key_begins_and_ends_to_the_millisecond(void **state)
{
	FOR_EACH_SHOW(show) {
		begin(show);
		stage.province.voucher_key.not_before_ms = noon_ms;
		stage.province.voucher_key.not_after_ms = noon_ms + 1;
		stage_rebuild();
		answer(show, NULL, 0, true);
		assert_int_equal(present(show), STATUS_OK);
		stage.province.voucher_key.not_before_ms = noon_ms + 1;
		stage.province.voucher_key.not_after_ms = noon_ms + 2;
		stage_rebuild();
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
		stage.province.voucher_key.not_before_ms = noon_ms - 1;
		stage.province.voucher_key.not_after_ms = noon_ms;
		stage_rebuild();
		expect_refused(show, text(), STATUS_VOUCHER_FORGED, false);
	}
}

static void a_text_that_is_no_code(void **state)
{
	static const char *const texts[] = {"", "RXV1.", "RXV2.AAAA", "140100-EV-6F1D2A", "RXV1.===="};

	FOR_EACH_SHOW(show) {
		begin(show);
		for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
			expect_refused(show, texts[i], STATUS_VOUCHER_MALFORMED, false);
		stage_clear();
		as_of(show);
		assert_int_equal(stage_call_bytes(show == PULL ? &pull_method : &list_method,
			slice_of("\x0a\x7f", 2)), STATUS_BODY_MALFORMED);
		stage_expect_nothing_sent();
	}
}

static const struct {
	int err;
	enum status_reason reason;
} ends[] = {
	{ERR_DB_AWAY, STATUS_DATABASE_AWAY},
	{ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN},
	{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
	{ERR_FULL, STATUS_BUSY},
	{ERR_DB_CONFLICT, STATUS_CONTENDED},
	{ERR_DB_UNIQUE, STATUS_CONTENDED},
	{ERR_DB_REFUSED, STATUS_INTERNAL},
};

static void nothing_is_shown_when_the_database_does_not_say_yes(void **state)
{
	FOR_EACH_SHOW(show) {
		const struct ledger *one = &l;

		scene_upload(&l, NULL);
		begin(show);
		for (unsigned i = 0; i < ARRAY_LEN(ends); i++) {
			stage_clear();
			fake_pg_answer_failure(show == PULL ? "prescriptions_open" : "prescriptions_all",
				ends[i].err, NULL);
			assert_int_equal(present(show), ends[i].reason);
			stage_clear();
			ledger_answer_search(&one, 1, show == PULL);
			fake_pg_answer_failure("voucher_use", ends[i].err, NULL);
			assert_int_equal(present(show), ends[i].reason);
			voucher.purpose = 1;
			stage_clear();
			fake_pg_answer_failure("event_put", ends[i].err, NULL);
			assert_int_equal(present(show), ends[i].reason);
			begin(show);
		}
	}
}

static struct ledger files[PULL_PRESCRIPTIONS_MAX + 1];
static const struct ledger *many[PULL_PRESCRIPTIONS_MAX + 1];

/* So many prescriptions of one person. */
static void upload_many(unsigned count, struct rx_paper *paper)
{
	for (unsigned i = 0; i < count; i++) {
		char *no = papers_alloc(32);

		(void)snprintf(no, 32, "TYIH-2026-0529-%06u", i);
		paper->m.hospital_rx_no = no;
		scene_upload(&files[i], paper);
		many[i] = &files[i];
	}
}

static void sixteen_are_shown_and_of_seventeen_it_is_told_that_there_are_more(void **state)
{
	FOR_EACH_SHOW(show) {
		struct rx_paper *paper = papers_alloc(sizeof(*paper));
		bool more;

		rx_paper_init(paper, &stage.province);
		upload_many(PULL_PRESCRIPTIONS_MAX + 1, paper);
		begin(show);
		answer(show, many, PULL_PRESCRIPTIONS_MAX, true);
		assert_int_equal(present(show), STATUS_OK);
		assert_int_equal(shown(show, &more), PULL_PRESCRIPTIONS_MAX);
		assert_false(more);
		answer(show, many, PULL_PRESCRIPTIONS_MAX + 1, true);
		assert_int_equal(present(show), STATUS_OK);
		assert_int_equal(shown(show, &more), PULL_PRESCRIPTIONS_MAX);
		assert_true(more);
		assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, PULL_PRESCRIPTIONS_MAX);
	}
}

/* A paper with long notes, and a file with so many reviews with long reasons. */
static void make_long(struct ledger *file, unsigned reviews)
{
	for (unsigned i = 0; i < reviews; i++) {
		Rxcirc__V1__PharmacyReview *r = pharmacy_review_of(file->prescription,
			file->hospital_review, file->rx_id, &stage.province, PHARMACIST);

		r->reason = papers_alloc(2001);
		memset(r->reason, 'r', 2000);
		ledger_add_document(file, paper_sign(r, &stage.province.people[PHARMACIST].pair));
	}
}

/* The answer ends where the frame does; the person is told that there are more. */
static void an_answer_fits_its_frame_and_only_what_is_in_it_counts_as_shown(void **state)
{
	FOR_EACH_SHOW(show) {
		struct rx_paper *paper = papers_alloc(sizeof(*paper));
		size_t count;
		bool more;

		rx_paper_init(paper, &stage.province);
		upload_many(6, paper);
		for (unsigned i = 0; i < 6; i++)
			make_long(&files[i], 24);
		begin(show);
		answer(show, many, 6, true);
		assert_int_equal(present(show), STATUS_OK);
		count = shown(show, &more);
		assert_in_range(count, 3, 5);
		assert_true(more);
		assert_true(stage.req.reply.len + 4096 <= FRAME_BODY_MAX);
		assert_true(stage.req.reply.len / count * (count + 1) > FRAME_BODY_MAX - 12 * 1024);
		assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, count);
	}
}

/* One file alone always goes, as large as it may grow. */
static void the_largest_file_alone_is_shown(void **state)
{
	FOR_EACH_SHOW(show) {
		struct rx_paper *paper = papers_alloc(sizeof(*paper));
		size_t count;
		bool more = false;

		rx_paper_init(paper, &stage.province);
		upload_many(2, paper);
		make_long(&files[0], LATER_DOCUMENTS_MAX);
		begin(show);
		answer(show, many, 2, true);
		assert_int_equal(present(show), STATUS_OK);
		count = shown(show, &more);
		assert_int_equal(count, more ? 1 : 2);
		assert_true(stage.req.reply.len + 4096 <= FRAME_BODY_MAX);
	}
}

static void a_shredded_prescription_is_not_shown(void **state)
{
	FOR_EACH_SHOW(show) {
		const struct ledger *two[2];
		struct ledger gone;
		bool more;

		scene_upload(&l, NULL);
		gone = l;
		gone.is_shredded = true;
		two[0] = &gone;
		two[1] = &l;
		begin(show);
		answer(show, two, 2, true);
		assert_int_equal(present(show), STATUS_OK);
		assert_int_equal(shown(show, &more), 1);
	}
}

/* A pharmacy of another city, and how many prescriptions it is shown. */
static size_t shown_in_datong(void)
{
	const Rxcirc__V1__PullPrescriptionsResponse *reply;
	Rxcirc__V1__PullPrescriptionsRequest m = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;

	begin(PULL);
	answer_one(PULL, true);
	m.voucher_code = paper_text(text());
	stage_as(CALLER_PHARMACY, "P14020000009", "140202");
	assert_int_equal(stage_call(&pull_method, &m), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);
	return reply->n_prescriptions;
}

static void by_default_every_region_may_fill_and_it_is_recorded_where(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	scene_upload(&l, NULL);
	assert_int_equal(shown_in_datong(), 1);
	u = fake_pg_last("voucher_use", &q);
	assert_true(slice_equal(fake_value(u, q, 6), slice_of_text("140202")));
	assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, 1);
}

static void pairs_of_regions_can_be_switched_off_and_on(void **state)
{
	struct parameter *p;

	(void)state;
	scene_upload(&l, NULL);
	p = province_parameter(&stage.province, "140200", "recognised-regions", "140300");
	stage_rebuild();
	assert_int_equal(shown_in_datong(), 0);
	assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, 0);
	p->value = "140300 140100";
	stage_rebuild();
	assert_int_equal(shown_in_datong(), 1);
	province_parameter(&stage.province, "140100", "recognised-regions", "140300");
	stage_rebuild();
	assert_int_equal(shown_in_datong(), 0); /* it takes both */
	begin(PULL);
	answer_one(PULL, true);
	assert_int_equal(present(PULL), STATUS_OK); /* at home nothing is asked */
	assert_int_equal(((const Rxcirc__V1__PullPrescriptionsResponse *)stage_reply(
		&rxcirc__v1__pull_prescriptions_response__descriptor))->n_prescriptions, 1);
	/* and the person sees all of it */
	begin(LIST);
	answer_one(LIST, true);
	stage_as(CALLER_CHANNEL, CHANNEL, "140202");
	assert_int_equal(present(LIST), STATUS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_pull_shows_open_prescriptions_with_a_grant, "JIN15-1.3b"),
		STAGED_PROVES(by_default_every_region_may_fill_and_it_is_recorded_where,
			"JIN15-1.4c JIN15-1.4a"),
		STAGED_PROVES(pairs_of_regions_can_be_switched_off_and_on, "SX15-6.5 JIN15-1.4c"),
		STAGED(a_list_shows_the_same_without_a_grant),
		STAGED_PROVES(the_person_is_found_by_blind_index_and_the_nonce_is_used_in_one_statement,
			"C25 C27"),
		STAGED(a_person_without_prescriptions_is_an_empty_answer_and_an_event),
		STAGED_PROVES(a_code_that_was_used_shows_nothing, "C25"),
		STAGED(a_code_is_in_force_for_its_life_and_five_seconds_of_clock),
		STAGED(an_expired_code_is_good_only_for_repeating_the_call_that_used_it),
		STAGED(a_code_for_another_purpose),
		STAGED_PROVES(a_code_signed_by_nobody_or_somebody_else, "C25"),
		STAGED(a_revoked_or_absent_authority_key),
		STAGED(an_authority_key_begins_and_ends_to_the_millisecond),
		STAGED(a_text_that_is_no_code),
		STAGED(nothing_is_shown_when_the_database_does_not_say_yes),
		STAGED(sixteen_are_shown_and_of_seventeen_it_is_told_that_there_are_more),
		STAGED(an_answer_fits_its_frame_and_only_what_is_in_it_counts_as_shown),
		STAGED(the_largest_file_alone_is_shown),
		STAGED(a_shredded_prescription_is_not_shown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("presentation", tests, stage_open, stage_close);
}
