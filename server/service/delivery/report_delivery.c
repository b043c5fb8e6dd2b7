/* Pharmacy/ReportDelivery: an order to bring a fill to the person, or what happened to it
 * (NT33-N2.5).
 *
 * Where it may go is decided here, from the registry (JIN15-2.5); whether the fill is the caller's,
 * holds nothing that may not be sent (C18) and may be in that step just now, by the statement that
 * writes it.  The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "base/text.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rules/delivery.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "store/delivery.h"

struct report {
	struct entry entry; /* first */
	const Rxcirc__V1__ReportDeliveryRequest *message;
	struct stored_delivery delivery;
	Rxcirc__V1__ReportDeliveryResponse reply;
};

static void check_moment(struct request *req, const char *field, int64_t at_ms)
{
	if (!moment_is_sound(at_ms) || at_ms == 0 ||
		at_ms > req->received_at_ms + SIGNED_AT_SKEW_MS_MAX)
		request_find_field(req, field, "is missing or in the future", "缺失或晚于当前时间");
}

static void check_order(struct request *req, const Rxcirc__V1__DeliveryOrder *o)
{
	const char *pooling = registry_text(req->registry, PARAM_POOLING_REGION, req->caller.region,
		req->received_at_ms);

	if (o->carrier_code[0] == '\0' || text_chars(o->carrier_code) > CARRIER_CODE_MAX)
		request_find_field(req, "order.carrier_code", "1 to 20 characters", "须为 1 至 20 个字符");
	if (o->carrier_name[0] == '\0' || strlen(o->carrier_name) > CARRIER_NAME_MAX)
		request_find_field(req, "order.carrier_name", "1 to 90 bytes", "须为 1 至 90 字节");
	check_moment(req, "order.ordered_at_ms", o->ordered_at_ms);
	if (strlen(o->region) != REGION_CODE_LEN ||
		strspn(o->region, "0123456789") != REGION_CODE_LEN)
		request_find_field(req, "order.region", "must be 6 digits (GB/T 2260)",
			"须为 6 位行政区划代码（GB/T 2260）");
	else if (!delivery_stays_inside(req->caller.region, pooling, o->region))
		request_find(req, "delivery-region", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "order.region",
			"JIN15-2.5", "lies outside the pharmacy's pooling region",
			"配送地址超出药店所在统筹地区范围");
}

static void check_report(struct request *req, const Rxcirc__V1__DeliveryReport *p)
{
	bool is_signed = p->event == RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_SIGNED;
	bool failed = p->event == RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_FAILED;

	if ((int)p->event <= DELIVERY_ORDERED || (int)p->event >= DELIVERY_EVENTS)
		request_find_field(req, "report.event", "is not something that happens to an order",
			"不是配送状态的取值");
	check_moment(req, "report.at_ms", p->at_ms);
	if ((int)p->signer < 0 ||
		(int)p->signer > RXCIRC__V1__DELIVERY_SIGNER__DELIVERY_SIGNER_AGENT ||
		is_signed != (p->signer != RXCIRC__V1__DELIVERY_SIGNER__DELIVERY_SIGNER_UNSPECIFIED))
		request_find_field(req, "report.signer",
			"must say who signed, exactly when it was signed for",
			"签收时须注明签收人类型，其他状态不得填写");
	if ((int)p->reason < 0 ||
		(int)p->reason > RXCIRC__V1__DELIVERY_REASON__DELIVERY_REASON_OTHER ||
		failed != (p->reason != RXCIRC__V1__DELIVERY_REASON__DELIVERY_REASON_UNSPECIFIED))
		request_find_field(req, "report.reason", "must say why, exactly when it failed",
			"配送失败时须注明原因，其他状态不得填写");
}

/* Every fault at once. */
static enum status_reason report_check(struct request *req,
	const Rxcirc__V1__ReportDeliveryRequest *m)
{
	size_t before = req->findings_count;

	if (m->rx_id.len != RX_ID_LEN)
		request_find_field(req, "rx_id", "16 bytes", "须为 16 字节");
	if (m->fill_no < 1 || m->fill_no > INT16_MAX)
		request_find_field(req, "fill_no", "1 to 32767", "须为 1 至 32767");
	if (m->delivery_no[0] == '\0' || text_chars(m->delivery_no) > DELIVERY_NO_MAX)
		request_find_field(req, "delivery_no", "1 to 40 characters (delv_no)",
			"须为 1 至 40 个字符（delv_no）");
	if ((m->order == NULL) == (m->report == NULL))
		request_find_field(req, "order", "either an order or a report, exactly one",
			"下单与状态须且只能填写其一");
	if (m->order != NULL)
		check_order(req, m->order);
	if (m->report != NULL)
		check_report(req, m->report);
	return req->findings_count == before ? STATUS_OK : STATUS_FIELD_INVALID;
}

