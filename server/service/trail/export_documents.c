/* Documents as they are stored, the keys that open them, and the statements of who signed them.
 *
 * A document comes on the page of its event, whose leaf names its ciphertext.  Handing out a
 * prescription's key discloses its content, so each page is recorded on every prescription whose
 * documents it brings: who it is about sees it among the own accesses.
 */
#include <string.h>

#include "base/log.h"
#include "codec/pbmsg.h"
#include "crypto/seal.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/decision.pb-c.h"
#include "service/leaf.h"
#include "service/trail/export.h"
#include "store/event.h"
#include "store/export.h"

/* An upload is signed by two. */
enum { SIGNERS_MAX = 2 };

static ProtobufCBinaryData bytes_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

/* ---- which --------------------------------------------------------------------------------- */

static bool has_document(const Rxcirc__V1__EventLeaf *leaf)
{
	return leaf->rx_id.len == RX_ID_LEN && leaf->rx_seq > 0 && leaf->rx_seq <= INT64_MAX &&
		leaf->ciphertext_sha256.len > 0;
}

int export_ask_documents(struct request *req, struct export *e, bool *ret_any)
{
	struct export_wanted wanted[EXPORT_DOCUMENTS_MAX];
	size_t count = 0;

	ensure(e->count <= EXPORT_DOCUMENTS_MAX);
	for (size_t i = 0; i < e->count; i++) {
		struct export_event *event = &e->events[i];
		int r = event->leaf.len == 0 ? 0 : export_content(req, event);

		if (r < 0)
			return r;
		event->wanted = 0;
		if (event->leaf.len == 0 || !has_document(event->content))
			continue;
		wanted[count++] = (struct export_wanted){event->content->rx_id.data,
			(int64_t)event->content->rx_seq};
		event->wanted = count;
	}
	*ret_any = count > 0;
	return count == 0 ? 0 : store_export_documents(request_unit(req, NULL), &req->arena, wanted,
		count);
}

/* ---- opening, only to see who signed ------------------------------------------------------- */

static void wipe_key(void *key)
{
	data_key_wipe(key);
}

/* NULL with *ret_err 0: shredded. */
static const struct data_key *open_key(struct request *req, const struct export_document *d,
	const uint8_t *rx_id, int *ret_err)
{
	struct data_key *key;

	*ret_err = 0;
	if (d->key.shredded)
		return NULL;
	key = arena_zalloc(&req->arena, sizeof(*key));
	if (key == NULL || arena_on_reset(&req->arena, wipe_key, key) < 0) {
		*ret_err = ERR_MEMORY;
		return NULL;
	}
	key->generation = d->key.generation;
	if (d->key.wrapped.len == SEAL_WRAPPED_LEN)
		memcpy(key->wrapped, d->key.wrapped.data, SEAL_WRAPPED_LEN);
	*ret_err = data_key_unwrap(key, req->shop->keys, rx_id);
	if (*ret_err < 0)
		log_error("a prescription's data key cannot be unwrapped: rx=%02x%02x%02x%02x.. seq=%lld",
			rx_id[0], rx_id[1], rx_id[2], rx_id[3], (long long)d->document.seq);
	return *ret_err < 0 ? NULL : key;
}

static int signers_of(struct request *req, int64_t seq, struct slice plain,
	const Rxcirc__V1__SignedDocument *ret[SIGNERS_MAX])
{
	const Rxcirc__V1__StoredUpload *upload;
	int r;

	if (seq != 1)
		return pbmsg_open(&ret[0], &rxcirc__v1__signed_document__descriptor, &req->arena, plain);
	r = pbmsg_open(&upload, &rxcirc__v1__stored_upload__descriptor, &req->arena, plain);
	if (r < 0)
		return r;
	ret[0] = upload->prescription;
	ret[1] = upload->hospital_review;
	return 0;
}

/* What does not open is handed out all the same: whoever verifies it sees the damage. */
static int open_signers(struct request *req, const struct export_document *d,
	const uint8_t *rx_id, const struct data_key *key,
	const Rxcirc__V1__SignedDocument *ret[SIGNERS_MAX])
{
	const struct seal_place place = {rx_id, (uint64_t)d->document.seq,
		(uint16_t)d->document.kind};
	uint8_t *plain = arena_alloc(&req->arena, d->document.sealed.len + 1);
	size_t len;
	int r;

	if (plain == NULL)
		return ERR_MEMORY;
	r = seal_open(plain, &len, key, &place, d->document.sealed);
	if (r == 0)
		r = signers_of(req, d->document.seq, slice_of(plain, len), ret);
	if (r == 0 || r == ERR_MEMORY)
		return r;
	log_error("a stored document does not open: rx=%02x%02x%02x%02x.. seq=%lld", rx_id[0],
		rx_id[1], rx_id[2], rx_id[3], (long long)d->document.seq);
	return 0;
}

/* ---- key statements ------------------------------------------------------------------------ */

/* The newest about a signer's key, once a page. */
static int add_statement(struct request *req, struct export *e,
	const Rxcirc__V1__SignedDocument *doc, size_t *bytes)
{
	const struct practitioner_key *key;

	if (doc == NULL || doc->key_id.len != KEY_ID_LEN)
		return 0;
	key = registry_key(req->registry, doc->key_id.data);
	if (key == NULL)
		return 0; /* whoever verifies says so */
	for (size_t i = 0; i < e->reply.n_keys; i++)
		if (e->signers[i] == key)
			return 0;
	e->signers[e->reply.n_keys] = key;
	e->reply.keys[e->reply.n_keys] = pbmsg_unpack(&rxcirc__v1__signed_document__descriptor,
		&req->arena, key->statement);
	if (e->reply.keys[e->reply.n_keys] == NULL)
		return ERR_MEMORY;
	e->reply.n_keys++;
	*bytes += key->statement.len + 8;
	return 0;
}

