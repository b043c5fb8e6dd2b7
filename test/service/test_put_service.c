/* A hospital publishes its own services, and nobody else's. */
#include "test/service/scene.h"

#include <string.h>

#include "rxcirc/v1/hospital.pb-c.h"
#include "store/registry_tail.h"

static const struct method service_method = {"rxcirc.v1.Hospital/PutService", put_service_start};
static Rxcirc__V1__PutServiceRequest m;

static void begin(const char *caller)
{
	rxcirc__v1__put_service_request__init(&m);
	m.code = paper_text("110200001");
	m.name = paper_text("互联网复诊诊查费");
	m.price_fen = 1500;
	m.from_ms = noon_ms;
	stage_as(CALLER_HOSPITAL, caller, HOME_REGION);
	stage_clear();
}

/* Nothing was answered before; the write says whether it put anything. */
static void answer_put(bool changed)
{
	struct fake_cell put[] = {FAKE_BOOL(changed), FAKE_I64(changed)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("item_put", 2, put, 1);
}

/* The item that was written last is this owner's. */
static void expect_owner(const char *owner)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("item_put", &q);
	struct slice code;

	assert_non_null(u);
	code = fake_value(u, q, REGISTRY_TAIL_PARAMS);
	assert_int_equal(code.len, strlen(owner));
	assert_memory_equal(code.data, owner, code.len);
}

static enum status_reason call(void)
{
	return stage_call(&service_method, &m);
}

static void field_fault(const char *field)
{
	assert_int_equal(call(), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
}

static void its_own_service_is_written(void **state)
{
	const Rxcirc__V1__PutServiceResponse *reply;

	(void)state;
	begin(HOSPITAL);
	answer_put(true);
	assert_int_equal(call(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__put_service_response__descriptor);
	assert_true(reply->changed);
	expect_owner(HOSPITAL);
}

static void a_host_speaks_for_its_internet_hospital(void **state)
{
	(void)state;
	begin(HOST);
	m.owner_code = paper_text(HOSPITAL);
	answer_put(true);
	assert_int_equal(call(), STATUS_OK);
	expect_owner(HOSPITAL);
	begin(HOSPITAL);
	m.owner_code = paper_text(HOST); /* not the other way round */
	assert_int_equal(call(), STATUS_SCOPE_NOT_ALLOWED);
	begin(OTHER_HOSPITAL);
	m.owner_code = paper_text(HOSPITAL);
	assert_int_equal(call(), STATUS_SCOPE_NOT_ALLOWED);
	begin(HOST);
	m.owner_code = paper_text(PHARMACY);
	assert_int_equal(call(), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_nothing_sent();
}

static void who_applies_may_prepare_unless_a_pharmacy(void **state)
{
	(void)state;
	begin(HOSPITAL);
	stage_as(CALLER_APPLICANT, HOSPITAL, HOME_REGION);
	answer_put(true);
	assert_int_equal(call(), STATUS_OK);
	begin(PHARMACY);
	stage_as(CALLER_APPLICANT, PHARMACY, HOME_REGION);
	assert_int_equal(call(), STATUS_ROLE_NOT_ALLOWED);
}

static void prices_have_their_limits_and_are_not_dated_back(void **state)
{
	(void)state;
	begin(HOSPITAL);
	m.price_fen = SERVICE_PRICE_FEN_MAX;
	m.from_ms = noon_ms - DAY_MS;
	answer_put(true);
	assert_int_equal(call(), STATUS_OK);
	begin(HOSPITAL);
	m.price_fen = SERVICE_PRICE_FEN_MAX + 1;
	field_fault("price_fen");
	begin(HOSPITAL);
	m.price_fen = -1;
	field_fault("price_fen");
	begin(HOSPITAL);
	m.from_ms = noon_ms - DAY_MS - 1;
	field_fault("from_ms");
	begin(HOSPITAL);
	m.until_ms = m.from_ms;
	field_fault("until_ms");
	begin(HOSPITAL);
	m.name = paper_text("");
	field_fault("name");
	begin(HOSPITAL);
	m.code = paper_text("");
	field_fault("code");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(its_own_service_is_written, "TJ2-19b"),
		STAGED_PROVES(a_host_speaks_for_its_internet_hospital, "TJ2-19b"),
		STAGED(who_applies_may_prepare_unless_a_pharmacy),
		STAGED(prices_have_their_limits_and_are_not_dated_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("service/put_service", tests, stage_open, stage_close);
}
