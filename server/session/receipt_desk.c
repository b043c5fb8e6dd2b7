#include "session/receipt_desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "proto/receipt.h"
#include "session/reception.h"

enum { PROOF_SPARE_MS = 100 }; /* of the deadline, for the way back */

struct receipt_desk {
	struct receipt_desk_options options;
	struct list finished;  /* calls, by their link `wait` */
	struct loop_task turn;
	struct receipt_batch batch;
	struct call *calls[RECEIPTS_MAX];
};

/* ---- one receipt --------------------------------------------------------------------------- */

static ProtobufCBinaryData bytes_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static struct slice statement_make(struct receipt_desk *d, struct request *req)
{
	Rxcirc__V1__ReceiptStatement m = RXCIRC__V1__RECEIPT_STATEMENT__INIT;
	uint8_t digest[SHA256_LEN];

	digest_request_plain(digest, req->method, req->body);
	m.format = 1;
	m.origin = (char *)(uintptr_t)d->options.origin;
	m.leaf_hash = bytes_of(req->promise.leaf_hash, SHA256_LEN);
	m.event_id = bytes_of(req->promise.event_id, EVENT_ID_LEN);
	m.at_ms = req->promise.at_ms;
	m.institution_code = req->caller.code;
	if (req->has_key)
		m.idempotency_key = bytes_of(req->idempotency_key, IDEMPOTENCY_KEY_LEN);
	m.request_sha256 = bytes_of(digest, sizeof(digest));
	return pbmsg_pack(&m, &req->arena);
}

/* The path in the arena; false when memory is short. */
static bool receipt_add_path(struct receipt_desk *d, struct call *call, unsigned index)
{
	struct arena *arena = &call->request.arena;
	Rxcirc__V1__Receipt *m = call->receipt;
	struct merkle_proof path;

	receipt_batch_path(&d->batch, index, &path);
	m->path = arena_array(arena, path.count + 1, sizeof(*m->path));
	for (unsigned i = 0; m->path != NULL && i < path.count; i++) {
		struct slice hash = arena_copy(arena, slice_of(path.hashes[i].bytes, SHA256_LEN));

		if (hash.data == NULL)
			return false;
		m->path[i] = bytes_of(hash.data, hash.len);
	}
	m->n_path = path.count;
	return m->path != NULL;
}

/* ---- a batch ------------------------------------------------------------------------------- */

/* The answer may go without its receipt rather than not at all: what was written is written. */
static void receipt_lost(struct call *call)
{
	log_warn("an answer goes without its receipt: out of memory");
	call->receipt = NULL;
}

static bool desk_put(struct receipt_desk *d, struct call *call)
{
	struct request *req = &call->request;
	struct slice statement = statement_make(d, req);

	call->receipt = statement.data == NULL ? NULL :
		arena_alloc(&req->arena, sizeof(*call->receipt));
	if (call->receipt == NULL)
		return false;
	rxcirc__v1__receipt__init(call->receipt);
	call->receipt->statement = bytes_of(statement.data, statement.len);
	merkle_leaf_hash(&d->batch.nodes[0][d->batch.count], statement);
	d->calls[d->batch.count++] = call;
	return true;
}

static void desk_sign(struct receipt_desk *d)
{
	int r = receipt_batch_sign(&d->batch, keyring_receipt_secret(d->options.keys));

	for (unsigned i = 0; i < d->batch.count; i++) {
		struct call *call = d->calls[i];
		Rxcirc__V1__Receipt *m = call->receipt;
		struct arena *arena = &call->request.arena;
		struct slice key_id = arena_copy(arena, slice_of(d->batch.key_id, KEY_ID_LEN));
		struct slice signature = arena_copy(arena, slice_of(d->batch.signature, SIGNATURE_LEN));

		if (r < 0 || key_id.data == NULL || signature.data == NULL ||
			!receipt_add_path(d, call, i)) {
			receipt_lost(call);
			continue;
		}
		m->index = i;
		m->count = d->batch.count;
		m->key_id = bytes_of(key_id.data, key_id.len);
		m->signature = bytes_of(signature.data, signature.len);
	}
}

/* Tell the trail what it has to see in a checkpoint. */
static void desk_promise(struct receipt_desk *d)
{
	struct trail_batch *batch = d->options.trail == NULL ? NULL : calloc(1, sizeof(*batch));

	if (batch == NULL)
		return;
	batch->since_us = clock_mono_us();
	batch->count = d->batch.count;
	for (unsigned i = 0; i < d->batch.count; i++) {
		const struct promise *promise = &d->calls[i]->request.promise;

		batch->promises[i].at_ms = promise->at_ms;
		memcpy(batch->promises[i].leaf.bytes, promise->leaf_hash, SHA256_LEN);
	}
	trail_expect(d->options.trail, batch);
}

/* ---- proofs -------------------------------------------------------------------------------- */

struct desk_wish {
	struct wish wish;
	struct receipt_desk *desk;
	struct call *call;
};

static void desk_on_granted(struct wish *wish)
{
	struct desk_wish *w = container_of(wish, struct desk_wish, wish);
	struct call *call = w->call;

	if (wish->proof != NULL)
		call->proof = arena_copy(&call->request.arena, slice_of(wish->proof, wish->proof_len));
	free(wish->proof);
	w->desk->options.ready(call);
	free(w);
}

/* False: it cannot be waited for. */
static bool desk_wish(struct receipt_desk *d, struct call *call)
{
	struct desk_wish *w = d->options.trail == NULL ? NULL : calloc(1, sizeof(*w));

	if (w == NULL)
		return false;
	w->desk = d;
	w->call = call;
	w->wish.home = d->options.loop;
	w->wish.granted = desk_on_granted;
	w->wish.promise = call->request.promise;
	w->wish.until_mono_ms = call->request.deadline_mono_ms - PROOF_SPARE_MS;
	trail_wish(d->options.trail, &w->wish);
	return true;
}

/* ---- the turn ------------------------------------------------------------------------------ */

static void desk_answer(struct receipt_desk *d, struct call *call)
{
	if (!call->wants_proof || !desk_wish(d, call))
		d->options.ready(call);
}

static void desk_on_turn(struct loop_task *task)
{
	struct receipt_desk *d = container_of(task, struct receipt_desk, turn);
	struct list *link;

	d->batch.count = 0;
	while (d->batch.count < RECEIPTS_MAX && (link = list_pop(&d->finished)) != NULL) {
		struct call *call = container_of(link, struct call, wait);

		if (!desk_put(d, call)) {
			receipt_lost(call);
			d->options.ready(call);
		}
	}
	if (d->batch.count > 0) {
		desk_sign(d);
		desk_promise(d);
	}
	for (unsigned i = 0; i < d->batch.count; i++)
		desk_answer(d, d->calls[i]);
	if (!list_is_empty(&d->finished))
		loop_defer(d->options.loop, &d->turn);
}

void receipt_desk_take(struct receipt_desk *d, struct call *call)
{
	list_append(&d->finished, &call->wait);
	loop_defer(d->options.loop, &d->turn);
}

/* ---- life ---------------------------------------------------------------------------------- */

int receipt_desk_open(struct receipt_desk **ret, const struct receipt_desk_options *options)
{
	struct receipt_desk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ERR_MEMORY;
	d->options = *options;
	list_init(&d->finished);
	list_init(&d->turn.link);
	d->turn.run = desk_on_turn;
	*ret = d;
	return 0;
}

void receipt_desk_free(struct receipt_desk *d)
{
	if (d == NULL)
		return;
	ensure(list_is_empty(&d->finished));
	loop_defer_cancel(&d->turn);
	free(d);
}
