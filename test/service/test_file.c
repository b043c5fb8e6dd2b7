/* How large a prescription's file may grow: by count and by bytes, and always revocable. */
#include "test/service/scene.h"

#include <string.h>

enum { ROOM = 8 * 1024 }; /* kept free for the revocation */

static struct ledger l;

static Rxcirc__V1__PharmacyReview *review_of_reason(size_t len)
{
	Rxcirc__V1__PharmacyReview *r = pharmacy_review_of(l.prescription, l.hospital_review, l.rx_id,
		&stage.province, PHARMACIST);

	r->reason = papers_alloc(len + 1);
	memset(r->reason, 'r', len);
	return r;
}

static void add(size_t reason_len)
{
	ledger_add_document(&l, paper_sign(review_of_reason(reason_len),
		&stage.province.people[PHARMACIST].pair));
}

static enum status_reason send(const struct method *method, const void *m)
{
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(method, m);
}

static enum status_reason review(size_t reason_len)
{
	scene_as(PHARMACIST);
	return send(&review_method, submit_of(&l, review_of_reason(reason_len), PHARMACIST));
}

static enum status_reason revoke(size_t reason_len)
{
	Rxcirc__V1__Revocation *r = revocation_of(l.prescription, l.rx_id, &stage.province);

	r->reason = papers_alloc(reason_len + 1);
	memset(r->reason, 'r', reason_len);
	scene_as(PHYSICIAN);
	return send(&revoke_method, revoke_of(&l, r));
}

static void a_file_holds_63_papers_and_its_revocation(void **state)
{
	(void)state;
	act_prepare(ACT_REVIEW, &l);
	while (l.document_count < 1 + LATER_DOCUMENTS_MAX - 2)
		add(1);
	assert_int_equal(review(1), STATUS_OK); /* the 63rd */
	add(1);
	assert_int_equal(review(1), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_int_equal(revoke(1), STATUS_OK);
}

static void claiming_and_releasing_need_no_paper(void **state)
{
	(void)state;
	act_prepare(ACT_RELEASE, &l);
	while (l.document_count < 1 + LATER_DOCUMENTS_MAX)
		add(1);
	assert_int_equal(send(&release_method, release_of(&l)), STATUS_OK);
	assert_int_equal(revoke(1), STATUS_FIELD_INVALID); /* more than ever could have been stored */
}

/* More papers than can be: somebody put them there. */
static void more_papers_than_a_file_holds_are_not_opened(void **state)
{
	(void)state;
	act_prepare(ACT_RELEASE, &l);
	while (l.document_count < 1 + LATER_DOCUMENTS_MAX + 1)
		add(1);
	assert_int_equal(send(&release_method, release_of(&l)), STATUS_INTERNAL);
}

static size_t body_len(const void *message)
{
	return protobuf_c_message_get_packed_size(message);
}

/* Fill the file until exactly `left` bytes are left of what papers may take. */
static void fill_until(size_t left)
{
	size_t used = l.prescription->body.len + l.hospital_review->body.len, whole;

	whole = body_len(review_of_reason(3900));
	while (BUNDLE_BYTES_MAX - ROOM - used >= left + 2 * whole) {
		add(3900);
		used += whole;
	}
	/* the rest in one paper or two; a text of 128 to 3999 bytes costs exactly its length */
	whole = BUNDLE_BYTES_MAX - ROOM - used - left;
	if (whole > body_len(review_of_reason(3900))) {
		add(2000);
		whole -= body_len(review_of_reason(2000));
	}
	add(200 + whole - body_len(review_of_reason(200)));
}

static void a_file_holds_its_bytes_and_not_one_more(void **state)
{
	size_t next;

	(void)state;
	act_prepare(ACT_REVIEW, &l);
	next = body_len(review_of_reason(500));
	fill_until(next);
	assert_true(l.document_count < LATER_DOCUMENTS_MAX);
	assert_int_equal(review(501), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	assert_int_equal(review(500), STATUS_OK);
	assert_int_equal(revoke(3000), STATUS_OK);
}

/* The largest file there can be still travels in one frame with all its key statements. */
static void the_fullest_file_fits_a_frame(void **state)
{
	Rxcirc__V1__GetPrescriptionRequest *m = papers_alloc(sizeof(*m));

	(void)state;
	act_prepare(ACT_REVIEW, &l);
	fill_until(0);
	while (l.document_count < 1 + LATER_DOCUMENTS_MAX)
		add(0);
	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	promise_answer_event();
	assert_int_equal(stage_call(&get_method, m), STATUS_OK);
	assert_true(stage.req.reply.len > BUNDLE_BYTES_MAX - ROOM);
	assert_true(stage.req.reply.len + 1024 <= FRAME_BODY_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_file_holds_63_papers_and_its_revocation),
		STAGED(claiming_and_releasing_need_no_paper),
		STAGED(more_papers_than_a_file_holds_are_not_opened),
		STAGED(a_file_holds_its_bytes_and_not_one_more),
		STAGED(the_fullest_file_fits_a_frame),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("file", tests, stage_open, stage_close);
}
