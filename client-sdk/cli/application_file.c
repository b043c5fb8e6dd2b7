#include "client-sdk/cli/application_file.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/pbjson.h"
#include "client-sdk/cli/say.h"

enum { EVIDENCE_FILE_MAX = 64 * 1024 * 1024, DEPTH_MAX = 8 };

struct loading {
	const char *path;
	char *folder; /* where the files named in it lie */
};

static int memory_short(void)
{
	return fail(EXIT_FAULT, "memory is short", "内存不足");
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The members that stand for a file: of a document, of an item, of a request to be tested. */
static int describe(json_t *object, const char *name, const struct buffer *bytes)
{
	uint8_t digest[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];

	if (digest_sha256(bytes->data, bytes->len, digest) < 0)
		return fail(EXIT_FAULT, "SHA-256 is not available", "无法计算 SHA-256");
	hex_format(digest, sizeof(digest), hex);
	if (json_object_get(object, "kind")) {
		json_object_set_new(object, "sha256", json_string(hex));
		json_object_set_new(object, "size_bytes", json_integer((json_int_t)bytes->len));
		if (!json_object_get(object, "name"))
			json_object_set_new(object, "name", json_string(name));
	} else {
		json_object_set_new(object, "evidence_sha256", json_string(hex));
		if (!json_object_get(object, "evidence"))
			json_object_set_new(object, "evidence", json_string(name));
	}
	return 0;
}

static int take_request(json_t *object, const struct buffer *bytes)
{
	char *hex = malloc(2 * bytes->len + 1);

	if (!hex)
		return memory_short();
	hex_format(bytes->data, bytes->len, hex);
	json_object_set_new(object, "request", json_string(hex));
	free(hex);
	return 0;
}

static int take_file(const struct loading *l, json_t *object)
{
	json_t *file = json_object_get(object, "file");
	struct buffer bytes = {NULL, 0};
	char *path;
	int r;

	if (!json_is_string(file))
		return 0;
	path = json_string_value(file)[0] == '/' ? strdup(json_string_value(file)) :
		path_join(l->folder, json_string_value(file));
	if (!path)
		return memory_short();
	r = file_read(path, EVIDENCE_FILE_MAX, &bytes);
	if (r < 0)
		r = fail_file(path, r);
	else if (json_object_get(object, "method"))
		r = take_request(object, &bytes);
	else
		r = describe(object, last_part(path), &bytes);
	json_object_del(object, "file");
	buffer_clear(&bytes);
	free(path);
	return r;
}

/* A member whose name ends with "_at_ms" may be a time of the wall clock. */
static int take_time(const struct loading *l, json_t *object, const char *name, json_t *value)
{
	size_t len = strlen(name);
	int64_t at_ms = clock_now_ms();

	if (len < 6 || strcmp(name + len - 6, "_at_ms") != 0 || !json_is_string(value))
		return 0;
	if (strcmp(json_string_value(value), "now") != 0 &&
		china_time_parse_loose(json_string_value(value), &at_ms) < 0)
		return fail(EXIT_LOCAL_FILE, "\"%s\": %s is no time", "“%s”：%s 不是时间", l->path, name);
	json_object_set_new(object, name, json_integer(at_ms));
	return 0;
}

static int prepare(const struct loading *l, json_t *json, int depth)
{
	const char *name;
	json_t *value;
	size_t i;
	void *next;
	int r = depth > DEPTH_MAX ? fail(EXIT_LOCAL_FILE, "\"%s\" is nested too deeply",
		"“%s”嵌套过深", l->path) : 0;

	if (r == 0 && json_is_object(json))
		r = take_file(l, json);
	json_object_foreach_safe(json, next, name, value) {
		if (r == 0)
			r = prepare(l, value, depth + 1);
		if (r == 0)
			r = take_time(l, json, name, value);
	}
	json_array_foreach(json, i, value)
		if (r == 0)
			r = prepare(l, value, depth + 1);
	return r;
}

static int parse(struct loading *l, const struct buffer *text,
	const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret)
{
	char where[PBJSON_WHERE_MAX];
	json_error_t error;
	json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, &error);
	int r;

	if (!json)
		return fail(EXIT_LOCAL_FILE, "\"%s\" is not readable JSON: line %d: %s",
			"“%s”不是可读的 JSON：第 %d 行：%s", l->path, error.line, error.text);
	r = prepare(l, json, 0);
	if (r == 0) {
		*ret = pbjson_read(json, type, where);
		if (!*ret)
			r = fail(EXIT_LOCAL_FILE, "\"%s\": \"%s\" is not known or not of its form",
				"“%s”：“%s”未知或格式不符", l->path, where);
	}
	json_decref(json);
	return r;
}

int application_file_load(const char *path, const ProtobufCMessageDescriptor *type,
	ProtobufCMessage **ret)
{
	struct loading l = {.path = path, .folder = strdup(path)};
	struct buffer text = {NULL, 0};
	char *slash = l.folder ? strrchr(l.folder, '/') : NULL;
	int r;

	if (!l.folder)
		return memory_short();
	if (slash)
		*slash = '\0';
	else
		(void)snprintf(l.folder, 2, ".");
	r = file_read(path, APPLICATION_FILE_MAX, &text);
	r = r < 0 ? fail_file(path, r) : parse(&l, &text, type, ret);
	buffer_clear(&text);
	free(l.folder);
	return r;
}
