/* Reading one object of the layout by the rows of its table. */
#include "client-sdk/cli/d001_fields.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/utf8.h"

enum { PATH_MAX_LEN = 96, VALUE_TEXT_MAX = 32 };

/* One field on its way in. */
struct field_read {
	const struct d001_field *field;
	char path[PATH_MAX_LEN];
	char source[64];
	struct findings *findings;
};

#define REFUSE(f, rule, en, zh, ...) \
	findings_add((f)->findings, true, rule, (f)->path, (f)->source, en, zh, __VA_ARGS__)

static void field_begin(struct field_read *f, const struct d001_field *field, const char *path,
	struct findings *findings)
{
	char type[24];

	f->field = field;
	f->findings = findings;
	d001_field_type(field, type);
	(void)snprintf(f->path, sizeof(f->path), "%s%s%s", path, *path ? "." : "", field->name);
	(void)snprintf(f->source, sizeof(f->source), "%s %s %s",
		strncmp(path, "extras", 6) == 0 ? "extras" : "D001", field->name, type);
}

static void missing(const struct field_read *f)
{
	REFUSE(f, "D001-MISSING", "%s is mandatory and missing", "必填项 %s 缺失", f->field->name);
}

/* The value as text: a JSON string as it is, an integer written out in `space`; NULL after a
 * finding. */
static const char *value_text(const struct field_read *f, json_t *value,
	char space[VALUE_TEXT_MAX])
{
	bool number = f->field->kind == D001_NUMBER || f->field->kind == D001_COUNT;

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value) && number) {
		(void)snprintf(space, VALUE_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return space;
	}
	if (json_is_real(value) && number)
		REFUSE(f, "D001-TYPE", "%s is a floating-point number; write the decimal as text",
			"%s 是浮点数，请以字符串书写小数", f->field->name);
	else
		REFUSE(f, "D001-TYPE", "%s must be text", "%s 须为字符串", f->field->name);
	return NULL;
}

