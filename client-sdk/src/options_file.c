/* Reading a client.conf: "name value" lines, "#" begins a comment line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/options.h"

enum {
	FILE_LINES_MAX = 1000,
	FILE_LINE_MAX = OPTIONS_PATH_MAX + 64, /* bytes: a name and the longest path */
};

#define BLANKS " \t\r"

/* What was read so far. */
struct options_file {
	const char *path;
	unsigned line; /* from 1; of the line being read */
	char *host;
	uint16_t port;
	char *certificate;
	char *key;
	bool has_pin;
	uint8_t pin[SHA256_LEN];
	struct rxc_trust trust;
	struct receipt_keys receipt_keys;
	struct rxc_error *err;
};

static int line_refuse(struct options_file *f, const char *why)
{
	return error_set(f->err, RXC_ERR_FILE, "OPTIONS_MALFORMED", "%s line %u: %s", f->path,
		f->line, why);
}

static int text_take(struct options_file *f, char **ret, const char *value)
{
	if (*ret)
		return line_refuse(f, "this name was already given");
	*ret = strdup(value);
	return *ret ? 0 : error_set_memory(f->err);
}

/* The path as seen from the directory of the file that names it. */
static int path_take(struct options_file *f, char **ret, const char *value)
{
	const char *slash = strrchr(f->path, '/');
	size_t directory_len = slash && value[0] != '/' ? (size_t)(slash - f->path) + 1 : 0;
	size_t value_len = strlen(value);

	if (*ret)
		return line_refuse(f, "this name was already given");
	if (directory_len + value_len > OPTIONS_PATH_MAX)
		return line_refuse(f, "the path is too long");
	*ret = malloc(directory_len + value_len + 1);
	if (!*ret)
		return error_set_memory(f->err);
	memcpy(*ret, f->path, directory_len);
	memcpy(*ret + directory_len, value, value_len + 1);
	return 0;
}

static int port_take(struct options_file *f, const char *value)
{
	unsigned long port;
	char *end;

	if (f->port)
		return line_refuse(f, "this name was already given");
	errno = 0;
	port = strtoul(value, &end, 10);
	if (errno || *end || value[0] < '0' || value[0] > '9' || port == 0 || port > UINT16_MAX)
		return line_refuse(f, "a port is a number from 1 to 65535");
	f->port = (uint16_t)port;
	return 0;
}

static bool hex_parse(uint8_t bytes[32], const char *value)
{
	size_t len = 0;

	return strlen(value) == 64 &&
		sodium_hex2bin(bytes, 32, value, 64, NULL, &len, NULL) == 0 && len == 32;
}

static int pin_take(struct options_file *f, const char *value)
{
	if (f->has_pin)
		return line_refuse(f, "this name was already given");
	if (!hex_parse(f->pin, value))
		return line_refuse(f, "a pin has 64 hexadecimal digits");
	f->has_pin = true;
	return 0;
}

static int authority_take(struct options_file *f, const char *value)
{
	uint8_t public_key[PUBLIC_KEY_LEN];
	struct rxc_error why = {0};

	if (!hex_parse(public_key, value))
		return line_refuse(f, "an authority's key has 64 hexadecimal digits");
	if (trust_add(&f->trust, public_key, &why) < 0) {
		line_refuse(f, why.message);
		error_clear(&why);
		return f->err->code;
	}
	return 0;
}

static int receipt_key_take(struct options_file *f, const char *value)
{
	uint8_t public_key[PUBLIC_KEY_LEN];
	struct rxc_error why = {0};

	if (!hex_parse(public_key, value))
		return line_refuse(f, "a receipt key has 64 hexadecimal digits");
	if (receipt_keys_add(&f->receipt_keys, public_key, &why) < 0) {
		line_refuse(f, why.message);
		error_clear(&why);
		return f->err->code;
	}
	return 0;
}

