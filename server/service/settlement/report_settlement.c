/* Pharmacy/ReportSettlement: how a hand-over, or a consultation, was paid (TJ2-15a, SX15-4.2 ..
 * SX15-4.4).
 *
 * Who is paid is no word of the caller's: it follows from the kind of fee (SX15-7.1, SX15-7.2).

 * The real-name serial is stored as the digest its hospital reported the check under, so that
 * money and person's authentication are found together.  One settlement stands for a fill; the
 * prescription's own state does not change.  The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "crypto/digest.h"
#include "domain/parameter.h"
#include "registry/registry.h"
#include "rxcirc/v1/settlement.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "service/settlement/consultation_price.h"
#include "service/settlement/settlement_desk.h"

struct report {
	struct entry entry; /* first */
	const Rxcirc__V1__ReportSettlementRequest *message;
	struct settlement parts;
	uint8_t serial_mac[DIGEST_LEN];
	const char *payee, *payment_method;
	Rxcirc__V1__ReportSettlementResponse reply;
};

static bool is_insurance_type(const char *text)
{
	return text[0] == '\0' || (strlen(text) == 3 && strspn(text, "0123456789") == 3);
}

static void report_check_names(struct request *req, const Rxcirc__V1__ReportSettlementRequest *m)
{
	desk_check_text(req, "real_name_serial", m->real_name_serial, SERIAL_MAX, false);
	desk_check_text(req, "payment_order_no", m->payment_order_no, PAYMENT_ORDER_MAX, false);
	desk_check_text(req, "service_code", m->service_code, CODE_MAX, false);
	desk_check_text(req, "pay_channel", m->pay_channel, PAY_CHANNEL_MAX, false);
	if (m->hospital_code[0] == '\0' || strlen(m->hospital_code) > INSTITUTION_CODE_MAX)
		request_find_field(req, "hospital_code", "must be the prescription's hospital",
			"须为开具该处方的医院编码");
	if (!is_insurance_type(m->insurance_type))
		request_find_field(req, "insurance_type", "3 digits or empty (insutype)",
			"须为 3 位数字或空（insutype）");
	if (strcmp(m->channel, "store") != 0 && strcmp(m->channel, "online") != 0)
		request_find_field(req, "channel", "must be \"store\" or \"online\"",
			"须为 store 或 online");
	if (m->fee_kind < RXCIRC__V1__FEE_KIND__FEE_KIND_UNSPECIFIED ||
		m->fee_kind > RXCIRC__V1__FEE_KIND__FEE_KIND_THIRD_PARTY_DRUGS)
		request_find_field(req, "fee_kind", "is none of the kinds", "不是有效的费用类别");
}

/* Every fault at once. */
static enum status_reason report_check(struct request *req, const struct report *r)
{
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;
	size_t before = req->findings_count;
	struct settlement_key key;

	desk_check_key(req, m->rx_id, m->fill_no, m->settlement_id, &key);
	desk_check_moment(req, "settled_at_ms", m->settled_at_ms);
	report_check_names(req, m);
	for (const struct settlement_rule *rule = NULL;
		(rule = settlement_broken_next(&r->parts, rule)) != NULL;)
		request_find(req, rule->id, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, rule->field,
			rule->source, rule->english, rule->chinese);
	return desk_found(req, before);
}

static enum fee_kind kind_of(const struct request *req,
	const Rxcirc__V1__ReportSettlementRequest *m)
{
	if (m->fee_kind != RXCIRC__V1__FEE_KIND__FEE_KIND_UNSPECIFIED)
		return (enum fee_kind)m->fee_kind;
	return req->caller.role == CALLER_HOSPITAL ? FEE_HOSPITAL_DRUGS : FEE_RETAIL_DRUGS;
}

/* Designated by the hospital or by its host (SX15-4.2). */
static bool is_supplier(const struct request *req, const Rxcirc__V1__ReportSettlementRequest *m)
{
	return registry_item_held(req->registry, m->hospital_code, ITEM_SUPPLIER, req->caller.code,
		m->settled_at_ms) != NULL ||
		registry_item_held(req->registry, desk_host_of(req, m->hospital_code), ITEM_SUPPLIER,
		req->caller.code, m->settled_at_ms) != NULL;
}