static bool text_is_clean(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool length_is_good(const struct field_read *f, const char *text)
{
	size_t length = utf8_length(text);

	if (length > f->field->length) {
		REFUSE(f, "D001-LENGTH", "%s has %zu characters, at most %u are allowed",
			"%s 有 %zu 个字符，最多 %u 个", f->field->name, length, f->field->length);
		return false;
	}
	if (strlen(text) > D001_TEXT_BYTES_MAX) {
		REFUSE(f, "D001-LENGTH", "%s has %zu bytes, the platform takes at most %d",
			"%s 有 %zu 字节，平台最多接收 %d 字节", f->field->name, strlen(text),
			D001_TEXT_BYTES_MAX);
		return false;
	}
	if (!text_is_clean(text)) {
		REFUSE(f, "D001-TEXT", "%s contains a control character", "%s 含有控制字符",
			f->field->name);
		return false;
	}
	return true;
}

static void put(const struct field_read *f, void *base, const void *value, size_t size)
{
	if (f->field->offset != D001_NOWHERE)
		memcpy((char *)base + f->field->offset, value, size);
}

static void read_number(const struct field_read *f, const char *text, void *base)
{
	const struct d001_field *field = f->field;
	int64_t number;

	switch (decimal_parse(text, field->length, field->scale, field->unit_scale, &number)) {
	case DECIMAL_OK:
		break;
	case DECIMAL_TOO_FINE:
		REFUSE(f, "D001-DECIMAL", "%s \"%.40s\" has more than %u digits behind the point",
			"%s“%.40s”小数位超过 %u 位", field->name, text, field->scale);
		return;
	case DECIMAL_TOO_LARGE:
		REFUSE(f, "D001-DECIMAL", "%s \"%.40s\" has more than %u digits before the point",
			"%s“%.40s”整数位超过 %u 位", field->name, text, field->length - field->scale);
		return;
	case DECIMAL_MALFORMED:
	default:
		REFUSE(f, "D001-DECIMAL", "%s \"%.40s\" is not a plain decimal", "%s“%.40s”不是十进制数",
			field->name, text);
		return;
	}
	if (field->kind == D001_NUMBER) {
		put(f, base, &number, sizeof(number));
	} else if (number > UINT32_MAX) {
		REFUSE(f, "D001-DECIMAL", "%s \"%.40s\" is too large", "%s“%.40s”过大", field->name, text);
	} else {
		uint32_t count = (uint32_t)number;

		put(f, base, &count, sizeof(count));
	}
}

static void read_choice(const struct field_read *f, const char *text, void *base)
{
	for (const struct d001_choice *c = f->field->choices; c->text; c++) {
		if (strcmp(c->text, text) == 0) {
			put(f, base, &c->value, sizeof(c->value));
			return;
		}
	}
	REFUSE(f, "D001-CODE", "%s \"%.40s\" is not a code of its table", "%s“%.40s”不在代码表内",
		f->field->name, text);
}

static void read_flag(const struct field_read *f, const char *text, void *base)
{
	protobuf_c_boolean on = strcmp(text, "1") == 0;

	if (!on && strcmp(text, "0") != 0)
		REFUSE(f, "D001-CODE", "%s \"%.40s\" is neither 0 nor 1", "%s“%.40s”不是 0 或 1",
			f->field->name, text);
	else
		put(f, base, &on, sizeof(on));
}

static void read_time(const struct field_read *f, const char *text, void *base)
{
	int64_t at_ms;

	if (china_time_parse(text, &at_ms) < 0)
		REFUSE(f, "D001-TIME", "%s \"%.40s\" is not a time of the form yyyy-MM-dd HH:mm:ss",
			"%s“%.40s”不是 yyyy-MM-dd HH:mm:ss 格式的时间", f->field->name, text);
	else
		put(f, base, &at_ms, sizeof(at_ms));
}

static void read_sha256(const struct field_read *f, const char *text, void *base)
{
	uint8_t digest[DIGEST_LEN];

	if (hex_parse(text, digest, sizeof(digest)) < 0)
		REFUSE(f, "D001-CODE", "%s is not 64 hexadecimal digits", "%s 不是 64 位十六进制数",
			f->field->name);
	else
		put(f, base, digest, sizeof(digest));
}

static void read_text_like(const struct field_read *f, const char *text, void *base)
{
	switch (f->field->kind) {
	case D001_NUMBER:
	case D001_COUNT:
		read_number(f, text, base);
		return;
	case D001_TIME:
		read_time(f, text, base);
		return;
	case D001_TEXT:
		if (length_is_good(f, text))
			put(f, base, &text, sizeof(text));
		return;
	case D001_CHOICE:
		read_choice(f, text, base);
		return;
	case D001_FLAG:
		read_flag(f, text, base);
		return;
	case D001_SHA256:
		read_sha256(f, text, base);
		return;
	case D001_TRUTH:
	case D001_OBJECT:
	default:
		return;
	}
}

static void read_truth(const struct field_read *f, json_t *value, void *base)
{
	protobuf_c_boolean on = json_is_true(value);

	if (!json_is_boolean(value))
		REFUSE(f, "D001-TYPE", "%s must be true or false", "%s 须为 true 或 false",
			f->field->name);
	else
		put(f, base, &on, sizeof(on));
}

static void field_read(const struct field_read *f, json_t *value, bool herbal, void *base)
{
	bool empty = !value || json_is_null(value) ||
		(json_is_string(value) && json_string_length(value) == 0);
	char space[VALUE_TEXT_MAX];

	if (empty) {
		if (f->field->need == D001_MUST || (f->field->need == D001_MUST_UNLESS_HERBAL && !herbal))
			missing(f);
		return;
	}
	if (f->field->kind == D001_OBJECT)
		return;
	if (f->field->kind == D001_TRUTH) {
		read_truth(f, value, base);
		return;
	}
	const char *text = value_text(f, value, space);

	if (text)
		read_text_like(f, text, base);
}

static bool is_known(const struct d001_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->fields[i].name, name) == 0)
			return true;
	}
	return false;
}

void d001_object_read(const struct d001_object *object, json_t *from, const char *path,
	bool herbal, void *base, struct findings *findings)
{
	const char *name;
	json_t *value;

	if (!json_is_object(from)) {
		findings_add(findings, true, "D001-TYPE", path, "D001", "%s must be a JSON object",
			"%s 须为 JSON 对象", *path ? path : "the file");
		return;
	}
	for (size_t i = 0; i < object->count; i++) {
		struct field_read f;

		field_begin(&f, &object->fields[i], path, findings);
		field_read(&f, json_object_get(from, object->fields[i].name), herbal, base);
	}
	json_object_foreach(from, name, value) {
		char where[PATH_MAX_LEN];

		if (is_known(object, name))
			continue;
		(void)snprintf(where, sizeof(where), "%s%s%.40s", path, *path ? "." : "", name);
		findings_add(findings, false, "D001-UNKNOWN-FIELD", where, "D001",
			"%.40s is no field of the layout and is not sent", "%.40s 不是接口字段，未上传", name);
	}
}
