/* The log's files, checked up to the signed root: what was altered is what is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/audit_log.h"
#include "client-sdk/cli/say.h"
#include "test/support/tap.h"
#include "test/unit/cli/log_files.h"

enum { LEAVES = 1500, TOLD_MAX = 64 };

static struct log_draft the_log, other_log; /* of the same keys */
static struct policy policy;

static struct {
	unsigned count;
	char kinds[TOLD_MAX][24], subjects[TOLD_MAX][64];
	uint64_t indexes[TOLD_MAX];
} told;

static void on_discrepancy(const struct discrepancy *d, void *user)
{
	unsigned at = told.count++;

	(void)user;
	assert_true(at < TOLD_MAX);
	(void)snprintf(told.kinds[at], sizeof(told.kinds[at]), "%s", d->kind);
	(void)snprintf(told.subjects[at], sizeof(told.subjects[at]), "%s", d->subject);
	told.indexes[at] = d->index;
}

/* The log as an auditor meets it. */
struct meeting {
	const char *folder;
	struct trail_source *source;
	struct audit_fold fold;
	struct audit_log log;
	uint64_t leaves, bad; /* walked over */
	uint64_t first_bad;
};

static void meet(struct meeting *m, uint64_t size)
{
	*m = (struct meeting){.folder = folder_fresh()};
	memset(&told, 0, sizeof(told));
	log_files_write(&the_log, size, 2, m->folder);
	assert_int_equal(trail_source_open(m->folder, &m->source), 0);
	audit_fold_init(&m->fold, 0, on_discrepancy, NULL);
	assert_int_equal(audit_log_open(&m->log, m->source, &policy, &m->fold), 0);
}

static void part(struct meeting *m)
{
	audit_log_close(&m->log);
	audit_fold_clear(&m->fold);
	trail_source_close(m->source);
	folder_drop(m->folder);
}

static int on_leaves(const struct audit_leaves *leaves, void *user)
{
	struct meeting *m = user;

	for (unsigned i = 0; i < leaves->count; i++) {
		const struct draft_leaf *leaf = &the_log.leaves[leaves->first + i];

		m->leaves++;
		if (!leaves->is_good[i] && m->bad++ == 0)
			m->first_bad = leaves->first + i;
		if (leaves->is_good[i])
			assert_memory_equal(leaves->leaves[i].data, leaf->bytes, leaf->len);
		if (m->log.is_sound)
			assert_memory_equal(leaves->hashes[i].bytes, leaf->hash.bytes, 32);
	}
	return 0;
}

static void walk(struct meeting *m, uint64_t from)
{
	bool accepted;

	assert_int_equal(audit_log_checkpoint(&m->log, &accepted), 0);
	assert_true(accepted);
	assert_int_equal(audit_log_walk(&m->log, from, on_leaves, m), 0);
}

static void a_good_log_is_sound_from_any_place_on(void **state)
{
	static const uint64_t sizes[] = {1, 255, 256, 257, 512, 1500};
	static const uint64_t froms[] = {0, 1, 300, 1499, 1500};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t k = 0; k < sizeof(froms) / sizeof(froms[0]); k++) {
			struct meeting m;

			if (froms[k] > sizes[i])
				continue;
			meet(&m, sizes[i]);
			walk(&m, froms[k]);
			assert_true(m.log.is_sound);
			assert_int_equal(told.count, 0);
			assert_int_equal(m.bad, 0);
			assert_int_equal(m.leaves, sizes[i] - froms[k] / 256 * 256);
			assert_int_equal(m.log.witnesses, 2);
			part(&m);
		}
	}
}

static void a_file_url_and_a_folder_are_the_same(void **state)
{
	struct trail_source *source;
	char url[LOG_FILES_PATH_MAX];
	struct buffer bytes;
	struct meeting m;

	(void)state;
	meet(&m, LEAVES);
	(void)snprintf(url, sizeof(url), "file://%s/", m.folder);
	assert_int_equal(trail_source_open(url, &source), 0);
	assert_int_equal(trail_source_fetch(source, "tile/0/000", TILE_BYTES, &bytes), 0);
	assert_int_equal(bytes.len, TILE_BYTES);
	buffer_clear(&bytes);
	assert_int_equal(trail_source_fetch(source, "tile/0/000", TILE_BYTES - 1, &bytes), -EFBIG);
	assert_int_equal(trail_source_fetch(source, "tile/0/009", TILE_BYTES, &bytes), -ENOENT);
	trail_source_close(source);
	assert_int_equal(trail_source_fetch(m.source, "tile/0/009", TILE_BYTES, &bytes), -ENOENT);
	part(&m);
}