/* ---- a document ---------------------------------------------------------------------------- */

static int add_opened(struct request *req, struct export *e, const uint8_t *rx_id,
	const struct export_document *d)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ,
		.read_rx_id = rx_id,
		.person_key = d->person_key == NULL ? NULL : arena_copy(&req->arena,
			slice_of(d->person_key, PERSON_KEY_LEN)).data,
		.reason = e->message->purpose,
		.subject = "export",
	};

	if (d->person_key != NULL && leaf.person_key == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < e->opened_count; i++)
		if (memcmp(e->opened[i].rx_id, rx_id, RX_ID_LEN) == 0)
			return 0;
	return leaf_make(req, &leaf, &e->opened[e->opened_count++]);
}

static int document_message(struct request *req, const struct export_document *d,
	const uint8_t *rx_id, const struct data_key *key, Rxcirc__V1__ExportedDocument **ret)
{
	Rxcirc__V1__ExportedDocument *m = arena_alloc(&req->arena, sizeof(*m));
	struct slice sealed = arena_copy(&req->arena, d->document.sealed);

	if (m == NULL || sealed.len != d->document.sealed.len)
		return ERR_MEMORY;
	rxcirc__v1__exported_document__init(m);
	m->rx_id = bytes_of(rx_id, RX_ID_LEN);
	m->seq = (uint64_t)d->document.seq;
	m->kind = (Rxcirc__V1__DocumentKind)d->document.kind;
	m->sealed = bytes_of(sealed.data, sealed.len);
	if (key != NULL)
		m->key = bytes_of(key->key, SEAL_KEY_LEN);
	*ret = m;
	return 0;
}

/* The document of this event, with everything that belongs to it; *bytes grows. */
static int document_take(struct request *req, struct export *e, const struct export_event *event,
	const struct export_document *d, size_t *bytes)
{
	const Rxcirc__V1__SignedDocument *signers[SIGNERS_MAX] = {NULL, NULL};
	const uint8_t *rx_id = event->content->rx_id.data;
	Rxcirc__V1__ExportedDocument *m = NULL;
	int r;
	const struct data_key *key = open_key(req, d, rx_id, &r);

	if (r == 0)
		r = document_message(req, d, rx_id, key, &m);
	if (r == 0 && key != NULL)
		r = open_signers(req, d, rx_id, key, signers);
	for (size_t i = 0; i < SIGNERS_MAX && r == 0; i++)
		r = add_statement(req, e, signers[i], bytes);
	if (r == 0)
		r = add_opened(req, e, rx_id, d);
	if (r < 0)
		return r;
	e->reply.documents[e->reply.n_documents++] = m;
	*bytes += protobuf_c_message_get_packed_size(&m->base) + 8;
	return 0;
}

/* ---- the page ------------------------------------------------------------------------------ */

static int make_room(struct request *req, struct export *e)
{
	e->reply.documents = arena_array(&req->arena, e->count + 1, sizeof(*e->reply.documents));
	e->reply.keys = arena_array(&req->arena, SIGNERS_MAX * e->count + 1, sizeof(*e->reply.keys));
	e->signers = arena_array(&req->arena, SIGNERS_MAX * e->count + 1, sizeof(*e->signers));
	e->opened = arena_array(&req->arena, e->count + 1, sizeof(*e->opened));
	return e->reply.documents == NULL || e->reply.keys == NULL || e->signers == NULL ||
		e->opened == NULL ? ERR_MEMORY : 0;
}

/* The page ends before event `at`, which did not fit any more. */
static void page_cut(struct export *e, size_t at)
{
	const struct export_event *last = &e->events[at - 1];

	e->count = at;
	e->more = true;
	if (e->is_run)
		return;
	e->filter.f.after_at_ms = last->at_ms;
	memcpy(e->filter.f.after_event_id, last->event_id, EVENT_ID_LEN);
}

/* The row of an event's document, if there is one; rows are in the order of the events. */
static bool row_of(struct request *req, const struct export_event *event, int *row,
	struct export_document *ret)
{
	if (event->wanted == 0 || *row >= pg_rows(&req->unit, 0))
		return false;
	store_export_document(&req->unit, 0, *row, ret);
	if (ret->wanted != event->wanted - 1)
		return false;
	(*row)++;
	return true;
}

int export_take_documents(struct request *req, struct export *e)
{
	size_t bytes = e->head_bytes;
	int row = 0, r = make_room(req, e);

	for (size_t i = 0; i < e->count && r == 0; i++) {
		struct export_document d;
		size_t before = bytes;
		bool has = row_of(req, &e->events[i], &row, &d);

		bytes += export_event_bytes(&e->events[i]);
		if (i > 0 && bytes + (has ? d.document.sealed.len : 0) > EXPORT_BYTES_MAX) {
			bytes = before;
			page_cut(e, i);
			break;
		}
		if (has)
			r = document_take(req, e, &e->events[i], &d, &bytes);
	}
	e->bytes = bytes;
	return r;
}
