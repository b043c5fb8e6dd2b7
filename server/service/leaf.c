/* The leaf names no person: a prescription's random id, codes of institutions, digests of
 * ciphertext. */
#include "service/leaf.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "proto/rxid.h"
#include "registry/registry.h"
#include "service/record_form.h"

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)(borrowed == NULL ? "" : borrowed);
}

static ProtobufCBinaryData bytes(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static void state_word(Rxcirc__V1__StateWord *word, const struct life *life)
{
	rxcirc__v1__state_word__init(word);
	word->validity = (uint32_t)life->validity;
	word->review = (uint32_t)life->review;
	word->use = (uint32_t)life->use;
	word->held = life->hold != HOLD_FREE;
}

static void about_prescription(Rxcirc__V1__EventLeaf *m, const struct leaf *l)
{
	if (l->rx == NULL) {
		if (l->read_rx_id != NULL)
			m->rx_id = bytes(l->read_rx_id, RX_ID_LEN);
		return;
	}
	m->rx_id = bytes(l->rx->rx_id, RX_ID_LEN);
	m->rx_seq = (uint64_t)l->rx->version;
	if (l->rx->version > 1)
		m->previous_leaf = bytes(l->rx->head_leaf, SHA256_LEN);
}

static void found_by(struct request *req, const struct leaf *l, struct event *e)
{
	const uint8_t *rx_id = l->rx != NULL ? l->rx->rx_id : l->read_rx_id;

	e->at_ms = req->received_at_ms;
	e->kind = (int16_t)l->kind;
	e->rx_id = rx_id;
	e->rx_seq = l->rx != NULL ? l->rx->version : 0;
	e->person_key = l->rx != NULL ? l->rx->person_key : l->person_key;
	e->bucket = rx_id_bucket(e->event_id); /* nobody's event: spread evenly */
	if (rx_id != NULL)
		e->bucket = rx_id_bucket(rx_id);
	else if (e->person_key != NULL)
		e->bucket = (uint16_t)(e->person_key[0] << 8 | e->person_key[1]);
	e->institution_code = req->caller.code;
	e->practitioner_code = l->signer != NULL ? l->signer->practitioner_code : NULL;
	e->region = req->caller.region;
	e->told = l->told;
	e->disclosed = l->disclosed;
	e->disclosed_count = l->disclosed_count;
}

static int disclose(struct request *req, const struct leaf *l, Rxcirc__V1__EventLeaf *m)
{
	m->disclosed = arena_array(&req->arena, l->disclosed_count + 1, sizeof(*m->disclosed));
	if (m->disclosed == NULL)
		return ERR_MEMORY;
	m->n_disclosed = l->disclosed_count;
	for (size_t i = 0; i < l->disclosed_count; i++)
		m->disclosed[i] = bytes(l->disclosed[i].data, l->disclosed[i].len);
	return 0;
}

static int name_records(struct request *req, const struct leaf *l, Rxcirc__V1__EventLeaf *m)
{
	Rxcirc__V1__RecordDigest *digests = arena_array(&req->arena, l->record_count + 1,
		sizeof(*digests));

	m->records = arena_array(&req->arena, l->record_count + 1, sizeof(*m->records));
	if (digests == NULL || m->records == NULL)
		return ERR_MEMORY;
	m->n_records = l->record_count;
	for (size_t i = 0; i < l->record_count; i++) {
		rxcirc__v1__record_digest__init(&digests[i]);
		digests[i].subject = text(l->records[i].subject);
		digests[i].record_sha256 = bytes(l->records[i].sha256, SHA256_LEN);
		m->records[i] = &digests[i];
	}
	return 0;
}

/* Field 22, 34 bytes: key and length as protobuf writes them, behind all other fields. */
static const uint8_t leaf_seal_head[] = {0xb2, 0x01, 2 + DIGEST_LEN};
enum { LEAF_SEAL_LEN = sizeof(leaf_seal_head) + 2 + DIGEST_LEN };

/* The leaf with its last field; data NULL when memory is short. */
static struct slice leaf_seal(struct request *req, struct slice said)
{
	uint8_t mac[DIGEST_LEN], *bytes;
	uint16_t generation;
	struct writer out;

	bytes = said.data == NULL ? NULL : arena_alloc(&req->arena, said.len + LEAF_SEAL_LEN);
	if (bytes == NULL)
		return slice_of(NULL, 0);
	digest_event(mac, &generation, req->shop->keys, said);
	writer_init(&out, bytes, said.len + LEAF_SEAL_LEN);
	writer_slice(&out, said);
	writer_slice(&out, slice_of(leaf_seal_head, sizeof(leaf_seal_head)));
	writer_u16(&out, generation);
	writer_slice(&out, slice_of(mac, sizeof(mac)));
	return writer_written(&out);
}

int leaf_make(struct request *req, const struct leaf *l, struct event *e)
{
	Rxcirc__V1__EventLeaf m = RXCIRC__V1__EVENT_LEAF__INIT;
	Rxcirc__V1__StateWord before, after;
	uint8_t digest[SHA256_LEN];

	memset(e, 0, sizeof(*e));
	random_bytes(e->event_id, sizeof(e->event_id));
	found_by(req, l, e);
	m.format = 2;
	m.event_id = bytes(e->event_id, sizeof(e->event_id));
	m.kind = l->kind;
	about_prescription(&m, l);
	m.at_ms = e->at_ms;
	m.institution_code = text(e->institution_code);
	m.practitioner_code = text(e->practitioner_code);
	if (l->signer != NULL)
		m.key_id = bytes(l->signer->key_id, KEY_ID_LEN);
	if (l->sealed.len > 0) {
		digest_sha256(digest, l->sealed);
		m.ciphertext_sha256 = bytes(digest, sizeof(digest));
	}
	if (l->before != NULL) {
		state_word(&before, l->before);
		m.before = &before;
	}
	if (l->after != NULL) {
		state_word(&after, l->after);
		m.after = &after;
	}
	m.reason = text(l->reason);
	m.subject = text(l->subject);
	m.identity_mode = (Rxcirc__V1__IdentityMode)l->identity;
	m.identity_device = text(l->identity_device);
	m.identity_operator = text(l->identity_operator);
	if (l->subject_sha256 != NULL)
		m.subject_sha256 = bytes(l->subject_sha256, SHA256_LEN);
	if (l->record_sha256 != NULL)
		m.record_sha256 = bytes(l->record_sha256, SHA256_LEN);
	if (disclose(req, l, &m) < 0 || name_records(req, l, &m) < 0)
		return ERR_MEMORY;
	e->leaf = leaf_seal(req, pbmsg_pack(&m, &req->arena));
	if (e->leaf.data == NULL)
		return ERR_MEMORY;
	digest_leaf(e->leaf_hash, e->leaf);
	return 0;
}

bool leaf_is_ours(const struct keyring *keys, struct slice leaf)
{
	struct slice tail, said;
	uint16_t generation;
	struct reader in;

	if (leaf.len < LEAF_SEAL_LEN)
		return false;
	said = slice_of(leaf.data, leaf.len - LEAF_SEAL_LEN);
	tail = slice_of(leaf.data + said.len, LEAF_SEAL_LEN);
	if (memcmp(tail.data, leaf_seal_head, sizeof(leaf_seal_head)) != 0)
		return false;
	reader_init(&in, slice_of(tail.data + sizeof(leaf_seal_head),
		tail.len - sizeof(leaf_seal_head)));
	generation = reader_u16(&in);
	return digest_event_check(reader_slice(&in, DIGEST_LEN).data, generation, keys, said) == 0;
}
