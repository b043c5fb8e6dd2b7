/* The blocking client: one call at a time over one link, repeated where repeating is right.
 *
 *     connect if needed --> submit --> wait for its event --> done
 *            ^                                |
 *            +---- pause, same key <----------+   (inside the deadline, at most `retries` times)
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/answer.h"
#include "client-sdk/src/clock.h"
#include "client-sdk/src/link.h"
#include "client-sdk/src/pb.h"

enum {
	PAUSE_MS_MIN = 50, /* before the first repetition; doubles */
	PAUSE_MS_MAX = 1000,
	WAIT_MS_MAX = 60 * 1000, /* one poll(); longer waits are several */
};

struct rxc_client {
	struct settings settings;
	struct link *link; /* or NULL */
	bool wants_proof;
	struct kept kept; /* of the last call */
};

/* One call over all its repetitions. */
struct effort {
	rxc_client *client;
	const struct call *call;
	int64_t deadline_at_ms;
	bool was_sent;          /* the present attempt was given to a connection */
	bool may_have_happened; /* an attempt was sent and its outcome is not known */
};

int rxc_client_new(const rxc_options *options, rxc_client **ret_client, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	rxc_client *client = calloc(1, sizeof(*client));

	if (!client)
		error_set_memory(&err);
	if (!client || settings_take(&client->settings, options, &err) < 0) {
		free(client);
		return error_give(&err, ret_error);
	}
	*ret_client = client;
	return 0;
}

static void link_drop(rxc_client *client)
{
	link_free(client->link);
	client->link = NULL;
}

void rxc_client_free(rxc_client *client)
{
	if (!client)
		return;
	link_drop(client);
	kept_clear(&client->kept);
	settings_clear(&client->settings);
	free(client);
}

/* ---- waiting ---- */

static int wait_ms(int64_t until_ms)
{
	int64_t ms = until_ms - clock_now_ms();

	return ms < 0 ? 0 : ms < WAIT_MS_MAX ? (int)ms : WAIT_MS_MAX;
}

/* Wait until the link can go on, then let it. */
static void link_wait(struct link *l, int64_t until_ms)
{
	int64_t deadline = link_deadline(l) < until_ms ? link_deadline(l) : until_ms;
	struct pollfd pfd = {.fd = link_fd(l)};

	if (link_wants_read(l))
		pfd.events |= POLLIN;
	if (link_wants_write(l))
		pfd.events |= POLLOUT;
	/* Interrupted or not: the step looks for itself. */
	(void)poll(&pfd, 1, wait_ms(deadline));
	link_step(l, clock_now_ms());
}

static void pause_until(int64_t until_ms)
{
	while (wait_ms(until_ms) > 0)
		(void)poll(NULL, 0, wait_ms(until_ms)); /* a signal only shortens one round */
}

/* ---- connecting ---- */

static int connect_one(rxc_client *client, const struct addrinfo *address, int64_t deadline_at_ms,
	struct rxc_error *err)
{
	int64_t now_ms = clock_now_ms();

	if (now_ms >= deadline_at_ms)
		return error_set(err, RXC_ERR_CONNECT, "",
			"the server could not be reached in time");
	if (link_open(client->settings.context, address->ai_addr, address->ai_addrlen, now_ms,
		deadline_at_ms - now_ms, &client->link, err) < 0)
		return err->code;
	while (link_state(client->link) == LINK_CONNECTING ||
		link_state(client->link) == LINK_SHAKING)
		link_wait(client->link, deadline_at_ms);
	if (link_state(client->link) == LINK_OPEN)
		return 0;
	(void)error_copy(err, link_why(client->link)); /* becomes RXC_ERR_MEMORY by itself */
	link_drop(client);
	return err->code;
}

static int connect_any(rxc_client *client, int64_t deadline_at_ms, struct rxc_error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *addresses;
	char port[8];
	int r;

	/* Five digits and a NUL. */
	(void)snprintf(port, sizeof(port), "%u", (unsigned)client->settings.port);
	hints.ai_flags = AI_NUMERICSERV;
	r = getaddrinfo(client->settings.host, port, &hints, &addresses);
	if (r == EAI_MEMORY)
		return error_set_memory(err);
	if (r != 0)
		return error_set(err, RXC_ERR_CONNECT, "", "could not resolve \"%s\": %s",
			client->settings.host, gai_strerror(r));
	error_set(err, RXC_ERR_CONNECT, "", "\"%s\" has no address", client->settings.host);
	for (const struct addrinfo *a = addresses; a; a = a->ai_next)
		/* Another address may help when this one is away, not when it is an impostor. */
		if (connect_one(client, a, deadline_at_ms, err) == 0 ||
			err->code != RXC_ERR_CONNECT)
			break;
	freeaddrinfo(addresses);
	if (client->link)
		error_clear(err);
	return client->link ? 0 : err->code;
}

