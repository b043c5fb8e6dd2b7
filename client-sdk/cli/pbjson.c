#include "client-sdk/cli/pbjson.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/say.h"

enum { WORD_MAX = 100 };

/* "ASSESSMENT_FORM_ON_SITE" of enum AssessmentForm -> "on-site". */
static void enum_word(const ProtobufCEnumDescriptor *type, const char *name, char word[WORD_MAX])
{
	const char *start = name;
	size_t at = 0;

	for (const char *c = type->short_name; *c; c++) {
		if (*start == '_')
			start++;
		if (*start != toupper((unsigned char)*c)) {
			start = name;
			break;
		}
		start++;
	}
	if (*start == '_')
		start++;
	for (; start[at] && at < WORD_MAX - 1; at++)
		word[at] = start[at] == '_' ? '-' : (char)tolower((unsigned char)start[at]);
	word[at] = '\0';
}

static bool enum_number(const ProtobufCEnumDescriptor *type, const char *wanted, int32_t *ret)
{
	char word[WORD_MAX];

	for (unsigned i = 0; i < type->n_values; i++) {
		enum_word(type, type->values[i].name, word);
		if (strcmp(word, wanted) == 0) {
			*ret = type->values[i].value;
			return true;
		}
	}
	return false;
}

static bool bytes_read(const char *text, ProtobufCBinaryData *ret)
{
	size_t len = strlen(text) / 2;
	uint8_t *data = malloc(len + 1);

	if (data && hex_parse(text, data, len) == 0) {
		*ret = (ProtobufCBinaryData){len, data};
		return true;
	}
	free(data);
	return false;
}

static void where_add(char where[PBJSON_WHERE_MAX], const char *name)
{
	char rest[PBJSON_WHERE_MAX];

	(void)snprintf(rest, sizeof(rest), "%s", where);
	(void)snprintf(where, PBJSON_WHERE_MAX, "%.90s%s%.100s", name,
		rest[0] && rest[0] != '[' ? "." : "", rest);
}

static bool integer_read(const ProtobufCFieldDescriptor *field, const json_t *json, void *into)
{
	json_int_t number = json_integer_value(json);

	if (!json_is_integer(json))
		return false;
	switch ((int)field->type) { /* those our messages have */
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		if (field->type == PROTOBUF_C_TYPE_UINT64 && number < 0)
			return false;
		*(int64_t *)into = number;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		if (number < 0 || number > UINT32_MAX)
			return false;
		*(uint32_t *)into = (uint32_t)number;
		return true;
	default:
		if (number < INT32_MIN || number > INT32_MAX)
			return false;
		*(int32_t *)into = (int32_t)number;
		return true;
	}
}

/* One value of the field's type, at `into`. */
static bool value_read(const ProtobufCFieldDescriptor *field, const json_t *json, void *into,
	char where[PBJSON_WHERE_MAX])
{
	switch ((int)field->type) { /* those our messages have */
	case PROTOBUF_C_TYPE_STRING:
		*(char **)into = json_is_string(json) ? strdup(json_string_value(json)) : NULL;
		return *(char **)into != NULL;
	case PROTOBUF_C_TYPE_BYTES:
		return json_is_string(json) && bytes_read(json_string_value(json), into);
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)into = json_is_true(json);
		return json_is_boolean(json);
	case PROTOBUF_C_TYPE_ENUM:
		return json_is_string(json) ?
			enum_number(field->descriptor, json_string_value(json), into) :
			integer_read(field, json, into);
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)into = pbjson_read(json, field->descriptor, where);
		return *(ProtobufCMessage **)into != NULL;
	default:
		return integer_read(field, json, into);
	}
}

static size_t value_size(const ProtobufCFieldDescriptor *field)
{
	switch ((int)field->type) { /* those our messages have */
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return sizeof(int32_t);
	}
}

static bool list_read(const ProtobufCFieldDescriptor *field, const json_t *json,
	ProtobufCMessage *m, char where[PBJSON_WHERE_MAX])
{
	size_t *count = (size_t *)(void *)((char *)m + field->quantifier_offset);
	char **list = (char **)(void *)((char *)m + field->offset);
	size_t size = value_size(field);

	if (!json_is_array(json))
		return false;
	*list = calloc(json_array_size(json) + 1, size);
	if (!*list)
		return false;
	for (size_t i = 0; i < json_array_size(json); i++) {
		char place[32];

		if (!value_read(field, json_array_get(json, i), *list + i * size, where)) {
			(void)snprintf(place, sizeof(place), "[%zu]", i);
			where_add(where, place);
			return false;
		}
		(*count)++;
	}
	return true;
}

