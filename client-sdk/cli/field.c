#include "client-sdk/cli/field.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"

enum { NUMBER_DIGITS_MAX = 18, WORD_MAX = 80, BYTES_MAX = 64 };

#define MEMBER(message, field, type) ((type *)(void *)((char *)(message) + (field)->offset))
#define PEEK(message, field, type) \
	(*(type const *)(const void *)((const char *)(message) + (field)->offset))

ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *type)
{
	ProtobufCMessage *message = calloc(1, type->sizeof_message);

	if (message)
		protobuf_c_message_init(type, message);
	return message;
}

static const ProtobufCFieldDescriptor *field_find(const ProtobufCMessage *message,
	const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
}

bool field_exists(const ProtobufCMessage *message, const char *name)
{
	return field_find(message, name) != NULL;
}

static bool is_moment(const ProtobufCFieldDescriptor *field)
{
	size_t len = strlen(field->name);

	return len > 3 && strcmp(field->name + len - 3, "_ms") == 0;
}

/* "ITEM_KIND_LICENCE" of an enum whose first value is "ITEM_KIND_UNSPECIFIED": "licence". */
static void enum_word(const ProtobufCEnumDescriptor *type, const ProtobufCEnumValue *value,
	char word[WORD_MAX])
{
	size_t prefix = strlen(type->values[0].name) - strlen("UNSPECIFIED");
	size_t len = 0;

	for (const char *at = value->name + prefix; *at && len < WORD_MAX - 1; at++)
		word[len++] = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
	word[len] = '\0';
}

static bool enum_parse(const ProtobufCEnumDescriptor *type, const char *word, int *ret)
{
	for (unsigned i = 1; i < type->n_values; i++) {
		char known[WORD_MAX];

		enum_word(type, &type->values[i], known);
		if (strcmp(known, word) == 0) {
			*ret = type->values[i].value;
			return true;
		}
	}
	return false;
}

/* ---- from words ----------------------------------------------------------------------------- */

static bool number_parse(const ProtobufCFieldDescriptor *field, const char *word, int64_t *ret)
{
	if (is_moment(field))
		return china_time_parse_loose(word, ret) == 0;
	return decimal_parse(word, NUMBER_DIGITS_MAX, 0, 0, ret) == DECIMAL_OK;
}

static bool text_set(char **into, const ProtobufCFieldDescriptor *field, const char *word)
{
	char *copy = strdup(word);

	if (copy && *into && *into != field->default_value)
		free(*into);
	if (copy)
		*into = copy;
	return copy != NULL;
}

static bool bytes_set(ProtobufCBinaryData *into, const char *word)
{
	size_t len = strlen(word) / 2;
	uint8_t *data = len <= BYTES_MAX ? malloc(len + 1) : NULL;

	if (!data || hex_parse(word, data, len) < 0) {
		free(data);
		return false;
	}
	free(into->data);
	*into = (ProtobufCBinaryData){len, data};
	return true;
}

static bool one_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
	const char *word)
{
	int64_t number;

	if (field->type == PROTOBUF_C_TYPE_STRING)
		return text_set(MEMBER(message, field, char *), field, word);
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return bytes_set(MEMBER(message, field, ProtobufCBinaryData), word);
	if (field->type == PROTOBUF_C_TYPE_BOOL) {
		*MEMBER(message, field, protobuf_c_boolean) = strcmp(word, "yes") == 0;
		return strcmp(word, "yes") == 0 || strcmp(word, "no") == 0;
	}
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return enum_parse(field->descriptor, word, MEMBER(message, field, int));
	if (!number_parse(field, word, &number))
		return false;
	if (field->type == PROTOBUF_C_TYPE_INT64)
		*MEMBER(message, field, int64_t) = number;
	else if (field->type == PROTOBUF_C_TYPE_UINT32 && number <= UINT32_MAX)
		*MEMBER(message, field, uint32_t) = (uint32_t)number;
	else
		return false;
	return true;
}

/* Enums and texts; the field is emptied first. */
static bool many_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
	const char *words)
{
	size_t *count = (size_t *)(void *)((char *)message + field->quantifier_offset);
	bool texts = field->type == PROTOBUF_C_TYPE_STRING;
	size_t room = strlen(words) / 2 + 1;
	void *values = calloc(room, texts ? sizeof(char *) : sizeof(int));
	char *copy = strdup(words);
	char *rest = copy;
	char *word;
	size_t given = 0;
	bool good = values && copy;

	while (good && (word = strsep(&rest, ";"))) {
		if (*word == '\0')
			continue;
		if (texts)
			good = (((char **)values)[given] = strdup(word)) != NULL;
		else
			good = enum_parse(field->descriptor, word, &((int *)values)[given]);
		given += good;
	}
	free(copy);
	for (size_t i = 0; texts && i < *count; i++)
		free((*MEMBER(message, field, char **))[i]);
	free(*MEMBER(message, field, void *));
	*MEMBER(message, field, void *) = given ? values : NULL;
	*count = given;
	if (!given)
		free(values);
	return good;
}

