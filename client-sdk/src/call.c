#include "client-sdk/src/call.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/init.h"
#include "client-sdk/src/pb.h"
#include "client-sdk/src/receipt.h"
#include "client-sdk/src/verify.h"

static_assert(RXC_IDEMPOTENCY_KEY_LEN == IDEMPOTENCY_KEY_LEN,
	"the public header and the wire agree");

struct method {
	const char *name;
	bool changes; /* needs an idempotency key */
	bool stream;  /* has several answers */
};

static const struct method methods[] = {
#define X(name, method, Message, mutating) {method, mutating, false},
	RXC_METHODS(X)
#undef X
#define X(method, Message) {method, false, true},
	RXC_STREAMS(X)
#undef X
};

/* The types of the methods come from here. */
static const ProtobufCServiceDescriptor *const services[] = {
	&rxcirc__v1__hospital__descriptor,
	&rxcirc__v1__pharmacy__descriptor,
	&rxcirc__v1__insured__descriptor,
	&rxcirc__v1__agency__descriptor,
	&rxcirc__v1__onboarding__descriptor,
	&rxcirc__v1__agreements__descriptor,
	&rxcirc__v1__directory__descriptor,
	&rxcirc__v1__codes__descriptor,
	&rxcirc__v1__settlements__descriptor,
};

/* What is done about a method whose replies carry prescriptions. */
struct carrier {
	const char *method;
	/* Note in `call` whom or what the reply must be about. */
	int (*remember)(struct call *call, const ProtobufCMessage *request, struct rxc_error *err);
	int (*check)(const struct call *call, const struct rxc_trust *trust,
		const ProtobufCMessage *reply, struct rxc_error *err);
};

/* ---- replies that carry prescriptions ---- */

/* Whom the reply must be about.  A code that cannot be read is the server's to refuse; then no
 * prescription in a reply can belong to it. */
static void voucher_remember(struct call *call, const char *code)
{
	struct voucher v;

	if (voucher_parse(&v, slice_of_text(code)) == VOUCHER_OK)
		memcpy(call->voucher_id, v.id, sizeof(call->voucher_id));
}

static int rx_id_take(uint8_t ret[RX_ID_LEN], ProtobufCBinaryData rx_id, struct rxc_error *err)
{
	if (rx_id.len != RX_ID_LEN)
		return error_set(err, RXC_ERR_ARGUMENT, "", "a prescription's id has %d bytes",
			RX_ID_LEN);
	memcpy(ret, rx_id.data, RX_ID_LEN);
	return 0;
}

static int pull_remember(struct call *call, const ProtobufCMessage *request, struct rxc_error *err)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m = (const void *)request;
	const char *seen = m->identity ? m->identity->voucher_id : "";

	if (m->n_known > PULL_PRESCRIPTIONS_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "", "at most %d prescriptions may be known",
			PULL_PRESCRIPTIONS_MAX);
	for (size_t i = 0; i < m->n_known; i++) {
		struct known *known = &call->known[call->known_count++];

		if (rx_id_take(known->rx_id, m->known[i]->rx_id, err) < 0)
			return err->code;
		known->version = m->known[i]->version;
	}
	if (!m->identity)
		voucher_remember(call, m->voucher_code);
	else if (strlen(seen) < sizeof(call->voucher_id)) /* the terminal's word */
		memcpy(call->voucher_id, seen, strlen(seen) + 1);
	return 0;
}

static int list_remember(struct call *call, const ProtobufCMessage *request, struct rxc_error *err)
{
	const Rxcirc__V1__ListOwnPrescriptionsRequest *m = (const void *)request;

	(void)err;
	call->by_grant = m->own_grant.len > 0 && m->voucher_code[0] == '\0';
	voucher_remember(call, m->voucher_code);
	return 0;
}

static int get_remember(struct call *call, const ProtobufCMessage *request, struct rxc_error *err)
{
	const Rxcirc__V1__GetPrescriptionRequest *m = (const void *)request;

	call->may_be_unchanged = m->known_version != 0;
	return rx_id_take(call->rx_id, m->rx_id, err);
}

static int show_remember(struct call *call, const ProtobufCMessage *request, struct rxc_error *err)
{
	return rx_id_take(call->rx_id,
		((const Rxcirc__V1__ShowOwnPrescriptionRequest *)request)->rx_id, err);
}

static int download_remember(struct call *call, const ProtobufCMessage *request,
	struct rxc_error *err)
{
	return rx_id_take(call->rx_id,
		((const Rxcirc__V1__DownloadPrescriptionRequest *)request)->rx_id, err);
}

