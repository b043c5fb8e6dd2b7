/* One stage for all tests of a program. */
#include "test/service/stage.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"

struct stage stage;

const struct method check_method = {"rxcirc.v1.Hospital/CheckPrescription",
	check_prescription_start};
const struct method upload_method = {"rxcirc.v1.Hospital/UploadPrescription",
	upload_prescription_start};
const struct method revoke_method = {"rxcirc.v1.Hospital/RevokePrescription",
	revoke_prescription_start};
const struct method get_method = {"rxcirc.v1.Hospital/GetPrescription", get_prescription_start};
const struct method pull_method = {"rxcirc.v1.Pharmacy/PullPrescriptions",
	pull_prescriptions_start};
const struct method claim_method = {"rxcirc.v1.Pharmacy/ClaimPrescription",
	claim_prescription_start};
const struct method renew_method = {"rxcirc.v1.Pharmacy/RenewClaim", renew_claim_start};
const struct method transfer_method = {"rxcirc.v1.Pharmacy/TransferClaim", transfer_claim_start};
const struct method return_method = {"rxcirc.v1.Pharmacy/ReturnDispensed",
	return_dispensed_start};
const struct method release_method = {"rxcirc.v1.Pharmacy/ReleaseClaim", release_claim_start};
const struct method review_method = {"rxcirc.v1.Pharmacy/SubmitReview", submit_review_start};
const struct method dispense_method = {"rxcirc.v1.Pharmacy/DispensePrescription",
	dispense_prescription_start};
const struct method list_method = {"rxcirc.v1.Insured/ListOwnPrescriptions",
	list_own_prescriptions_start};
const struct method trail_method = {"rxcirc.v1.Agency/QueryTrail", query_trail_start};
const struct method explain_method = {"rxcirc.v1.Agency/ExplainDecision", explain_decision_start};
const struct method rules_method = {"rxcirc.v1.Directory/ListRules", list_rules_start};
const struct method parameters_method = {"rxcirc.v1.Directory/ListParameters",
	list_parameters_start};
const struct method put_method = {"rxcirc.v1.Agency/PutRegistryRecord",
	put_registry_record_start};

static void finished(struct request *req)
{
	ensure(req == &stage.req);
	stage.ends++;
}

static struct pg_lane *open_lane(const char *name)
{
	const struct pg_lane_options options = {.name = name};
	struct pg_lane *lane = NULL;

	ensure(pg_lane_open(&lane, NULL, &options) == 0);
	return lane;
}

static void lane_closed(void *arg)
{
	(void)arg;
}

int stage_open(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	stage.keys = province_keyring();
	stage.shop = (struct workshop){
		.read = open_lane("read"), .write = open_lane("write"), .slow = open_lane("slow"),
		.keys = stage.keys, .claim_lease_ms = LEASE_MS, .pull_grant_ms = GRANT_MS,
		.own_grant_ms = OWN_GRANT_MS,
	};
	request_init(&stage.req);
	return 0;
}

int stage_close(void **state)
{
	(void)state;
	pg_lane_close(stage.shop.read, lane_closed, NULL);
	pg_lane_close(stage.shop.write, lane_closed, NULL);
	pg_lane_close(stage.shop.slow, lane_closed, NULL);
	fake_pg_run();
	keyring_free(stage.keys);
	return 0;
}

void stage_rebuild(void)
{
	stage_clear(); /* the last request borrows the old one */
	registry_unref(stage.registry);
	stage.registry = province_registry(&stage.province);
}

int stage_set(void **state)
{
	(void)state;
	province_init(&stage.province);
	memcpy(stage.shop.authority_key, stage.province.authority.public_key, PUBLIC_KEY_LEN);
	stage_rebuild();
	stage.now_ms = noon_ms;
	stage.keep_key = stage.fail_all = false;
	stage.fail_at = 0;
	memset(stage.key, 0x11, sizeof(stage.key));
	stage_as(CALLER_HOSPITAL, HOSPITAL, HOME_REGION);
	return 0;
}

int stage_strike(void **state)
{
	(void)state;
	stage_clear();
	registry_unref(stage.registry);
	stage.registry = NULL;
	papers_free();
	return 0;
}

