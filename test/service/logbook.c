#include "test/service/logbook.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ensure.h"
#include "proto/checkpoint.h"
#include "rxcirc/v1/event.pb-c.h"
#include "trail/tree.h"
#include "trail/tree_file.h"

#define ORIGIN "log.example/rxcirc"

struct logbook logbook;

static struct tree *open_tree(void)
{
	char problem[TREE_PROBLEM_MAX] = "";
	struct tree *t = NULL;

	if (tree_open(&t, logbook.folder, problem) < 0)
		fail_msg("%s", problem);
	return t;
}

void logbook_open(void)
{
	memset(&logbook, 0, sizeof(logbook));
	snprintf(logbook.folder, sizeof(logbook.folder), "/tmp/test-log-XXXXXX");
	assert_non_null(mkdtemp(logbook.folder));
	stage.shop.trail_directory = logbook.folder;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void logbook_close(void)
{
	assert_int_equal(nftw(logbook.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	stage.shop.trail_directory = NULL;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static struct slice kept(struct slice bytes)
{
	uint8_t *copy = papers_alloc(bytes.len + 1);

	memcpy(copy, bytes.data, bytes.len);
	return slice_of(copy, bytes.len);
}

static void add_to(struct tree *t, struct slice leaf)
{
	uint64_t index = logbook.size++;

	ensure(index < LOGBOOK_MAX);
	logbook.leaves[index] = kept(leaf);
	merkle_leaf_hash(&logbook.hashes[index], leaf);
	logbook.at_ms[index] = noon_ms - 100000 + (int64_t)index;
	memcpy(logbook.event_ids[index], logbook.hashes[index].bytes, EVENT_ID_LEN);
	assert_int_equal(tree_add(t, &logbook.hashes[index], leaf), 0);
}

static struct slice leaf_of(const char *institution_code, uint64_t index)
{
	Rxcirc__V1__EventLeaf m = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t *bytes;

	m.format = 2;
	m.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED;
	m.at_ms = (int64_t)index;
	m.institution_code = paper_text(institution_code);
	bytes = papers_alloc(rxcirc__v1__event_leaf__get_packed_size(&m));
	return slice_of(bytes, rxcirc__v1__event_leaf__pack(&m, bytes));
}

uint64_t logbook_add(struct slice leaf)
{
	struct tree *t = open_tree();

	add_to(t, leaf);
	assert_int_equal(tree_flush(t), 0);
	tree_close(t);
	return logbook.size - 1;
}

uint64_t logbook_add_of(const char *institution_code)
{
	return logbook_add(leaf_of(institution_code, logbook.size));
}

void logbook_fill(uint64_t size)
{
	struct tree *t = open_tree();

	while (logbook.size < size)
		add_to(t, leaf_of(HOSPITAL, logbook.size));
	assert_int_equal(tree_flush(t), 0);
	tree_close(t);
}

/* ---- checkpoints --------------------------------------------------------------------------- */

struct merkle_hash logbook_root(uint64_t size)
{
	struct merkle_run run;
	struct merkle_hash root;

	merkle_run_init(&run, 0);
	for (uint64_t i = 0; i < size; i++)
		merkle_run_add(&run, &logbook.hashes[i]);
	merkle_run_root(&run, &root);
	return root;
}

void logbook_publish_of(uint64_t size)
{
	struct checkpoint c = {.origin = ORIGIN, .size = size, .root = logbook_root(size)};
	uint8_t seed[32] = {1}, secret[64], public_key[PUBLIC_KEY_LEN];
	char note[CHECKPOINT_TEXT_MAX + NOTE_LINE_MAX + 1];
	struct note_key key;
	size_t len = checkpoint_format(note, &c);

	ensure(crypto_sign_seed_keypair(public_key, secret, seed) == 0);
	ensure(note_key_make(&key, ORIGIN, NOTE_ED25519, public_key));
	note[len] = '\n';
	ensure(note_sign(note + len + 1, slice_of(note, len), &key, secret, 0) > 0);
	assert_int_equal(tree_file_replace(logbook.folder, "checkpoint", slice_of_text(note)), 0);
}

void logbook_publish(void)
{
	logbook_publish_of(logbook.size);
}

/* ---- damage -------------------------------------------------------------------------------- */

static const char *path_of(const char *file)
{
	static char path[LOGBOOK_FOLDER_MAX + 64];

	ensure(snprintf(path, sizeof(path), "%s/%s", logbook.folder, file) < (int)sizeof(path));
	return path;
}

void logbook_flip(const char *file, size_t at)
{
	int fd = open(path_of(file), O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x20;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	assert_int_equal(close(fd), 0);
}

void logbook_cut(const char *file, size_t len)
{
	assert_int_equal(truncate(path_of(file), (off_t)len), 0);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void fill_row(struct fake_cell c[5], uint64_t place, unsigned row)
{
	static const struct merkle_hash none;
	bool is_nowhere = place == LOGBOOK_NOWHERE;
	uint8_t *id = papers_alloc(EVENT_ID_LEN);

	memset(id, (int)row, EVENT_ID_LEN);
	c[0] = (struct fake_cell)FAKE_TIME(is_nowhere ? noon_ms : logbook.at_ms[place]);
	c[1] = (struct fake_cell)FAKE_BYTES(is_nowhere ? id : logbook.event_ids[place], EVENT_ID_LEN);
	c[2] = fake_bytes(is_nowhere ? slice_of_text("queued") : logbook.leaves[place]);
	c[3] = (struct fake_cell)FAKE_BYTES(is_nowhere ? none.bytes : logbook.hashes[place].bytes,
		SHA256_LEN);
	c[4] = (struct fake_cell)FAKE_I64(is_nowhere ? 0 : (int64_t)place + 1);
}

void logbook_answer(const char *statement, const uint64_t *places, unsigned count)
{
	struct fake_cell *cells = papers_alloc((count + 1) * 5 * sizeof(*cells));

	for (unsigned i = 0; i < count; i++)
		fill_row(cells + 5 * i, places[i], i);
	fake_pg_answer(statement, 5, cells, count);
}