/* A link that can take a call, the one we have if it still lives. */
static int link_get(rxc_client *client, int64_t deadline_at_ms, struct rxc_error *err)
{
	struct engine_event event;
	int64_t now_ms = clock_now_ms();

	if (client->link) {
		/* Learn what happened while nobody looked; no call is in flight. */
		link_step(client->link, now_ms);
		link_next(client->link, now_ms, &event);
		engine_event_clear(&event);
		if (link_state(client->link) == LINK_OPEN)
			return 0;
		link_drop(client);
	}
	return connect_any(client, deadline_at_ms, err);
}

/* ---- one call ---- */

/* Wait for the event that ends the call.  There is one, since the engine knows its deadline. */
static int answer_wait(struct effort *e, ProtobufCMessage **ret_reply, struct rxc_error *err)
{
	struct link *l = e->client->link;
	struct engine_event event;
	int r;

	for (;;) {
		link_step(l, clock_now_ms());
		link_next(l, clock_now_ms(), &event);
		if (event.kind != ENGINE_NOTHING)
			break;
		link_wait(l, e->deadline_at_ms);
	}
	if (event.kind == ENGINE_ANSWER) {
		r = answer_read(e->call, &e->client->settings, &event, &e->client->kept, ret_reply, err);
	} else {
		*err = event.error;
		event.error = (struct rxc_error){0};
		r = err->code;
	}
	engine_event_clear(&event);
	return r;
}

static int call_once(struct effort *e, ProtobufCMessage **ret_reply, struct rxc_error *err)
{
	int64_t now_ms;
	int r;

	e->was_sent = false;
	if (link_get(e->client, e->deadline_at_ms, err) < 0)
		return err->code;
	now_ms = clock_now_ms();
	if (now_ms >= e->deadline_at_ms)
		return error_set(err, RXC_ERR_CONNECT, "",
			"the server could not be reached in time");
	r = engine_submit(link_engine(e->client->link), &(struct engine_call){
		.method = call_method_name(e->call),
		.body = slice_of(e->call->body, e->call->body_len),
		.idempotency_key = e->call->has_key ? e->call->idempotency_key : NULL,
		.deadline_ms = (uint32_t)(e->deadline_at_ms - now_ms),
		.want_proof = e->call->has_key && e->client->wants_proof,
	}, now_ms, err);
	if (r < 0)
		return r;
	e->was_sent = true;
	r = answer_wait(e, ret_reply, err);
	/* A link that lost an answer is not asked again. */
	if (link_state(e->client->link) == LINK_CLOSED || r == RXC_ERR_TIMEOUT)
		link_drop(e->client);
	return r;
}

/* Does the failed attempt leave open whether the call has happened? */
static bool leaves_open(const struct effort *e, const struct rxc_error *err)
{
	if (!e->was_sent || !e->call->has_key)
		return false;
	return err->code != RXC_ERR_STATUS ||
		err->status->retry_class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN;
}

/* Does the error say only that this attempt did nothing, and nothing about earlier ones? */
static bool is_of_attempt(const struct effort *e, const struct rxc_error *err)
{
	return !e->was_sent || (err->code == RXC_ERR_STATUS &&
		err->status->retry_class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY);
}

static int64_t pause_ms(unsigned repetition, const struct rxc_error *err)
{
	uint32_t ms = repetition < 5 ? PAUSE_MS_MIN << repetition : PAUSE_MS_MAX;
	uint32_t asked_ms = err->status ? err->status->retry_after_ms : 0;

	if (ms > PAUSE_MS_MAX)
		ms = PAUSE_MS_MAX;
	/* Many clients lose the same server at the same time. */
	ms = ms / 2 + randombytes_uniform(ms / 2 + 1);
	return ms > asked_ms ? ms : asked_ms;
}

/* Nothing more is tried.  "Nothing was sent" or "busy" must not hide that an earlier attempt may
 * have succeeded. */
static int effort_given_up(const struct effort *e, struct rxc_error *err)
{
	char last[ERROR_MESSAGE_MAX + 1];

	if (!e->may_have_happened || !is_of_attempt(e, err))
		return err->code;
	memcpy(last, err->message, sizeof(last));
	return error_set(err, RXC_ERR_CLOSED, "",
		"an earlier attempt was sent and may have happened; the last one: %s", last);
}

static int effort_run(struct effort *e, ProtobufCMessage **ret_reply, struct rxc_error *err)
{
	for (unsigned repetition = 0;; repetition++) {
		int64_t again_at_ms;

		error_clear(err);
		if (call_once(e, ret_reply, err) == 0)
			return 0;
		if (leaves_open(e, err))
			e->may_have_happened = true;
		again_at_ms = clock_now_ms() + pause_ms(repetition, err);
		if (!rxc_error_is_retryable(err) || err->code == RXC_ERR_TIMEOUT ||
			repetition >= e->client->settings.retries ||
			again_at_ms >= e->deadline_at_ms)
			return effort_given_up(e, err);
		/* A node that is being stopped is not the one to ask again. */
		if (strcmp(err->reason, "DRAINING") == 0 && e->client->link)
			link_drop(e->client);
		pause_until(again_at_ms);
	}
}

