#include "service/prescription/story.h"

#include <string.h>

#include "db/pg_value.h"
#include "store/story.h"

/* Rows are borrowed from the unit, which the next one clears: texts move into the arena. */
static char *kept(struct request *req, const char *text)
{
	return arena_text(&req->arena, slice_of_text(text));
}

/* Room for `count` messages of a list. */
static void *list_of(struct request *req, size_t count)
{
	return arena_array(&req->arena, count + 1, sizeof(void *));
}

static size_t rows_of(const struct request *req, unsigned query)
{
	return (size_t)pg_rows(&req->unit, query);
}

static Rxcirc__V1__StoryPayment *payment_of(Rxcirc__V1__ShowPrescriptionResponse *m,
	int16_t fill_no, int16_t settlement_no)
{
	for (size_t i = 0; i < m->n_payments; i++)
		if (m->payments[i]->fill_no == (uint32_t)fill_no &&
			m->payments[i]->settlement_no == (uint32_t)settlement_no)
			return m->payments[i];
	return NULL;
}

static int fill_reversal(struct request *req, const struct story_payment *row,
	Rxcirc__V1__StoryPayment *p)
{
	if (row->reversal_id == NULL)
		return 0;
	p->reversal = arena_alloc(&req->arena, sizeof(*p->reversal));
	if (p->reversal == NULL)
		return ERR_MEMORY;
	rxcirc__v1__story_reversal__init(p->reversal);
	p->reversal->reversal_id = kept(req, row->reversal_id);
	p->reversal->reversed_at_ms = row->reversed_at_ms;
	p->reversal->reason = (Rxcirc__V1__ReversalReason)row->reversal_reason;
	p->reversal->operator_ = kept(req, row->reversal_operator);
	return p->reversal->reversal_id == NULL || p->reversal->operator_ == NULL ? ERR_MEMORY : 0;
}

static int fill_payment(struct request *req, const struct story_payment *row,
	Rxcirc__V1__StoryPayment *p)
{
	rxcirc__v1__story_payment__init(p);
	p->fill_no = (uint32_t)row->fill_no;
	p->settlement_no = (uint32_t)row->settlement_no;
	p->fee_kind = (Rxcirc__V1__FeeKind)row->fee_kind;
	p->settlement_id = kept(req, row->settlement_id);
	p->reporter_code = kept(req, row->reporter_code);
	p->payee_code = kept(req, row->payee_code);
	p->settled_at_ms = row->settled_at_ms;
	p->total_fen = row->total_fen;
	p->pooled_fund_fen = row->pooled_fund_fen;
	p->personal_account_fen = row->personal_account_fen;
	p->cash_fen = row->cash_fen;
	p->delivery_fee_fen = row->delivery_fee_fen;
	p->channel = kept(req, row->channel);
	p->internet = row->internet;
	p->cross_region = row->cross_region;
	p->insurance_type = kept(req, row->insurance_type);
	p->real_name = row->real_name;
	p->payment_order_no = kept(req, row->payment_order_no);
	if (p->settlement_id == NULL || p->reporter_code == NULL || p->payee_code == NULL ||
		p->channel == NULL || p->insurance_type == NULL || p->payment_order_no == NULL)
		return ERR_MEMORY;
	return fill_reversal(req, row, p);
}

int story_take_payments(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	size_t rows = rows_of(req, query);

	m->payments = list_of(req, rows);
	if (m->payments == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows; i++) {
		Rxcirc__V1__StoryPayment *p = arena_alloc(&req->arena, sizeof(*p));
		struct story_payment row;

		store_story_payment(&req->unit, query, (int)i, &row);
		if (p == NULL || fill_payment(req, &row, p) < 0)
			return ERR_MEMORY;
		m->payments[m->n_payments++] = p;
	}
	return 0;
}

int story_take_receipts(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	size_t rows = rows_of(req, query);

	for (size_t i = 0; i < rows; i++) {
		Rxcirc__V1__StoryReceipt *r = arena_alloc(&req->arena, sizeof(*r));
		Rxcirc__V1__StoryPayment *p;
		struct story_receipt row;

		store_story_receipt(&req->unit, query, (int)i, &row);
		p = payment_of(m, row.fill_no, row.settlement_no);
		if (p == NULL)
			continue;
		if (p->receipts == NULL)
			p->receipts = list_of(req, rows);
		if (r == NULL || p->receipts == NULL)
			return ERR_MEMORY;
		rxcirc__v1__story_receipt__init(r);
		r->kind = (Rxcirc__V1__ReceiptKind)row.kind;
		r->number = kept(req, row.number);
		r->issued_at_ms = row.issued_at_ms;
		if (r->number == NULL)
			return ERR_MEMORY;
		p->receipts[p->n_receipts++] = r;
	}
	return 0;
}

