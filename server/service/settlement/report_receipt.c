/* Settlements/ReportReceipt: the bill or invoice the patient was given (JIN15-4.4b, SX15-3.2b).
 *
 * The steps are those of every entry (service/entry.h).
 */
#include "rxcirc/v1/settlement.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "service/settlement/settlement_desk.h"

struct receiving {
	struct entry entry; /* first */
	const Rxcirc__V1__ReportReceiptRequest *message;
	struct settlement_key key;
	Rxcirc__V1__ReportReceiptResponse reply;
};

static enum status_reason receipt_read(struct request *req, struct entry *e)
{
	struct receiving *r = container_of(e, struct receiving, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__report_receipt_request__descriptor, &r->message);
	const Rxcirc__V1__ReportReceiptRequest *m = r->message;
	size_t before = req->findings_count;

	if (status != STATUS_OK)
		return status;
	desk_check_key(req, m->rx_id, m->fill_no, m->settlement_id, &r->key);
	desk_check_text(req, "number", m->number, RECEIPT_NUMBER_MAX, true);
	desk_check_moment(req, "issued_at_ms", m->issued_at_ms);
	if (m->kind < RXCIRC__V1__RECEIPT_KIND__RECEIPT_KIND_E_BILL ||
		m->kind > RXCIRC__V1__RECEIPT_KIND__RECEIPT_KIND_PAPER_MAILED)
		request_find_field(req, "kind", "must be an e-bill, an e-invoice or paper by post",
			"须为电子票据、电子发票或邮寄纸质票据");
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_RECEIPT_REPORTED;
	e->leaf.read_rx_id = m->rx_id.data;
	e->leaf.subject_sha256 = e->request_mac; /* keyed: numbers can be guessed */
	rxcirc__v1__report_receipt_response__init(&r->reply);
	r->reply.recorded = true;
	e->reply = &r->reply.base;
	return desk_found(req, before);
}

static int receipt_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct receiving *r = container_of(e, struct receiving, entry);
	const struct stored_receipt receipt = {r->key, (int16_t)r->message->kind, r->message->number,
		r->message->issued_at_ms};

	return store_receipt_put(unit, &req->arena, &receipt, &e->write);
}

static enum status_reason receipt_misfit(struct request *req, struct entry *e)
{
	(void)e;
	switch (store_receipt_misfit(&req->unit)) {
	case RECEIPT_STANDS:
		request_find(req, "receipt-exists", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "number",
			"SX15-3.2b", "this settlement has another receipt of the kind already",
			"该结算已有同类的不同票据");
		return STATUS_FIELD_INVALID;
	case RECEIPT_NO_SETTLEMENT:
		break;
	}
	return STATUS_SETTLEMENT_NOT_FOUND;
}

void report_receipt_start(struct request *req)
{
	static const struct entry_kind kind = {.read = receipt_read, .write = receipt_write,
		.misfit = receipt_misfit};

	entry_run(req, &kind, sizeof(struct receiving));
}
