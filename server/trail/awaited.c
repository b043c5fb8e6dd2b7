/* A ring of slots, found through buckets of the hash; the slot that was filled longest ago is
 * filled next. */
#include "trail/awaited.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

static const uint32_t NO_SLOT = UINT32_MAX;

struct slot {
	struct merkle_hash leaf;
	struct list link;       /* of a promise: open or placed */
	uint32_t next;          /* in its bucket */
	bool used, expected, placed;
	uint64_t index;
	int64_t since_us;
};

struct awaited {
	struct slot slots[AWAITED_MAX];
	uint32_t buckets[AWAITED_MAX];
	uint32_t at;             /* filled next */
	struct list open;        /* promises without a place, oldest first */
	struct list placed;      /* promises with one */
	struct awaited_metrics metrics;
};

/* SHA-256 is as good a hash as there is. */
static uint32_t *bucket_of(struct awaited *a, const struct merkle_hash *leaf)
{
	uint32_t h;

	memcpy(&h, leaf->bytes, sizeof(h));
	return &a->buckets[h % AWAITED_MAX];
}

static struct slot *slot_find(struct awaited *a, const struct merkle_hash *leaf)
{
	for (uint32_t i = *bucket_of(a, leaf); i != NO_SLOT; i = a->slots[i].next)
		if (merkle_hash_equal(&a->slots[i].leaf, leaf))
			return &a->slots[i];
	return NULL;
}

/* The promise of a slot is kept or given up. */
static void slot_settle(struct awaited *a, struct slot *s)
{
	s->expected = false;
	list_remove(&s->link);
	metric_add(&a->metrics.open, (uint64_t)-1);
}

static void slot_clear(struct awaited *a, struct slot *s)
{
	uint32_t i = (uint32_t)(s - a->slots), *from = bucket_of(a, &s->leaf);

	while (*from != i)
		from = &a->slots[*from].next;
	*from = s->next;
	if (s->expected) {
		metric_add(&a->metrics.forgotten, 1);
		slot_settle(a, s);
	}
	s->used = s->placed = false;
}

static struct slot *slot_new(struct awaited *a, const struct merkle_hash *leaf)
{
	struct slot *s = &a->slots[a->at];
	uint32_t *bucket;

	if (s->used)
		slot_clear(a, s);
	bucket = bucket_of(a, leaf);
	s->used = true;
	s->leaf = *leaf;
	s->next = *bucket;
	*bucket = a->at;
	a->at = (a->at + 1) % AWAITED_MAX;
	return s;
}

int awaited_new(struct awaited **ret)
{
	struct awaited *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return ERR_MEMORY;
	list_init(&a->open);
	list_init(&a->placed);
	for (uint32_t i = 0; i < AWAITED_MAX; i++) {
		a->buckets[i] = NO_SLOT;
		list_init(&a->slots[i].link);
	}
	*ret = a;
	return 0;
}

void awaited_free(struct awaited *a)
{
	free(a);
}

/* The same answer may be given again, e.g. for the same key: the first promise counts. */
void awaited_expect(struct awaited *a, const struct merkle_hash *leaf, int64_t since_us)
{
	struct slot *s = slot_find(a, leaf);

	if (s == NULL)
		s = slot_new(a, leaf);
	if (s->expected)
		return;
	s->expected = true;
	s->since_us = since_us;
	metric_add(&a->metrics.open, 1);
	list_append(s->placed ? &a->placed : &a->open, &s->link);
}

void awaited_place(struct awaited *a, const struct merkle_hash *leaf, uint64_t index)
{
	struct slot *s = slot_find(a, leaf);

	if (s == NULL)
		s = slot_new(a, leaf);
	s->placed = true;
	s->index = index;
	if (s->expected) {
		list_remove(&s->link);
		list_append(&a->placed, &s->link);
	}
}

void awaited_publish(struct awaited *a, uint64_t size, int64_t now_us)
{
	for (struct list *l = a->placed.next, *next = l->next; l != &a->placed;
		l = next, next = l->next) {
		struct slot *s = container_of(l, struct slot, link);

		if (s->index >= size)
			continue;
		metric_add(&a->metrics.kept, 1);
		metric_observe(&a->metrics.us, &metric_time, (uint64_t)(now_us - s->since_us));
		slot_settle(a, s);
	}
}

static unsigned list_overdue(struct awaited *a, struct list *list, int64_t now_us,
	struct merkle_hash *ret_example)
{
	unsigned count = 0;

	for (struct list *l = list->next, *next = l->next; l != list; l = next, next = l->next) {
		struct slot *s = container_of(l, struct slot, link);

		if (now_us - s->since_us <= PROMISE_MS * INT64_C(1000))
			continue;
		metric_add(&a->metrics.late, 1);
		*ret_example = s->leaf;
		slot_settle(a, s);
		count++;
	}
	return count;
}

unsigned awaited_overdue(struct awaited *a, int64_t now_us, struct merkle_hash *ret_example)
{
	return list_overdue(a, &a->open, now_us, ret_example) +
		list_overdue(a, &a->placed, now_us, ret_example);
}

const struct awaited_metrics *awaited_metrics(const struct awaited *a)
{
	return &a->metrics;
}
