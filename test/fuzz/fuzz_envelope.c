/* Envelopes and what is inside: whatever unpacks packs again to something that unpacks to the same,
 * and documents go through the checks they go through at receipt. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "proto/document.h"
#include "proto/limits.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rxcirc/v1/envelope.pb-c.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "rxcirc/v1/pharmacy.pb-c.h"

static const ProtobufCServiceDescriptor *const services[] = {
	&rxcirc__v1__hospital__descriptor,
	&rxcirc__v1__pharmacy__descriptor,
	&rxcirc__v1__insured__descriptor,
	&rxcirc__v1__agency__descriptor,
};

/* The body's message of each kind of document. */
static const ProtobufCMessageDescriptor *const bodies[] = {
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION] = &rxcirc__v1__prescription__descriptor,
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW] =
		&rxcirc__v1__hospital_review__descriptor,
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW] =
		&rxcirc__v1__pharmacy_review__descriptor,
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD] =
		&rxcirc__v1__dispense_record__descriptor,
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION] = &rxcirc__v1__revocation__descriptor,
	[RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT] =
		&rxcirc__v1__key_statement__descriptor,
};

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data,
	size_t len)
{
	return protobuf_c_message_unpack(type, NULL, len, data);
}

static void drop(ProtobufCMessage *message)
{
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

static void forget_unknown_fields(ProtobufCMessage *message);

/* The messages a field holds. */
static void forget_unknown_fields_in(ProtobufCMessage *message,
	const ProtobufCFieldDescriptor *field)
{
	uint8_t *start = (uint8_t *)message;
	void *value = start + field->offset;

	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return;
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t count = *(size_t *)(void *)(start + field->quantifier_offset);

		for (size_t i = 0; i < count; i++)
			forget_unknown_fields((*(ProtobufCMessage ***)value)[i]);
		return;
	}
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
		*(uint32_t *)(void *)(start + field->quantifier_offset) != field->id)
		return;
	if (*(ProtobufCMessage **)value)
		forget_unknown_fields(*(ProtobufCMessage **)value);
}

/* protobuf-c takes field number zero when its tag is written in two bytes, keeps it, and packs a
 * tag of one byte that it refuses.  Nothing of ours packs what it did not make, so such fields are
 * left out of the comparison. */
static void forget_unknown_fields(ProtobufCMessage *message)
{
	for (unsigned i = 0; i < message->n_unknown_fields; i++)
		free(message->unknown_fields[i].data);
	free(message->unknown_fields);
	message->unknown_fields = NULL;
	message->n_unknown_fields = 0;
	for (unsigned i = 0; i < message->descriptor->n_fields; i++)
		forget_unknown_fields_in(message, &message->descriptor->fields[i]);
}

/* Packed bytes are a fixed point: unpacked and packed once more they are the same. */
static void check_packs_again(ProtobufCMessage *message)
{
	forget_unknown_fields(message);

	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *first = malloc(len + 1), *second = malloc(len + 1);

	FUZZ_CHECK(first && second);
	FUZZ_CHECK(protobuf_c_message_pack(message, first) == len);

	ProtobufCMessage *back = unpack(message->descriptor, first, len);

	FUZZ_CHECK(back);
	FUZZ_CHECK(protobuf_c_message_get_packed_size(back) == len);
	FUZZ_CHECK(protobuf_c_message_pack(back, second) == len);
	FUZZ_CHECK(memcmp(first, second, len) == 0);
	drop(back);
	free(first);
	free(second);
}

