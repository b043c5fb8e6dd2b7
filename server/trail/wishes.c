#include "trail/wishes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_value.h"
#include "proto/tlog_proof.h"
#include "store/log.h"
#include "trail/tree_file.h"

enum { WISHES_PAGE = 256, WISHES_TIMEOUT_MS = 10 * 1000, WISHES_TICK_MS = 20 };

static void wish_on_home(struct loop_message *message)
{
	struct wish *wish = container_of(message, struct wish, message);

	wish->granted(wish);
}

/* With or without its proof, home it goes. */
static void wish_end(struct wish *wish)
{
	wish->message.receive = wish_on_home;
	loop_post(wish->home, &wish->message);
}

void wishes_add(struct wishes *w, struct wish *wish)
{
	wish->proof = NULL;
	if (w->closed || w->count == TRAIL_WISHES_MAX) {
		wish_end(wish);
		return;
	}
	if (w->count++ == 0)
		loop_timer_set(&w->timer, 0);
	list_append(&w->waiting, &wish->link);
}

/* Everybody's place is to be asked for, the oldest first. */
static void wishes_renew(struct wishes *w)
{
	struct list *link;

	while ((link = list_pop(&w->waiting)) != NULL)
		list_append(&w->asked, link);
	while ((link = list_pop(&w->asked)) != NULL)
		list_append(&w->waiting, link);
}

/* Files may be damaged: the event stands there, and the way from it leads to the root. */
static bool proof_holds(const struct wishes *w, const struct promise *promise,
	const struct tlog_proof *p)
{
	struct merkle_hash leaf;

	merkle_leaf_hash(&leaf, p->extra);
	return slice_equal(slice_of(leaf.bytes, sizeof(leaf.bytes)),
			slice_of(promise->leaf_hash, sizeof(promise->leaf_hash))) &&
		merkle_inclusion_holds(&leaf, p->index, w->size, &p->proof, &w->root);
}

/* The proof's text with the leaf in it, from malloc(); NULL when memory or a file failed us. */
static char *proof_make(struct wishes *w, const struct promise *promise, uint64_t index,
	size_t *ret_len)
{
	struct tlog_proof p = {.index = index, .note = slice_of(w->note, w->note_len)};
	char *text = malloc(TLOG_PROOF_MAX);
	uint8_t *leaf = NULL;
	size_t leaf_len = 0;

	*ret_len = 0;
	if (text != NULL && tree_file_entry(w->directory, index, &leaf, &leaf_len) == 0 &&
		merkle_inclusion_make(index, w->size, tree_subtree, w->tree, &p.proof) == 0) {
		p.extra = slice_of(leaf, leaf_len);
		if (proof_holds(w, promise, &p))
			*ret_len = tlog_proof_format(text, TLOG_PROOF_MAX, &p);
	}
	free(leaf);
	if (*ret_len > 0)
		return text;
	log_error("could not make the proof of place %llu", (unsigned long long)index);
	free(text);
	return NULL;
}

static void list_grant(struct wishes *w, struct list *list, struct slice event_id, uint64_t index)
{
	for (struct list *l = list->next, *next = l->next; l != list; l = next, next = l->next) {
		struct wish *wish = container_of(l, struct wish, link);

		if (!slice_equal(slice_of(wish->promise.event_id, EVENT_ID_LEN), event_id))
			continue;
		list_remove(&wish->link);
		w->count--;
		wish->proof = proof_make(w, &wish->promise, index, &wish->proof_len);
		wish_end(wish);
	}
}

static void places_done(struct pg_unit *unit)
{
	struct wishes *w = container_of(unit, struct wishes, unit);
	int rows = unit->status < 0 ? 0 : pg_rows(unit, 0);

	for (int row = 0; row < rows; row++) {
		struct slice event_id;
		uint64_t index;

		store_log_place(unit, 0, row, &event_id, &index);
		if (index >= w->size)
			continue;
		list_grant(w, &w->waiting, event_id, index);
		list_grant(w, &w->asked, event_id, index);
	}
	if (unit->status < 0)
		wishes_renew(w);
	pg_unit_clear(unit);
	arena_reset(&w->arena);
	w->asking = false;
}

/* Who has waited long enough. */
static void list_expire(struct wishes *w, struct list *list, int64_t now_ms)
{
	for (struct list *l = list->next, *next = l->next; l != list; l = next, next = l->next) {
		struct wish *wish = container_of(l, struct wish, link);

		if (now_ms < wish->until_mono_ms)
			continue;
		list_remove(&wish->link);
		w->count--;
		wish_end(wish);
	}
}

/* Where do those stand who wait? */
static void wishes_ask(struct wishes *w)
{
	struct log_place places[WISHES_PAGE];
	struct list *link;
	size_t count = 0;

	while (count < WISHES_PAGE && (link = list_pop(&w->waiting)) != NULL) {
		const struct wish *wish = container_of(link, struct wish, link);

		places[count++] = (struct log_place){wish->promise.at_ms, wish->promise.event_id};
		list_append(&w->asked, link);
	}
	pg_unit_init(&w->unit, places_done);
	w->unit.deadline_mono_ms = clock_mono_ms() + WISHES_TIMEOUT_MS;
	if (store_log_places(&w->unit, &w->arena, places, count) < 0) {
		log_warn("could not ask for places: out of memory");
		arena_reset(&w->arena);
		wishes_renew(w);
		return;
	}
	w->asking = true;
	pg_submit(w->lane, &w->unit);
}

static void wishes_on_tick(struct loop_timer *timer)
{
	struct wishes *w = container_of(timer, struct wishes, timer);
	int64_t now_ms = clock_mono_ms();

	list_expire(w, &w->asked, now_ms);
	list_expire(w, &w->waiting, now_ms);
	if (w->count == 0)
		return;
	if (!list_is_empty(&w->waiting) && !w->asking && w->size > 0)
		wishes_ask(w);
	loop_timer_set(&w->timer, WISHES_TICK_MS);
}

void wishes_publish(struct wishes *w, struct slice note, const struct checkpoint *checkpoint)
{
	memcpy(w->note, note.data, note.len);
	w->note_len = note.len;
	w->size = checkpoint->size;
	w->root = checkpoint->root;
	wishes_renew(w);
}

int wishes_open(struct wishes *w, struct loop *loop, struct pg_lane *lane, struct tree *tree,
	const char *directory)
{
	memset(w, 0, offsetof(struct wishes, arena));
	w->lane = lane;
	w->tree = tree;
	w->directory = directory;
	list_init(&w->waiting);
	list_init(&w->asked);
	arena_init(&w->arena);
	pg_unit_init(&w->unit, places_done);
	return loop_timer_open(&w->timer, loop, wishes_on_tick);
}

void wishes_close(struct wishes *w)
{
	struct list *link;

	w->closed = true;
	loop_timer_close(&w->timer);
	wishes_renew(w);
	while ((link = list_pop(&w->waiting)) != NULL)
		wish_end(container_of(link, struct wish, link));
	w->count = 0;
}

void wishes_clear(struct wishes *w)
{
	pg_unit_clear(&w->unit);
	arena_reset(&w->arena);
}