/* Tiles at the edge that have grown since the checkpoint serve as well. */
static void a_partial_tile_that_is_gone_is_the_front_of_a_full_one(void **state)
{
	struct wire note = {0};
	char path[LOG_FILES_PATH_MAX];
	struct meeting m;
	FILE *file;

	(void)state;
	meet(&m, LEAVES);
	log_draft_checkpoint(&the_log, 700, 2, &note);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", m.folder);
	file = fopen(path, "we");
	assert_true(file && fwrite(note.bytes, 1, note.len, file) == note.len && fclose(file) == 0);
	wire_clear(&note);
	/* The level above has grown too; only its newest partial tile is there. */
	(void)snprintf(path, sizeof(path), "%s/tile/1/000.p/5", m.folder);
	{
		char grown[LOG_FILES_PATH_MAX];

		(void)snprintf(grown, sizeof(grown), "%s/tile/1/000", m.folder);
		assert_int_equal(rename(path, grown), 0);
	}
	walk(&m, 0);
	assert_true(m.log.is_sound);
	assert_int_equal(told.count, 0);
	assert_int_equal(m.leaves, 700);
	part(&m);
}

/* ---- what was altered ---- */

static void assert_told(unsigned count, const char *kind, const char *subject)
{
	for (unsigned i = 0; i < told.count; i++)
		print_message("#   told %s %s %lu\n", told.kinds[i], told.subjects[i],
			(unsigned long)told.indexes[i]);
	assert_int_equal(told.count, count);
	assert_string_equal(told.kinds[0], kind);
	assert_string_equal(told.subjects[0], subject);
}

static long entry_offset(uint64_t index)
{
	long at = 0;

	for (uint64_t i = index / 256 * 256; i < index; i++)
		at += 2 + (long)the_log.leaves[i].len;
	return at + 2;
}

