#include "test/service/exports.h"

#include <string.h>

#include "base/log.h"
#include "proto/checkpoint.h"
#include "proto/note.h"

const struct method export_method = {"rxcirc.v1.Agency/ExportTrail", export_trail_start};
Rxcirc__V1__ExportTrailRequest exports_asked;

/* What stands beside a run, and its leaves so far. */
static struct merkle_run left, middle, right;

static struct merkle_hash hash_of(ProtobufCBinaryData bytes)
{
	struct merkle_hash hash;

	assert_int_equal(bytes.len, SHA256_LEN);
	memcpy(hash.bytes, bytes.data, SHA256_LEN);
	return hash;
}

void exports_begin(void)
{
	rxcirc__v1__export_trail_request__init(&exports_asked);
	exports_asked.purpose = paper_text("年度审计 2026");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

int exports_open(void **state)
{
	int r = stage_set(state);

	log_set_level(LOG_LEVEL_ERROR);
	logbook_open();
	exports_begin();
	return r;
}

int exports_close(void **state)
{
	logbook_close();
	return stage_strike(state);
}

void exports_answer_recorded(void)
{
	promise_answer_event();
}

enum status_reason exports_ask(void)
{
	return stage_call(&export_method, &exports_asked);
}

enum status_reason exports_next(const Rxcirc__V1__ExportTrailResponse *before)
{
	exports_asked.page_token = before->next_page_token;
	return exports_ask();
}

/* ---- checking ------------------------------------------------------------------------------ */

static void take_side(struct merkle_run *run, uint64_t begin, uint64_t end, size_t count,
	const ProtobufCBinaryData *hashes)
{
	*run = (struct merkle_run){.begin = begin, .end = end, .count = (unsigned)count};
	assert_true(count <= 2 * MERKLE_LEVELS);
	for (size_t i = 0; i < count; i++)
		run->nodes[i] = hash_of(hashes[i]);
}

static void check_head(const Rxcirc__V1__ExportHead *head, uint64_t size)
{
	struct merkle_hash root = logbook_root(size);
	struct checkpoint c;
	struct note note;

	assert_true(note_parse(&note, slice_of(head->checkpoint.data, head->checkpoint.len)));
	assert_true(checkpoint_parse(&c, note.text));
	assert_int_equal(note.count, 1);
	assert_int_equal(c.size, size);
	assert_true(merkle_hash_equal(&c.root, &root));
	assert_string_equal(head->office, OFFICE);
	assert_int_equal(head->at_ms, stage.now_ms);
	assert_string_equal(head->purpose, exports_asked.purpose);
}

/* The leaf, or its hash where the officer may not see it. */
static struct merkle_hash event_hash(const Rxcirc__V1__ExportedEvent *e)
{
	struct merkle_hash hash;

	assert_int_equal(e->leaf.len > 0, e->leaf_hash.len == 0);
	if (e->leaf.len == 0)
		return hash_of(e->leaf_hash);
	merkle_leaf_hash(&hash, slice_of(e->leaf.data, e->leaf.len));
	return hash;
}

static void check_proof(const Rxcirc__V1__ExportedEvent *e, uint64_t size)
{
	struct merkle_hash leaf = event_hash(e), root = logbook_root(size);
	struct merkle_proof proof = {.count = (unsigned)e->n_proof};

	assert_true(e->n_proof <= MERKLE_PROOF_MAX);
	for (size_t i = 0; i < e->n_proof; i++)
		proof.hashes[i] = hash_of(e->proof[i]);
	assert_true(merkle_inclusion_holds(&leaf, e->index, size, &proof, &root));
}

static void check_run_event(const Rxcirc__V1__ExportedEvent *e)
{
	struct merkle_hash leaf = event_hash(e);

	assert_int_equal(e->n_proof, 0);
	assert_int_equal(e->index, middle.end);
	merkle_run_add(&middle, &leaf);
}

const Rxcirc__V1__ExportTrailResponse *exports_reply(uint64_t size)
{
	const Rxcirc__V1__ExportTrailResponse *m =
		stage_reply(&rxcirc__v1__export_trail_response__descriptor);

	assert_int_equal(fake_pg_unused(), 0);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	assert_int_equal(m->head != NULL, exports_asked.page_token.len == 0);
	if (m->head != NULL)
		check_head(m->head, size);
	if (m->run != NULL) {
		assert_int_equal(m->run->from_index, exports_asked.from_index);
		take_side(&left, 0, m->run->from_index, m->run->n_left, m->run->left);
		take_side(&right, m->run->until_index, size, m->run->n_right, m->run->right);
		merkle_run_init(&middle, m->run->from_index);
	}
	for (size_t i = 0; i < m->n_events; i++)
		if (exports_asked.until_index != 0)
			check_run_event(m->events[i]);
		else
			check_proof(m->events[i], size);
	return m;
}

void exports_expect_run(uint64_t from, uint64_t until, uint64_t size)
{
	struct merkle_hash root = logbook_root(size), found;
	struct merkle_run whole = left;

	assert_int_equal(middle.begin, from);
	assert_int_equal(middle.end, until);
	assert_true(merkle_run_join(&whole, &middle));
	assert_true(merkle_run_join(&whole, &right));
	merkle_run_root(&whole, &found);
	assert_true(merkle_hash_equal(&root, &found));
}

const Rxcirc__V1__EventLeaf *exports_read_leaf(void)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("event_put", &q);

	assert_string_equal(u->lane, "write");
	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 10));
}
