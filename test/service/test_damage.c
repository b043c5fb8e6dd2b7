/* What somebody with the database in his hands may change: nothing that goes unnoticed. */
#include "test/service/scene.h"

#include <string.h>

#include "base/ensure.h"
#include "proto/voucher.h"
#include "test/service/ledger.h"

static struct ledger good, l;

enum way { BY_CHANGE, BY_GET, BY_PULL, BY_SAME_UPLOAD, WAYS };

static const void *upload_message;

/* A pull leaves out what is damaged and names it; the rest of it goes on. */
static enum status_reason pull(void)
{
	static const struct fake_cell used[] = {FAKE_BOOL(true)};
	const Rxcirc__V1__PullPrescriptionsResponse *reply;
	enum status_reason status;
	Rxcirc__V1__PullPrescriptionsRequest m = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	struct voucher v = {.purpose = VOUCHER_PURPOSE_PULL, .issued_at_ms = noon_ms, .life_s = 60,
		.id = PERSON};
	char code[VOUCHER_TEXT_MAX + 1];
	const struct ledger *one = &l;

	memcpy(v.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(code, &v, stage.province.voucher_pair.secret) == 0);
	m.voucher_code = code;
	scene_as(PHARMACIST);
	ledger_answer_search(&one, 1, true);
	fake_pg_answer("voucher_use", 1, used, 1);
	status = stage_call(&pull_method, &m);
	if (status != STATUS_OK)
		return status;
	reply = stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);
	return reply->n_prescriptions == 0 && reply->n_damaged == 1 ? STATUS_DATA_DAMAGED : STATUS_OK;
}

/* The four ways on which a stored prescription is read. */
static enum status_reason read_by(enum way way)
{
	static const struct fake_cell is_old[] = {FAKE_BOOL(false), FAKE_BOOL(false)};
	Rxcirc__V1__GetPrescriptionRequest get = RXCIRC__V1__GET_PRESCRIPTION_REQUEST__INIT;

	stage_clear();
	switch (way) {
	case BY_CHANGE:
		scene_as(PHARMACIST);
		ledger_answer_load(&l);
		return stage_call(&review_method, act_message(ACT_REVIEW, &good));
	case BY_GET:
		scene_as(PHYSICIAN);
		ledger_answer_row(&l);
		ledger_answer_documents(&l);
		get.rx_id = paper_bytes(good.rx_id, RX_ID_LEN);
		return stage_call(&get_method, &get);
	case BY_PULL:
		return pull();
	case BY_SAME_UPLOAD:
	case WAYS:
		break;
	}
	scene_as(PHYSICIAN);
	fake_pg_answer("prescription_put", 2, is_old, 1);
	ledger_answer_row(&l);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	return stage_call(&upload_method, upload_message);
}

static void begin(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rx_paper_init(paper, &stage.province);
	upload_message = upload_of(paper, &stage.province);
	scene_upload(&good, paper);
	scene_claim(&good, PHARMACIST);
	l = good;
}

static void expect_noticed(enum way way, const char *what)
{
	enum status_reason status = read_by(way);

	if (status != STATUS_DATA_DAMAGED)
		fail_msg("%s, way %d: %s", what, (int)way, status_row_of(status)->reason);
	for (unsigned i = 0; i < fake_pg_sent_count(); i++)
		if (way != BY_SAME_UPLOAD && way != BY_PULL)
			assert_string_equal(fake_pg_sent(i)->lane, "read");
	l = good;
}

#define ROW_CHANGES(X) \
	X("person", l.person_key[5] ^= 1) \
	X("hospital", l.hospital[11] = '2') \
	X("upload digest", l.upload_mac[0] ^= 1) \
	X("issue time", l.issued_ms--) \
	X("end of validity", l.valid_until_ms += DAY_MS) \
	X("time of receipt", l.received_ms++) \
	X("validity", l.validity = 2) \
	X("review", l.review = 2) \
	X("use", l.use = 2) \
	X("holder", memcpy(l.holder, OTHER_PHARMACY, sizeof(OTHER_PHARMACY))) \
	X("no holder", l.holder[0] = '\0') \
	X("a longer holder", memcpy(l.holder, "P140105000012", 14)) \
	X("end of the lease", l.held_until_ms++) \
	X("token", l.token++) \
	X("fills", l.fills_done++) \
	X("most fills", l.fills_max++) \
	X("interval", l.interval++) \
	X("version", l.version--) \
	X("head of the trail", l.head_leaf[31] ^= 1) \
	X("generation of the digest", l.mac_generation = 1) \
	X("a generation there is not", l.mac_generation = 9) \
	X("digest", l.row_mac[0] ^= 1) \
	X("drug", l.codes[0][3] = 'X') \
	X("quantity", l.prescribed[1] += 10000) \
	X("dispensed", l.dispensed[1]++) \
	X("a line less", l.line_count--) \
	X("no lines", l.lines_are_gone = true)

