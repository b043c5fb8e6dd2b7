#include "notary/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ensure.h"
#include "proto/lines.h"

enum { CR = '\r', DELETE = 0x7f, FIRST_PRINTABLE = 0x20, DIGITS_MAX = 18 };

/* ---- requests ------------------------------------------------------------------------------ */

/* What the header lines have said so far. */
struct fields {
	unsigned hosts, lengths, codings;
	uint64_t length;
	bool closes, keeps, expects;
};

/* Take a line that ends in CR LF off the front, without both; false when it ends otherwise. */
static bool line_take(struct slice *rest, struct slice *ret_line)
{
	if (!line_next(rest, ret_line) || ret_line->len == 0 ||
		ret_line->data[ret_line->len - 1] != CR)
		return false;
	ret_line->len--;
	return memchr(ret_line->data, CR, ret_line->len) == NULL;
}

/* Take what stands before `mark` off the front, and the mark; false when there is none. */
static bool word_take(struct slice *rest, char mark, struct slice *ret_word)
{
	const uint8_t *at = rest->len > 0 ? memchr(rest->data, mark, rest->len) : NULL;
	size_t len;

	if (at == NULL)
		return false;
	len = (size_t)(at - rest->data);
	*ret_word = slice_of(rest->data, len);
	*rest = slice_of(at + 1, rest->len - len - 1);
	return true;
}

static bool word_is(struct slice word, const char *text)
{
	return word.len == strlen(text) && strncasecmp((const char *)word.data, text, word.len) == 0;
}