static struct stored_delivery delivery_of(const struct request *req,
	const Rxcirc__V1__ReportDeliveryRequest *m)
{
	const struct code_table *drugs = registry_code_table(req->registry, CODE_DRUG,
		req->received_at_ms);
	struct stored_delivery d = {.rx_id = m->rx_id.data, .fill_no = (int16_t)m->fill_no,
		.delivery_no = m->delivery_no, .drugs_version = drugs == NULL ? 0 : drugs->id};

	if (m->order != NULL) {
		d.event = DELIVERY_ORDERED;
		d.carrier_code = m->order->carrier_code;
		d.carrier_name = m->order->carrier_name;
		d.region = m->order->region;
		d.at_ms = m->order->ordered_at_ms;
		return d;
	}
	d.event = (enum delivery_event)m->report->event;
	d.at_ms = m->report->at_ms;
	d.signer = (int16_t)m->report->signer;
	d.reason = (int16_t)m->report->reason;
	return d;
}

static enum status_reason report_read(struct request *req, struct entry *e)
{
	struct report *r = container_of(e, struct report, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__report_delivery_request__descriptor, &r->message);

	if (status == STATUS_OK)
		status = report_check(req, r->message);
	if (status != STATUS_OK)
		return status;
	r->delivery = delivery_of(req, r->message);
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DELIVERY_REPORTED;
	e->leaf.read_rx_id = r->delivery.rx_id;
	e->leaf.reason = delivery_word(r->delivery.event);
	e->leaf.subject_sha256 = e->request_mac; /* nothing unkeyed of a person goes into the trail */
	rxcirc__v1__report_delivery_response__init(&r->reply);
	r->reply.recorded = true;
	e->reply = &r->reply.base;
	return STATUS_OK;
}

static int report_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct report *r = container_of(e, struct report, entry);

	return store_delivery_put(unit, &req->arena, &r->delivery, &e->write);
}

static void find(struct request *req, const char *rule, const char *field, const char *source,
	const char *english, const char *chinese)
{
	request_find(req, rule, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, field, source, english, chinese);
}

static enum status_reason report_misfit(struct request *req, struct entry *e)
{
	const struct report *r = container_of(e, struct report, entry);
	bool is_order = r->delivery.event == DELIVERY_ORDERED;
	enum delivery_event stands;
	const char *english;

	switch (store_delivery_misfit(&req->unit, &r->delivery, &stands)) {
	case DELIVERY_NUMBER_USED:
		find(req, "delivery-number", "delivery_no", "delv_no",
			"stands for another order of this fill", "该配送单号已用于该次调配的其他配送单");
		break;
	case DELIVERY_NOT_SENT:
		find(req, "delivery-special-control", "fill_no", "C18",
			"holds a drug of the classes that are handed over in the store only",
			"含不得配送的特殊管理药品");
		break;
	case DELIVERY_OUT_OF_ORDER:
		english = arena_printf(&req->arena, "cannot follow what stands: %s",
			stands == 0 ? "nothing" : delivery_word(stands));
		find(req, "delivery-order", is_order ? "order" : "report.event", "NT33-N2.5",
			english == NULL ? "cannot follow what stands" : english, "与当前配送状态不衔接");
		break;
	case DELIVERY_TOO_EARLY:
		find(req, "delivery-time", "report.at_ms", "NT33-N5.2",
			"must not be before the step that stands", "不得早于上一配送状态的时间");
		break;
	case DELIVERY_TOO_MANY:
		find(req, "delivery-count", is_order ? "order" : "report.event", "NT33-N2.5",
			"a fill has at most 20 orders, and an order 60 steps",
			"每次调配至多 20 个配送单，每单至多 60 条状态");
		break;
	case DELIVERY_NOT_THERE:
		return STATUS_PRESCRIPTION_NOT_FOUND;
	}
	return STATUS_FIELD_INVALID;
}

void report_delivery_start(struct request *req)
{
	static const struct entry_kind kind = {.read = report_read, .write = report_write,
		.misfit = report_misfit};

	entry_run(req, &kind, sizeof(struct report));
}
