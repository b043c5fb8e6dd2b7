/* Rows into what is shown of them. */
#include "service/disclosure.h"

#include <string.h>

#include "base/log.h"
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "proto/rxid.h"
#include "registry/registry.h"
#include "rules/region.h"
#include "rxcirc/v1/document.pb-c.h"
#include "service/state_reply.h"

enum { QUERY_ROWS, QUERY_DOCUMENTS };
/* What an answer's envelope and lists add at most. */
enum { REPLY_MARGIN = 8 * 1024 };

int disclose_pull_grant(struct request *req, const uint8_t *rx_id,
	Rxcirc__V1__PrescriptionBundle *m)
{
	uint8_t *grant = arena_alloc(&req->arena, PULL_GRANT_LEN);

	if (grant == NULL)
		return ERR_MEMORY;
	pull_grant_make(grant, req->shop->keys, rx_id, req->caller.code,
		req->received_at_ms + req->shop->pull_grant_ms);
	m->pull_grant = (ProtobufCBinaryData){PULL_GRANT_LEN, grant};
	return 0;
}

/* Whether the prescriptions of its hospital's region count in the caller's. */
static bool is_recognised(const struct request *req, const struct prescription *rx)
{
	const struct registry *r = req->registry;
	const struct institution *hospital = registry_institution(r, rx->hospital_code);
	const char *there = hospital == NULL ? "" : hospital->region, *here = req->caller.region;
	int64_t at_ms = req->received_at_ms;

	return region_is_recognised(there, registry_text(r, PARAM_RECOGNISED_REGIONS, there, at_ms),
		here, registry_text(r, PARAM_RECOGNISED_REGIONS, here, at_ms));
}