static bool word_is_token(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			(c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return word.len > 0;
}

static struct slice word_trim(struct slice word)
{
	while (word.len > 0 && (word.data[0] == ' ' || word.data[0] == '\t'))
		word = slice_of(word.data + 1, word.len - 1);
	while (word.len > 0 && (word.data[word.len - 1] == ' ' || word.data[word.len - 1] == '\t'))
		word.len--;
	return word;
}

static bool word_is_printable(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if ((word.data[i] < FIRST_PRINTABLE && word.data[i] != '\t') || word.data[i] == DELETE)
			return false;
	return true;
}

static enum http_method method_of(struct slice word)
{
	if (slice_equal(word, slice_of_text("GET")))
		return HTTP_GET;
	if (slice_equal(word, slice_of_text("HEAD")))
		return HTTP_HEAD;
	return slice_equal(word, slice_of_text("POST")) ? HTTP_POST : HTTP_OTHER;
}

/* "POST /add-checkpoint HTTP/1.1" */
static int first_line_read(struct http_request *r, struct slice line)
{
	struct slice method, target, path;

	if (!word_take(&line, ' ', &method) || !word_is_token(method) ||
		!word_take(&line, ' ', &target) || target.len == 0 || target.data[0] != '/' ||
		!word_is_printable(target) || memchr(target.data, '\t', target.len) != NULL)
		return -400;
	r->keep_alive = slice_equal(line, slice_of_text("HTTP/1.1"));
	if (!r->keep_alive && !slice_equal(line, slice_of_text("HTTP/1.0")))
		return -505;
	if (!word_take(&target, '?', &path))
		path = target;
	if (path.len > HTTP_PATH_MAX)
		return -414;
	r->method = method_of(method);
	memcpy(r->path, path.data, path.len);
	r->path[path.len] = '\0';
	return 0;
}

/* "close", or a list with it. */
static void connection_read(struct fields *f, struct slice value)
{
	struct slice word;
	bool more = true;

	while (more) {
		more = word_take(&value, ',', &word);
		if (!more)
			word = value;
		f->closes |= word_is(word_trim(word), "close");
		f->keeps |= word_is(word_trim(word), "keep-alive");
	}
}

static int field_take(struct fields *f, struct slice name, struct slice value)
{
	if (word_is(name, "Host")) {
		f->hosts++;
	} else if (word_is(name, "Content-Length")) {
		f->lengths++;
		if (value.len > DIGITS_MAX || !line_decimal(value, &f->length))
			return -400;
	} else if (word_is(name, "Transfer-Encoding")) {
		f->codings++;
	} else if (word_is(name, "Connection")) {
		connection_read(f, value);
	} else if (word_is(name, "Expect")) {
		f->expects = true;
		if (!word_is(value, "100-continue"))
			return -417;
	}
	return 0;
}

static int fields_read(struct fields *f, struct slice lines)
{
	struct slice line, name;

	while (lines.len > 0) {
		int r;

		if (!line_take(&lines, &line) || !word_take(&line, ':', &name) || !word_is_token(name) ||
			!word_is_printable(line))
			return -400;
		r = field_take(f, name, word_trim(line));
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the fields mean together. */
static int fields_apply(struct http_request *r, const struct fields *f)
{
	bool is_new = r->keep_alive; /* HTTP/1.1 */

	if (f->hosts > 1 || (is_new && f->hosts == 0) || f->lengths > 1 ||
		(f->codings > 0 && f->lengths > 0))
		return -400;
	if (f->codings > 0 || (r->method == HTTP_POST && f->lengths == 0))
		return -411;
	if (f->length > HTTP_BODY_MAX)
		return -413;
	r->body_len = (size_t)f->length;
	r->keep_alive = !f->closes && (is_new || f->keeps);
	r->wants_continue = f->expects && is_new && r->body_len > 0;
	return 0;
}

int http_head_read(struct http_request *ret, struct slice bytes)
{
	const uint8_t *end = bytes.len > 0 ? memmem(bytes.data, bytes.len, "\r\n\r\n", 4) : NULL;
	struct http_request request = {.method = HTTP_OTHER};
	struct fields fields = {.hosts = 0};
	struct slice lines, first;
	int r;

	if (end == NULL)
		return bytes.len >= HTTP_HEAD_MAX ? -431 : HTTP_PARTIAL;
	request.head_len = (size_t)(end - bytes.data) + 4;
	if (request.head_len > HTTP_HEAD_MAX)
		return -431;
	lines = slice_of(bytes.data, request.head_len - 2);
	if (!line_take(&lines, &first))
		return -400;
	r = first_line_read(&request, first);
	if (r == 0)
		r = fields_read(&fields, lines);
	if (r == 0)
		r = fields_apply(&request, &fields);
	if (r == 0)
		*ret = request;
	return r;
}

/* ---- answers ------------------------------------------------------------------------------- */

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{411, "Length Required"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{505, "HTTP Version Not Supported"},
};

static const char *phrase_of(int status)
{
	for (unsigned i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	ensure_never("a status without a phrase");
}

void http_answer_init(struct http_answer *a, int status)
{
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	a->allow = NULL;
	a->len = 0;
	a->failed = false;
}

void http_answer_say(struct http_answer *a, const char *format, ...)
{
	size_t left = sizeof(a->text) - a->len;
	va_list args;
	int len;

	if (a->failed)
		return;
	va_start(args, format);
	len = vsnprintf(a->text + a->len, left, format, args);
	va_end(args);
	ensure(len >= 0);
	if ((size_t)len < left)
		a->len += (size_t)len;
	else
		a->failed = true;
}

void http_answer_line(struct http_answer *a, int status, const char *line)
{
	http_answer_init(a, status);
	http_answer_say(a, "%s\n", line != NULL ? line : phrase_of(status));
}

size_t http_answer_head(char out[HTTP_ANSWER_HEAD_MAX], const struct http_answer *a,
	bool keep_alive)
{
	int len = snprintf(out, HTTP_ANSWER_HEAD_MAX,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
		"%s%s%s%s\r\n", a->status, phrase_of(a->status), a->type, a->len,
		a->allow != NULL ? "Allow: " : "", a->allow != NULL ? a->allow : "",
		a->allow != NULL ? "\r\n" : "", keep_alive ? "" : "Connection: close\r\n");

	ensure(len > 0 && len < HTTP_ANSWER_HEAD_MAX);
	return (size_t)len;
}
