#include "trail/trail.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "store/log.h"
#include "trail/follower.h"
#include "trail/wishes.h"

enum {
	SEQUENCE_MAX = 8192,            /* events that get places in one transaction */
	SIGNER_MS = 2000,
	GRACE_MS = 20,
	TAKE_OVER_MS = 1000,            /* so long unpublished, and any node has it signed */
	TROUBLE_MS = 1000,              /* pause after a failure */
	ROUND_TIMEOUT_MS = 20 * 1000,
	PROMISE_AGE_MS = DEADLINE_MS_MAX, /* older ones were told when the answer was given first */
};

struct trail {
	struct trail_options options;
	struct http *http;
	struct tree *tree;
	struct awaited *awaited;
	struct signing *signing;
	struct follower follower;
	struct wishes wishes;
	struct loop_timer timer;
	struct pg_unit unit;            /* sequencing and publishing */
	uint64_t added;                 /* places this node gave out in this round */
	int sequenced;                  /* 0, or why it could not */
	uint64_t signing_size;
	uint64_t published_size;        /* whose checkpoint lies in the files */
	int64_t behind_since_ms;        /* mono; since then nothing was published; 0: all is */
	int64_t opened_at_ms;           /* wall clock */
	bool closing;
	struct trail_metrics metrics;
	struct arena arena;
};

/* ---- trouble ------------------------------------------------------------------------------- */

static void trail_rest(struct trail *t, int64_t ms)
{
	if (!t->closing)
		loop_timer_set(&t->timer, ms);
}

/* Said once when it begins, and once when it is over. */
static void trail_set_trouble(struct trail *t, enum trail_trouble trouble, const char *why)
{
	enum trail_trouble before = (enum trail_trouble)metric_value(&t->metrics.trouble);

	if (trouble == before)
		return;
	metric_set(&t->metrics.trouble, trouble);
	if (trouble == TRAIL_WELL)
		log_info("the trail is published again, size %llu", (unsigned long long)t->published_size);
	else if (trouble == TRAIL_HALTED)
		log_error("THE TRAIL IS HALTED: %s.  Nothing is published until this is understood", why);
	else
		log_warn("the trail is not published: %s", why);
}

static void trail_pause(struct trail *t, enum trail_trouble trouble, const char *why)
{
	trail_set_trouble(t, trouble, why);
	trail_rest(t, TROUBLE_MS);
}

static void trail_halt(struct trail *t, const char *why)
{
	trail_pause(t, TRAIL_HALTED, why);
}

/* For good: nothing but a start ends it. */
static bool trail_is_halted(const struct trail *t)
{
	return metric_value(&t->metrics.trouble) == TRAIL_HALTED;
}

/* The end of a round after which everything is published. */
static void trail_go_on(struct trail *t)
{
	if (t->sequenced == 0)
		trail_set_trouble(t, TRAIL_WELL, "");
	else
		trail_set_trouble(t, TRAIL_DATABASE_AWAY, err_text(t->sequenced));
	trail_rest(t, t->options.interval_ms);
}

/* A promise that is not kept is no matter of time any more: the event is not where it belongs. */
static void trail_look_at_promises(struct trail *t)
{
	struct merkle_hash example;
	unsigned overdue = awaited_overdue(t->awaited, clock_mono_us(), &example);

	if (overdue > 0)
		log_error("%u receipts were given whose events are in no checkpoint after %d s, e.g. leaf"
			" %02x%02x%02x%02x%02x%02x%02x%02x", overdue, PROMISE_MS / 1000, example.bytes[0],
			example.bytes[1], example.bytes[2], example.bytes[3], example.bytes[4],
			example.bytes[5], example.bytes[6], example.bytes[7]);
}

/* ---- publishing ---------------------------------------------------------------------------- */

/* Whether the published checkpoint is of the leaves that this node has read. */
static bool trail_checkpoint_fits(struct trail *t, struct slice note, struct checkpoint *ret,
	const char **ret_why)
{
	struct policy_verdict verdict;
	struct merkle_hash root;

	policy_judge(t->options.policy, note, &verdict);
	*ret_why = "the published checkpoint is not signed by the log's key";
	if (verdict.log < 0)
		return false;
	*ret_why = "the published checkpoint is of more leaves than the database holds";
	if (verdict.checkpoint.size != t->follower.published_size ||
		verdict.checkpoint.size > tree_size(t->tree))
		return false;
	*ret = verdict.checkpoint;
	*ret_why = "the files of the log do not fit the published checkpoint";
	return merkle_root_make(verdict.checkpoint.size, tree_subtree, t->tree, &root) == 0 &&
		merkle_hash_equal(&root, &verdict.checkpoint.root);
}

