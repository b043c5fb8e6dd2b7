/* Insured/ShowOwnPrescription: one of the person's own, with its reviews and hand-overs
 * (NT33-N5.3).
 *
 * The story is read from the signed documents that come with it.  The steps are those of every
 * visit (service/visit.h).
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/bundle.h"
#include "service/services.h"
#include "service/visit.h"
#include "store/prescription.h"

enum { QUERY_ROW, QUERY_DOCUMENTS };
enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct own {
	struct visit visit;
	const Rxcirc__V1__ShowOwnPrescriptionRequest *message;
	struct bundle loaded;
	const Rxcirc__V1__Prescription *rx;
	Rxcirc__V1__ShowOwnPrescriptionResponse reply;
	Rxcirc__V1__OwnReview *reviews[LATER_DOCUMENTS_MAX + 1];
	Rxcirc__V1__OwnFill *fills[LATER_DOCUMENTS_MAX];
	struct slice shown;
};

static enum status_reason own_read(struct request *req, struct visit *v)
{
	struct own *o = container_of(v, struct own, visit);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__show_own_prescription_request__descriptor, &o->message);

	if (status != STATUS_OK)
		return status;
	v->grant = pbmsg_bytes(o->message->own_grant);
	if (o->message->rx_id.len == RX_ID_LEN)
		return STATUS_OK;
	request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
	return STATUS_FIELD_INVALID;
}

static int own_ask(struct request *req, struct visit *v, struct pg_unit *unit)
{
	const struct own *o = container_of(v, struct own, visit);
	int r = store_prescription_load(unit, &req->arena, o->message->rx_id.data);

	return r < 0 ? r : store_documents_load(unit, &req->arena, o->message->rx_id.data);
}

static char *name_of(const struct request *req, const char *code)
{
	const struct institution *who = registry_institution(req->registry, code);

	return (char *)(uintptr_t)(who == NULL ? "" : who->name);
}

/* Our own document, verified when it came. */
static int own_open(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const ProtobufCMessageDescriptor *type, void *ret_message)
{
	int r = pbmsg_open(ret_message, type, &req->arena, pbmsg_bytes(doc->body));

	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

static int add_review(struct request *req, struct own *o, const Rxcirc__V1__OwnReview *review)
{
	Rxcirc__V1__OwnReview *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return ERR_MEMORY;
	*m = *review;
	m->institution_name = name_of(req, m->institution_code);
	o->reviews[o->reply.n_reviews++] = m;
	return 0;
}

static int add_hospital_review(struct request *req, struct own *o)
{
	Rxcirc__V1__OwnReview m = RXCIRC__V1__OWN_REVIEW__INIT;
	Rxcirc__V1__HospitalReview *review;
	int r = own_open(req, o->loaded.hospital_review, &rxcirc__v1__hospital_review__descriptor,
		&review);

	if (r < 0)
		return r;
	m.institution_code = review->hospital_code;
	m.result = review->result;
	m.reason = review->opinion;
	m.reviewed_at_ms = review->reviewed_at_ms;
	return add_review(req, o, &m);
}

static int add_pharmacy_review(struct request *req, struct own *o,
	const Rxcirc__V1__SignedDocument *doc)
{
	Rxcirc__V1__OwnReview m = RXCIRC__V1__OWN_REVIEW__INIT;
	Rxcirc__V1__PharmacyReview *review;
	int r = own_open(req, doc, &rxcirc__v1__pharmacy_review__descriptor, &review);

	if (r < 0)
		return r;
	m.institution_code = review->pharmacy_code;
	m.result = review->result;
	m.reason = review->reason;
	m.reviewed_at_ms = review->reviewed_at_ms;
	return add_review(req, o, &m);
}

static Rxcirc__V1__OwnFillLine *fill_line(struct request *req, const struct own *o,
	const Rxcirc__V1__DispensedLine *line)
{
	Rxcirc__V1__OwnFillLine *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__own_fill_line__init(m);
	m->line_no = line->line_no;
	m->drug_code = line->drug_code;
	if (line->line_no >= 1 && line->line_no <= o->rx->n_lines)
		m->generic_name = o->rx->lines[line->line_no - 1]->generic_name;
	m->quantity_e4 = line->quantity_e4;
	m->unit_price_e6 = line->unit_price_e6;
	m->amount_fen = line->amount_fen;
	m->lot_no = line->lot_no;
	m->expiry_date = line->expiry_date;
	return m;
}

static int add_fill(struct request *req, struct own *o, const Rxcirc__V1__SignedDocument *doc)
{
	Rxcirc__V1__OwnFill *m = arena_alloc(&req->arena, sizeof(*m));
	Rxcirc__V1__DispenseRecord *record;
	int r = m == NULL ? ERR_MEMORY :
		own_open(req, doc, &rxcirc__v1__dispense_record__descriptor, &record);

	if (r < 0)
		return r;
	rxcirc__v1__own_fill__init(m);
	m->fill_no = record->fill_no;
	m->pharmacy_code = record->pharmacy_code;
	m->pharmacy_name = name_of(req, record->pharmacy_code);
	m->dispensed_at_ms = record->dispensed_at_ms;
	m->channel = record->channel;
	m->total_fen = record->total_fen;
	m->lines = arena_array(&req->arena, record->n_lines + 1, sizeof(*m->lines));
	if (m->lines == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < record->n_lines; i++) {
		m->lines[i] = fill_line(req, o, record->lines[i]);
		if (m->lines[i] == NULL)
			return ERR_MEMORY;
	}
	m->n_lines = record->n_lines;
	o->fills[o->reply.n_fills++] = m;
	return 0;
}

/* What came back is told with the hand-over it was of. */
static int add_return(struct request *req, struct own *o, const Rxcirc__V1__SignedDocument *doc)
{
	Rxcirc__V1__ReturnRecord *record;
	int r = own_open(req, doc, &rxcirc__v1__return_record__descriptor, &record);

	for (size_t f = 0; r == 0 && f < o->reply.n_fills; f++) {
		Rxcirc__V1__OwnFill *fill = o->fills[f];

		if (fill->fill_no != record->fill_no)
			continue;
		fill->returned_fen += record->total_fen;
		for (size_t i = 0; i < record->n_lines; i++)
			for (size_t k = 0; k < fill->n_lines; k++)
				if (fill->lines[k]->line_no == record->lines[i]->line_no)
					fill->lines[k]->returned_e4 += record->lines[i]->quantity_e4;
	}
	return r;
}

static int add_revocation(struct request *req, struct own *o,
	const Rxcirc__V1__SignedDocument *doc)
{
	Rxcirc__V1__Revocation *revocation;
	int r = own_open(req, doc, &rxcirc__v1__revocation__descriptor, &revocation);

	if (r < 0)
		return r;
	o->reply.revoked_by = revocation->hospital_code;
	o->reply.revoked_reason = revocation->reason;
	o->reply.revoked_at_ms = revocation->revoked_at_ms;
	return 0;
}

static int add_later(struct request *req, struct own *o, const Rxcirc__V1__SignedDocument *doc)
{
	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW)
		return add_pharmacy_review(req, o, doc);
	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD)
		return add_fill(req, o, doc);
	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD)
		return add_return(req, o, doc);
	if (doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION)
		return add_revocation(req, o, doc);
	return 0;
}

