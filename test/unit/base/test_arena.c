/* A request's memory: alignment, the cap, and what is released when. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "test/support/tap.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_reset(&arena);
	return 0;
}

static void hands_out_aligned_memory(void **state)
{
	size_t sizes[] = {1, 3, 0, 17, 100, ARENA_INLINE, ARENA_CHUNK - 1, ARENA_CHUNK, 5};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = arena_alloc(&arena, sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, 0xee, sizes[i]); /* the sanitizer sees whether it is ours */
	}
}

static void neighbours_do_not_overlap(void **state)
{
	enum { COUNT = 3000 };
	static uint8_t *pieces[COUNT];
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		pieces[i] = arena_alloc(&arena, i % 97 + 1);
		assert_non_null(pieces[i]);
		memset(pieces[i], (int)(i & 0xff), i % 97 + 1);
	}
	for (i = 0; i < COUNT; i++)
		for (j = 0; j < i % 97 + 1; j++)
			assert_int_equal(pieces[i][j], i & 0xff);
}

static void small_requests_need_no_chunk(void **state)
{
	(void)state;
	assert_non_null(arena_alloc(&arena, ARENA_INLINE));
	assert_null(arena.chunks);
	assert_non_null(arena_alloc(&arena, 1));
	assert_non_null(arena.chunks);
}

/* A large piece in between must not throw away what is left of the current chunk. */
static void large_piece_leaves_the_current_chunk_in_use(void **state)
{
	uint8_t *before, *after;

	(void)state;
	before = arena_alloc(&arena, 16);
	assert_non_null(arena_alloc(&arena, 10 * ARENA_CHUNK));
	after = arena_alloc(&arena, 16);
	assert_ptr_equal(after, before + 16);
}

static void cap_can_be_handed_out_and_not_a_byte_more(void **state)
{
	(void)state;
	assert_non_null(arena_alloc(&arena, ARENA_CAP));
	assert_null(arena_alloc(&arena, 1));
	assert_null(arena_alloc(&arena, 0));
	arena_reset(&arena);
	assert_null(arena_alloc(&arena, ARENA_CAP + 1));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_non_null(arena_alloc(&arena, ARENA_CAP - 16));
	assert_null(arena_alloc(&arena, 17));
	assert_non_null(arena_alloc(&arena, 16));
	assert_null(arena_alloc(&arena, 1));
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, 1));
}

static void many_small_pieces_reach_the_same_cap(void **state)
{
	size_t count = 0;

	(void)state;
	while (arena_alloc(&arena, 16) != NULL)
		count++;
	assert_int_equal(count, ARENA_CAP / 16);
}

static void array_is_zeroed_and_does_not_overflow(void **state)
{
	uint64_t *v = arena_array(&arena, 100, sizeof(*v));
	size_t i;

	(void)state;
	assert_non_null(v);
	for (i = 0; i < 100; i++)
		assert_true(v[i] == 0);
	assert_null(arena_array(&arena, SIZE_MAX / 8 + 2, 8));
	assert_null(arena_array(&arena, SIZE_MAX, SIZE_MAX));
}

static void copies_and_texts(void **state)
{
	struct slice copy = arena_copy(&arena, slice_of("abc", 3));
	char *text = arena_text(&arena, slice_of("abc", 3));

	(void)state;
	assert_true(slice_equal(copy, slice_of("abc", 3)));
	assert_string_equal(text, "abc");
	assert_string_equal(arena_text(&arena, slice_of(NULL, 0)), "");
	copy = arena_copy(&arena, slice_of(NULL, 0));
	assert_null(copy.data);
	assert_int_equal(copy.len, 0);
	assert_string_equal(arena_printf(&arena, "%s-%d", "rx", 7), "rx-7");
	assert_non_null(arena_alloc(&arena, ARENA_CAP - arena.used));
	copy = arena_copy(&arena, slice_of("abc", 3));
	assert_null(copy.data);
	assert_int_equal(copy.len, 0);
	assert_null(arena_text(&arena, slice_of("abc", 3)));
	assert_null(arena_printf(&arena, "%d", 1));
}

static char order[8];

static void note(void *resource)
{
	size_t len = strlen(order);

	order[len] = *(const char *)resource;
	order[len + 1] = '\0';
}

static void hooks_run_last_first_and_once(void **state)
{
	static char a = 'a', b = 'b', c = 'c';

	(void)state;
	order[0] = '\0';
	assert_int_equal(arena_on_reset(&arena, note, &a), 0);
	assert_int_equal(arena_on_reset(&arena, note, &b), 0);
	assert_int_equal(arena_on_reset(&arena, note, &c), 0);
	assert_string_equal(order, "");
	arena_reset(&arena);
	assert_string_equal(order, "cba");
	arena_reset(&arena);
	assert_string_equal(order, "cba");
	assert_non_null(arena_alloc(&arena, ARENA_CAP));
	assert_int_equal(arena_on_reset(&arena, note, &a), ERR_MEMORY);
	arena_reset(&arena);
	assert_string_equal(order, "cba");
}

#define ARENA_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ARENA_TEST(hands_out_aligned_memory),
		ARENA_TEST(neighbours_do_not_overlap),
		ARENA_TEST(small_requests_need_no_chunk),
		ARENA_TEST(large_piece_leaves_the_current_chunk_in_use),
		ARENA_TEST(cap_can_be_handed_out_and_not_a_byte_more),
		ARENA_TEST(many_small_pieces_reach_the_same_cap),
		ARENA_TEST(array_is_zeroed_and_does_not_overflow),
		ARENA_TEST(copies_and_texts),
		ARENA_TEST(hooks_run_last_first_and_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