int field_set(ProtobufCMessage *message, const char *name, const char *word)
{
	const ProtobufCFieldDescriptor *field = field_find(message, name);
	bool good;

	if (!field || field->type == PROTOBUF_C_TYPE_MESSAGE)
		return fail(EXIT_USAGE, "there is no field \"%.40s\"", "没有字段“%.40s”", name);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		good = many_set(message, field, word);
	else
		good = one_set(message, field, word);
	return good ? 0 : fail(EXIT_USAGE, "\"%.60s\" is no value for %s", "“%.60s”不是 %s 的取值", word,
		name);
}

static int array_word(const json_t *array, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *word = json_string_value(json_array_get(array, i));

		if (!word || len + strlen(word) + 2 > size)
			return -1;
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ";" : "", word);
	}
	return 0;
}

static int json_word(const json_t *value, char *text, size_t size)
{
	if (json_is_array(value))
		return array_word(value, text, size);
	if (json_is_string(value) && json_string_length(value) < size)
		memcpy(text, json_string_value(value), json_string_length(value) + 1);
	else if (json_is_integer(value))
		(void)snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(text, size, json_is_true(value) ? "yes" : "no");
	else
		return -1;
	return 0;
}

int fields_set(ProtobufCMessage *message, const json_t *object)
{
	char text[FIELD_TEXT_MAX];
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		if (json_word(value, text, sizeof(text)) < 0)
			return fail(EXIT_USAGE, "%.40s is a text, a number, a boolean or a list of texts",
				"%.40s 须为文本、数字、布尔值或文本列表", name);
		r = field_set(message, name, text);
		if (r != 0)
			return r;
	}
	return r;
}

/* ---- to words ------------------------------------------------------------------------------- */

static void moment_word(int64_t at_ms, char *text, size_t size)
{
	char at[CHINA_TIME_LEN + 1] = "";

	if (at_ms != 0)
		china_time_format(at_ms, at);
	/* a day's beginning is told as the day */
	if (strcmp(at + CHINA_DATE_LEN, " 00:00:00") == 0)
		at[CHINA_DATE_LEN] = '\0';
	(void)snprintf(text, size, "%s", at);
}

static void value_word(const ProtobufCFieldDescriptor *field, int value, char *text, size_t size)
{
	const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor,
		value);
	char word[WORD_MAX] = "";

	if (known && value != 0)
		enum_word(field->descriptor, known, word);
	if (known)
		(void)snprintf(text, size, "%s", word);
	else
		(void)snprintf(text, size, "%d", value);
}

static void many_word(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
	char *text, size_t size)
{
	size_t count = *(const size_t *)(const void *)((const char *)message +
		field->quantifier_offset);
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && len + 1 < size; i++) {
		char word[WORD_MAX];

		if (field->type == PROTOBUF_C_TYPE_STRING)
			(void)snprintf(word, sizeof(word), "%s", PEEK(message, field, char *const *)[i]);
		else
			value_word(field, PEEK(message, field, const int *)[i], word, sizeof(word));
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ";" : "", word);
	}
}

static void bytes_word(ProtobufCBinaryData data, char *text, size_t size)
{
	if (2 * data.len < size)
		hex_format(data.data, data.len, text);
}

void field_word(const ProtobufCMessage *message, const char *name, char *text, size_t size)
{
	const ProtobufCFieldDescriptor *field = field_find(message, name);

	text[0] = '\0';
	if (!field)
		return;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		many_word(message, field, text, size);
	else if (field->type == PROTOBUF_C_TYPE_STRING)
		(void)snprintf(text, size, "%s", PEEK(message, field, char *));
	else if (field->type == PROTOBUF_C_TYPE_BYTES)
		bytes_word(PEEK(message, field, ProtobufCBinaryData), text, size);
	else if (field->type == PROTOBUF_C_TYPE_BOOL)
		(void)snprintf(text, size, "%s", PEEK(message, field, protobuf_c_boolean) ? "yes" : "no");
	else if (field->type == PROTOBUF_C_TYPE_ENUM)
		value_word(field, PEEK(message, field, int), text, size);
	else if (field->type == PROTOBUF_C_TYPE_INT64 && is_moment(field))
		moment_word(PEEK(message, field, int64_t), text, size);
	else if (field->type == PROTOBUF_C_TYPE_INT64)
		(void)snprintf(text, size, "%" PRId64, PEEK(message, field, int64_t));
	else if (field->type == PROTOBUF_C_TYPE_UINT32)
		(void)snprintf(text, size, "%" PRIu32, PEEK(message, field, uint32_t));
}

json_t *fields_json(const ProtobufCMessage *message)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		char text[FIELD_TEXT_MAX];
		json_t *value;

		if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			continue;
		field_word(message, field->name, text, sizeof(text));
		if (field->type == PROTOBUF_C_TYPE_INT64)
			value = json_integer(PEEK(message, field, int64_t));
		else if (field->type == PROTOBUF_C_TYPE_BOOL)
			value = json_boolean(PEEK(message, field, protobuf_c_boolean));
		else
			value = json_string(text);
		json_object_set_new(object, field->name, value);
	}
	return object;
}
