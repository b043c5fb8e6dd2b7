#include "notary/signer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum notary_start signer_open(struct signer *s, const char *state,
	const struct note_secret *secret, bool begin, char problem[NOTARY_PROBLEM_MAX])
{
	enum notary_start start;
	bool begun;

	*s = (struct signer){.secret = secret};
	memcpy(s->log.origin, note_secret_key(secret)->name, sizeof(s->log.origin));
	start = notary_open(&s->log, state, secret, begin, &begun, problem);
	if (start == NOTARY_STARTED && begin && !begun) {
		snprintf(problem, NOTARY_PROBLEM_MAX,
			"there is a memory already; --new is for the first start only");
		start = NOTARY_MISUSED;
	}
	if (start == NOTARY_STARTED)
		log_info("%s origin=\"%s\" size=%" PRIu64, begun ? "began" : "remembers", s->log.origin,
			memory_last(s->log.memory)->size);
	else
		signer_close(s);
	return start;
}

void signer_close(struct signer *s)
{
	notary_close(&s->log);
}

static enum verdict signer_judge(const struct signer *s, struct slice body, struct petition *p)
{
	if (!petition_read_bare(p, body))
		return VERDICT_MALFORMED;
	if (strcmp(p->checkpoint.origin, s->log.origin) != 0)
		return VERDICT_LOG_NOT_KNOWN;
	return verdict_on_growth(p, memory_last(s->log.memory));
}

static void signer_sign(struct signer *s, struct slice body, struct http_answer *a)
{
	struct petition p;
	enum verdict v = signer_judge(s, body, &p);

	if (v == VERDICT_SIGN)
		notary_sign(&s->log, s->secret, &p, slice_of(NULL, 0), a);
	else
		notary_refuse(&s->log, v, &p, a);
}

void signer_answer(struct signer *s, const struct http_request *request, struct http_answer *a)
{
	bool is_sign = strcmp(request->path, "/sign-checkpoint") == 0;
	bool is_health = strcmp(request->path, "/healthz") == 0;

	if (is_sign && request->method == HTTP_POST) {
		signer_sign(s, request->body, a);
	} else if (is_health && request->method <= HTTP_HEAD) {
		http_answer_line(a, 200, "ok");
	} else {
		http_answer_line(a, is_sign || is_health ? 405 : 404, NULL);
		a->allow = is_sign ? "POST" : is_health ? "GET, HEAD" : NULL;
	}
}