static int pair_take(struct options_file *f, const char *name, const char *value)
{
	if (strcmp(name, "server") == 0)
		return strlen(value) > OPTIONS_HOST_MAX ? line_refuse(f, "the name is too long") :
			text_take(f, &f->host, value);
	if (strcmp(name, "port") == 0)
		return port_take(f, value);
	if (strcmp(name, "certificate") == 0)
		return path_take(f, &f->certificate, value);
	if (strcmp(name, "key") == 0)
		return path_take(f, &f->key, value);
	if (strcmp(name, "server-pin") == 0)
		return pin_take(f, value);
	if (strcmp(name, "authority") == 0)
		return authority_take(f, value);
	if (strcmp(name, "receipt-key") == 0)
		return receipt_key_take(f, value);
	return line_refuse(f, "there is no such setting");
}

/* Cut the line into name and value.  `line` ends with a NUL and has no newline. */
static int line_take(struct options_file *f, char *line)
{
	char *name = line + strspn(line, BLANKS);
	char *value = name + strcspn(name, BLANKS);
	size_t value_len;

	if (*name == '\0' || *name == '#')
		return 0;
	if (*value)
		*value++ = '\0';
	value += strspn(value, BLANKS);
	value_len = strlen(value);
	while (value_len > 0 && strchr(BLANKS, value[value_len - 1]))
		value[--value_len] = '\0';
	if (value_len == 0)
		return line_refuse(f, "the value is missing");
	return pair_take(f, name, value);
}

static int lines_take(struct options_file *f, FILE *file)
{
	char line[FILE_LINE_MAX + 2];

	for (f->line = 1; fgets(line, sizeof(line), file); f->line++) {
		size_t len = strlen(line);

		if (f->line > FILE_LINES_MAX)
			return line_refuse(f, "the file has too many lines");
		if (len > 0 && line[len - 1] == '\n')
			line[len - 1] = '\0';
		else if (!feof(file))
			return line_refuse(f, "the line is too long or contains a NUL byte");
		if (line_take(f, line) < 0)
			return f->err->code;
	}
	if (ferror(file))
		return error_set(f->err, RXC_ERR_FILE, "OPTIONS_UNREADABLE",
			"could not read \"%s\": %s", f->path, strerror(errno));
	return 0;
}

/* Put `*from`, if given, in the place of `*to`. */
static void text_replace(char **to, char **from)
{
	if (!*from)
		return;
	free(*to);
	*to = *from;
	*from = NULL;
}

/* Every line was acceptable: put all of it into the options.  Nothing here can fail half-way. */
static int options_put(rxc_options *options, struct options_file *f)
{
	if (!f->host != !f->port)
		return error_set(f->err, RXC_ERR_FILE, "OPTIONS_MALFORMED",
			"%s: \"server\" and \"port\" belong together", f->path);
	if (!f->certificate != !f->key)
		return error_set(f->err, RXC_ERR_FILE, "OPTIONS_MALFORMED",
			"%s: \"certificate\" and \"key\" belong together", f->path);
	if (f->host)
		options->port = f->port;
	text_replace(&options->host, &f->host);
	text_replace(&options->certificate_file, &f->certificate);
	text_replace(&options->key_file, &f->key);
	options_forget_context(options);
	/* These setters only copy. */
	if (f->has_pin)
		(void)rxc_options_set_server_pin(options, f->pin);
	if (f->receipt_keys.count > 0)
		options->receipt_keys = f->receipt_keys;
	if (f->trust.count > 0)
		(void)rxc_options_set_trust(options, &f->trust);
	return 0;
}

int rxc_options_load(rxc_options *options, const char *path, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct options_file f = {.path = path, .err = &err};
	FILE *file = fopen(path, "re");

	if (!file) {
		error_set(&err, RXC_ERR_FILE, "OPTIONS_UNREADABLE", "could not open \"%s\": %s",
			path, strerror(errno));
		return error_give(&err, ret_error);
	}
	if (lines_take(&f, file) == 0)
		(void)options_put(options, &f); /* told through f.err */
	(void)fclose(file); /* only read */
	free(f.host);
	free(f.certificate);
	free(f.key);
	return err.code ? error_give(&err, ret_error) : 0;
}
