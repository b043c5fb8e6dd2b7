/* The engine agrees with the golden frames and envelopes of proto/vectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "test/sdk/story.h"
#include "test/support/tap.h"

enum { CALLS = 9 }; /* the vectors answer calls 1 .. 9 */

static uint8_t bytes[FRAME_PREFIX_MAX + FRAME_BODY_MAX + 16];
static json_t *frames;
static json_t *envelopes;

static json_t *file_load(const char *name)
{
	const char *dir = getenv("RXCIRC_PROTO_VECTORS");
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "proto/vectors", name);
	return json_load_file(path, 0, NULL);
}

static int load(void **state)
{
	(void)state;
	frames = file_load("frames.json");
	envelopes = file_load("envelopes.json");
	return frames && envelopes ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(frames);
	json_decref(envelopes);
	return 0;
}

static const json_t *cases_of(const json_t *file, const char *name, size_t count_min)
{
	const json_t *cases = json_object_get(file, name);

	assert_true(json_array_size(cases) >= count_min);
	return cases;
}

static const char *text_of(const json_t *c, const char *name)
{
	const char *text = json_string_value(json_object_get(c, name));

	assert_non_null(text);
	return text;
}

static size_t bytes_of(const json_t *c, const char *name)
{
	const char *hex = text_of(c, name);
	size_t len = 0;

	assert_int_equal(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &len, NULL),
		0);
	return len;
}

static void *user_of(size_t number)
{
	return (void *)(uintptr_t)number;
}

/* Calls 1 .. CALLS, to which several answers may come. */
static struct engine *engine_with_calls(void)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};

	assert_non_null(e);
	for (size_t i = 1; i <= CALLS; i++)
		assert_int_equal(engine_submit(e, &(struct engine_call){.method = "m",
			.deadline_ms = 1, .stream = true, .user = user_of(i)}, 0, &err), 0);
	return e;
}

static void assert_answer(const json_t *c, const struct engine *e, const struct story *story)
{
	size_t call_id = strtoul(text_of(c, "call_id"), NULL, 10);
	json_int_t code = json_integer_value(json_object_get(c, "code"));
	bool more = json_is_true(json_object_get(c, "more"));

	if (!json_is_true(json_object_get(c, "has_status"))) {
		assert_int_equal(engine_why(e)->code, RXC_ERR_PROTOCOL);
		return;
	}
	if (call_id == 0 && engine_is_draining(e)) {
		assert_string_equal(text_of(c, "reason"), "DRAINING");
		assert_int_equal(story->count, 0);
		return;
	}
	if (call_id == 0) {
		assert_string_equal(engine_why(e)->reason, text_of(c, "reason"));
		assert_int_equal(story->count, CALLS);
		return;
	}
	assert_null(engine_why(e));
	assert_int_equal(story->count, 1);
	assert_ptr_equal(story->users[0], user_of(call_id));
	assert_int_equal(story->kinds[0], code ? ENGINE_ENDED : more ? ENGINE_PART : ENGINE_ANSWER);
	assert_string_equal(story->reasons[0], text_of(c, "reason"));
	assert_int_equal(story->body_lens[0], strlen(text_of(c, "body")) / 2);
}

static void tells_each_golden_answer(void **state)
{
	const json_t *cases = cases_of(envelopes, "server", 10);

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		size_t len = bytes_of(c, "bytes");
		struct engine *e = engine_with_calls();
		struct story story = {0};
		struct wire w = {0};

		fprintf(stderr, "# %s\n", text_of(c, "name"));
		wire_put_frame(&w, bytes, len);
		story_feed(e, w.bytes, w.len, 1 + i % 7, 0, &story);
		assert_answer(c, e, &story);
		wire_clear(&w);
		engine_free(e);
	}
}

static void refuses_each_malformed_envelope(void **state)
{
	const json_t *cases = cases_of(envelopes, "malformed", 10);

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		size_t len = bytes_of(c, "bytes");
		struct engine *e = engine_with_calls();
		struct story story = {0};
		struct wire w = {0};

		fprintf(stderr, "# %s\n", text_of(c, "name"));
		wire_put_frame(&w, bytes, len);
		story_feed(e, w.bytes, w.len, w.len, 0, &story);
		assert_int_equal(engine_why(e)->code, RXC_ERR_PROTOCOL);
		assert_int_equal(story.count, CALLS);
		wire_clear(&w);
		engine_free(e);
	}
}

static void understands_frames_as_the_vectors_say(void **state)
{
	const json_t *cases = cases_of(frames, "cases", 30);

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		size_t len = bytes_of(c, "in");
		size_t fill = (size_t)json_integer_value(json_object_get(c, "fill"));
		bool is_partial = strcmp(text_of(c, "result"), "PARTIAL") == 0;
		struct engine *e = engine_with_calls();
		struct story story = {0};
		size_t room;

		fprintf(stderr, "# %s\n", text_of(c, "name"));
		memset(bytes + len, 0, fill);
		story_feed(e, bytes, len + fill, 4096, 0, &story);
		/* A whole frame of filling is no envelope, so it ends the connection too. */
		assert_true(is_partial == !engine_why(e));
		assert_int_equal(story.count, is_partial ? 0 : CALLS);
		assert_true(is_partial == (engine_room(e, &room) != NULL));
		engine_free(e);
	}
}

static void sends_the_golden_upload(void **state)
{
	enum { TRACEPARENT_FIELD_LEN = 2 + TRACEPARENT_LEN }; /* the last field; the engine has none */
	const json_t *c = json_array_get(cases_of(envelopes, "client", 1), 0);
	static const uint8_t key[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct engine *e = engine_new();
	struct rxc_error err = {0};
	struct wire w = {0};
	struct slice out;
	size_t len = bytes_of(c, "body");
	uint8_t *body = malloc(len);

	(void)state;
	assert_non_null(body);
	memcpy(body, bytes, len);
	assert_int_equal(engine_submit(e, &(struct engine_call){
		.method = text_of(c, "method"),
		.body = slice_of(body, len),
		.idempotency_key = key,
		.deadline_ms = (uint32_t)json_integer_value(json_object_get(c, "deadline_ms")),
	}, 0, &err), 0);
	len = bytes_of(c, "bytes");
	wire_put_frame(&w, bytes, len - TRACEPARENT_FIELD_LEN);
	out = engine_output(e);
	assert_int_equal(out.len, w.len);
	assert_memory_equal(out.data, w.bytes, w.len);
	wire_clear(&w);
	free(body);
	engine_free(e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(tells_each_golden_answer),
		TEST(refuses_each_malformed_envelope),
		TEST(understands_frames_as_the_vectors_say),
		TEST(sends_the_golden_upload),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine vectors", tests, load, unload);
}