/* A checkpoint that the database has and our files have not.  False: the trail is halted. */
static bool trail_take_published(struct trail *t)
{
	struct slice note = slice_of(t->follower.note, t->follower.note_len);
	struct checkpoint checkpoint;
	const char *why;

	if (note.len == 0 || t->follower.published_size <= t->published_size)
		return true;
	if (!trail_checkpoint_fits(t, note, &checkpoint, &why)) {
		trail_halt(t, why);
		return false;
	}
	if (tree_publish(t->tree, note) < 0) {
		log_error("could not write the checkpoint into %s", t->options.directory);
		return true; /* the next one will try again */
	}
	t->published_size = t->follower.published_size;
	t->behind_since_ms = 0;
	metric_set(&t->metrics.published_size, t->published_size);
	metric_set(&t->metrics.published_at_ms, (uint64_t)clock_wall_ms());
	awaited_publish(t->awaited, t->published_size, clock_mono_us());
	wishes_publish(&t->wishes, note, &checkpoint);
	return true;
}

static void trail_on_stored(struct pg_unit *unit)
{
	struct trail *t = container_of(unit, struct trail, unit);
	int r = unit->status;

	pg_unit_clear(unit);
	arena_reset(&t->arena);
	if (t->closing)
		return;
	if (r < 0) {
		trail_pause(t, TRAIL_DATABASE_AWAY, err_text(r));
		return;
	}
	metric_add(&t->metrics.checkpoints, 1);
	t->follower.published_size = t->signing_size;
	t->follower.note_len = signing_note(t->signing).len;
	memcpy(t->follower.note, signing_note(t->signing).data, t->follower.note_len);
	if (trail_take_published(t))
		trail_go_on(t);
}

static void trail_store(struct trail *t)
{
	int r;

	pg_unit_init(&t->unit, trail_on_stored);
	t->unit.deadline_mono_ms = clock_mono_ms() + ROUND_TIMEOUT_MS;
	r = store_log_publish(&t->unit, &t->arena, t->signing_size, signing_note(t->signing),
		clock_wall_ms());
	ensure(r == 0); /* three values fit an empty arena */
	pg_submit(t->options.write, &t->unit);
}

static void trail_on_signed(enum signing_outcome outcome, void *arg)
{
	struct trail *t = arg;

	switch (outcome) {
	case SIGNING_DONE:
		trail_store(t);
		return;
	case SIGNING_SHORT:
		if (t->options.hold)
			trail_pause(t, TRAIL_NO_QUORUM, "too few witnesses have cosigned the checkpoint");
		else
			trail_store(t);
		return;
	case SIGNING_AHEAD: /* another node was; the next reading will show it, or that it is lost */
		trail_rest(t, t->options.interval_ms);
		return;
	case SIGNING_REFUSED:
		trail_halt(t, signing_why(t->signing));
		return;
	case SIGNING_AWAY:
	case SIGNING_FAILED:
		trail_pause(t, TRAIL_SIGNER_AWAY, signing_why(t->signing));
		return;
	}
	ensure_never("an outcome of signing");
}

/* ---- a round ------------------------------------------------------------------------------- */

/* Whoever gave the places has them signed; anybody, when that one seems to be gone. */
static bool trail_is_to_sign(struct trail *t)
{
	int64_t now_ms = clock_mono_ms();

	if (t->behind_since_ms == 0)
		t->behind_since_ms = now_ms;
	return t->added > 0 || now_ms - t->behind_since_ms >= TAKE_OVER_MS;
}

static void trail_on_read(enum follower_outcome outcome, void *arg)
{
	struct trail *t = arg;

	if (t->closing)
		return;
	trail_look_at_promises(t);
	metric_set(&t->metrics.size, tree_size(t->tree));
	if (outcome == FOLLOWER_AWAY) {
		trail_pause(t, TRAIL_DATABASE_AWAY, "the database could not be asked");
		return;
	}
	if (outcome != FOLLOWER_DONE) {
		trail_halt(t, t->follower.why);
		return;
	}
	if (signing_known(t->signing) > t->follower.size) {
		trail_halt(t, "the signer or the witnesses know more leaves than the database holds: was an"
			" older backup restored?");
		return;
	}
	if (!trail_take_published(t))
		return;
	if (tree_size(t->tree) <= t->published_size) {
		t->behind_since_ms = 0;
		trail_go_on(t);
		return;
	}
	if (!trail_is_to_sign(t)) {
		trail_rest(t, t->options.interval_ms);
		return;
	}
	t->signing_size = tree_size(t->tree);
	signing_start(t->signing, t->signing_size);
}

static void trail_on_sequenced(struct pg_unit *unit)
{
	struct trail *t = container_of(unit, struct trail, unit);
	struct log_round round;

	t->added = 0;
	t->sequenced = unit->status;
	if (unit->status == 0) {
		store_log_sequenced(unit, 0, &round);
		t->added = round.added;
		metric_add(&t->metrics.sequenced, round.added);
	}
	pg_unit_clear(unit);
	arena_reset(&t->arena);
	if (!t->closing)
		follower_run(&t->follower);
}