static void check_document(const Rxcirc__V1__SignedDocument *doc)
{
	/* The base point: a sound key nobody knows the secret of. */
	static const uint8_t key[PUBLIC_KEY_LEN] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
	uint8_t of_document[SHA256_LEN], of_signature[SHA256_LEN];
	Rxcirc__V1__DocumentDigest name = RXCIRC__V1__DOCUMENT_DIGEST__INIT;

	if (!doc || document_check_form(doc, doc->kind) < 0)
		return;
	FUZZ_CHECK(dsse_type_of(doc->kind) != NULL);
	FUZZ_CHECK(doc->body.len >= 1 && doc->body.len <= DOCUMENT_BODY_MAX);
	FUZZ_CHECK(document_verify(doc, doc->kind, key) < 0);
	document_digest(doc, of_document, of_signature);
	name.document_sha256 = (ProtobufCBinaryData){SHA256_LEN, of_document};
	name.signature_sha256 = (ProtobufCBinaryData){SHA256_LEN, of_signature};
	FUZZ_CHECK(document_is_named_by(doc, &name));
	of_signature[31] ^= 1;
	FUZZ_CHECK(!document_is_named_by(doc, &name));

	ProtobufCMessage *body = unpack(bodies[doc->kind], doc->body.data, doc->body.len);

	if (body && body->descriptor == &rxcirc__v1__key_statement__descriptor) {
		const Rxcirc__V1__KeyStatement *s = (const Rxcirc__V1__KeyStatement *)body;

		FUZZ_CHECK(!key_statement_is_valid_at(s, s->not_after_ms));
	}
	drop(body);
}

static void check_bundle(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	check_document(bundle->prescription);
	check_document(bundle->hospital_review);
	for (size_t i = 0; i < bundle->n_later; i++)
		check_document(bundle->later[i]);
	for (size_t i = 0; i < bundle->n_key_statements; i++)
		check_document(bundle->key_statements[i]);
}

/* The documents of the messages that carry them from outside. */
static void check_documents_in(const ProtobufCMessage *message)
{
	if (message->descriptor == &rxcirc__v1__upload_prescription_request__descriptor) {
		const Rxcirc__V1__UploadPrescriptionRequest *m = (const void *)message;

		check_document(m->prescription);
		check_document(m->hospital_review);
	} else if (message->descriptor == &rxcirc__v1__submit_review_request__descriptor) {
		const Rxcirc__V1__SubmitReviewRequest *m = (const void *)message;

		check_document(m->review);
	} else if (message->descriptor == &rxcirc__v1__dispense_prescription_request__descriptor) {
		const Rxcirc__V1__DispensePrescriptionRequest *m = (const void *)message;

		check_document(m->dispense_record);
	} else if (message->descriptor == &rxcirc__v1__pull_prescriptions_response__descriptor) {
		const Rxcirc__V1__PullPrescriptionsResponse *m = (const void *)message;

		for (size_t i = 0; i < m->n_prescriptions; i++)
			check_bundle(m->prescriptions[i]);
	}
}

static void check_body(const ProtobufCMessageDescriptor *type, ProtobufCBinaryData body)
{
	ProtobufCMessage *message = unpack(type, body.data, body.len);

	if (!message)
		return;
	check_packs_again(message);
	check_documents_in(message);
	drop(message);
}

static const ProtobufCMethodDescriptor *method_of(const char *name)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		size_t len = strlen(services[i]->name);

		if (strncmp(name, services[i]->name, len) == 0 && name[len] == '/')
			return protobuf_c_service_descriptor_get_method_by_name(services[i],
				name + len + 1);
	}
	return NULL;
}

static void check_client_frame(const uint8_t *data, size_t len)
{
	ProtobufCMessage *message = unpack(&rxcirc__v1__client_frame__descriptor, data, len);

	if (!message)
		return;
	check_packs_again(message);

	const Rxcirc__V1__ClientFrame *frame = (const void *)message;
	const ProtobufCMethodDescriptor *method = method_of(frame->method);

	if (method)
		check_body(method->input, frame->body);
	drop(message);
}

static void check_server_frame(const uint8_t *data, size_t len)
{
	ProtobufCMessage *message = unpack(&rxcirc__v1__server_frame__descriptor, data, len);

	if (!message)
		return;
	check_packs_again(message);
	/* The answer that carries most. */
	check_body(&rxcirc__v1__pull_prescriptions_response__descriptor,
		((const Rxcirc__V1__ServerFrame *)message)->body);
	drop(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1 || len > FRAME_BODY_MAX)
		return 0;
	check_client_frame(data, len);
	check_server_frame(data, len);
	return 0;
}
