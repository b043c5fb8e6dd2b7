/* How content the person was with a hand-over: who may say it, how it is kept and counted. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/own_grant.h"
#include "crypto/seal.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/insured.pb-c.h"

static const struct method rate_method = {"rxcirc.v1.Insured/RateFill", rate_fill_start};
static const struct method ratings_method = {"rxcirc.v1.Agency/QueryRatings",
	query_ratings_start};

static struct ledger l;
static uint8_t grant[OWN_GRANT_LEN];
static Rxcirc__V1__RateFillRequest m;

static void make_grant(const char *channel, int64_t until_ms)
{
	own_grant_make(grant, stage.keys, l.person_key, channel, until_ms);
}

/* Handed over, and the person is about to rate it. */
static void begin(void)
{
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, NULL);
	make_grant(CHANNEL, noon_ms + OWN_GRANT_MS);
	rxcirc__v1__rate_fill_request__init(&m);
	m.own_grant = paper_bytes(grant, sizeof(grant));
	m.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m.fill_no = 1;
	m.score = 4;
	m.comment = paper_text("很快，药师很耐心");
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
}

static void answer_load(int16_t revision, int64_t first_ms)
{
	const struct fake_cell none[] = {FAKE_I16(0), FAKE_NULL};
	const struct fake_cell some[] = {FAKE_I16(revision), FAKE_TIME(first_ms)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	ledger_answer_row(&l);
	fake_pg_answer("rating_load", 2, revision == 0 ? none : some, 1);
}

static void answer_put(bool key_is_new)
{
	const struct fake_cell cells[] = {FAKE_BOOL(key_is_new), FAKE_BOOL(true)};

	fake_pg_answer("rating_put", 2, cells, 1);
}

static enum status_reason rate(int16_t revision, int64_t first_ms)
{
	stage_clear();
	answer_load(revision, first_ms);
	answer_put(true);
	return stage_call(&rate_method, &m);
}

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

/* The comment as it would be read with the prescription's key, at this fill and revision. */
static bool comment_opens(struct slice sealed, unsigned fill, unsigned revision, const char *text)
{
	struct data_key key = {.generation = (uint16_t)l.key_generation};
	const struct seal_place place = {l.rx_id, (uint64_t)fill << 16 | revision, 100};
	uint8_t plain[2048];
	size_t len;

	memcpy(key.wrapped, l.wrapped, sizeof(key.wrapped));
	assert_int_equal(data_key_unwrap(&key, stage.keys, l.rx_id), 0);
	assert_true(sealed.len <= sizeof(plain));
	return seal_open(plain, &len, &key, &place, sealed) == 0 && len == strlen(text) &&
		memcmp(plain, text, len) == 0;
}

static void a_rating_is_kept_once_with_its_comment_sealed(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	struct slice sealed;
	uint8_t hash[SHA256_LEN];
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(rate(0, 0), STATUS_OK);
	assert_true(((const Rxcirc__V1__RateFillResponse *)
		stage_reply(&rxcirc__v1__rate_fill_response__descriptor))->recorded);
	assert_int_equal(fake_pg_sent_count(), 2);
	stage_expect_lane("rating_load", "read");
	u = fake_pg_last("rating_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), l.person_key[0] << 8 | l.person_key[1]);
	assert_true(slice_equal(fake_value(u, q, 12), slice_of(l.rx_id, RX_ID_LEN)));
	assert_int_equal(fake_number(u, q, 13), 1);
	assert_int_equal(fake_number(u, q, 14), 1);
	assert_int_equal(fake_number(u, q, 15), 4);
	sealed = fake_value(u, q, 16);
	assert_true(comment_opens(sealed, 1, 1, m.comment));
	assert_false(comment_opens(sealed, 2, 1, m.comment)); /* neither another fill's */
	assert_false(comment_opens(sealed, 1, 2, m.comment)); /* nor a later one's */
	assert_null(memmem(sealed.data, sealed.len, m.comment, 6));
	leaf = leaf_of("rating_put", 9);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_RATED);
	assert_memory_equal(leaf->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(leaf->rx_seq, 0);
	digest_sha256(hash, sealed);
	assert_memory_equal(leaf->ciphertext_sha256.data, hash, SHA256_LEN);
	assert_true(slice_equal(fake_value(u, q, 11), slice_of(l.person_key, PERSON_KEY_LEN)));
}

static void a_rating_without_a_comment_seals_nothing(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	m.comment = paper_text("");
	assert_int_equal(rate(0, 0), STATUS_OK);
	u = fake_pg_last("rating_put", &q);
	assert_true(u->queries[q].param[16].is_null);
	assert_int_equal(leaf_of("rating_put", 9)->ciphertext_sha256.len, 0);
}

static void a_rating_may_be_changed_for_thirty_days_or_what_the_region_says(void **state)
{
	int64_t first_ms;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	first_ms = noon_ms - (int64_t)30 * DAY_MS;
	assert_int_equal(rate(1, first_ms + 1), STATUS_OK);
	u = fake_pg_last("rating_put", &q);
	assert_int_equal(fake_number(u, q, 14), 2);
	assert_true(comment_opens(fake_value(u, q, 16), 1, 2, m.comment));
	assert_int_equal(rate(1, first_ms), STATUS_RATING_CLOSED);
	assert_int_equal(rate(RATING_REVISIONS_MAX - 1, noon_ms), STATUS_OK);
	assert_int_equal(rate(RATING_REVISIONS_MAX, noon_ms), STATUS_RATING_CLOSED);
	province_parameter(&stage.province, "140100", "rating-change-days", "2");
	stage_rebuild();
	assert_int_equal(rate(1, noon_ms - 2 * DAY_MS + 1), STATUS_OK);
	assert_int_equal(rate(1, noon_ms - 2 * DAY_MS), STATUS_RATING_CLOSED);
}

static void only_a_fill_that_happened_of_an_own_prescription_is_rated(void **state)
{
	uint8_t other[PERSON_KEY_LEN];

	(void)state;
	begin();
	stage_clear();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	ledger_answer_row(&l);
	fake_pg_answer("rating_load", 2, NULL, 0);
	assert_int_equal(stage_call(&rate_method, &m), STATUS_FILL_NOT_FOUND);
	assert_int_equal(fake_pg_sent_count(), 1);
	memcpy(other, l.person_key, sizeof(other));
	other[31] ^= 1;
	own_grant_make(grant, stage.keys, other, CHANNEL, noon_ms + 1);
	m.own_grant = paper_bytes(grant, sizeof(grant));
	assert_int_equal(rate(0, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	other[0] ^= 1; /* of another bucket: nothing is asked */
	own_grant_make(grant, stage.keys, other, CHANNEL, noon_ms + 1);
	assert_int_equal(rate(0, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	assert_int_equal(fake_pg_sent_count(), 0);
	make_grant(CHANNEL, noon_ms + 1);
	l.is_shredded = true;
	assert_int_equal(rate(0, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	l.is_shredded = false;
	l.review = 1;
	assert_int_equal(rate(0, 0), STATUS_DATA_DAMAGED);
}

static char *characters(size_t count)
{
	char *text = papers_alloc(3 * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + 3 * i, "药", 3);
	return text;
}

static void every_field_has_its_limits(void **state)
{
	(void)state;
	begin();
	m.score = 1;
	assert_int_equal(rate(0, 0), STATUS_OK);
	m.score = 5;
	m.comment = characters(RATING_COMMENT_MAX);
	m.fill_no = 32767;
	assert_int_equal(rate(0, 0), STATUS_OK);
	m.score = 0;
	m.fill_no = 0;
	m.comment = characters(RATING_COMMENT_MAX + 1);
	m.rx_id.len--;
	assert_int_equal(rate(0, 0), STATUS_FIELD_INVALID);
	assert_int_equal(stage.req.findings_count, 4);
	stage_expect_found("FIELD", "score");
	stage_expect_found("FIELD", "fill_no");
	stage_expect_found("FIELD", "comment");
	stage_expect_found("FIELD", "rx_id");
	m.score = 6;
	m.fill_no = 32768;
	assert_int_equal(rate(0, 0), STATUS_FIELD_INVALID);
	assert_int_equal(stage.req.findings_count, 4);
	stage_expect_nothing_sent();
	assert_int_equal(stage_call_bytes(&rate_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
}

static void a_grant_that_does_not_serve_rates_nothing_and_is_an_event(void **state)
{
	static const struct {
		const char *channel;
		int64_t left_ms;
		enum status_reason expected;
	} cases[] = {
		{"C14010000009", 1, STATUS_OWN_GRANT_INVALID},
		{CHANNEL, 0, STATUS_OWN_GRANT_EXPIRED},
	};

	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		make_grant(cases[i].channel, noon_ms + cases[i].left_ms);
		m.own_grant = paper_bytes(grant, sizeof(grant));
		stage_clear();
		answer_load(0, 0);
		promise_answer_event();
		assert_int_equal(stage_call(&rate_method, &m), cases[i].expected);
		assert_int_equal(leaf_of("event_put", 10)->kind,
			RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
		assert_string_equal(leaf_of("event_put", 10)->reason,
			status_row_of(cases[i].expected)->reason);
		stage_clear();
		answer_load(0, 0);
		fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
		assert_int_equal(stage_call(&rate_method, &m), STATUS_DATABASE_AWAY);
	}
}

/* ---- again ---- */

static struct slice the_mac(void)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("rating_put", &q);
	struct slice mac = fake_value(u, q, 4);
	uint8_t *copy = papers_alloc(mac.len);

	memcpy(copy, mac.data, mac.len);
	return slice_of(copy, mac.len);
}

static void the_same_call_again_gets_the_same_answer_also_after_the_visit(void **state)
{
	static const uint8_t reply[] = {0x08, 0x01};
	struct slice mac;

	(void)state;
	begin();
	stage.keep_key = true;
	assert_int_equal(rate(0, 0), STATUS_OK);
	mac = the_mac();
	stage.now_ms = noon_ms + (int64_t)40 * DAY_MS;
	for (unsigned i = 0; i < 2; i++) {
		stage_clear();
		promise_answer_kept("reply_load", mac.data, slice_of(reply, sizeof(reply)), NULL);
		ledger_answer_row(&l);
		fake_pg_answer("rating_load", 2, NULL, 0);
		promise_answer_kept("reply_replay", mac.data, slice_of(reply, sizeof(reply)), NULL);
		if (i == 0)
			assert_int_equal(stage_call(&rate_method, &m), STATUS_OK);
		else
			assert_int_equal(stage_call(&rate_method, &m), STATUS_IDEMPOTENCY_KEY_REUSED);
		m.score = 5; /* another call under the same key */
	}
}

/* Of two ratings at one moment the second asks again and stands behind the first. */
static void who_loses_a_race_or_does_not_know_asks_again(void **state)
{
	static const int errs[] = {ERR_DB_UNIQUE, ERR_DB_CONFLICT, ERR_OUTCOME_UNKNOWN};
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(errs); i++) {
		begin();
		answer_load(0, 0);
		fake_pg_answer_failure("rating_put", errs[i], NULL);
		answer_load(1, noon_ms);
		answer_put(true);
		assert_int_equal(stage_call(&rate_method, &m), STATUS_OK);
		u = fake_pg_last("rating_put", &q);
		assert_int_equal(fake_number(u, q, 14), 2);
		begin();
		for (unsigned n = 0; n < 8; n++) {
			answer_load(0, 0);
			fake_pg_answer_failure("rating_put", errs[i], NULL);
		}
		assert_int_equal(stage_call(&rate_method, &m), errs[i] == ERR_OUTCOME_UNKNOWN ?
			STATUS_OUTCOME_UNKNOWN : STATUS_CONTENDED);
	}
}

static void no_allocation_that_fails_rates_anything(void **state)
{
	(void)state;
	begin();
	for (stage.fail_at = 1;; stage.fail_at++) {
		enum status_reason status = rate(0, 0);

		if (!stage.has_failed) {
			assert_int_equal(status, STATUS_OK);
			break;
		}
		assert_int_equal(status, STATUS_BUSY);
	}
	assert_true(stage.fail_at > 5);
	stage.fail_at = 0;
}

/* ---- counted ---- */

enum { COUNT_CELLS = 7 };

static enum status_reason query(const Rxcirc__V1__QueryRatingsRequest *ask, unsigned rows)
{
	static struct fake_cell cells[COUNT_CELLS * (RATINGS_PAGE_MAX + 1)];

	for (unsigned i = 0; i < rows; i++) {
		const struct fake_cell row[COUNT_CELLS] = {
			i == 0 ? fake_text(PHARMACY) : fake_text(OTHER_PHARMACY), FAKE_I64(1), FAKE_I64(0),
			FAKE_I64(2), FAKE_I64(3), FAKE_I64(i == 0 ? 5 : 2), FAKE_I64(40)};

		memcpy(&cells[i * COUNT_CELLS], row, sizeof(row));
	}
	stage_clear();
	fake_pg_answer("ratings_count", COUNT_CELLS, cells, rows);
	return stage_call(&ratings_method, ask);
}

static void officers_see_counts_and_means_per_institution_and_nobodys_comment(void **state)
{
	Rxcirc__V1__QueryRatingsRequest ask = RXCIRC__V1__QUERY_RATINGS_REQUEST__INIT;
	const Rxcirc__V1__QueryRatingsResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	ask.by = RXCIRC__V1__RATED_BY__RATED_BY_PHARMACY;
	ask.from_ms = noon_ms - DAY_MS;
	assert_int_equal(query(&ask, 2), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_ratings_response__descriptor);
	assert_int_equal(reply->n_institutions, 2);
	assert_string_equal(reply->institutions[0]->institution_code, PHARMACY);
	assert_string_equal(reply->institutions[0]->institution_name,
		province_place(&stage.province, PHARMACY)->name);
	assert_int_equal(reply->institutions[0]->n_counts, RATING_SCORE_MAX);
	assert_int_equal(reply->institutions[0]->counts[2], 2);
	assert_int_equal(reply->institutions[0]->ratings, 11);
	assert_int_equal(reply->institutions[0]->mean_e2, 400); /* 44 / 11 */
	assert_int_equal(reply->institutions[0]->fills, 40);
	assert_int_equal(reply->institutions[1]->mean_e2, 363); /* 29 / 8 = 3.625, half up */
	assert_string_equal(reply->next_page_token, "");
	u = fake_pg_last("ratings_count", &q);
	assert_string_equal(u->lane, "slow");
	assert_int_equal(fake_number(u, q, 0), 0);
	assert_int_equal(fake_time(u, q, 1), noon_ms - DAY_MS);
	assert_int_equal(fake_time(u, q, 2), noon_ms + 1);
	assert_int_equal(fake_value(u, q, 3).len, 0);
	ask.by = RXCIRC__V1__RATED_BY__RATED_BY_HOSPITAL;
	ask.until_ms = noon_ms;
	ask.institution_code = paper_text(HOSPITAL);
	ask.page_token = paper_text("H14010000001");
	assert_int_equal(query(&ask, RATINGS_PAGE_MAX), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_ratings_response__descriptor);
	assert_string_equal(reply->next_page_token, "");
	u = fake_pg_last("ratings_count", &q);
	assert_int_equal(fake_number(u, q, 0), 1);
	assert_true(slice_equal(fake_value(u, q, 4), slice_of_text(HOSPITAL)));
	assert_true(slice_equal(fake_value(u, q, 5), slice_of_text("H14010000001")));
	assert_int_equal(query(&ask, RATINGS_PAGE_MAX + 1), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_ratings_response__descriptor);
	assert_int_equal(reply->n_institutions, RATINGS_PAGE_MAX);
	assert_string_equal(reply->next_page_token, OTHER_PHARMACY);
}

static void a_city_officer_sees_the_own_prefecture(void **state)
{
	Rxcirc__V1__QueryRatingsRequest ask = RXCIRC__V1__QUERY_RATINGS_REQUEST__INIT;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	ask.by = RXCIRC__V1__RATED_BY__RATED_BY_PHARMACY;
	assert_int_equal(query(&ask, 1), STATUS_OK);
	u = fake_pg_last("ratings_count", &q);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of_text("1401")));
	ask.institution_code = paper_text(PHARMACY);
	assert_int_equal(query(&ask, 1), STATUS_OK);
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140200");
	assert_int_equal(query(&ask, 1), STATUS_SCOPE_NOT_ALLOWED);
	ask.institution_code = paper_text("P14019999999"); /* nobody's */
	assert_int_equal(query(&ask, 1), STATUS_SCOPE_NOT_ALLOWED);
	assert_int_equal(fake_pg_sent_count(), 0);
}

static void a_query_that_makes_no_sense_is_told_whole(void **state)
{
	Rxcirc__V1__QueryRatingsRequest ask = RXCIRC__V1__QUERY_RATINGS_REQUEST__INIT;

	(void)state;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	ask.from_ms = 2;
	ask.until_ms = 1;
	ask.institution_code = paper_text("P140105000012");
	ask.page_token = paper_text("P140105000012");
	assert_int_equal(query(&ask, 1), STATUS_FIELD_INVALID);
	assert_int_equal(stage.req.findings_count, 4);
	ask.from_ms = -1;
	assert_int_equal(query(&ask, 1), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "from_ms, until_ms");
	assert_int_equal(fake_pg_sent_count(), 0);
	assert_int_equal(stage_call_bytes(&ratings_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	ask = (Rxcirc__V1__QueryRatingsRequest)RXCIRC__V1__QUERY_RATINGS_REQUEST__INIT;
	ask.by = RXCIRC__V1__RATED_BY__RATED_BY_PHARMACY;
	stage_clear();
	fake_pg_answer_failure("ratings_count", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&ratings_method, &ask), STATUS_DATABASE_AWAY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_rating_is_kept_once_with_its_comment_sealed, "SX15-8.5"),
		STAGED(a_rating_without_a_comment_seals_nothing),
		STAGED_PROVES(a_rating_may_be_changed_for_thirty_days_or_what_the_region_says,
			"SX15-8.5"),
		STAGED_PROVES(only_a_fill_that_happened_of_an_own_prescription_is_rated, "SX15-8.5"),
		STAGED(every_field_has_its_limits),
		STAGED(a_grant_that_does_not_serve_rates_nothing_and_is_an_event),
		STAGED(the_same_call_again_gets_the_same_answer_also_after_the_visit),
		STAGED(who_loses_a_race_or_does_not_know_asks_again),
		STAGED(no_allocation_that_fails_rates_anything),
		STAGED_PROVES(officers_see_counts_and_means_per_institution_and_nobodys_comment,
			"SX15-8.5"),
		STAGED(a_city_officer_sees_the_own_prefecture),
		STAGED(a_query_that_makes_no_sense_is_told_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rating", tests, stage_open, stage_close);
}
