/* An order to deliver and what happened to it: what is written, and what is refused. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/delivery.h"

static const struct method deliver_method = {"rxcirc.v1.Pharmacy/ReportDelivery",
	report_delivery_start};
static uint8_t rx_id[RX_ID_LEN + 1];
static Rxcirc__V1__ReportDeliveryRequest m;
static Rxcirc__V1__DeliveryOrder order;
static Rxcirc__V1__DeliveryReport report;

static void begin(void)
{
	for (unsigned i = 0; i < RX_ID_LEN; i++)
		rx_id[i] = (uint8_t)(0x41 + i);
	rxcirc__v1__report_delivery_request__init(&m);
	rxcirc__v1__delivery_order__init(&order);
	rxcirc__v1__delivery_report__init(&report);
	m.rx_id = (ProtobufCBinaryData){RX_ID_LEN, rx_id};
	m.fill_no = 2;
	m.delivery_no = paper_text("SF-1");
	m.order = &order;
	order.carrier_code = paper_text("SF");
	order.carrier_name = paper_text("顺丰速运");
	order.region = paper_text("140106");
	order.ordered_at_ms = noon_ms;
	report.event = RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_UNDER_WAY;
	report.at_ms = noon_ms;
	scene_as(PHARMACIST);
	stage_clear();
}

static void begin_report(void)
{
	begin();
	m.order = NULL;
	m.report = &report;
}

static void answer(bool key_is_new, bool fits, int16_t why, int16_t stands)
{
	const struct fake_cell cells[] = {FAKE_BOOL(key_is_new), FAKE_BOOL(fits), FAKE_I16(why),
		FAKE_I16(stands)};

	fake_pg_answer(m.order != NULL ? "delivery_order" : "delivery_step", 4, cells, 1);
}

static enum status_reason deliver(bool key_is_new, bool fits, int16_t why, int16_t stands)
{
	stage_clear();
	answer(key_is_new, fits, why, stands);
	return stage_call(&deliver_method, &m);
}

static char *letters(size_t count)
{
	char *text = papers_alloc(count + 1);

	memset(text, 'x', count);
	return text;
}

static void expect_leaf(const struct fake_unit *u, unsigned q, const char *word)
{
	const Rxcirc__V1__EventLeaf *leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor,
		fake_value(u, q, 9));

	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_DELIVERY_REPORTED);
	assert_string_equal(leaf->reason, word);
	assert_int_equal(leaf->rx_seq, 0);
	assert_memory_equal(leaf->rx_id.data, rx_id, RX_ID_LEN);
}

static void an_order_is_one_statement_in_its_prescriptions_bucket(void **state)
{
	const Rxcirc__V1__ReportDeliveryResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(deliver(true, true, 4, 0), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__report_delivery_response__descriptor);
	assert_true(reply->recorded);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("delivery_order", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), 0x4142);
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(PHARMACY)));
	assert_true(slice_equal(fake_value(u, q, 12), slice_of(rx_id, RX_ID_LEN)));
	assert_int_equal(fake_number(u, q, 13), 2);
	assert_true(slice_equal(fake_value(u, q, 14), slice_of_text("SF-1")));
	assert_true(slice_equal(fake_value(u, q, 15), slice_of_text("SF")));
	assert_true(slice_equal(fake_value(u, q, 17), slice_of_text("140106")));
	assert_int_equal(fake_time(u, q, 18), noon_ms);
	assert_int_equal(fake_number(u, q, 19), delivery_follows(DELIVERY_ORDERED));
	assert_int_equal(fake_number(u, q, 20),
		registry_code_table(stage.registry, CODE_DRUG, noon_ms)->id);
	expect_leaf(u, q, "ordered");
}

static void a_step_says_what_it_may_follow(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (int event = DELIVERY_COLLECTED; event < DELIVERY_EVENTS; event++) {
		begin_report();
		report.event = (Rxcirc__V1__DeliveryEvent)event;
		report.signer = event == DELIVERY_SIGNED ? 2 : 0;
		report.reason = event == DELIVERY_FAILED ? 5 : 0;
		assert_int_equal(deliver(true, true, 6, 1), STATUS_OK);
		u = fake_pg_last("delivery_step", &q);
		assert_int_equal(fake_number(u, q, 15), event);
		assert_int_equal(fake_time(u, q, 16), noon_ms);
		assert_int_equal(fake_number(u, q, 17), report.signer);
		assert_int_equal(fake_number(u, q, 18), report.reason);
		assert_int_equal(fake_number(u, q, 19), delivery_follows((enum delivery_event)event));
		expect_leaf(u, q, delivery_word((enum delivery_event)event));
	}
}

static void expect_region(const char *to, bool inside)
{
	stage_clear();
	order.region = paper_text(to);
	if (inside)
		answer(true, true, 4, 0);
	assert_int_equal(stage_call(&deliver_method, &m), inside ? STATUS_OK : STATUS_FIELD_INVALID);
	if (inside)
		return;
	stage_expect_found("delivery-region", "order.region");
	assert_string_equal(stage.req.findings[0]->source, "JIN15-2.5");
	stage_expect_nothing_sent();
}

static void nothing_is_delivered_outside_the_pooling_region(void **state)
{
	(void)state;
	begin();
	expect_region("140105", true);
	expect_region("140199", true);
	expect_region("140205", false);
	expect_region("110105", false);
	(void)province_parameter(&stage.province, "140100", "pooling-region", "140100 140200");
	stage_rebuild();
	expect_region("140205", true);
	expect_region("140105", true);
	expect_region("140305", false);
}

static void refuse_each_malformed_field(void)
{
#define FAULT(start, spoil, field) \
	start(); \
	spoil; \
	assert_int_equal(stage_call(&deliver_method, &m), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	FAULT(begin, m.rx_id.len = RX_ID_LEN - 1, "rx_id");
	FAULT(begin, m.rx_id.len = RX_ID_LEN + 1, "rx_id");
	FAULT(begin, m.fill_no = 0, "fill_no");
	FAULT(begin, m.fill_no = INT16_MAX + 1, "fill_no");
	FAULT(begin, m.delivery_no = paper_text(""), "delivery_no");
	FAULT(begin, m.delivery_no = letters(DELIVERY_NO_MAX + 1), "delivery_no");
	FAULT(begin, m.report = &report, "order");
	FAULT(begin, m.order = NULL, "order");
	FAULT(begin, order.carrier_code = paper_text(""), "order.carrier_code");
	FAULT(begin, order.carrier_code = letters(CARRIER_CODE_MAX + 1), "order.carrier_code");
	FAULT(begin, order.carrier_name = paper_text(""), "order.carrier_name");
	FAULT(begin, order.carrier_name = letters(CARRIER_NAME_MAX + 1), "order.carrier_name");
	FAULT(begin, order.region = paper_text("14010"), "order.region");
	FAULT(begin, order.region = paper_text("1401055"), "order.region");
	FAULT(begin, order.region = paper_text("14010x"), "order.region");
	FAULT(begin, order.ordered_at_ms = 0, "order.ordered_at_ms");
	FAULT(begin, order.ordered_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1,
		"order.ordered_at_ms");
	FAULT(begin_report, report.event = 0, "report.event");
	FAULT(begin_report, report.event = 1, "report.event"); /* an order is no report */
	FAULT(begin_report, report.event = 8, "report.event");
	FAULT(begin_report, report.event = -1, "report.event");
	FAULT(begin_report, report.at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "report.at_ms");
	FAULT(begin_report, report.signer = 1, "report.signer");
	FAULT(begin_report, report.reason = 1, "report.reason");
	FAULT(begin_report, report.event = 4, "report.signer"); /* nobody named */
	FAULT(begin_report, (report.event = 4, report.signer = 3), "report.signer");
	FAULT(begin_report, report.event = 5, "report.reason"); /* no reason */
	FAULT(begin_report, (report.event = 5, report.reason = 6), "report.reason");
