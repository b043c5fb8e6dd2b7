#include "test/service/promises.h"

#include <string.h>

#include "crypto/digest.h"

const struct promise_params
	promise_of_upload = {.at = 18, .event_id = 19, .leaf = 23, .leaf_hash = 10},
	promise_of_change = {.at = 16, .event_id = 14, .leaf = 21, .leaf_hash = 9},
	promise_of_entry = {.at = 1, .event_id = 6, .leaf = 9, .leaf_hash = 10},
	promise_of_registry = {.at = 1, .event_id = 2, .leaf = 6, .leaf_hash = 7},
	promise_of_event = {.at = 1, .event_id = 2, .leaf = 10, .leaf_hash = 11},
	promise_of_use = {.at = 4, .event_id = 7, .leaf = 9, .leaf_hash = 10};

struct promise promise_written(const char *statement, const struct promise_params *params)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);
	struct slice id = fake_value(u, q, params->event_id);
	struct slice hash = fake_value(u, q, params->leaf_hash);
	struct promise wrote = {.at_ms = fake_time(u, q, params->at)};

	assert_int_equal(id.len, EVENT_ID_LEN);
	assert_int_equal(hash.len, SHA256_LEN);
	memcpy(wrote.event_id, id.data, EVENT_ID_LEN);
	digest_leaf(wrote.leaf_hash, fake_value(u, q, params->leaf));
	assert_memory_equal(wrote.leaf_hash, hash.data, SHA256_LEN);
	return wrote;
}

void promise_expect(const struct promise *expected)
{
	const struct promise *given = &stage.req.promise;

	assert_int_equal(stage.req.has_promise, expected != NULL);
	if (expected == NULL)
		return;
	assert_int_equal(given->at_ms, expected->at_ms);
	assert_memory_equal(given->event_id, expected->event_id, EVENT_ID_LEN);
	assert_memory_equal(given->leaf_hash, expected->leaf_hash, SHA256_LEN);
}

void promise_answer_kept(const char *statement, const uint8_t mac[32], struct slice reply,
	const struct promise *promise)
{
	struct fake_cell cells[KEPT_COLUMNS] = {FAKE_BYTES(mac, 32), fake_bytes(reply),
		FAKE_TIME(stage.now_ms), FAKE_NULL, FAKE_NULL};

	if (promise != NULL) {
		cells[2] = (struct fake_cell)FAKE_TIME(promise->at_ms);
		cells[3] = (struct fake_cell)FAKE_BYTES(promise->event_id, EVENT_ID_LEN);
		cells[4] = (struct fake_cell)FAKE_BYTES(promise->leaf_hash, SHA256_LEN);
	}
	fake_pg_answer(statement, KEPT_COLUMNS, cells, 1);
}

void promise_answer_event(void)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true)};

	fake_pg_answer("event_put", 1, yes, 1);
}
