/* Hospital/ReportIdentityCheck: a real-name check as it happens (TJ2-23a).
 *
 * The serial an upload names (JIN15-4.5) is found again here by its digest; the day's
 * reconciliation counts the prescriptions whose check nobody reported.
 * The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "domain/moment.h"
#include "rules/identity.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "store/identity_check.h"

struct report {
	struct entry entry; /* first */
	const Rxcirc__V1__ReportIdentityCheckRequest *message;
	uint8_t person_key[PERSON_KEY_LEN], serial_mac[DIGEST_LEN], order_mac[DIGEST_LEN];
	Rxcirc__V1__ReportIdentityCheckResponse reply;
};

/* Every fault at once. */
static enum status_reason report_check(struct request *req,
	const Rxcirc__V1__ReportIdentityCheckRequest *m)
{
	size_t before = req->findings_count;

	if (m->serial[0] == '\0' || text_chars(m->serial) > SERIAL_MAX)
		request_find_field(req, "serial", "1 to 100 characters (authNo, JIN15-4.5)",
			"须为 1 至 100 个字符（authNo，JIN15-4.5）");
	if (m->voucher_id[0] == '\0' || strlen(m->voucher_id) > VOUCHER_ID_MAX)
		request_find_field(req, "voucher_id", "1 to 50 bytes", "须为 1 至 50 字节");
	if (identity_mode_word((int)m->mode) == NULL)
		request_find_field(req, "mode", "is no way to identify a person", "不是身份核验方式");
	if (!moment_is_sound(m->checked_at_ms) || m->checked_at_ms == 0 ||
		m->checked_at_ms > req->received_at_ms + SIGNED_AT_SKEW_MS_MAX)
		request_find_field(req, "checked_at_ms", "is missing or in the future", "缺失或晚于当前时间");
	if (!identity_code_is_sound(m->channel))
		request_find_field(req, "channel", "1 to 50 of A-Z a-z 0-9 - . _",
			"须为 1 至 50 个字母、数字或 - . _");
	if (text_chars(m->payment_order) > PAYMENT_ORDER_MAX)
		request_find_field(req, "payment_order", "at most 64 characters", "至多 64 个字符");
	return req->findings_count == before ? STATUS_OK : STATUS_FIELD_INVALID;
}

static enum status_reason report_read(struct request *req, struct entry *e)
{
	struct report *r = container_of(e, struct report, entry);
	const Rxcirc__V1__ReportIdentityCheckRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__report_identity_check_request__descriptor, &r->message);

	m = r->message;
	if (status == STATUS_OK)
		status = report_check(req, m);
	if (status != STATUS_OK)
		return status;
	digest_person(r->person_key, req->shop->keys, m->voucher_id);
	digest_serial(r->serial_mac, req->shop->keys, "real-name", req->caller.code, m->serial);
	digest_serial(r->order_mac, req->shop->keys, "payment-order", "", m->payment_order);
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_IDENTITY_CHECKED;
	e->leaf.person_key = r->person_key;
	e->leaf.identity = (enum identity_mode)m->mode;
	e->leaf.reason = m->passed ? "passed" : "failed";
	e->leaf.subject_sha256 = e->request_mac; /* nothing unkeyed of a person goes into the trail */
	rxcirc__v1__report_identity_check_response__init(&r->reply);
	r->reply.recorded = true;
	e->reply = &r->reply.base;
	return STATUS_OK;
}

static int report_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct report *r = container_of(e, struct report, entry);
	const struct stored_identity_check check = {
		.person_key = r->person_key,
		.serial_mac = r->serial_mac,
		.order_mac = r->message->payment_order[0] == '\0' ? NULL : r->order_mac,
		.mode = (int16_t)r->message->mode,
		.channel = r->message->channel,
		.passed = r->message->passed,
		.checked_at_ms = r->message->checked_at_ms,
	};

	return store_identity_check_put(unit, &req->arena, &check, &e->write);
}

void report_identity_check_start(struct request *req)
{
	static const struct entry_kind kind = {.read = report_read, .write = report_write,
		.misfit_field = "serial",
		.misfit_english = "this serial was reported before with other content",
		.misfit_chinese = "该认证流水号此前已按不同内容上报"};

	entry_run(req, &kind, sizeof(struct report));
}
