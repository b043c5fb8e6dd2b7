/* Replies that carry prescriptions: given out only when they verify and are what was asked for. */
#include <string.h>

#include "client-sdk/src/call.h"
#include "test/sdk/plan.h"
#include "test/support/tap.h"

static struct plan plan;
static Rxcirc__V1__PrescriptionBundle *bundle;
static uint8_t rx_id[RXC_RX_ID_LEN], body[64 * 1024];

static int begin(void **state)
{
	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	memcpy(rx_id, plan.rx_id, sizeof(rx_id));
	return 0;
}

static int end(void **state)
{
	(void)state;
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
	return 0;
}

/* The outcome of asking and being answered so; `reason` is what the error must say, or NULL. */
static int carried(const char *method, const ProtobufCMessage *request,
	const ProtobufCMessage *reply, const char *reason)
{
	size_t len = protobuf_c_message_get_packed_size(reply);
	ProtobufCMessage *got = NULL;
	struct rxc_error err = {0};
	struct call call = {0};
	int r = call_prepare(&call, method, request, NULL, plan.trust, &err);

	assert_true(len <= sizeof(body));
	protobuf_c_message_pack(reply, body);
	if (r == 0)
		r = call_read_reply(&call, plan.trust, slice_of(body, len), &got, &err);
	if (reason)
		assert_string_equal(err.reason, reason);
	if (got)
		protobuf_c_message_free_unpacked(got, NULL);
	error_clear(&err);
	call_clear(&call);
	return r;
}

static ProtobufCBinaryData the_id(void)
{
	return (ProtobufCBinaryData){sizeof(rx_id), rx_id};
}

static void what_is_downloaded_or_shown_is_the_one_asked_for(void **state)
{
	Rxcirc__V1__DownloadPrescriptionRequest download =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__DownloadPrescriptionResponse downloaded =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__ShowOwnPrescriptionRequest show = RXCIRC__V1__SHOW_OWN_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__ShowOwnPrescriptionResponse shown =
		RXCIRC__V1__SHOW_OWN_PRESCRIPTION_RESPONSE__INIT;
	const struct {
		const char *method;
		const ProtobufCMessage *request, *reply;
		ProtobufCBinaryData *id;
		Rxcirc__V1__PrescriptionBundle **carried;
	} ways[] = {
		{"rxcirc.v1.Pharmacy/DownloadPrescription", &download.base, &downloaded.base,
			&download.rx_id, &downloaded.prescription},
		{"rxcirc.v1.Insured/ShowOwnPrescription", &show.base, &shown.base, &show.rx_id,
			&shown.prescription},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const ProtobufCMessage *q = ways[i].request, *a = ways[i].reply;

		assert_int_equal(carried(ways[i].method, q, a, NULL), RXC_ERR_ARGUMENT); /* no id */
		*ways[i].id = the_id();
		assert_int_equal(carried(ways[i].method, q, a, NULL), RXC_ERR_PROTOCOL); /* nothing */
		*ways[i].carried = bundle;
		assert_int_equal(carried(ways[i].method, q, a, NULL), 0);
		rx_id[15] ^= 1;
		assert_int_equal(carried(ways[i].method, q, a, "RX_ID_FOREIGN"), RXC_ERR_VERIFY);
		rx_id[15] ^= 1;
		bundle->later[2]->body.data[3] ^= 1;
		assert_int_equal(carried(ways[i].method, q, a, "SIGNATURE_INVALID"), RXC_ERR_VERIFY);
		bundle->later[2]->body.data[3] ^= 1;
	}
}

static void unchanged_is_believed_only_of_what_the_request_said_it_knows(void **state)
{
	Rxcirc__V1__PullPrescriptionsRequest pull = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PullPrescriptionsResponse reply = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__KnownPrescription known = RXCIRC__V1__KNOWN_PRESCRIPTION__INIT;
	Rxcirc__V1__KnownPrescription *list[PULL_PRESCRIPTIONS_MAX + 1];
	Rxcirc__V1__PrescriptionBundle bare = RXCIRC__V1__PRESCRIPTION_BUNDLE__INIT;
	Rxcirc__V1__PrescriptionBundle *bundles[] = {&bare};
	const char *method = "rxcirc.v1.Pharmacy/PullPrescriptions";

	(void)state;
	bare.state = bundle->state;
	bare.unchanged = true;
	reply.prescriptions = bundles;
	reply.n_prescriptions = 1;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_PROTOCOL);
	for (size_t i = 0; i < PULL_PRESCRIPTIONS_MAX + 1; i++)
		list[i] = &known;
	known.rx_id = the_id();
	known.version = bundle->state->version;
	pull.known = list;
	pull.n_known = 1;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), 0);
	known.version++;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_PROTOCOL);
	known.version--;
	rx_id[0] ^= 1;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_PROTOCOL);
	rx_id[0] ^= 1;
	bare.prescription = bundle->prescription; /* nobody would verify it */
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_PROTOCOL);
	bare.prescription = NULL;
	bare.unchanged = false; /* and without the word it is not whole */
	assert_int_equal(carried(method, &pull.base, &reply.base, "DOCUMENT_MISSING"),
		RXC_ERR_VERIFY);
	bare.unchanged = true;
	pull.n_known = PULL_PRESCRIPTIONS_MAX;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), 0);
	pull.n_known++;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_ARGUMENT);
	pull.n_known = 1;
	known.rx_id.len--;
	assert_int_equal(carried(method, &pull.base, &reply.base, NULL), RXC_ERR_ARGUMENT);
}

static void a_list_by_grant_is_verified_and_names_its_person_itself(void **state)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest list = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__ListOwnPrescriptionsResponse reply =
		RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_RESPONSE__INIT;
	const char *method = "rxcirc.v1.Insured/ListOwnPrescriptions";

	(void)state;
	reply.prescriptions = &bundle;
	reply.n_prescriptions = 1;
	assert_int_equal(carried(method, &list.base, &reply.base, "PERSON_FOREIGN"),
		RXC_ERR_VERIFY); /* neither code nor grant */
	list.own_grant = the_id();
	assert_int_equal(carried(method, &list.base, &reply.base, NULL), 0);
	bundle->hospital_review->signature.data[0] ^= 1;
	assert_int_equal(carried(method, &list.base, &reply.base, "SIGNATURE_INVALID"),
		RXC_ERR_VERIFY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_downloaded_or_shown_is_the_one_asked_for, begin,
			end),
		cmocka_unit_test_setup_teardown(
			unchanged_is_believed_only_of_what_the_request_said_it_knows, begin, end),
		cmocka_unit_test_setup_teardown(a_list_by_grant_is_verified_and_names_its_person_itself,
			begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("carried", tests, NULL, NULL);
}