static int story_remember(struct call *call, const ProtobufCMessage *request,
	struct rxc_error *err)
{
	return rx_id_take(call->rx_id, ((const Rxcirc__V1__ShowPrescriptionRequest *)request)->rx_id,
		err);
}

/* Nothing but the state comes, and it must be the one that the caller said it has. */
static int unchanged_check(const struct call *call, const Rxcirc__V1__PrescriptionBundle *bundle,
	struct rxc_error *err)
{
	const Rxcirc__V1__PrescriptionState *state = bundle->state;
	bool is_bare = state && !bundle->prescription && !bundle->hospital_review &&
		bundle->n_later == 0 && bundle->n_key_statements == 0;

	for (size_t i = 0; is_bare && i < call->known_count; i++)
		if (state->version == call->known[i].version && state->rx_id.len == RX_ID_LEN &&
			memcmp(state->rx_id.data, call->known[i].rx_id, RX_ID_LEN) == 0)
			return 0;
	return error_set(err, RXC_ERR_PROTOCOL, "",
		"the server calls unchanged what the request did not say it knows");
}

static int bundles_check(const struct call *call, const struct rxc_trust *trust,
	Rxcirc__V1__PrescriptionBundle **bundles, size_t count, struct rxc_error *err)
{
	if (count > PULL_PRESCRIPTIONS_MAX)
		return error_set(err, RXC_ERR_PROTOCOL, "",
			"the server sent %zu prescriptions, at most %d are allowed", count,
			PULL_PRESCRIPTIONS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (bundles[i]->unchanged && unchanged_check(call, bundles[i], err) < 0)
			return err->code;
		if (bundles[i]->unchanged)
			continue;
		if (verify_bundle(trust, bundles[i], err) < 0 ||
			(!call->by_grant && verify_person(bundles[i], call->voucher_id, err) < 0))
			return err->code;
	}
	return 0;
}

static int pull_check(const struct call *call, const struct rxc_trust *trust,
	const ProtobufCMessage *reply, struct rxc_error *err)
{
	const Rxcirc__V1__PullPrescriptionsResponse *r = (const void *)reply;

	return bundles_check(call, trust, r->prescriptions, r->n_prescriptions, err);
}

static int list_check(const struct call *call, const struct rxc_trust *trust,
	const ProtobufCMessage *reply, struct rxc_error *err)
{
	const Rxcirc__V1__ListOwnPrescriptionsResponse *r = (const void *)reply;

	return bundles_check(call, trust, r->prescriptions, r->n_prescriptions, err);
}

/* One prescription, the one asked for. */
static int one_check(const struct call *call, const struct rxc_trust *trust,
	const Rxcirc__V1__PrescriptionBundle *bundle, struct rxc_error *err)
{
	if (!bundle)
		return error_set(err, RXC_ERR_PROTOCOL, "", "the answer holds no prescription");
	if (verify_bundle(trust, bundle, err) < 0)
		return err->code;
	return verify_rx_id(bundle, call->rx_id, err);
}