#undef FAULT
}

static void every_field_has_its_limit(void **state)
{
	(void)state;
	refuse_each_malformed_field();
	begin();
	m.fill_no = INT16_MAX;
	m.delivery_no = letters(DELIVERY_NO_MAX);
	order.carrier_code = letters(CARRIER_CODE_MAX);
	order.carrier_name = letters(CARRIER_NAME_MAX);
	order.ordered_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX;
	assert_int_equal(deliver(true, true, 4, 0), STATUS_OK);
}

static void expect_misfit(int16_t why, int16_t stands, const char *rule, const char *source)
{
	assert_int_equal(deliver(false, false, why, stands), STATUS_FIELD_INVALID);
	assert_int_equal(stage.req.findings_count, 1);
	assert_string_equal(stage.req.findings[0]->rule, rule);
	assert_string_equal(stage.req.findings[0]->source, source);
}

static void what_stands_there_is_told(void **state)
{
	(void)state;
	begin();
	assert_int_equal(deliver(false, false, 1, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	expect_misfit(2, 1, "delivery-number", "delv_no");
	expect_misfit(3, 0, "delivery-special-control", "C18");
	expect_misfit(4, DELIVERY_UNDER_WAY, "delivery-order", "NT33-N2.5");
	assert_non_null(strstr(stage.req.findings[0]->message, "under-way"));
	/* could follow what stands: there are too many */
	expect_misfit(4, DELIVERY_CANCELLED, "delivery-count", "NT33-N2.5");
	begin_report();
	assert_int_equal(deliver(false, false, 1, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	expect_misfit(4, DELIVERY_SIGNED, "delivery-order", "NT33-N2.5");
	expect_misfit(5, DELIVERY_COLLECTED, "delivery-time", "NT33-N5.2");
	expect_misfit(6, DELIVERY_UNDER_WAY, "delivery-count", "NT33-N2.5");
}

static void the_same_call_again_gets_the_same_answer(void **state)
{
	const struct fake_unit *u;
	uint8_t mac[32], reply[16];
	size_t len;
	unsigned q;

	(void)state;
	begin();
	stage.keep_key = true;
	assert_int_equal(deliver(true, true, 4, 0), STATUS_OK);
	u = fake_pg_last("delivery_order", &q);
	memcpy(mac, fake_value(u, q, 4).data, sizeof(mac));
	len = fake_value(u, q, 5).len;
	assert_in_range(len, 1, sizeof(reply));
	memcpy(reply, fake_value(u, q, 5).data, len);
	for (unsigned other_body = 0; other_body < 2; other_body++) {
		order.region = paper_text(other_body != 0 ? "140107" : "140106");
		stage_clear();
		answer(false, true, 4, 0);
		promise_answer_kept("reply_replay", mac, slice_of(reply, len), NULL);
		assert_int_equal(stage_call(&deliver_method, &m),
			other_body != 0 ? STATUS_IDEMPOTENCY_KEY_REUSED : STATUS_OK);
	}
}

static void two_at_one_moment_are_told_apart_by_a_second_try(void **state)
{
	(void)state;
	begin_report();
	stage_clear();
	fake_pg_answer_failure("delivery_step", ERR_DB_UNIQUE, "23505");
	answer(false, false, 4, DELIVERY_SIGNED);
	assert_int_equal(stage_call(&deliver_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("delivery-order", "report.event");
}

/* NT33-N2.3: whoever hands over may deliver, the issuing hospital as well. */
static void a_hospital_delivers_what_it_handed_over_itself(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	scene_as(PHYSICIAN);
	assert_int_equal(deliver(true, true, 4, 0), STATUS_OK);
	u = fake_pg_last("delivery_order", &q);
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(HOSPITAL)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(an_order_is_one_statement_in_its_prescriptions_bucket, "NT33-N2.5"),
		STAGED_PROVES(a_step_says_what_it_may_follow, "NT33-N2.5"),
		STAGED_PROVES(nothing_is_delivered_outside_the_pooling_region, "JIN15-2.5"),
		STAGED(every_field_has_its_limit),
		STAGED(what_stands_there_is_told),
		STAGED(the_same_call_again_gets_the_same_answer),
		STAGED(two_at_one_moment_are_told_apart_by_a_second_try),
		STAGED_PROVES(a_hospital_delivers_what_it_handed_over_itself, "NT33-N2.3"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("delivery", tests, stage_open, stage_close);
}
