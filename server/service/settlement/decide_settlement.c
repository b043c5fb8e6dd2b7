/* Settlements/DecideSettlement: one step of the review of a settlement's line (TJ2-17c, SX15-8.4).
 *
 * An officer pays or refuses; the payee appeals; another officer upholds or withdraws.  Which step
 * may follow which is one table (domain/settlement_step.h).  The steps of the call are those of
 * every entry (service/entry.h).
 */
#include "domain/settlement_step.h"
#include "rxcirc/v1/settlement.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "service/settlement/settlement_desk.h"
#include "store/settlement_review.h"

struct deciding {
	struct entry entry; /* first */
	const Rxcirc__V1__DecideSettlementRequest *message;
	struct settlement_key key;
	const struct settlement_step_row *row;
	char scope[REGION_CODE_LEN + 1];
	Rxcirc__V1__DecideSettlementResponse reply;
};

/* A refusal says by which rule, on what ground, how much and what follows (SX15-8.4). */
static void check_refusal(struct request *req, const Rxcirc__V1__DecideSettlementRequest *m)
{
	desk_check_text(req, "rule", m->rule, CODE_MAX, true);
	if (m->ground != RXCIRC__V1__REFUSAL_GROUND__REFUSAL_GROUND_LEGALITY &&
		m->ground != RXCIRC__V1__REFUSAL_GROUND__REFUSAL_GROUND_REASONABLENESS)
		request_find_field(req, "ground", "must be legality or reasonableness",
			"须为合法性或合理性");
	if (m->amount_fen <= 0 || m->amount_fen > SETTLEMENT_FEN_MAX)
		request_find_field(req, "amount_fen", "must be above 0", "须大于 0");
	if (m->action < RXCIRC__V1__AGREEMENT_ACTION__AGREEMENT_ACTION_NONE ||
		m->action > RXCIRC__V1__AGREEMENT_ACTION__AGREEMENT_ACTION_TERMINATE)
		request_find_field(req, "action", "says what the agreement demands then",
			"须注明按协议约定的处理");
}

static void check_no_refusal(struct request *req, const Rxcirc__V1__DecideSettlementRequest *m)
{
	if (m->rule[0] != '\0' || m->ground != 0 || m->amount_fen != 0 || m->action != 0)
		request_find_field(req, "amount_fen", "only a refusal has rule, ground, amount and action",
			"仅拒付可填规则、理由、金额与处理");
}

static enum status_reason check_actor(const struct request *req,
	const struct settlement_step_row *row)
{
	return row->by_payee == caller_is_officer(&req->caller) ? STATUS_ROLE_NOT_ALLOWED : STATUS_OK;
}

static enum status_reason decide_check(struct request *req, struct deciding *d)
{
	const Rxcirc__V1__DecideSettlementRequest *m = d->message;
	size_t before = req->findings_count;
	enum status_reason status;

	if (m->step < RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_PAY ||
		m->step > RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_WITHDRAW) {
		request_find_field(req, "step", "is none of the steps", "不是有效的步骤");
		return STATUS_FIELD_INVALID;
	}
	d->row = settlement_step_row((enum settlement_step)m->step);
	status = check_actor(req, d->row);
	if (status != STATUS_OK)
		return status;
	desk_check_key(req, m->rx_id, m->fill_no, m->settlement_id, &d->key);
	if (m->line_no > INT16_MAX)
		request_find_field(req, "line_no", "0 to 32767", "须为 0 至 32767");
	if (d->row->refuses)
		check_refusal(req, m);
	else
		check_no_refusal(req, m);
	if (m->step != RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_PAY)
		desk_check_note(req, "note", m->note);
	else if (m->note[0] != '\0')
		desk_check_note(req, "note", m->note);
	return desk_found(req, before);
}

static enum status_reason decide_read(struct request *req, struct entry *e)
{
	struct deciding *d = container_of(e, struct deciding, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__decide_settlement_request__descriptor, &d->message);

	if (status == STATUS_OK)
		status = decide_check(req, d);
	if (status != STATUS_OK)
		return status;
	e->leaf.kind = d->message->step == RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_PAY ?
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_CHARGES_DECIDED :
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLEMENT_REFUSED;
	e->leaf.read_rx_id = d->message->rx_id.data;
	e->leaf.reason = d->row->english;
	e->leaf.subject_sha256 = e->request_mac; /* keyed: amounts can be guessed */
	rxcirc__v1__decide_settlement_response__init(&d->reply);
	d->reply.state = d->message->step;
	e->reply = &d->reply.base;
	return STATUS_OK;
}

static int decide_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	struct deciding *d = container_of(e, struct deciding, entry);
	const Rxcirc__V1__DecideSettlementRequest *m = d->message;
	const struct stored_step step = {
		.key = d->key,
		.line_no = (int16_t)m->line_no,
		.step = (enum settlement_step)m->step,
		.rule = m->rule,
		.ground = (int16_t)m->ground,
		.action = (int16_t)m->action,
		.amount_fen = m->amount_fen,
		.note = m->note,
		.officer = req->caller.officer,
		.scope = caller_scope(&req->caller, d->scope),
		.payee_code = caller_is_officer(&req->caller) ? "" : desk_host_of(req, req->caller.code),
	};

	return store_settlement_decide(unit, &req->arena, &step, &e->write);
}

static enum status_reason decide_misfit(struct request *req, struct entry *e)
{
	(void)e;
	switch (store_decide_misfit(&req->unit)) {
	case DECIDE_OUT_OF_SCOPE:
		return STATUS_SCOPE_NOT_ALLOWED;
	case DECIDE_SAME_OFFICER:
		return STATUS_SELF_APPROVAL;
	case DECIDE_NO_LINE:
		request_find_field(req, "line_no", "the fill has no such line", "该次调配没有此明细");
		return STATUS_FIELD_INVALID;
	case DECIDE_TOO_MUCH:
		request_find(req, "refusal-amount", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "amount_fen",
			"SX15-8.4", "refused is never more than the line, nor all together than the fund paid",
			"拒付金额不得超过该明细金额，合计不得超过统筹基金支付额");
		return STATUS_FIELD_INVALID;
	case DECIDE_WRONG_STATE:
		request_find(req, "settlement-step", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "step",
			"TJ2-17c", arena_printf(&req->arena, "the line is %s",
			settlement_step_row(store_decide_state(&req->unit))->english),
			arena_printf(&req->arena, "该明细当前状态：%s",
			settlement_step_row(store_decide_state(&req->unit))->chinese));
		return STATUS_SETTLEMENT_STEP_REFUSED;
	case DECIDE_NO_SETTLEMENT:
		break;
	}
	return STATUS_SETTLEMENT_NOT_FOUND;
}

void decide_settlement_start(struct request *req)
{
	static const struct entry_kind kind = {.read = decide_read, .write = decide_write,
		.misfit = decide_misfit};

	entry_run(req, &kind, sizeof(struct deciding));
}
