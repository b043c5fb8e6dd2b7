#include "service/settlement/settlement_desk.h"

#include <string.h>

#include "base/text.h"
#include "domain/china_date.h"
#include "domain/moment.h"
#include "registry/registry.h"

void desk_check_text(struct request *req, const char *field, const char *text, size_t max,
	bool needed)
{
	const char *english = arena_printf(&req->arena, "%s%zu characters",
		needed ? "1 to " : "at most ", max);
	const char *chinese = arena_printf(&req->arena, "%s %zu 个字符", needed ? "须为 1 至" : "至多",
		max);

	if ((needed && text[0] == '\0') || text_chars(text) > max)
		request_find_field(req, field, english == NULL ? "too long" : english,
			chinese == NULL ? "过长" : chinese);
}

void desk_check_note(struct request *req, const char *field, const char *text)
{
	if (text[0] == '\0' || strlen(text) > SETTLEMENT_NOTE_MAX)
		request_find_field(req, field, "1 to 600 bytes", "须为 1 至 600 字节（约 200 个汉字）");
}

void desk_check_moment(struct request *req, const char *field, int64_t at_ms)
{
	if (!moment_is_sound(at_ms) || at_ms == 0 ||
		at_ms > req->received_at_ms + SIGNED_AT_SKEW_MS_MAX)
		request_find_field(req, field, "is missing or in the future", "缺失或晚于当前时间");
}

void desk_check_key(struct request *req, ProtobufCBinaryData rx_id, uint32_t fill_no,
	const char *settlement_id, struct settlement_key *ret)
{
	if (rx_id.len != RX_ID_LEN)
		request_find_field(req, "rx_id", "16 bytes", "须为 16 字节");
	if (fill_no > INT16_MAX)
		request_find_field(req, "fill_no", "0 to 32767", "须为 0 至 32767");
	desk_check_text(req, "settlement_id", settlement_id, SETTLEMENT_ID_MAX, true);
	*ret = (struct settlement_key){rx_id.data, (int16_t)fill_no, settlement_id};
}

enum status_reason desk_found(const struct request *req, size_t before)
{
	return req->findings_count == before ? STATUS_OK : STATUS_FIELD_INVALID;
}

const char *desk_host_of(const struct request *req, const char *code)
{
	const struct institution *i = registry_institution(req->registry, code);

	return i == NULL || i->host_code[0] == '\0' ? code : i->host_code;
}

void desk_check_period(struct request *req, int64_t from_ms, int64_t until_ms)
{
	if (!moment_is_sound(from_ms) || from_ms == 0)
		request_find_field(req, "from_ms", "is missing or no moment", "缺失或不是有效时间");
	else if (!moment_is_sound(until_ms) || until_ms <= from_ms ||
		until_ms - from_ms > INT64_C(1) * SETTLEMENT_PERIOD_DAYS_MAX * DATE_DAY_MS)
		request_find_field(req, "until_ms", "must lie after from_ms, at most 93 days",
			"须晚于起始时间且至多相隔 93 天");
}
