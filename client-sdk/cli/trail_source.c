#include "client-sdk/cli/trail_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "client-sdk/cli/say.h"

enum { CONNECT_S = 10, FILE_S = 60, HTTP_OK = 200, HTTP_NOT_FOUND = 404, HTTP_GONE = 410 };

struct trail_source {
	char *base;  /* without a slash at its end */
	CURL *curl;  /* NULL: a folder */
	char problem[CURL_ERROR_SIZE + 64];
};

/* One file while it comes. */
struct coming {
	struct buffer buffer;
	size_t len_max;
	int error; /* of taking it; 0 = none */
};

static size_t on_bytes(char *bytes, size_t size, size_t count, void *user)
{
	struct coming *c = user;

	c->error = buffer_append(&c->buffer, bytes, size * count, c->len_max);
	return c->error < 0 ? 0 : size * count;
}

static bool curl_prepare(struct trail_source *source)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	source->curl = curl_easy_init();
	return source->curl &&
		curl_easy_setopt(source->curl, CURLOPT_PROTOCOLS_STR, "http,https,file") == CURLE_OK &&
		curl_easy_setopt(source->curl, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
		curl_easy_setopt(source->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(source->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) == CURLE_OK &&
		curl_easy_setopt(source->curl, CURLOPT_TIMEOUT, (long)FILE_S) == CURLE_OK &&
		curl_easy_setopt(source->curl, CURLOPT_ERRORBUFFER, source->problem) == CURLE_OK;
}

int trail_source_open(const char *where, struct trail_source **ret)
{
	struct trail_source *source = calloc(1, sizeof(*source));

	if (source)
		source->base = strdup(where);
	if (!source || !source->base || (strstr(where, "://") && !curl_prepare(source))) {
		trail_source_close(source);
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	}
	for (size_t len = strlen(source->base); len > 1 && source->base[len - 1] == '/'; len--)
		source->base[len - 1] = '\0';
	*ret = source;
	return 0;
}

void trail_source_close(struct trail_source *source)
{
	if (!source)
		return;
	curl_easy_cleanup(source->curl); /* accepts NULL */
	free(source->base);
	free(source);
}

/* What the transfer's end means. */
static int outcome_of(struct trail_source *source, CURLcode code, const struct coming *c)
{
	long status = 0;

	if (c->error < 0)
		return c->error;
	if (code == CURLE_FILE_COULDNT_READ_FILE)
		return -ENOENT;
	if (code != CURLE_OK) {
		if (!source->problem[0])
			(void)snprintf(source->problem, sizeof(source->problem), "%s",
				curl_easy_strerror(code));
		return -EIO;
	}
	(void)curl_easy_getinfo(source->curl, CURLINFO_RESPONSE_CODE, &status); /* 0 of a file */
	if (status == 0 || status == HTTP_OK)
		return 0;
	(void)snprintf(source->problem, sizeof(source->problem), "HTTP %ld", status);
	return status == HTTP_NOT_FOUND || status == HTTP_GONE ? -ENOENT : -EIO;
}

static int url_fetch(struct trail_source *source, const char *url, size_t len_max,
	struct buffer *ret)
{
	struct coming c = {.len_max = len_max};
	CURLcode code;
	int r;

	source->problem[0] = '\0';
	if (curl_easy_setopt(source->curl, CURLOPT_URL, url) != CURLE_OK ||
		curl_easy_setopt(source->curl, CURLOPT_WRITEDATA, &c) != CURLE_OK)
		return -ENOMEM;
	code = curl_easy_perform(source->curl);
	r = outcome_of(source, code, &c);
	if (r == 0 && !c.buffer.data) /* an empty file */
		r = buffer_append(&c.buffer, "", 0, len_max);
	if (r < 0)
		buffer_clear(&c.buffer);
	else
		*ret = c.buffer;
	return r;
}

int trail_source_fetch(struct trail_source *source, const char *path, size_t len_max,
	struct buffer *ret)
{
	char *whole = path_join(source->base, path);
	int r;

	if (!whole)
		return -ENOMEM;
	r = source->curl ? url_fetch(source, whole, len_max, ret) : file_read(whole, len_max, ret);
	if (r < 0 && !source->curl)
		(void)snprintf(source->problem, sizeof(source->problem), "%s", strerror(-r));
	free(whole);
	return r;
}

const char *trail_source_problem(const struct trail_source *source)
{
	return source->problem;
}
