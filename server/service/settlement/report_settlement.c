/* Pharmacy/ReportSettlement: how a hand-over was paid (TJ2-15a, SX15-4.3, SX15-4.4).
 *
 * The real-name serial is stored as the digest its hospital reported the check under, so that
 * money and person's authentication are found together.  One settlement stands for a fill; the
 * prescription's own state does not change.  The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "crypto/digest.h"
#include "domain/moment.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "store/settlement.h"

struct report {
	struct entry entry; /* first */
	const Rxcirc__V1__ReportSettlementRequest *message;
	struct settlement parts;
	uint8_t serial_mac[DIGEST_LEN];
	Rxcirc__V1__ReportSettlementResponse reply;
};

static size_t char_count(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += (*text & 0xC0) != 0x80;
	return count;
}

static bool is_insurance_type(const char *text)
{
	return text[0] == '\0' || (strlen(text) == 3 && strspn(text, "0123456789") == 3);
}

static void report_check_names(struct request *req, const Rxcirc__V1__ReportSettlementRequest *m)
{
	if (m->settlement_id[0] == '\0' || char_count(m->settlement_id) > SETTLEMENT_ID_MAX)
		request_find_field(req, "settlement_id", "1 to 30 characters (setl_id)",
			"须为 1 至 30 个字符（setl_id）");
	if (char_count(m->real_name_serial) > SERIAL_MAX)
		request_find_field(req, "real_name_serial", "at most 100 characters (authNo)",
			"至多 100 个字符（authNo）");
	if (char_count(m->payment_order_no) > PAYMENT_ORDER_MAX)
		request_find_field(req, "payment_order_no", "at most 64 characters (payOrdId)",
			"至多 64 个字符（payOrdId）");
	if (m->hospital_code[0] == '\0' || strlen(m->hospital_code) > INSTITUTION_CODE_MAX)
		request_find_field(req, "hospital_code", "must be the prescription's hospital",
			"须为开具该处方的医院编码");
	if (!is_insurance_type(m->insurance_type))
		request_find_field(req, "insurance_type", "3 digits or empty (insutype)",
			"须为 3 位数字或空（insutype）");
}

/* Every fault at once. */
static enum status_reason report_check(struct request *req, const struct report *r)
{
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;
	size_t before = req->findings_count;

	if (m->rx_id.len != RX_ID_LEN)
		request_find_field(req, "rx_id", "16 bytes", "须为 16 字节");
	if (m->fill_no < 1 || m->fill_no > INT16_MAX)
		request_find_field(req, "fill_no", "1 to 32767", "须为 1 至 32767");
	if (!moment_is_sound(m->settled_at_ms) || m->settled_at_ms == 0 ||
		m->settled_at_ms > req->received_at_ms + SIGNED_AT_SKEW_MS_MAX)
		request_find_field(req, "settled_at_ms", "is missing or in the future", "缺失或晚于当前时间");
	if (strcmp(m->channel, "store") != 0 && strcmp(m->channel, "online") != 0)
		request_find_field(req, "channel", "must be \"store\" or \"online\"",
			"须为 store 或 online");
	report_check_names(req, m);
	for (const struct settlement_rule *rule = NULL;
		(rule = settlement_broken_next(&r->parts, rule)) != NULL;)
		request_find(req, rule->id, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, rule->field,
			rule->source, rule->english, rule->chinese);
	return req->findings_count == before ? STATUS_OK : STATUS_FIELD_INVALID;
}

static enum status_reason report_read(struct request *req, struct entry *e)
{
	struct report *r = container_of(e, struct report, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__report_settlement_request__descriptor, &r->message);
	const Rxcirc__V1__ReportSettlementRequest *m = r->message;

	if (status != STATUS_OK)
		return status;
	r->parts = (struct settlement){m->total_fen, m->pooled_fund_fen, m->personal_account_fen,
		m->cash_fen, m->delivery_fee_fen, strcmp(m->channel, "online") == 0, m->insurance_type,
		m->real_name_serial, m->payment_order_no};
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
			"SX15-4.4", "must be the fill's total: its drugs, without a delivery fee",
			"须等于该次调配的药品总额，不含配送服务费");
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