int rxc_client_call(rxc_client *client, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, ProtobufCMessage **ret_reply, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct effort e = {.client = client};
	struct call call;
	int r;

	kept_clear(&client->kept);
	if (method_is_stream(method)) {
		error_set(&err, RXC_ERR_ARGUMENT, "", "\"%s\" is a stream", method);
		return error_give(&err, ret_error);
	}
	if (call_prepare(&call, method, request, idempotency_key,
		settings_trust(&client->settings), &err) < 0)
		return error_give(&err, ret_error);
	e.call = &call;
	e.deadline_at_ms = clock_now_ms() + client->settings.deadline_ms;
	r = effort_run(&e, ret_reply, &err);
	call_clear(&call);
	return r < 0 ? error_give(&err, ret_error) : 0;
}

void rxc_client_want_proof(rxc_client *client, bool on)
{
	client->wants_proof = on;
}

bool rxc_client_receipt(const rxc_client *client, const uint8_t **ret_receipt, size_t *ret_len)
{
	if (!client->kept.receipt)
		return false;
	*ret_receipt = client->kept.receipt;
	*ret_len = client->kept.receipt_len;
	return true;
}

bool rxc_client_proof(const rxc_client *client, const char **ret_proof, size_t *ret_len)
{
	if (!client->kept.proof)
		return false;
	*ret_proof = (const char *)client->kept.proof;
	*ret_len = client->kept.proof_len;
	return true;
}

/* ---- streams ---- */

/* One stream while it runs. */
struct flow {
	rxc_client *client;
	const struct call *call;
	rxc_client_on_part on_part;
	void *user;
	uint64_t id;
	bool cancelled; /* what comes until the end is not told any more */
};

/* Tell one answer; the program may have had enough. */
static int flow_tell(struct flow *f, struct slice body, struct rxc_error *err)
{
	ProtobufCMessage *part;

	if (f->cancelled)
		return 0;
	if (call_read_reply(f->call, settings_trust(&f->client->settings), body, &part, err) < 0)
		return err->code;
	f->cancelled = f->on_part(part, f->user) != 0;
	pb_free(part);
	return f->cancelled ? engine_cancel(link_engine(f->client->link), f->id, err) : 0;
}

/* Take events until the stream's last. */
static int flow_run(struct flow *f, struct rxc_error *err)
{
	struct link *l = f->client->link;
	struct engine_event event = {0};
	int r = 0;

	while (r == 0 && event.kind != ENGINE_ANSWER && event.kind != ENGINE_ENDED) {
		engine_event_clear(&event);
		link_step(l, clock_now_ms());
		link_next(l, clock_now_ms(), &event);
		if (event.kind == ENGINE_NOTHING)
			link_wait(l, link_deadline(l));
		else if (event.kind != ENGINE_ENDED)
			r = flow_tell(f, event.body, err);
	}
	if (event.kind == ENGINE_ENDED) {
		*err = event.error;
		event.error = (struct rxc_error){0};
		r = err->code;
	}
	engine_event_clear(&event);
	return r;
}

static int flow_start(struct flow *f, uint32_t stream_ms, struct rxc_error *err)
{
	if (link_get(f->client, clock_now_ms() + f->client->settings.deadline_ms, err) < 0)
		return err->code;
	if (engine_submit(link_engine(f->client->link), &(struct engine_call){
		.method = call_method_name(f->call),
		.body = slice_of(f->call->body, f->call->body_len),
		.deadline_ms = stream_ms ? stream_ms : STREAM_MS_MAX,
		.stream = true,
	}, clock_now_ms(), err) < 0)
		return err->code;
	f->id = engine_last_id(link_engine(f->client->link));
	return flow_run(f, err);
}

int rxc_client_stream(rxc_client *client, const char *method, const ProtobufCMessage *request,
	uint32_t stream_ms, rxc_client_on_part on_part, void *user, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct flow f = {.client = client, .on_part = on_part, .user = user};
	struct call call;
	int r;

	kept_clear(&client->kept);
	if (!method_is_stream(method) || !on_part) {
		error_set(&err, RXC_ERR_ARGUMENT, "", "\"%s\" is no stream, or nobody takes its parts",
			method);
		return error_give(&err, ret_error);
	}
	if (call_prepare(&call, method, request, NULL, settings_trust(&client->settings), &err) < 0)
		return error_give(&err, ret_error);
	f.call = &call;
	r = flow_start(&f, stream_ms, &err);
	/* After an error a stream may still be running there; a new connection is clean. */
	if (client->link && (r < 0 || link_state(client->link) == LINK_CLOSED))
		link_drop(client);
	call_clear(&call);
	return r < 0 ? error_give(&err, ret_error) : 0;
}
