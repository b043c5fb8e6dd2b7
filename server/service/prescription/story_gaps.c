/* What of a prescription's story is missing: the documents say what must be there. */
#include <string.h>

#include "codec/pbmsg.h"
#include "rules/story.h"
#include "service/prescription/handed.h"
#include "service/prescription/story.h"

enum { PACK_E4 = 10000 };

static int open_body(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const ProtobufCMessageDescriptor *type, void *ret)
{
	int r = pbmsg_open(ret, type, &req->arena, pbmsg_bytes(doc->body));

	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

static int add_gaps(struct request *req, const struct story_fill *fill,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	for (int gap = 1; gap < STORY_GAPS; gap++) {
		Rxcirc__V1__StoryGap *g;

		if (!story_has_gap(fill, (enum story_gap)gap))
			continue;
		g = arena_alloc(&req->arena, sizeof(*g));
		if (g == NULL)
			return ERR_MEMORY;
		rxcirc__v1__story_gap__init(g);
		g->kind = (Rxcirc__V1__StoryGapKind)gap;
		g->fill_no = fill->fill_no;
		m->missing[m->n_missing++] = g;
	}
	return 0;
}

static void look_at_money(const Rxcirc__V1__ShowPrescriptionResponse *m, struct story_fill *f)
{
	for (size_t i = 0; i < m->n_payments; i++) {
		const Rxcirc__V1__StoryPayment *p = m->payments[i];

		if (p->fill_no != f->fill_no || p->reversal != NULL)
			continue;
		f->settled = true;
		f->receipted = p->n_receipts > 0;
	}
}

static void look_at_goods(const Rxcirc__V1__ShowPrescriptionResponse *m, struct story_fill *f)
{
	for (size_t i = 0; i < m->n_deliveries; i++) {
		const Rxcirc__V1__StoryDelivery *d = m->deliveries[i];

		if (d->fill_no != f->fill_no || d->n_legs == 0)
			continue;
		f->ordered = true;
		f->signed_for = d->legs[d->n_legs - 1]->event ==
			RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_SIGNED;
	}
}

static bool is_untraced(const Rxcirc__V1__DispenseRecord *record)
{
	for (size_t i = 0; i < record->n_lines; i++) {
		const Rxcirc__V1__DispensedLine *l = record->lines[i];

		if (l->n_trace_codes == 0 || (!l->split_pack &&
			(int64_t)l->n_trace_codes * PACK_E4 < l->quantity_e4))
			return true;
	}
	return false;
}

static int look_at_fill(struct request *req, const struct bundle *b,
	const Rxcirc__V1__DispenseRecord *record, Rxcirc__V1__ShowPrescriptionResponse *m)
{
	struct story_fill f = {.fill_no = record->fill_no,
		.online = strcmp(record->channel, "online") == 0, .untraced = is_untraced(record)};
	struct handed handed;

	if (handed_read(req, b, record->fill_no, &handed) != STATUS_OK)
		return ERR_MEMORY;
	for (size_t i = 0; i < handed.line_count; i++)
		f.kept = f.kept || handed.lines[i].returned_e4 < handed.lines[i].line.quantity_e4;
	look_at_money(m, &f);
	look_at_goods(m, &f);
	return add_gaps(req, &f, m);
}

int story_find_gaps(struct request *req, const struct bundle *b,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	struct story_fill whole = {0};
	const Rxcirc__V1__Prescription *rx;
	int r = open_body(req, b->prescription, &rxcirc__v1__prescription__descriptor, &rx);

	m->missing = arena_array(&req->arena, (LATER_DOCUMENTS_MAX + 1) * STORY_GAPS,
		sizeof(*m->missing));
	if (r < 0 || m->missing == NULL)
		return r < 0 ? r : ERR_MEMORY;
	whole.has_encounter = rx->encounter_id[0] != '\0';
	whole.needs_real_name =
		rx->business_type == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	whole.has_real_name = rx->real_name_serial[0] != '\0';
	look_at_money(m, &whole);
	r = add_gaps(req, &whole, m);
	for (size_t i = 0; i < b->later_count && r == 0; i++) {
		const Rxcirc__V1__DispenseRecord *record;

		if (b->later[i]->kind != RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD)
			continue;
		r = open_body(req, b->later[i], &rxcirc__v1__dispense_record__descriptor, &record);
		if (r == 0)
			r = look_at_fill(req, b, record, m);
	}
	return r;
}