#define ONE_CHECK(name, Message) \
	static int name(const struct call *call, const struct rxc_trust *trust, \
		const ProtobufCMessage *reply, struct rxc_error *err) \
	{ \
		return one_check(call, trust, ((const Rxcirc__V1__##Message *)reply)->prescription, err); \
	}
ONE_CHECK(show_check, ShowOwnPrescriptionResponse)
ONE_CHECK(download_check, DownloadPrescriptionResponse)
#undef ONE_CHECK

/* Who named the version it has may be told that there is no other. */
static int get_check(const struct call *call, const struct rxc_trust *trust,
	const ProtobufCMessage *reply, struct rxc_error *err)
{
	const Rxcirc__V1__GetPrescriptionResponse *r = (const void *)reply;

	if (r->unchanged && call->may_be_unchanged && !r->prescription)
		return 0;
	return one_check(call, trust, r->prescription, err);
}

/* A file too large for its story, or destroyed, comes as its state alone. */
static int story_check(const struct call *call, const struct rxc_trust *trust,
	const ProtobufCMessage *reply, struct rxc_error *err)
{
	const Rxcirc__V1__ShowPrescriptionResponse *r = (const void *)reply;
	const Rxcirc__V1__PrescriptionBundle *b = r->prescription;

	if (b && b->state && !b->prescription && !b->hospital_review && b->n_later == 0)
		return verify_rx_id(b, call->rx_id, err);
	return one_check(call, trust, b, err);
}

static const struct carrier carriers[] = {
	{"rxcirc.v1.Pharmacy/PullPrescriptions", pull_remember, pull_check},
	{"rxcirc.v1.Pharmacy/DownloadPrescription", download_remember, download_check},
	{"rxcirc.v1.Insured/ListOwnPrescriptions", list_remember, list_check},
	{"rxcirc.v1.Insured/ShowOwnPrescription", show_remember, show_check},
	{"rxcirc.v1.Hospital/GetPrescription", get_remember, get_check},
	{"rxcirc.v1.Agency/ShowPrescription", story_remember, story_check},
};

static const struct carrier *carrier_of(const char *method)
{
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (strcmp(carriers[i].method, method) == 0)
			return &carriers[i];
	return NULL;
}

/* ---- any method ---- */

static const struct method *method_of(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

/* The types of "package.Service/Method"; NULL when no service has such a method. */
static const ProtobufCMethodDescriptor *types_of(const char *method)
{
	const char *slash = strchr(method, '/');
	size_t service_len = slash ? (size_t)(slash - method) : 0;

	for (size_t i = 0; slash && i < sizeof(services) / sizeof(services[0]); i++)
		if (strlen(services[i]->name) == service_len &&
			memcmp(services[i]->name, method, service_len) == 0)
			return protobuf_c_service_descriptor_get_method_by_name(services[i],
				slash + 1);
	return NULL;
}

/* Types are compared by name: a program may hold a second copy of the generated code. */
static bool message_is(const ProtobufCMessage *message, const ProtobufCMessageDescriptor *type)
{
	return strcmp(message->descriptor->name, type->name) == 0 &&
		protobuf_c_message_check(message);
}

static int request_check(const char *method, const ProtobufCMessage *request,
	const ProtobufCMethodDescriptor *types, const struct rxc_trust *trust,
	struct rxc_error *err)
{
	if (!types)
		return error_set(err, RXC_ERR_ARGUMENT, "", "there is no method \"%s\"", method);
	if (!request || !message_is(request, types->input))
		return error_set(err, RXC_ERR_ARGUMENT, "", "the request is not a sound %s",
			types->input->name);
	if (!trust && carrier_of(method))
		return error_set(err, RXC_ERR_ARGUMENT, "TRUST_MISSING",
			"%s brings prescriptions, and without a trusted authority none can be "
			"verified", method);
	return 0;
}

int call_prepare(struct call *call, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, const struct rxc_trust *trust, struct rxc_error *err)
{
	const struct method *m = method_of(method);
	const ProtobufCMethodDescriptor *types = m ? types_of(method) : NULL;
	const struct carrier *carrier = carrier_of(method);
	struct call made = {.method = m, .types = types, .carrier = carrier};

	if (init_crypto(err) < 0 || request_check(method, request, types, trust, err) < 0)
		return err->code;
	if (carrier && carrier->remember(&made, request, err) < 0)
		return err->code;
	made.has_key = m->changes;
	if (m->changes && idempotency_key)
		memcpy(made.idempotency_key, idempotency_key, IDEMPOTENCY_KEY_LEN);
	else if (m->changes)
		rxc_idempotency_key_new(made.idempotency_key);
	made.body = pb_pack(request, &made.body_len);
	if (!made.body)
		return error_set_memory(err);
	if (made.has_key)
		request_digest(made.request_sha256, method, slice_of(made.body, made.body_len));
	*call = made;
	return 0;
}

void call_drop_body(struct call *call)
{
	free(call->body);
	call->body = NULL;
	call->body_len = 0;
}

void call_clear(struct call *call)
{
	call_drop_body(call);
	*call = (struct call){0};
}

const char *call_method_name(const struct call *call)
{
	return call->method->name;
}

bool call_is_stream(const struct call *call)
{
	return call->method->stream;
}

bool method_is_stream(const char *name)
{
	const struct method *m = method_of(name);

	return m && m->stream;
}

int call_read_reply(const struct call *call, const struct rxc_trust *trust, struct slice body,
	ProtobufCMessage **ret_reply, struct rxc_error *err)
{
	ProtobufCMessage *reply;
	int r = pb_unpack(call->types->output, body, &reply);

	if (r == RXC_ERR_MEMORY)
		return error_set_memory(err);
	if (r < 0)
		return error_set(err, RXC_ERR_PROTOCOL, "", "the server's answer is not a %s",
			call->types->output->name);
	if (call->carrier && call->carrier->check(call, trust, reply, err) < 0) {
		pb_free(reply);
		return err->code;
	}
	*ret_reply = reply;
	return 0;
}

void rxc_idempotency_key_new(uint8_t key[RXC_IDEMPOTENCY_KEY_LEN])
{
	/* Without sodium_init() the bytes are random too; it only makes the first use slower. */
	randombytes_buf(key, IDEMPOTENCY_KEY_LEN);
}
