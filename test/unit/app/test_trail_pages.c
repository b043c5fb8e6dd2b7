/* The trail for anybody: what is served, as what, and for how long it may be kept. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/trail_pages.h"
#include "base/ensure.h"
#include "test/unit/trail/grove.h"

enum { SIZE = 300, YEAR_S = 365 * 24 * 3600 };

#define POLICY "log of this test\nquorum none\n"
#define CHECKPOINT "the checkpoint\n"

static char folder[GROVE_FOLDER_MAX];
static struct side_door_page page;

static int grow(void **state)
{
	struct tree *t;

	(void)state;
	folder_make(folder);
	t = tree_of(folder);
	tree_grow(t, SIZE);
	assert_int_equal(tree_publish(t, slice_of_text(CHECKPOINT)), 0);
	tree_close(t);
	page_init(&page.body);
	return 0;
}

static int fell(void **state)
{
	(void)state;
	page_clear(&page.body);
	folder_remove(folder);
	return 0;
}

static bool ask(const char *path)
{
	page_clear(&page.body);
	page = (struct side_door_page){.code = 200};
	return trail_pages_answer(folder, POLICY, path, &page);
}

static void assert_page(const char *path, const char *type, size_t len)
{
	if (!ask(path))
		fail_msg("%s is not there", path);
	assert_int_equal(page.code, 200);
	assert_string_equal(page.type, type);
	assert_false(page.body.failed);
	assert_int_equal(page.body.len, len);
}

/* Kept nowhere: the next one may be another. */
static void assert_fresh(const char *path, const char *text)
{
	assert_page(path, "text/plain; charset=utf-8", strlen(text));
	assert_memory_equal(page.body.text, text, strlen(text));
	assert_string_equal(page.etag, "");
	assert_int_equal(page.max_age_s, 0);
}

static void the_checkpoint_is_text_that_is_kept_nowhere(void **state)
{
	(void)state;
	assert_fresh("/trail/checkpoint", CHECKPOINT);
}

static void the_policy_is_text_that_is_kept_nowhere(void **state)
{
	(void)state;
	assert_fresh("/trail/policy", POLICY);
}

static void tiles_are_bytes_that_may_be_kept_for_ever(void **state)
{
	static const struct {
		const char *path, *etag;
		size_t len;
	} tiles[] = {
		{"/trail/tile/0/000", "\"tile/0/000\"", TILE_BYTES},
		{"/trail/tile/0/000.p/7", "\"tile/0/000.p/7\"", 7 * SHA256_LEN},
		{"/trail/tile/0/001.p/44", "\"tile/0/001.p/44\"", 44 * SHA256_LEN},
		{"/trail/tile/1/000.p/1", "\"tile/1/000.p/1\"", SHA256_LEN},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(tiles); i++) {
		assert_page(tiles[i].path, "application/octet-stream", tiles[i].len);
		assert_string_equal(page.etag, tiles[i].etag);
		assert_int_equal(page.max_age_s, YEAR_S);
	}
}

static void leaves_come_in_bundles(void **state)
{
	uint8_t room[GROVE_LEAF_MAX];
	struct slice first = leaf_of(TILE_WIDTH, room);

	(void)state;
	assert_page("/trail/tile/entries/001.p/1", "application/octet-stream", 2 + first.len);
	assert_memory_equal(page.body.text + 2, first.data, first.len);
	assert_int_equal(page.max_age_s, YEAR_S);
}

static void whatever_else_is_asked_for_is_not_there(void **state)
{
	static const char *const paths[] = {"", "/", "/trail", "/trail/", "/trail/tile/0/001",
		"/trail/tile/0/001.p/45", "/trail/tile/2/000.p/1", "/trail/policy/", "/trail/Policy",
		"/trail/../policy", "/trail/../checkpoint", "/trail//checkpoint", "/trailcheckpoint",
		"/trail/.checkpoint.new", "/trail/tile/0/../../checkpoint", "/public/checkpoint",
		"trail/checkpoint", "/trail/etc/passwd", "/trail//etc/passwd"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(paths); i++)
		if (ask(paths[i]))
			fail_msg("\"%s\" is there", paths[i]);
}

static void before_the_first_checkpoint_there_is_none(void **state)
{
	(void)state;
	assert_int_equal(unlink(file_path(folder, "checkpoint")), 0);
	assert_false(ask("/trail/checkpoint"));
}

/* "There is none" would be believed. */
static void what_cannot_be_read_just_now_is_not_said_to_be_missing(void **state)
{
	(void)state;
	assert_int_equal(unlink(file_path(folder, "tile/0/000")), 0);
	assert_int_equal(mkdir(file_path(folder, "tile/0/000"), 0755), 0);
	assert_true(ask("/trail/tile/0/000"));
	assert_int_equal(page.code, 503);
	assert_string_equal(page.etag, "");
	assert_string_equal(page.type, "text/plain; charset=utf-8");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, grow, fell)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(the_checkpoint_is_text_that_is_kept_nowhere),
		CASE(the_policy_is_text_that_is_kept_nowhere),
		CASE(tiles_are_bytes_that_may_be_kept_for_ever),
		CASE(leaves_come_in_bundles),
		CASE(whatever_else_is_asked_for_is_not_there),
		CASE(before_the_first_checkpoint_there_is_none),
		CASE(what_cannot_be_read_just_now_is_not_said_to_be_missing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trail_pages", tests, NULL, NULL);
}