void stage_clear(void)
{
	request_end(&stage.req);
	fake_pg_reset();
	/* nobody proposed anything, unless the test says so */
	fake_pg_answer("proposal_load", 4, NULL, 0);
	fake_pg_always("proposal_load");
}

void stage_as(enum caller_role role, const char *code, const char *region)
{
	memset(&stage.caller, 0, sizeof(stage.caller));
	stage.caller.role = role;
	ensure(strlen(code) < sizeof(stage.caller.code));
	ensure(strlen(region) < sizeof(stage.caller.region));
	memcpy(stage.caller.code, code, strlen(code));
	memcpy(stage.caller.region, region, strlen(region));
	if ((role & (CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER)) != 0) {
		stage.caller.duties = DUTIES_ALL;
		(void)snprintf(stage.caller.officer, sizeof(stage.caller.officer), "%s", "王处长");
	}
}

static void request_fill(struct request *req, const struct method *method, struct slice body)
{
	req->shop = &stage.shop;
	req->registry = stage.registry;
	req->caller = stage.caller;
	req->call_id = 1;
	req->method = method->name;
	req->body = arena_copy(&req->arena, body);
	ensure(req->body.len == body.len);
	req->has_key = true;
	memcpy(req->idempotency_key, stage.key, sizeof(stage.key));
	req->received_at_ms = stage.now_ms;
	req->deadline_mono_ms = 4711;
	req->finished = finished;
}

enum status_reason stage_call_bytes(const struct method *method, struct slice body)
{
	request_end(&stage.req);
	request_fill(&stage.req, method, body);
	stage.ends = 0;
	strict_arena_fail_at(stage.fail_at, stage.fail_all);
	method->start(&stage.req);
	fake_pg_run();
	stage.has_failed = strict_arena_has_failed();
	strict_arena_fail_at(0, false);
	assert_int_equal(stage.ends, 1);
	assert_int_equal(fake_pg_pending(), 0);
	if (stage.req.status != STATUS_OK) {
		assert_null(stage.req.reply.data);
		assert_false(stage.req.has_promise);
	}
	if (!stage.keep_key)
		stage.key[0]++;
	return stage.req.status;
}

enum status_reason stage_call(const struct method *method, const void *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(len + 1);
	enum status_reason status;

	ensure(bytes != NULL && protobuf_c_message_pack(message, bytes) == len);
	status = stage_call_bytes(method, slice_of(bytes, len));
	free(bytes);
	return status;
}

static void *papers_for_pb(void *arg, size_t size)
{
	(void)arg;
	return papers_alloc(size);
}

static void papers_keep(void *arg, void *pointer)
{
	(void)arg;
	(void)pointer;
}

void *stage_unpack(const ProtobufCMessageDescriptor *type, struct slice bytes)
{
	static const uint8_t nothing[1];
	ProtobufCAllocator allocator = {papers_for_pb, papers_keep, NULL};
	void *m = protobuf_c_message_unpack(type, &allocator, bytes.len,
		bytes.data == NULL ? nothing : bytes.data);

	assert_non_null(m);
	return m;
}

void *stage_reply(const ProtobufCMessageDescriptor *type)
{
	assert_int_equal(stage.req.status, STATUS_OK);
	return stage_unpack(type, stage.req.reply);
}

bool stage_found(const char *rule, const char *field)
{
	for (size_t i = 0; i < stage.req.findings_count; i++)
		if (strcmp(stage.req.findings[i]->rule, rule) == 0 &&
			strcmp(stage.req.findings[i]->field, field) == 0)
			return true;
	return false;
}

void stage_expect_found(const char *rule, const char *field)
{
	if (!stage_found(rule, field))
		fail_msg("no finding %s about %s (of %zu; first: %s about %s)", rule, field,
			stage.req.findings_count,
			stage.req.findings_count == 0 ? "none" : stage.req.findings[0]->rule,
			stage.req.findings_count == 0 ? "nothing" : stage.req.findings[0]->field);
}

void stage_expect_nothing_sent(void)
{
	assert_int_equal(fake_pg_sent_count(), 0);
}

void stage_expect_lane(const char *statement, const char *lane)
{
	unsigned query;

	assert_string_equal(fake_pg_last(statement, &query)->lane, lane);
}
