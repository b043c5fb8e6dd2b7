#include "service/trail/trail_filter.h"

#include <string.h>

#include "crypto/digest.h"
#include "domain/moment.h"
#include "registry/registry.h"

enum status_reason trail_field(struct request *req, const char *name, const char *english,
	const char *chinese)
{
	request_find_field(req, name, english, chinese);
	return STATUS_FIELD_INVALID;
}

enum status_reason trail_purpose_check(struct request *req, const char *purpose)
{
	if (purpose[0] == '\0' || strlen(purpose) > PURPOSE_MAX)
		return trail_field(req, "purpose", "1 to 200 bytes: why the trail is read",
			"须说明查询目的（1 至 200 字节）");
	return STATUS_OK;
}

static enum status_reason take_subject(struct request *req, const struct trail_asked *a,
	struct trail_filter *t)
{
	unsigned given = (a->rx_id.len > 0) + (a->voucher_id[0] != '\0') +
		(a->institution_code[0] != '\0') + (a->practitioner_code[0] != '\0');

	if (given > 1)
		return trail_field(req, "rx_id, voucher_id, institution_code, practitioner_code",
			"at most one of them", "至多指定其一");
	if (a->rx_id.len != 0 && a->rx_id.len != RX_ID_LEN)
		return trail_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
	if (strlen(a->voucher_id) > VOUCHER_ID_MAX)
		return trail_field(req, "voucher_id", "at most 50 bytes", "至多 50 字节");
	if (a->rx_id.len != 0)
		t->f.rx_id = a->rx_id.data;
	if (a->voucher_id[0] != '\0') {
		digest_person(t->person_key, req->shop->keys, a->voucher_id);
		t->f.person_key = t->person_key;
	}
	if (a->institution_code[0] != '\0')
		t->f.institution_code = a->institution_code;
	if (a->practitioner_code[0] != '\0')
		t->f.practitioner_code = a->practitioner_code;
	return STATUS_OK;
}

/* Every kind that has a name: a number nobody knows would find nothing and look like an answer. */
static bool kind_is_known(Rxcirc__V1__EventKind kind)
{
	return protobuf_c_enum_descriptor_get_value(&rxcirc__v1__event_kind__descriptor,
		(int)kind) != NULL;
}

static enum status_reason take_kind_and_time(struct request *req, const struct trail_asked *a,
	struct trail_filter *t)
{
	if (!kind_is_known(a->kind))
		return trail_field(req, "kind", "is not a kind of event", "不是事件类别");
	t->f.kind = (int16_t)a->kind;
	t->f.from_ms = a->from_ms;
	t->f.until_ms = a->until_ms == 0 ? req->received_at_ms + 1 : a->until_ms;
	if (!moment_is_sound(a->from_ms) || !moment_is_sound(t->f.until_ms) ||
		t->f.until_ms < a->from_ms)
		return trail_field(req, "from_ms, until_ms",
			"not a range of time, or it ends before it begins", "时间范围无效");
	t->f.after_at_ms = a->from_ms - 1;
	t->f.limit = TRAIL_PAGE_MAX;
	return STATUS_OK;
}

static enum status_reason take_scope(struct request *req, struct trail_filter *t)
{
	const struct institution *asked;

	t->f.region_prefix = caller_scope(&req->caller, t->scope);
	if (t->f.institution_code == NULL || req->registry == NULL)
		return STATUS_OK;
	asked = registry_institution(req->registry, t->f.institution_code);
	return caller_covers(&req->caller, asked == NULL ? "" : asked->region) ? STATUS_OK :
		STATUS_SCOPE_NOT_ALLOWED;
}

enum status_reason trail_filter_take(struct request *req, const struct trail_asked *asked,
	struct trail_filter *ret)
{
	enum status_reason status;

	memset(ret, 0, sizeof(*ret));
	status = take_subject(req, asked, ret);
	if (status == STATUS_OK)
		status = take_kind_and_time(req, asked, ret);
	return status == STATUS_OK ? take_scope(req, ret) : status;
}
