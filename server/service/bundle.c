/* Rows and ciphertext into a verified bundle. */
#include "service/bundle.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "service/state_reply.h"
#include "store/prescription.h"

static void wipe_key(void *key)
{
	data_key_wipe(key);
}

bool bundle_row_is_sealed(const struct request *req, const struct prescription *rx,
	const struct prescription_line *lines, size_t count)
{
	uint8_t bytes[PRESCRIPTION_MAC_BYTES_MAX];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	return prescription_mac_bytes(&w, rx, lines, count) &&
		digest_row_check(rx->row_mac, rx->mac_generation, req->shop->keys,
			writer_written(&w)) == 0;
}

void bundle_sign_row(struct request *req, struct prescription *rx,
	const struct prescription_line *lines, size_t count)
{
	uint8_t bytes[PRESCRIPTION_MAC_BYTES_MAX];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	ensure(prescription_mac_bytes(&w, rx, lines, count));
	digest_row(rx->row_mac, &rx->mac_generation, req->shop->keys, writer_written(&w));
}

static int open_key(struct request *req, const struct stored_data_key *stored, struct bundle *b)
{
	b->shredded = stored->shredded;
	if (b->shredded)
		return 0;
	if (stored->wrapped.len != SEAL_WRAPPED_LEN)
		return ERR_DAMAGED;
	b->key.generation = stored->generation;
	memcpy(b->key.wrapped, stored->wrapped.data, SEAL_WRAPPED_LEN);
	if (arena_on_reset(&req->arena, wipe_key, &b->key) < 0)
		return ERR_MEMORY;
	return data_key_unwrap(&b->key, req->shop->keys, b->rx.rx_id);
}

int bundle_read(struct request *req, unsigned query, int row, struct bundle *b)
{
	struct stored_data_key stored;
	int r;

	memset(b, 0, sizeof(*b));
	r = store_prescription_read(&req->unit, query, row, &req->arena, &b->rx, &b->lines,
		&b->line_count, &stored);
	if (r == 0 && !bundle_row_is_sealed(req, &b->rx, b->lines, b->line_count))
		r = ERR_DAMAGED;
	if (r == 0)
		r = open_key(req, &stored, b);
	return r;
}

/* What was sealed here and opens is ours: only memory can be short. */
static int unpack_own(struct request *req, const ProtobufCMessageDescriptor *type,
	struct slice bytes, void *ret_message)
{
	int r = pbmsg_open(ret_message, type, &req->arena, bytes);

	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

static int open_one(struct request *req, struct bundle *b, const struct stored_document *d)
{
	const struct seal_place place = {b->rx.rx_id, (uint64_t)d->seq, (uint16_t)d->kind};
	uint8_t *plain = arena_alloc(&req->arena, d->sealed.len + 1);
	Rxcirc__V1__StoredUpload *m;
	size_t len;
	int r;

	if (plain == NULL)
		return ERR_MEMORY;
	if (seal_open(plain, &len, &b->key, &place, d->sealed) < 0)
		return ERR_DAMAGED;
	if (d->seq == 1) {
		r = unpack_own(req, &rxcirc__v1__stored_upload__descriptor, slice_of(plain, len), &m);
		if (r < 0)
			return r;
		if (m->prescription == NULL || m->hospital_review == NULL)
			return ERR_DAMAGED;
		b->prescription = m->prescription;
		b->hospital_review = m->hospital_review;
		b->decision = m->decision;
		return 0;
	}
	if (b->later_count == LATER_DOCUMENTS_MAX)
		return ERR_TOO_LARGE;
	r = unpack_own(req, &rxcirc__v1__signed_document__descriptor, slice_of(plain, len),
		&b->later[b->later_count]);
	b->later_count += r == 0;
	return r;
}

int bundle_open_documents(struct request *req, unsigned query, struct bundle *b)
{
	for (int row = 0; !b->shredded && row < pg_rows(&req->unit, query); row++) {
		struct stored_document d;
		const uint8_t *rx_id;
		int r;

		store_document_read(&req->unit, query, row, &d, &rx_id);
		/* Another query's snapshot may be newer than the row's: leave out what came after it. */
		if (memcmp(rx_id, b->rx.rx_id, RX_ID_LEN) != 0 || d.seq > b->rx.version)
			continue;
		r = open_one(req, b, &d);
		if (r < 0)
			return r;
	}
	return b->shredded || b->prescription != NULL ? 0 : ERR_DAMAGED;
}

const Rxcirc__V1__SignedDocument *bundle_newest(const struct bundle *b,
	Rxcirc__V1__DocumentKind kind)
{
	for (size_t i = b->later_count; i > 0; i--)
		if (b->later[i - 1]->kind == kind)
			return b->later[i - 1];
	return NULL;
}

/* Add the newest statement about a signer's key, once. */
static int add_statement(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const struct practitioner_key **seen, Rxcirc__V1__PrescriptionBundle *m)
{
	const struct practitioner_key *key;

	if (doc->key_id.len != KEY_ID_LEN)
		return ERR_DAMAGED;
	key = registry_key(req->registry, doc->key_id.data);
	if (key == NULL)
		return 0; /* the receiver will refuse the document, and say why */
	for (size_t i = 0; i < m->n_key_statements; i++)
		if (seen[i] == key)
			return 0;
	seen[m->n_key_statements] = key;
	m->key_statements[m->n_key_statements] = pbmsg_unpack(
		&rxcirc__v1__signed_document__descriptor, &req->arena, key->statement);
	return m->key_statements[m->n_key_statements++] == NULL ? ERR_MEMORY : 0;
}

static int add_statements(struct request *req, const struct bundle *b,
	Rxcirc__V1__PrescriptionBundle *m)
{
	const struct practitioner_key *seen[LATER_DOCUMENTS_MAX + 2];
	int r;

	m->key_statements = arena_array(&req->arena, LATER_DOCUMENTS_MAX + 2,
		sizeof(*m->key_statements));
	if (m->key_statements == NULL)
		return ERR_MEMORY;
	if (b->prescription == NULL)
		return 0;
	r = add_statement(req, b->prescription, seen, m);
	if (r == 0)
		r = add_statement(req, b->hospital_review, seen, m);
	for (size_t i = 0; r == 0 && i < b->later_count; i++)
		r = add_statement(req, b->later[i], seen, m);
	return r;
}

Rxcirc__V1__PrescriptionBundle *bundle_message(struct request *req, const struct bundle *b)
{
	Rxcirc__V1__PrescriptionBundle *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__prescription_bundle__init(m);
	m->state = state_reply(req, &b->rx, b->lines, b->line_count);
	m->prescription = b->prescription;
	m->hospital_review = b->hospital_review;
	m->n_later = b->later_count;
	m->later = arena_array(&req->arena, b->later_count + 1, sizeof(*m->later));
	if (m->state == NULL || m->later == NULL || add_statements(req, b, m) < 0)
		return NULL;
	memcpy(m->later, b->later, b->later_count * sizeof(*m->later));
	return m;
}

struct slice bundle_seal(struct request *req, const struct data_key *key, const uint8_t *rx_id,
	int64_t seq, Rxcirc__V1__DocumentKind kind, struct slice plain)
{
	const struct seal_place place = {rx_id, (uint64_t)seq, (uint16_t)kind};
	uint8_t *sealed = arena_alloc(&req->arena, seal_len(plain.len));

	if (sealed == NULL)
		return slice_of(NULL, 0);
	seal(sealed, key, &place, plain);
	return slice_of(sealed, seal_len(plain.len));
}