static void an_altered_leaf_is_told_by_its_place(void **state)
{
	static const struct {
		uint64_t index;
		const char *file;
	} cases[] = {{0, "tile/entries/000"}, {600, "tile/entries/002"},
		{1490, "tile/entries/005.p/220"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct meeting m;

		meet(&m, LEAVES);
		log_files_flip(m.folder, cases[i].file, entry_offset(cases[i].index) + 3);
		walk(&m, 0);
		assert_told(1, "leaf-altered", "");
		assert_int_equal(told.indexes[0], cases[i].index);
		assert_true(m.log.is_sound);
		assert_int_equal(m.bad, 1);
		assert_int_equal(m.first_bad, cases[i].index);
		part(&m);
	}
}

static void an_altered_tile_is_told_by_its_file(void **state)
{
	static const char *const files[] = {"tile/0/001", "tile/0/005.p/220", "tile/1/000.p/5"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct meeting m;

		meet(&m, LEAVES);
		log_files_flip(m.folder, files[i], 32 * 3 + 5);
		walk(&m, 0);
		assert_told(1, "tile-altered", files[i]);
		assert_true(m.log.is_sound);
		assert_int_equal(m.bad, 0);
		part(&m);
	}
}

static void a_leaf_forged_together_with_its_tile_is_found_by_the_root(void **state)
{
	struct draft_leaf *leaf = &the_log.leaves[300];
	struct merkle_hash kept = leaf->hash;
	struct meeting m;
	struct wire note = {0};
	char path[LOG_FILES_PATH_MAX];
	FILE *file;

	(void)state;
	log_draft_checkpoint(&the_log, LEAVES, 2, &note);
	leaf->bytes[leaf->len - 1] ^= 1;
	merkle_leaf_hash(&leaf->hash, slice_of(leaf->bytes, leaf->len));
	meet(&m, LEAVES); /* everything follows from the forged leaf but the signed checkpoint */
	(void)snprintf(path, sizeof(path), "%s/checkpoint", m.folder);
	file = fopen(path, "we");
	assert_true(file && fwrite(note.bytes, 1, note.len, file) == note.len && fclose(file) == 0);
	walk(&m, 0);
	assert_false(m.log.is_sound);
	assert_told(1, "tile-altered", "tile/");
	part(&m);
	leaf->bytes[leaf->len - 1] ^= 1;
	leaf->hash = kept;
	wire_clear(&note);
}

static void missing_files_are_told_and_the_others_suffice(void **state)
{
	static const char *const files[] = {"tile/entries/003", "tile/0/002", "tile/entries/005.p/220"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct meeting m;

		meet(&m, LEAVES);
		log_files_remove(m.folder, files[i]);
		walk(&m, 0);
		assert_told(1, "tile-altered", files[i]);
		assert_true(m.log.is_sound);
		part(&m);
	}
}

static void a_large_log_is_checked_at_every_level(void **state)
{
	struct log_draft large = the_log;
	struct meeting m;

	(void)state;
	/* 66,000 leaves: two full levels of tiles.  The keys stay. */
	the_log.leaves = NULL;
	the_log.count = 0;
	for (unsigned i = 0; i < 66000; i++)
		log_draft_fill(&the_log, i);
	meet(&m, the_log.count);
	walk(&m, 0);
	assert_true(m.log.is_sound);
	assert_int_equal(told.count, 0);
	log_files_flip(m.folder, "tile/2/000.p/1", 4);
	memset(m.log.tiles, 0, sizeof(m.log.tiles));
	walk(&m, 0);
	assert_true(m.log.is_sound);
	assert_told(1, "tile-altered", "tile/2/000.p/1");
	part(&m);
	for (size_t i = 0; i < the_log.count; i++)
		free(the_log.leaves[i].bytes);
	free(the_log.leaves);
	the_log = large;
}

/* ---- checkpoints ---- */

static void a_checkpoint_without_a_quorum_is_not_taken(void **state)
{
	struct meeting m;
	bool accepted;

	(void)state;
	meet(&m, LEAVES);
	log_files_write(&the_log, LEAVES, 1, m.folder);
	assert_int_equal(audit_log_checkpoint(&m.log, &accepted), 0);
	assert_false(accepted);
	assert_told(1, "checkpoint-unsigned", "checkpoint");
	part(&m);
}

static void remember(const struct log_draft *log, uint64_t size, struct checkpoint *ret)
{
	*ret = (struct checkpoint){.size = size};
	memcpy(ret->origin, log->log.key.name, sizeof(ret->origin));
	log_draft_root(log, size, &ret->root);
}

static void the_log_continues_what_was_seen(void **state)
{
	static const uint64_t sizes[] = {1, 256, 700, 1499, 1500};
	struct meeting m;
	bool good;

	(void)state;
	meet(&m, LEAVES);
	assert_int_equal(audit_log_checkpoint(&m.log, &good), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct checkpoint old;

		remember(&the_log, sizes[i], &old);
		assert_int_equal(audit_log_continues(&m.log, &old, &good), 0);
		assert_true(good);
	}
	assert_int_equal(told.count, 0);
	part(&m);
}

static void forks_and_rollbacks_are_told(void **state)
{
	struct checkpoint old;
	struct meeting m;
	bool good;

	(void)state;
	meet(&m, 1000);
	assert_int_equal(audit_log_checkpoint(&m.log, &good), 0);
	remember(&the_log, 1200, &old);
	assert_int_equal(audit_log_continues(&m.log, &old, &good), 0);
	assert_false(good);
	assert_told(1, "log-rolled-back", "checkpoint");
	told.count = 0;
	remember(&other_log, 700, &old);
	assert_int_equal(audit_log_continues(&m.log, &old, &good), 0);
	assert_false(good);
	assert_told(1, "log-forked", "checkpoint");
	told.count = 0;
	remember(&other_log, 1000, &old); /* of the same size */
	assert_int_equal(audit_log_continues(&m.log, &old, &good), 0);
	assert_false(good);
	assert_told(1, "log-forked", "checkpoint");
	part(&m);
}

/* A damaged tile must not be called a fork. */
static void a_damaged_tile_is_no_fork(void **state)
{
	struct checkpoint old;
	struct meeting m;
	bool good;

	(void)state;
	meet(&m, LEAVES);
	log_files_flip(m.folder, "tile/1/000.p/5", 40);
	assert_int_equal(audit_log_checkpoint(&m.log, &good), 0);
	remember(&the_log, 700, &old);
	assert_int_equal(audit_log_continues(&m.log, &old, &good), 0);
	assert_false(good);
	assert_told(1, "tile-altered", "tile/");
	part(&m);
}

static int begin(void **state)
{
	char problem[POLICY_PROBLEM_MAX];

	(void)state;
	log_draft_init(&the_log, "log.test");
	other_log = the_log; /* the same keys */
	for (unsigned i = 0; i < LEAVES; i++) {
		log_draft_fill(&the_log, i);
		log_draft_fill(&other_log, i == 99 ? 77777 : i);
	}
	return policy_parse(&policy, slice_of_text(the_log.policy), problem) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	log_draft_clear(&the_log);
	log_draft_clear(&other_log);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_good_log_is_sound_from_any_place_on),
		TEST(a_file_url_and_a_folder_are_the_same),
		TEST(a_partial_tile_that_is_gone_is_the_front_of_a_full_one),
		TEST(an_altered_leaf_is_told_by_its_place),
		TEST(an_altered_tile_is_told_by_its_file),
		TEST(a_leaf_forged_together_with_its_tile_is_found_by_the_root),
		TEST(missing_files_are_told_and_the_others_suffice),
		TEST(a_large_log_is_checked_at_every_level),
		TEST(a_checkpoint_without_a_quorum_is_not_taken),
		TEST(the_log_continues_what_was_seen),
		TEST(forks_and_rollbacks_are_told),
		TEST(a_damaged_tile_is_no_fork),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit log", tests, begin, end);
}