static int own_tell(struct request *req, struct own *o)
{
	int r;

	rxcirc__v1__show_own_prescription_response__init(&o->reply);
	o->reply.reviews = o->reviews;
	o->reply.fills = o->fills;
	o->reply.prescription = bundle_message(req, &o->loaded);
	if (o->reply.prescription == NULL)
		return ERR_MEMORY;
	r = own_open(req, o->loaded.prescription, &rxcirc__v1__prescription__descriptor, &o->rx);
	if (r == 0)
		r = add_hospital_review(req, o);
	for (size_t i = 0; r == 0 && i < o->loaded.later_count; i++)
		r = add_later(req, o, o->loaded.later[i]);
	if (r == 0 && protobuf_c_message_get_packed_size(&o->reply.base) > REPLY_BYTES_MAX) {
		o->reply.abridged = true;
		o->reply.n_reviews = o->reply.n_fills = 0;
	}
	return r;
}

static enum status_reason own_show(struct request *req, struct visit *v)
{
	struct own *o = container_of(v, struct own, visit);
	int r;

	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	r = bundle_read(req, QUERY_ROW, 0, &o->loaded);
	if (r < 0)
		return visit_fail(v, r);
	/* Another's is not told from none. */
	if (memcmp(o->loaded.rx.person_key, v->person_key, PERSON_KEY_LEN) != 0 || o->loaded.shredded)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	r = bundle_open_documents(req, QUERY_DOCUMENTS, &o->loaded);
	if (r == 0)
		r = own_tell(req, o);
	if (r < 0)
		return visit_fail(v, r);
	o->shown = slice_of(o->loaded.rx.rx_id, RX_ID_LEN);
	v->leaf.disclosed = &o->shown;
	v->leaf.disclosed_count = 1;
	v->reply = pbmsg_pack(&o->reply, &req->arena);
	return v->reply.data == NULL ? visit_fail(v, ERR_MEMORY) : STATUS_OK;
}

void show_own_prescription_start(struct request *req)
{
	static const struct visit_kind kind = {.read = own_read, .ask = own_ask, .show = own_show};

	visit_run(req, &kind, sizeof(struct own));
}