static void report_facts(const struct request *req, struct report *r)
{
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;
	enum fee_kind kind = kind_of(req, m);

	r->parts = (struct settlement){
		.total_fen = m->total_fen,
		.pooled_fund_fen = m->pooled_fund_fen,
		.personal_account_fen = m->personal_account_fen,
		.cash_fen = m->cash_fen,
		.delivery_fee_fen = m->delivery_fee_fen,
		.online = strcmp(m->channel, "online") == 0,
		.insurance_type = m->insurance_type,
		.real_name_serial = m->real_name_serial,
		.payment_order_no = m->payment_order_no,
		.kind = kind,
		.fill_no = m->fill_no,
		.by_hospital = req->caller.role == CALLER_HOSPITAL,
		.by_issuer = strcmp(m->hospital_code, req->caller.code) == 0,
		.is_supplier = is_supplier(req, m),
		.service_code = m->service_code,
		.price_max_fen = kind != FEE_CONSULTATION ? -1 :
			consultation_price_max(req, m->hospital_code, m->service_code, m->settled_at_ms),
	};
	/* A hospital's own drugs are its own host's, whoever wrote the prescription. */
	r->payee = settlement_payee(kind, req->caller.code, desk_host_of(req,
		kind == FEE_HOSPITAL_DRUGS ? req->caller.code : m->hospital_code));
	r->payment_method = registry_text(req->registry, PARAM_PAYMENT_METHOD, req->caller.region,
		m->settled_at_ms);
}

static enum status_reason report_read(struct request *req, struct entry *e)
{
	struct report *r = container_of(e, struct report, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__report_settlement_request__descriptor, &r->message);
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;

	if (status != STATUS_OK)
		return status;
	report_facts(req, r);
	status = report_check(req, r);
	if (status != STATUS_OK)
		return status;
	digest_serial(r->serial_mac, req->shop->keys, "real-name", m->hospital_code,
		m->real_name_serial);
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLED;
	e->leaf.read_rx_id = m->rx_id.data;
	e->leaf.subject_sha256 = e->request_mac; /* nothing unkeyed of a person goes into the trail */
	rxcirc__v1__report_settlement_response__init(&r->reply);
	r->reply.recorded = true;
	r->reply.payee_code = (char *)(uintptr_t)r->payee;
	r->reply.fee_kind = (Rxcirc__V1__FeeKind)r->parts.kind;
	e->reply = &r->reply.base;
	return STATUS_OK;
}

static int report_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct report *r = container_of(e, struct report, entry);
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;
	const struct stored_settlement settlement = {
		.rx_id = m->rx_id.data,
		.fill_no = (int16_t)m->fill_no,
		.settlement_id = m->settlement_id,
		.settled_at_ms = m->settled_at_ms,
		.parts = &r->parts,
		.cross_region = m->cross_region,
		.serial_mac = m->real_name_serial[0] == '\0' ? NULL : r->serial_mac,
		.hospital_code = m->hospital_code,
		.payee_code = r->payee,
		.pay_channel = m->pay_channel,
		.payment_method = r->payment_method,
	};

	return store_settlement_put(unit, &req->arena, &settlement, &e->write);
}

static enum status_reason report_misfit(struct request *req, struct entry *e)
{
	(void)e;
	switch (store_settlement_misfit(&req->unit)) {
	case SETTLEMENT_STANDS:
		return STATUS_SETTLEMENT_EXISTS;
	case SETTLEMENT_TOTAL_WRONG:
		request_find(req, "settlement-total", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "total_fen",
			"SX15-4.4",
			"must be the fill's total: its drugs without what was returned, without a delivery fee",
			"须等于该次调配的药品总额扣除退药，不含配送服务费");
		return STATUS_FIELD_INVALID;
	case SETTLEMENT_BLOCKED:
		request_find(req, "settlement-blocked", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			"pooled_fund_fen", "SX15-8.9",
			"the insurance does not pay for this person now: neither fund nor account",
			"该参保人已被暂停医保支付资格，不得使用统筹基金和个人账户");
		return STATUS_FIELD_INVALID;
	case SETTLEMENT_NO_FILL:
		break;
	}
	return STATUS_PRESCRIPTION_NOT_FOUND;
}

void report_settlement_start(struct request *req)
{
	static const struct entry_kind kind = {.read = report_read, .write = report_write,
		.misfit = report_misfit};

	entry_run(req, &kind, sizeof(struct report));
}