static void trail_round(struct loop_timer *timer)
{
	struct trail *t = container_of(timer, struct trail, timer);
	int r;

	if (trail_is_halted(t)) {
		trail_look_at_promises(t);
		trail_rest(t, TROUBLE_MS);
		return;
	}
	pg_unit_init(&t->unit, trail_on_sequenced);
	t->unit.deadline_mono_ms = clock_mono_ms() + ROUND_TIMEOUT_MS;
	r = store_log_sequence(&t->unit, &t->arena, SEQUENCE_MAX);
	ensure(r == 0); /* one number fits an empty arena */
	pg_submit(t->options.write, &t->unit);
}

/* ---- from other threads -------------------------------------------------------------------- */

/* An answer may be given again long after its event.  Then its leaf was read, perhaps by the
 * process before this one, and is not read again. */
static bool trail_watches(const struct trail *t, int64_t at_ms)
{
	return at_ms >= t->opened_at_ms && clock_wall_ms() - at_ms <= PROMISE_AGE_MS;
}

static void trail_on_batch(struct loop_message *message)
{
	struct trail_batch *batch = container_of(message, struct trail_batch, message);
	struct trail *t = batch->trail;

	for (unsigned i = 0; i < batch->count; i++)
		if (trail_watches(t, batch->promises[i].at_ms))
			awaited_expect(t->awaited, &batch->promises[i].leaf, batch->since_us);
	free(batch);
}

void trail_expect(struct trail *t, struct trail_batch *batch)
{
	batch->trail = t;
	batch->message.receive = trail_on_batch;
	loop_post(t->options.loop, &batch->message);
}

static void trail_on_wish(struct loop_message *message)
{
	struct wish *wish = container_of(message, struct wish, message);

	wishes_add(&wish->trail->wishes, wish);
}

void trail_wish(struct trail *t, struct wish *wish)
{
	wish->trail = t;
	wish->message.receive = trail_on_wish;
	loop_post(t->options.loop, &wish->message);
}

const struct trail_metrics *trail_metrics(const struct trail *t)
{
	return &t->metrics;
}

const struct awaited_metrics *trail_awaited(const struct trail *t)
{
	return awaited_metrics(t->awaited);
}

const struct witness_metrics *trail_witness(const struct trail *t, unsigned i)
{
	return signing_witness(t->signing, i);
}

/* ---- life ---------------------------------------------------------------------------------- */

static int trail_arrange(struct trail *t, char problem[TRAIL_PROBLEM_MAX])
{
	struct signing_options signing = {
		.loop = t->options.loop,
		.signer = t->options.signer,
		.policy = t->options.policy,
		.signer_ms = SIGNER_MS,
		.witness_ms = t->options.witness_ms,
		.grace_ms = GRACE_MS,
		.done = trail_on_signed,
		.arg = t,
	};
	struct follower_options follower = {.lane = t->options.read, .done = trail_on_read, .arg = t};
	int r = tree_open(&t->tree, t->options.directory, problem);

	if (r < 0)
		return r;
	snprintf(problem, TRAIL_PROBLEM_MAX, "could not start the trail: %s", err_text(ERR_MEMORY));
	r = awaited_new(&t->awaited);
	if (r == 0)
		r = http_open(&t->http, t->options.loop);
	follower.tree = t->tree;
	follower.awaited = t->awaited;
	follower_init(&t->follower, &follower);
	signing.http = t->http;
	signing.tree = t->tree;
	if (r == 0)
		r = signing_open(&t->signing, &signing);
	if (r == 0)
		r = wishes_open(&t->wishes, t->options.loop, t->options.read, t->tree,
			t->options.directory);
	if (r == 0)
		r = loop_timer_open(&t->timer, t->options.loop, trail_round);
	return r;
}

int trail_open(struct trail **ret, const struct trail_options *options,
	char problem[TRAIL_PROBLEM_MAX])
{
	struct trail *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL) {
		snprintf(problem, TRAIL_PROBLEM_MAX, "could not start the trail: out of memory");
		return ERR_MEMORY;
	}
	t->options = *options;
	t->opened_at_ms = clock_wall_ms();
	arena_init(&t->arena);
	pg_unit_init(&t->unit, trail_on_sequenced);
	list_init(&t->wishes.waiting);
	list_init(&t->wishes.asked);
	r = trail_arrange(t, problem);
	if (r < 0) {
		trail_close(t);
		trail_free(t);
		return r;
	}
	loop_timer_set(&t->timer, 0);
	*ret = t;
	return 0;
}

void trail_close(struct trail *t)
{
	t->closing = true;
	loop_timer_close(&t->timer);
	http_close(t->http);
	signing_close(t->signing);
	t->http = NULL;
	t->signing = NULL;
	wishes_close(&t->wishes);
}

void trail_free(struct trail *t)
{
	pg_unit_clear(&t->unit);
	arena_reset(&t->arena);
	follower_clear(&t->follower);
	wishes_clear(&t->wishes);
	awaited_free(t->awaited);
	tree_close(t->tree);
	free(t);
}
