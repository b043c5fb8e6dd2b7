#include "client-sdk/cli/say.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool chinese = true;
static bool json_wanted;

/* Receipts since the last answer; the texts are of the only one. */
static struct {
	unsigned count;
	char event_id[33], leaf_hash[65];
} promised;

static bool starts_with(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool say_set_language(const char *name)
{
	const char *from_environment = getenv("RXCIRC_LANG");

	if (!name && from_environment && *from_environment)
		name = from_environment;
	if (!name)
		name = starts_with(getenv("LANG"), "en") ? "en" : "zh";
	if (!starts_with(name, "zh") && !starts_with(name, "en"))
		return false;
	chinese = starts_with(name, "zh");
	return true;
}

void say_set_json(bool on)
{
	json_wanted = on;
}

bool say_is_json(void)
{
	return json_wanted;
}

bool say_is_chinese(void)
{
	return chinese;
}

const char *say_pick(const char *en, const char *zh)
{
	return chinese ? zh : en;
}

void say(const char *en, const char *zh, ...)
{
	va_list args;

	if (json_wanted)
		return;
	va_start(args, zh);
	vprintf(chinese ? zh : en, args);
	va_end(args);
}

void note(const char *en, const char *zh, ...)
{
	va_list args;

	if (json_wanted)
		return;
	va_start(args, zh);
	vfprintf(stderr, chinese ? zh : en, args);
	va_end(args);
}

void say_promise(const char *event_id, const char *leaf_hash)
{
	promised.count++;
	(void)snprintf(promised.event_id, sizeof(promised.event_id), "%s", event_id);
	(void)snprintf(promised.leaf_hash, sizeof(promised.leaf_hash), "%s", leaf_hash);
}

/* When memory is short the answer says less. */
static void promise_add(json_t *object)
{
	const json_t *ok = json_object_get(object, "ok");

	if (promised.count == 0 || json_is_false(ok) || json_object_get(object, "event_id"))
		return;
	if (promised.count == 1) {
		(void)json_object_set_new(object, "event_id", json_string(promised.event_id));
		(void)json_object_set_new(object, "leaf_hash", json_string(promised.leaf_hash));
	} else {
		(void)json_object_set_new(object, "receipts", json_integer(promised.count));
	}
	promised.count = 0;
}

int answer(json_t *object)
{
	if (json_wanted && object) {
		promise_add(object);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(object);
	return object ? EXIT_OK : EXIT_FAULT;
}

const char *exit_word(enum exit_code code)
{
	static const char *const words[] = {"ok", "refused", "usage", "retry", "unknown", "unverified",
		"local-file", "fault"};

	return words[code];
}

int fail(enum exit_code code, const char *en, const char *zh, ...)
{
	char text[2][1200];
	va_list args;

	va_start(args, zh);
	vsnprintf(text[0], sizeof(text[0]), en, args);
	va_end(args);
	va_start(args, zh);
	vsnprintf(text[1], sizeof(text[1]), zh, args);
	va_end(args);
	if (json_wanted)
		(void)answer(json_pack("{s:b, s:i, s:s, s:s, s:s}", "ok", 0, "exit", (int)code, "error",
			exit_word(code), "message", text[0], "message_zh", text[1]));
	else
		fprintf(stderr, "rxcirc: %s\n", text[chinese]);
	return code;
}

int fail_file(const char *path, int error)
{
	const char *why = strerror(-error);

	return fail(EXIT_LOCAL_FILE, "could not use \"%s\": %s", "无法使用“%s”：%s", path, why);
}

void hex_format(const void *data, size_t len, char *text)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++) {
		*text++ = "0123456789abcdef"[bytes[i] >> 4];
		*text++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*text = '\0';
}

static int nibble(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

int hex_parse(const char *text, void *data, size_t len)
{
	uint8_t *bytes = data;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < 2 * len; i++) {
		if (nibble(text[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return 0;
}