static void every_change_of_the_row_is_noticed_on_every_way(void **state)
{
	(void)state;
	begin();
	for (enum way way = 0; way < WAYS; way++) {
#define X(what, change) \
		change; \
		expect_noticed(way, what);
		ROW_CHANGES(X)
#undef X
	}
}

static void a_row_under_another_id_is_noticed(void **state)
{
	(void)state;
	begin();
	for (enum way way = 0; way < BY_SAME_UPLOAD; way++) {
		l.rx_id[15] ^= 1;
		expect_noticed(way, "id");
	}
}

static void an_older_row_with_its_own_digest_keeps_no_newer_documents(void **state)
{
	struct ledger before;

	(void)state;
	begin();
	before = good;
	scene_review(&good, PHARMACIST, true);
	l = good;
	/* row and digest of before, documents of now: the row is true, the newer paper is left out */
	before.document_count = l.document_count;
	memcpy(before.documents, l.documents, sizeof(l.documents));
	l = before;
	stage_clear();
	scene_as(PHARMACIST);
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	assert_int_equal(stage_call(&review_method, act_message(ACT_REVIEW, &good)), STATUS_OK);
}

static struct slice flipped(struct slice s, size_t at)
{
	uint8_t *copy = papers_alloc(s.len);

	memcpy(copy, s.data, s.len);
	copy[at] ^= 1;
	return slice_of(copy, s.len);
}

static void damaged_ciphertext_is_noticed(void **state)
{
	(void)state;
	begin();
	for (enum way way = 0; way < BY_SAME_UPLOAD; way++) {
		size_t len = good.documents[0].sealed.len;

		l.documents[0].sealed = flipped(good.documents[0].sealed, 0);
		expect_noticed(way, "nonce");
		l.documents[0].sealed = flipped(good.documents[0].sealed, len / 2);
		expect_noticed(way, "text");
		l.documents[0].sealed = flipped(good.documents[0].sealed, len - 1);
		expect_noticed(way, "tag");
		l.documents[0].sealed.len--;
		expect_noticed(way, "a byte less");
		l.documents[0].sealed.len = 0;
		expect_noticed(way, "nothing");
		l.documents[0].seq = 2;
		expect_noticed(way, "another place in the file");
		l.documents[0].kind = 2;
		expect_noticed(way, "another kind");
		l.document_count = 0;
		expect_noticed(way, "no documents");
	}
}

static void a_damaged_key_is_noticed(void **state)
{
	(void)state;
	begin();
	for (enum way way = 0; way < BY_SAME_UPLOAD; way++) {
		l.wrapped[0] ^= 1;
		expect_noticed(way, "nonce of the key");
		l.wrapped[71] ^= 1;
		expect_noticed(way, "tag of the key");
		l.key_generation = 1;
		expect_noticed(way, "another generation");
		l.key_generation = 77;
		expect_noticed(way, "no such generation");
	}
}

/* Documents of one prescription put into another's file. */
static void another_prescriptions_documents_are_noticed(void **state)
{
	struct ledger other;
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	(void)state;
	begin();
	rx_paper_init(paper, &stage.province);
	paper->m.hospital_rx_no = paper_text("TYIH-2026-0529-000482");
	scene_upload(&other, paper);
	for (enum way way = 0; way < BY_SAME_UPLOAD; way++) {
		l.documents[0].sealed = other.documents[0].sealed;
		expect_noticed(way, "another's paper");
		memcpy(l.wrapped, other.wrapped, sizeof(l.wrapped));
		expect_noticed(way, "another's key");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(every_change_of_the_row_is_noticed_on_every_way, "C30"),
		STAGED(a_row_under_another_id_is_noticed),
		STAGED(an_older_row_with_its_own_digest_keeps_no_newer_documents),
		STAGED_PROVES(damaged_ciphertext_is_noticed, "C30"),
		STAGED(a_damaged_key_is_noticed),
		STAGED(another_prescriptions_documents_are_noticed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("damage", tests, stage_open, stage_close);
}