static bool field_read(const ProtobufCFieldDescriptor *field, const json_t *json,
	ProtobufCMessage *m, char where[PBJSON_WHERE_MAX])
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return list_read(field, json, m, where);
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		uint32_t *chosen = (uint32_t *)(void *)((char *)m + field->quantifier_offset);

		if (*chosen != 0)
			return false; /* one of them stands there already */
		if (!value_read(field, json, (char *)m + field->offset, where))
			return false;
		*chosen = field->id;
		return true;
	}
	return value_read(field, json, (char *)m + field->offset, where);
}

ProtobufCMessage *pbjson_read(const json_t *json, const ProtobufCMessageDescriptor *type,
	char where[PBJSON_WHERE_MAX])
{
	ProtobufCMessage *m = calloc(1, type->sizeof_message);
	const char *name;
	json_t *value;

	where[0] = '\0';
	if (!m)
		return NULL;
	protobuf_c_message_init(type, m);
	if (!json_is_object(json)) {
		protobuf_c_message_free_unpacked(m, NULL);
		return NULL;
	}
	json_object_foreach((json_t *)(uintptr_t)json, name, value) {
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(type, name);

		where[0] = '\0';
		if (!field || !field_read(field, value, m, where)) {
			where_add(where, name);
			protobuf_c_message_free_unpacked(m, NULL);
			return NULL;
		}
	}
	return m;
}

static json_t *bytes_write(const ProtobufCBinaryData *data)
{
	char *text = malloc(2 * data->len + 1);
	json_t *json;

	if (!text)
		return NULL;
	hex_format(data->data, data->len, text);
	json = json_string(text);
	free(text);
	return json;
}

static json_t *enum_write(const ProtobufCEnumDescriptor *type, int32_t number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
	char word[WORD_MAX];

	if (!value)
		return json_integer(number);
	enum_word(type, value->name, word);
	return json_string(word);
}

static json_t *value_write(const ProtobufCFieldDescriptor *field, const void *from)
{
	switch ((int)field->type) { /* those our messages have */
	case PROTOBUF_C_TYPE_STRING:
		return json_string(*(char *const *)from);
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_write(from);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)from);
	case PROTOBUF_C_TYPE_ENUM:
		return enum_write(field->descriptor, *(const int32_t *)from);
	case PROTOBUF_C_TYPE_MESSAGE:
		return pbjson_write(*(ProtobufCMessage *const *)from);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return json_integer(*(const int64_t *)from);
	case PROTOBUF_C_TYPE_UINT32:
		return json_integer(*(const uint32_t *)from);
	default:
		return json_integer(*(const int32_t *)from);
	}
}

static json_t *list_write(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *m)
{
	size_t count = *(const size_t *)(const void *)((const char *)m + field->quantifier_offset);
	const char *list = *(const char *const *)(const void *)((const char *)m + field->offset);
	json_t *all = json_array();

	for (size_t i = 0; all && i < count; i++)
		(void)json_array_append_new(all, value_write(field, list + i * value_size(field)));
	return all;
}

static bool is_another(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *m)
{
	return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && field->id !=
		*(const uint32_t *)(const void *)((const char *)m + field->quantifier_offset);
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *from)
{
	static const char zeros[sizeof(ProtobufCBinaryData)];

	if (field->type == PROTOBUF_C_TYPE_STRING)
		return *(char *const *)from == NULL || **(char *const *)from == '\0';
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return ((const ProtobufCBinaryData *)from)->len == 0;
	return memcmp(from, zeros, value_size(field)) == 0;
}

json_t *pbjson_write(const ProtobufCMessage *m)
{
	json_t *json = json_object();

	for (unsigned i = 0; json && i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &m->descriptor->fields[i];
		const void *from = (const char *)m + field->offset;

		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			if (*(const size_t *)(const void *)((const char *)m + field->quantifier_offset) > 0)
				(void)json_object_set_new(json, field->name, list_write(field, m));
		} else if (!is_another(field, m) && !is_default(field, from)) {
			(void)json_object_set_new(json, field->name, value_write(field, from));
		}
	}
	return json;
}
