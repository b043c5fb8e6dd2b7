/* The generated message code agrees with every golden envelope of proto/vectors. */
#include "test/support/tap.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "rxcirc/v1/envelope.pb-c.h"

enum { CLIENT_MIN = 10, SERVER_MIN = 10, MALFORMED_MIN = 10 };

static uint8_t bytes[FRAME_BODY_MAX];
static json_t *file;

static int load(void **state)
{
	const char *dir = getenv("RXCIRC_PROTO_VECTORS");
	char path[4096];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/envelopes.json", dir ? dir : "proto/vectors");
	file = json_load_file(path, 0, NULL);
	return file ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static const json_t *cases_of(const char *name, size_t count_min)
{
	assert_true(json_array_size(json_object_get(file, name)) >= count_min);
	return json_object_get(file, name);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text ? text : "";
}

static size_t bytes_of(const char *hex)
{
	size_t len = 0;

	assert_non_null(hex);
	assert_int_equal(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &len, NULL), 0);
	return len;
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const json_t *c)
{
	(void)fprintf(stderr, "# %s\n", text_of(c, "name"));
	return protobuf_c_message_unpack(type, NULL, bytes_of(text_of(c, "bytes")), bytes);
}

static void assert_text(const json_t *c, const char *name, const char *value)
{
	assert_string_equal(text_of(c, name), value);
}

static void assert_number(const json_t *c, const char *name, int64_t value)
{
	assert_true(json_is_integer(json_object_get(c, name)));
	assert_true(json_integer_value(json_object_get(c, name)) == value);
}

static void assert_hex(const char *hex, ProtobufCBinaryData value)
{
	assert_int_equal(bytes_of(hex), value.len);
	if (value.len > 0)
		assert_memory_equal(bytes, value.data, value.len);
}

static void assert_bytes(const json_t *c, const char *name, ProtobufCBinaryData value)
{
	assert_hex(text_of(c, name), value);
}

static void client_frames(void **state)
{
	json_t *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of("client", CLIENT_MIN), i, c) {
		ProtobufCMessage *message = unpack(&rxcirc__v1__client_frame__descriptor, c);
		const Rxcirc__V1__ClientFrame *f = (const void *)message;

		assert_non_null(f);
		assert_true(strtoull(text_of(c, "call_id"), NULL, 10) == f->call_id);
		assert_text(c, "method", f->method);
		assert_bytes(c, "body", f->body);
		assert_number(c, "deadline_ms", f->deadline_ms);
		assert_bytes(c, "idempotency_key", f->idempotency_key);
		assert_text(c, "traceparent", f->traceparent);
		assert_int_equal(json_is_true(json_object_get(c, "cancel")), f->cancel);
		assert_int_equal(json_is_true(json_object_get(c, "want_proof")), f->want_proof);
		protobuf_c_message_free_unpacked(message, NULL);
	}
}

static void check_status(const json_t *c, const Rxcirc__V1__Status *s)
{
	const json_t *findings = json_object_get(c, "findings");

	assert_number(c, "code", s->code);
	assert_text(c, "reason", s->reason);
	assert_number(c, "retry_class", s->retry_class);
	assert_text(c, "message", s->message);
	assert_text(c, "message_zh", s->message_zh);
	assert_number(c, "retry_after_ms", s->retry_after_ms);
	assert_int_equal(json_array_size(findings), s->n_findings);
	for (size_t i = 0; i < s->n_findings; i++) {
		const json_t *finding = json_array_get(findings, i);

		assert_text(finding, "rule", s->findings[i]->rule);
		assert_number(finding, "severity", s->findings[i]->severity);
		assert_text(finding, "field", s->findings[i]->field);
		assert_text(finding, "source", s->findings[i]->source);
		assert_text(finding, "message", s->findings[i]->message);
		assert_text(finding, "message_zh", s->findings[i]->message_zh);
	}
}

static void check_receipt(const json_t *c, const Rxcirc__V1__Receipt *r)
{
	const json_t *path = json_object_get(c, "path");

	assert_bytes(c, "statement", r->statement);
	assert_true(strtoull(text_of(c, "index"), NULL, 10) == r->index);
	assert_true(strtoull(text_of(c, "count"), NULL, 10) == r->count);
	assert_int_equal(json_array_size(path), r->n_path);
	for (size_t i = 0; i < r->n_path; i++)
		assert_hex(json_string_value(json_array_get(path, i)), r->path[i]);
	assert_bytes(c, "key_id", r->key_id);
	assert_bytes(c, "signature", r->signature);
}

static void server_frames(void **state)
{
	json_t *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of("server", SERVER_MIN), i, c) {
		ProtobufCMessage *message = unpack(&rxcirc__v1__server_frame__descriptor, c);
		const Rxcirc__V1__ServerFrame *f = (const void *)message;

		assert_non_null(f);
		assert_true(strtoull(text_of(c, "call_id"), NULL, 10) == f->call_id);
		assert_bytes(c, "body", f->body);
		assert_int_equal(json_is_true(json_object_get(c, "more")), f->more);
		assert_int_equal(json_is_true(json_object_get(c, "has_status")), f->status != NULL);
		if (f->status)
			check_status(c, f->status);
		assert_int_equal(json_is_object(json_object_get(c, "receipt")), f->receipt != NULL);
		if (f->receipt)
			check_receipt(json_object_get(c, "receipt"), f->receipt);
		assert_bytes(c, "proof", f->proof);
		protobuf_c_message_free_unpacked(message, NULL);
	}
}

static void what_is_no_message_is_refused_in_both_directions(void **state)
{
	json_t *c;
	size_t i;

	(void)state;
	json_array_foreach(cases_of("malformed", MALFORMED_MIN), i, c) {
		assert_null(unpack(&rxcirc__v1__client_frame__descriptor, c));
		assert_null(unpack(&rxcirc__v1__server_frame__descriptor, c));
	}
}

static const struct CMUnitTest tests[] = {
	TEST(client_frames),
	TEST(server_frames),
	TEST(what_is_no_message_is_refused_in_both_directions),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("vectors_envelope", tests, load, unload);
}
