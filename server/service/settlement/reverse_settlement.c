/* Settlements/ReverseSettlement: one settlement is taken back, whole, with who and why.
 *
 * Afterwards the fill may be settled anew; nothing that stood before is changed.  The steps are
 * those of every entry (service/entry.h).
 */
#include "rxcirc/v1/settlement.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "service/settlement/settlement_desk.h"

struct reversing {
	struct entry entry; /* first */
	const Rxcirc__V1__ReverseSettlementRequest *message;
	struct settlement_key key;
	Rxcirc__V1__ReverseSettlementResponse reply;
};

static enum status_reason reverse_read(struct request *req, struct entry *e)
{
	struct reversing *r = container_of(e, struct reversing, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__reverse_settlement_request__descriptor, &r->message);
	const Rxcirc__V1__ReverseSettlementRequest *m = r->message;
	size_t before = req->findings_count;

	if (status != STATUS_OK)
		return status;
	desk_check_key(req, m->rx_id, m->fill_no, m->settlement_id, &r->key);
	desk_check_text(req, "reversal_id", m->reversal_id, SETTLEMENT_ID_MAX, true);
	desk_check_text(req, "operator", m->operator_, CODE_MAX, true);
	desk_check_note(req, "note", m->note);
	desk_check_moment(req, "reversed_at_ms", m->reversed_at_ms);
	if (m->reason != RXCIRC__V1__REVERSAL_REASON__REVERSAL_REASON_RETURN &&
		m->reason != RXCIRC__V1__REVERSAL_REASON__REVERSAL_REASON_MISTAKE)
		request_find_field(req, "reason", "must be a return or a mistake", "须为退药或差错");
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLEMENT_REVERSED;
	e->leaf.read_rx_id = m->rx_id.data;
	e->leaf.subject_sha256 = e->request_mac; /* keyed: amounts can be guessed */
	rxcirc__v1__reverse_settlement_response__init(&r->reply);
	r->reply.reversed = true;
	e->reply = &r->reply.base;
	return desk_found(req, before);
}

static int reverse_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct reversing *r = container_of(e, struct reversing, entry);
	const Rxcirc__V1__ReverseSettlementRequest *m = r->message;
	const struct stored_reversal reversal = {
		.key = r->key,
		.reversal_id = m->reversal_id,
		.operator = m->operator_,
		.note = m->note,
		.reason = (int16_t)m->reason,
		.reversed_at_ms = m->reversed_at_ms,
		.total_fen = m->total_fen,
		.pooled_fund_fen = m->pooled_fund_fen,
		.personal_account_fen = m->personal_account_fen,
		.cash_fen = m->cash_fen,
		.delivery_fee_fen = m->delivery_fee_fen,
	};

	return store_settlement_reverse(unit, &req->arena, &reversal, &e->write);
}

static enum status_reason reverse_misfit(struct request *req, struct entry *e)
{
	(void)e;
	switch (store_reversal_misfit(&req->unit)) {
	case REVERSAL_PARTS_DIFFER:
		request_find(req, "reversal-parts", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "total_fen",
			"SX15-4.3", "a settlement is reversed whole: every part as it was settled",
			"冲正须为全额，各部分金额须与原结算一致");
		return STATUS_FIELD_INVALID;
	case REVERSAL_NOT_RETURNED:
		request_find(req, "reversal-return", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "reason",
			"NT33-N5.2", "nothing of this fill was returned", "该次调配没有退药记录");
		return STATUS_FIELD_INVALID;
	case REVERSAL_STANDS:
		return STATUS_SETTLEMENT_EXISTS;
	case REVERSAL_NO_SETTLEMENT:
		break;
	}
	return STATUS_SETTLEMENT_NOT_FOUND;
}

void reverse_settlement_start(struct request *req)
{
	static const struct entry_kind kind = {.read = reverse_read, .write = reverse_write,
		.misfit = reverse_misfit};

	entry_run(req, &kind, sizeof(struct reversing));
}