static bool is_known(const struct disclosure *d, const struct prescription *rx)
{
	for (size_t i = 0; i < d->known_count; i++)
		if (slice_equal(pbmsg_bytes(d->known[i]->rx_id), slice_of(rx->rx_id, RX_ID_LEN)))
			return d->known[i]->version == (uint64_t)rx->version;
	return false;
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int stub_grant(struct request *req, const struct disclosure *d, const uint8_t *rx_id,
	Rxcirc__V1__PrescriptionStub *m)
{
	uint8_t *grant = arena_alloc(&req->arena, DOWNLOAD_GRANT_LEN);
	uint8_t nonce[VOUCHER_NONCE_LEN];

	if (grant == NULL)
		return ERR_MEMORY;
	download_nonce(nonce, req->shop->keys, d->nonce, rx_id);
	download_grant_make(grant, req->shop->keys, rx_id, req->caller.code, nonce,
		req->received_at_ms + req->shop->pull_grant_ms);
	m->download_grant = (ProtobufCBinaryData){DOWNLOAD_GRANT_LEN, grant};
	return 0;
}

/* Enough to choose by; lines are counted, not told (C27). */
static int make_stub(struct request *req, struct disclosure *d, const struct bundle *b,
	size_t *ret_bytes)
{
	Rxcirc__V1__PrescriptionStub *m = arena_alloc(&req->arena, sizeof(*m));
	const struct institution *hospital = registry_institution(req->registry, b->rx.hospital_code);
	Rxcirc__V1__Prescription *rx;
	int r;

	if (m == NULL)
		return ERR_MEMORY;
	r = pbmsg_open(&rx, &rxcirc__v1__prescription__descriptor, &req->arena,
		pbmsg_bytes(b->prescription->body));
	if (r == ERR_MALFORMED || (r == 0 && rx->physician == NULL))
		return ERR_DAMAGED;
	if (r < 0)
		return r;
	rxcirc__v1__prescription_stub__init(m);
	m->state = state_reply(req, &b->rx, b->lines, b->line_count);
	m->hospital_code = rx->hospital_code;
	m->hospital_name = borrowed(hospital == NULL ? "" : hospital->name);
	m->department_name = rx->physician->department_name;
	m->issued_at_ms = b->rx.issued_at_ms;
	m->valid_until_ms = b->rx.valid_until_ms;
	m->line_count = (uint32_t)b->line_count;
	if (m->state == NULL || stub_grant(req, d, b->rx.rx_id, m) < 0)
		return ERR_MEMORY;
	m->state->n_lines = 0;
	d->stubs[d->count] = m;
	d->disclosed[d->count] = slice_of(m->state->rx_id.data, RX_ID_LEN);
	*ret_bytes = rxcirc__v1__prescription_stub__get_packed_size(m) + 8;
	return 0;
}

static int make_bundle(struct request *req, struct disclosure *d, const struct bundle *b,
	size_t *ret_bytes)
{
	Rxcirc__V1__PrescriptionBundle *m = bundle_message(req, b);

	if (m == NULL)
		return ERR_MEMORY;
	m->unchanged = b->prescription == NULL;
	if (d->form == DISCLOSURE_WITH_GRANT && disclose_pull_grant(req, b->rx.rx_id, m) < 0)
		return ERR_MEMORY;
	d->bundles[d->count] = m;
	d->disclosed[d->count] = slice_of(m->state->rx_id.data, RX_ID_LEN);
	*ret_bytes = rxcirc__v1__prescription_bundle__get_packed_size(m) + 8;
	return 0;
}

/* Open one prescription; ERR_NOT_FOUND when it has nothing to show here: shredded, or of a region
 * that is not recognised where it would be filled (SX15-6.5). */
static int disclose_one(struct request *req, struct disclosure *d, int row, struct bundle *b,
	size_t *ret_bytes)
{
	int r = bundle_read(req, QUERY_ROWS, row, b);

	if (r == 0 && (b->shredded || (d->form != DISCLOSURE_WHOLE && !is_recognised(req, &b->rx))))
		return ERR_NOT_FOUND;
	if (r == 0 && !is_known(d, &b->rx))
		r = bundle_open_documents(req, QUERY_DOCUMENTS, b);
	if (r < 0)
		return r;
	return d->form == DISCLOSURE_STUBS ? make_stub(req, d, b, ret_bytes) :
		make_bundle(req, d, b, ret_bytes);
}

static int note_damage(struct request *req, struct disclosure *d, const struct bundle *b)
{
	struct slice id = arena_copy(&req->arena, slice_of(b->rx.rx_id, RX_ID_LEN));
	char code[RX_CODE_LEN + 1];

	if (id.data == NULL)
		return ERR_MEMORY;
	rx_code_format(code, b->rx.rx_id);
	log_error("a prescription is damaged and was not shown: rx=%s", code);
	d->damaged[d->damaged_count++] = (ProtobufCBinaryData){id.len, (uint8_t *)(uintptr_t)id.data};
	return 0;
}

/* As many as one answer holds; it is told that there are more. */
int disclose(struct request *req, struct disclosure *d)
{
	int rows = pg_rows(&req->unit, QUERY_ROWS);
	size_t bytes = REPLY_MARGIN;

	for (int row = 0; row < rows; row++) {
		struct bundle *b = arena_alloc(&req->arena, sizeof(*b));
		size_t len = 0;
		int r;

		d->more = d->count == PULL_PRESCRIPTIONS_MAX;
		if (d->more)
			return 0;
		r = b == NULL ? ERR_MEMORY : disclose_one(req, d, row, b, &len);
		if (r == ERR_DAMAGED)
			r = note_damage(req, d, b);
		else if (r == 0)
			bytes += len;
		d->more = r == 0 && bytes > FRAME_BODY_MAX - ANSWER_TAIL_MAX && d->count > 0;
		if (d->more)
			return 0;
		if (r < 0 && r != ERR_NOT_FOUND)
			return r;
		d->count += len > 0;
		d->last_ms = b->rx.issued_at_ms;
		memcpy(d->last_rx_id, b->rx.rx_id, RX_ID_LEN);
	}
	d->more = rows > PULL_PRESCRIPTIONS_MAX; /* all looked at, and perhaps not the last */
	return 0;
}
