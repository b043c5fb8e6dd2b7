#include "service/want.h"

#include <ctype.h>
#include <string.h>

#include "domain/moment.h"

void want_fault(struct want *w, const char *field, const char *english, const char *chinese)
{
	request_find_field(w->req, field, english, chinese);
	w->faults++;
}

static bool is_digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return text[count] == '\0';
}

bool code_is_institution(const char *code)
{
	return isupper((unsigned char)code[0]) && is_digits(code + 1, 11);
}

bool code_is_practitioner(const char *code)
{
	size_t letters = isupper((unsigned char)code[0]) ? 1 : 0;

	if (letters == 1 && isupper((unsigned char)code[1]))
		letters = 2;
	return letters > 0 && is_digits(code + letters, 12);
}

void want_institution(struct want *w, const char *field, const char *code)
{
	if (!code_is_institution(code))
		want_fault(w, field, "must be a letter and 11 digits", "须为 1 位字母加 11 位数字");
}

void want_practitioner(struct want *w, const char *field, const char *code)
{
	if (!code_is_practitioner(code))
		want_fault(w, field, "must be 1 or 2 letters and 12 digits",
			"须为 1 至 2 位字母加 12 位数字");
}

void want_region(struct want *w, const char *field, const char *code)
{
	if (!is_digits(code, REGION_CODE_LEN))
		want_fault(w, field, "must be 6 digits (GB/T 2260)",
			"须为 6 位行政区划代码（GB/T 2260）");
}

void want_short(struct want *w, const char *field, const char *text, size_t len_max)
{
	if (strlen(text) > len_max)
		want_fault(w, field, "is too long", "长度超限");
}

void want_text(struct want *w, const char *field, const char *text, size_t len_max)
{
	if (text[0] == '\0')
		want_fault(w, field, "is missing", "缺少必填项");
	else
		want_short(w, field, text, len_max);
}

void want_period(struct want *w, const char *field, int64_t from_ms, int64_t until_ms)
{
	if (from_ms <= 0 || until_ms <= from_ms || !moment_is_sound(until_ms))
		want_fault(w, field, "must begin after 1970 and end after it begins", "起止时间无效");
}

void want_within(struct want *w, const char *field, int value, int min, int max)
{
	if (value < min || value > max)
		want_fault(w, field, "is not one of the values defined", "不在取值范围内");
}

void want_digest(struct want *w, const char *field, ProtobufCBinaryData digest)
{
	if (digest.len != SHA256_LEN)
		want_fault(w, field, "must be 32 bytes", "必须为 32 字节");
}

const char *want_subject(struct want *w, const char *kind, const char *code)
{
	const char *subject = arena_printf(&w->req->arena, "%s/%s", kind, code);

	w->exhausted = w->exhausted || subject == NULL;
	return subject == NULL ? "" : subject;
}

enum status_reason want_status(const struct want *w)
{
	if (w->exhausted)
		return STATUS_BUSY;
	return w->faults > 0 ? STATUS_REGISTRY_RECORD_INVALID : STATUS_OK;
}