static int fill_step(struct request *req, const struct story_step *row, Rxcirc__V1__StoryStep *s)
{
	rxcirc__v1__story_step__init(s);
	s->line_no = (uint32_t)row->line_no;
	s->step = (Rxcirc__V1__SettlementStep)row->step;
	s->rule = kept(req, row->rule);
	s->ground = (Rxcirc__V1__RefusalGround)row->ground;
	s->amount_fen = row->amount_fen;
	s->action = (Rxcirc__V1__AgreementAction)row->action;
	s->note = kept(req, row->note);
	s->actor_code = kept(req, row->actor_code);
	s->at_ms = row->at_ms;
	return s->rule == NULL || s->note == NULL || s->actor_code == NULL ? ERR_MEMORY : 0;
}

int story_take_steps(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	size_t rows = rows_of(req, query);

	for (size_t i = 0; i < rows; i++) {
		Rxcirc__V1__StoryStep *s = arena_alloc(&req->arena, sizeof(*s));
		Rxcirc__V1__StoryPayment *p;
		struct story_step row;

		store_story_step(&req->unit, query, (int)i, &row);
		p = payment_of(m, row.fill_no, row.settlement_no);
		if (p == NULL)
			continue;
		if (p->steps == NULL)
			p->steps = list_of(req, rows);
		if (s == NULL || p->steps == NULL || fill_step(req, &row, s) < 0)
			return ERR_MEMORY;
		p->steps[p->n_steps++] = s;
	}
	return 0;
}

/* The rows come order by order: a new order begins where its number differs from the last one's. */
static Rxcirc__V1__StoryDelivery *delivery_of(struct request *req, const struct story_leg *row,
	size_t rows, Rxcirc__V1__ShowPrescriptionResponse *m)
{
	Rxcirc__V1__StoryDelivery *d = m->n_deliveries == 0 ? NULL :
		m->deliveries[m->n_deliveries - 1];

	if (d != NULL && d->fill_no == (uint32_t)row->fill_no &&
		d->order_no == (uint32_t)row->order_no)
		return d;
	d = arena_alloc(&req->arena, sizeof(*d));
	if (d == NULL)
		return NULL;
	rxcirc__v1__story_delivery__init(d);
	d->fill_no = (uint32_t)row->fill_no;
	d->order_no = (uint32_t)row->order_no;
	d->delivery_no = kept(req, row->delivery_no);
	d->carrier_name = kept(req, row->carrier_name);
	d->region = kept(req, row->region);
	d->legs = list_of(req, rows);
	if (d->delivery_no == NULL || d->carrier_name == NULL || d->region == NULL ||
		d->legs == NULL)
		return NULL;
	m->deliveries[m->n_deliveries++] = d;
	return d;
}

int story_take_legs(struct request *req, unsigned query, Rxcirc__V1__ShowPrescriptionResponse *m)
{
	size_t rows = rows_of(req, query);

	m->deliveries = list_of(req, rows);
	if (m->deliveries == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows; i++) {
		Rxcirc__V1__StoryLeg *leg = arena_alloc(&req->arena, sizeof(*leg));
		Rxcirc__V1__StoryDelivery *d;
		struct story_leg row;

		store_story_leg(&req->unit, query, (int)i, &row);
		d = delivery_of(req, &row, rows, m);
		if (leg == NULL || d == NULL)
			return ERR_MEMORY;
		rxcirc__v1__story_leg__init(leg);
		leg->event = (Rxcirc__V1__DeliveryEvent)row.event;
		leg->at_ms = row.at_ms;
		d->legs[d->n_legs++] = leg;
	}
	return 0;
}

int story_take_ratings(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m)
{
	size_t rows = rows_of(req, query);

	m->ratings = list_of(req, rows);
	if (m->ratings == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows; i++) {
		Rxcirc__V1__StoryRating *r = arena_alloc(&req->arena, sizeof(*r));
		struct story_rating row;

		if (r == NULL)
			return ERR_MEMORY;
		store_story_rating(&req->unit, query, (int)i, &row);
		rxcirc__v1__story_rating__init(r);
		r->fill_no = (uint32_t)row.fill_no;
		r->score = (uint32_t)row.score;
		r->rated_at_ms = row.rated_at_ms;
		m->ratings[m->n_ratings++] = r;
	}
	return 0;
}
