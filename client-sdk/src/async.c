/* The evented API: the link driven by somebody else's loop.
 *
 * Every entry from the loop runs one turn: step the link, tell what happened, and tell the loop
 * what to watch.  Callbacks may do anything with the handle; what would pull the ground from under
 * the running turn (close, free) is noted and done at its end.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "client-sdk/src/answer.h"
#include "client-sdk/src/clock.h"
#include "client-sdk/src/link.h"
#include "client-sdk/src/pb.h"

struct rxc_async {
	struct settings settings;
	struct link *link;
	rxc_async_on_ready on_ready;
	rxc_async_on_closed on_closed;
	void *user;

	bool wants_proof;
	struct kept kept; /* of the call whose on_reply runs */

	bool is_attached;
	rxc_async_hooks hooks;
	void *loop_user;
	bool watches_read;
	bool watches_write;
	int64_t timer_at_ms; /* ENGINE_NEVER = not set */

	bool in_turn;
	bool close_wanted;
	bool free_wanted;
	bool closed_by_wish;
	bool ready_told;
	bool closed_told;
};

/* A call in flight; the engine's `user`. */
struct async_call {
	struct call call;
	rxc_async_on_part on_part; /* of a stream, else NULL */
	rxc_async_on_reply on_reply;
	void *user;
};

/* ---- start ---- */

static int link_start(rxc_async *a, struct rxc_error *err)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *address;
	char port[8];
	int r;

	/* Five digits and a NUL. */
	(void)snprintf(port, sizeof(port), "%u", (unsigned)a->settings.port);
	r = getaddrinfo(a->settings.host, port, &hints, &address);
	if (r == EAI_MEMORY)
		return error_set_memory(err);
	if (r != 0)
		return error_set(err, RXC_ERR_ARGUMENT, "", "\"%s\" is not a numeric address",
			a->settings.host);
	r = link_open(a->settings.context, address->ai_addr, address->ai_addrlen, clock_now_ms(),
		LINK_OPEN_MS_MAX, &a->link, err);
	freeaddrinfo(address);
	return r;
}

int rxc_async_new(const rxc_options *options, rxc_async_on_ready on_ready,
	rxc_async_on_closed on_closed, void *user, rxc_async **ret_async, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	rxc_async *a = calloc(1, sizeof(*a));

	if (!a) {
		error_set_memory(&err);
		return error_give(&err, ret_error);
	}
	a->on_ready = on_ready;
	a->on_closed = on_closed;
	a->user = user;
	a->timer_at_ms = ENGINE_NEVER;
	if (settings_take(&a->settings, options, &err) < 0 || link_start(a, &err) < 0) {
		settings_clear(&a->settings);
		free(a);
		return error_give(&err, ret_error);
	}
	*ret_async = a;
	return 0;
}

/* ---- what the loop watches ---- */

static void timer_update(rxc_async *a)
{
	int64_t deadline = link_deadline(a->link);
	int64_t ms;

	/* A timer that rings too early only costs a turn; setting it anew each time costs more. */
	if (a->timer_at_ms <= deadline)
		return;
	ms = deadline - clock_now_ms();
	a->timer_at_ms = deadline;
	a->hooks.set_timer(a->loop_user, ms > 0 ? (uint32_t)ms : 1);
}

static void watches_update(rxc_async *a)
{
	bool read = link_wants_read(a->link);
	bool write = link_wants_write(a->link);

	if (!a->is_attached || a->closed_told)
		return;
	if (read != a->watches_read)
		a->hooks.want_read(a->loop_user, read);
	if (write != a->watches_write)
		a->hooks.want_write(a->loop_user, write);
	a->watches_read = read;
	a->watches_write = write;
	timer_update(a);
}

void rxc_async_attach(rxc_async *async, const rxc_async_hooks *hooks, void *loop_user)
{
	async->hooks = *hooks;
	async->loop_user = loop_user;
	async->is_attached = true;
	watches_update(async);
}

int rxc_async_fd(const rxc_async *async)
{
	return link_fd(async->link);
}

/* ---- a turn ---- */

/* One answer of several.  A part that cannot be read is the server's fault, and no later one would
 * make up for it: the connection ends, and with it the stream. */
static void part_tell(rxc_async *a, struct async_call *c, struct engine_event *event)
{
	ProtobufCMessage *part = NULL;
	struct rxc_error err = {0};

	if (call_read_reply(&c->call, settings_trust(&a->settings), event->body, &part, &err) < 0) {
		link_close(a->link, &err);
		error_clear(&err);
	} else {
		c->on_part(a, part, c->user);
		pb_free(part);
	}
	engine_event_clear(event);
}

static void event_tell(rxc_async *a, struct engine_event *event)
{
	struct async_call *c = event->user;
	ProtobufCMessage *reply = NULL;

	if (event->kind == ENGINE_PART) {
		part_tell(a, c, event);
		return;
	}
	if (event->kind == ENGINE_ANSWER && answer_read(&c->call, &a->settings, event, &a->kept, &reply,
		&event->error) < 0)
		reply = NULL; /* the error is told instead */
	c->on_reply(a, reply, reply ? NULL : &event->error, c->user);
	kept_clear(&a->kept);
	engine_event_clear(event);
	call_clear(&c->call);
	free(c);
}

static void events_tell(rxc_async *a)
{
	struct engine_event event;

	for (;;) {
		link_next(a->link, clock_now_ms(), &event);
		if (event.kind == ENGINE_NOTHING)
			return;
		event_tell(a, &event);
	}
}

static void ready_tell(rxc_async *a)
{
	if (a->ready_told || link_state(a->link) != LINK_OPEN)
		return;
	a->ready_told = true;
	if (a->on_ready)
		a->on_ready(a, a->user);
}

/* The program wants an end to an open connection. */
static bool end_is_wanted(const rxc_async *a)
{
	return (a->close_wanted || a->free_wanted) && link_state(a->link) != LINK_CLOSED;
}

static void close_by_wish(rxc_async *a)
{
	struct rxc_error err = {0};

	a->closed_by_wish = true;
	error_set(&err, RXC_ERR_CLOSED, "", "the connection was closed by this program");
	link_close(a->link, &err);
}

/* The last call has been told its end: let the socket go, then tell so. */
static void closed_tell(rxc_async *a)
{
	if (a->closed_told || link_state(a->link) != LINK_CLOSED)
		return;
	a->closed_told = true;
	if (a->is_attached)
		a->hooks.closed(a->loop_user);
	link_hang_up(a->link);
	if (a->on_closed)
		a->on_closed(a, a->closed_by_wish ? NULL : link_why(a->link), a->user);
}

static void async_destroy(rxc_async *a)
{
	link_free(a->link);
	settings_clear(&a->settings);
	free(a);
}

/* One turn.  With `step` the socket is used, without only wishes are fulfilled. */
static void async_turn(rxc_async *a, bool step)
{
	if (a->in_turn)
		return;
	a->in_turn = true;
	if (step && link_state(a->link) != LINK_CLOSED) {
		link_step(a->link, clock_now_ms());
		ready_tell(a);
	}
	events_tell(a);
	/* Callbacks may ask for the end, and the end brings more callbacks. */
	while (end_is_wanted(a)) {
		close_by_wish(a);
		events_tell(a);
	}
	closed_tell(a);
	watches_update(a);
	a->in_turn = false;
	if (a->free_wanted)
		async_destroy(a);
}

void rxc_async_on_readable(rxc_async *async)
{
	async_turn(async, true);
}

void rxc_async_on_writable(rxc_async *async)
{
	async_turn(async, true);
}

void rxc_async_on_timer(rxc_async *async)
{
	async->timer_at_ms = ENGINE_NEVER; /* it rang, and is not set any more */
	async_turn(async, true);
}

/* ---- what the program asks ---- */

/* Prepare and submit; `c` is the engine's until its last event, or freed. */
static int async_submit(rxc_async *a, struct async_call *c, const char *method,
	const ProtobufCMessage *request, const uint8_t *idempotency_key, uint32_t deadline_ms,
	struct rxc_error *err)
{
	if (call_prepare(&c->call, method, request, idempotency_key,
		settings_trust(&a->settings), err) < 0 ||
		engine_submit(link_engine(a->link), &(struct engine_call){
			.method = call_method_name(&c->call),
			.body = slice_of(c->call.body, c->call.body_len),
			.idempotency_key = c->call.has_key ? c->call.idempotency_key : NULL,
			.deadline_ms = deadline_ms,
			.stream = call_is_stream(&c->call),
			.want_proof = c->call.has_key && a->wants_proof,
			.user = c,
		}, clock_now_ms(), err) < 0) {
		call_clear(&c->call);
		free(c);
		return err->code;
	}
	call_drop_body(&c->call); /* the engine has a copy */
	watches_update(a);
	return 0;
}

/* A call with its callbacks, or NULL. */
static struct async_call *async_call_new(rxc_async_on_part on_part, rxc_async_on_reply on_reply,
	void *user, struct rxc_error *err)
{
	struct async_call *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set_memory(err);
		return NULL;
	}
	c->on_part = on_part;
	c->on_reply = on_reply;
	c->user = user;
	return c;
}

int rxc_async_call(rxc_async *async, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, uint32_t deadline_ms, rxc_async_on_reply on_reply, void *user,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct async_call *c = NULL;

	if (!on_reply)
		error_set(&err, RXC_ERR_ARGUMENT, "", "a call needs a callback for its reply");
	else if (method_is_stream(method))
		error_set(&err, RXC_ERR_ARGUMENT, "", "\"%s\" is a stream", method);
	else
		c = async_call_new(NULL, on_reply, user, &err);
	if (!c || async_submit(async, c, method, request, idempotency_key,
		deadline_ms ? deadline_ms : async->settings.deadline_ms, &err) < 0)
		return error_give(&err, ret_error);
	return 0;
}

int rxc_async_stream(rxc_async *async, const char *method, const ProtobufCMessage *request,
	uint32_t stream_ms, rxc_async_on_part on_part, rxc_async_on_reply on_reply, void *user,
	uint64_t *ret_stream, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	struct async_call *c = NULL;

	if (!on_part || !on_reply)
		error_set(&err, RXC_ERR_ARGUMENT, "", "a stream needs callbacks for parts and end");
	else if (!method_is_stream(method))
		error_set(&err, RXC_ERR_ARGUMENT, "", "\"%s\" is no stream", method);
	else
		c = async_call_new(on_part, on_reply, user, &err);
	if (!c || async_submit(async, c, method, request, NULL,
		stream_ms ? stream_ms : STREAM_MS_MAX, &err) < 0)
		return error_give(&err, ret_error);
	if (ret_stream)
		*ret_stream = engine_last_id(link_engine(async->link));
	return 0;
}

/* When it cannot be said, the stream ends by its deadline. */
void rxc_async_cancel(rxc_async *async, uint64_t stream)
{
	struct rxc_error err = {0};

	if (engine_cancel(link_engine(async->link), stream, &err) < 0)
		error_clear(&err);
	watches_update(async);
}

void rxc_async_want_proof(rxc_async *async, bool on)
{
	async->wants_proof = on;
}

bool rxc_async_receipt(const rxc_async *async, const uint8_t **ret_receipt, size_t *ret_len)
{
	if (!async->kept.receipt)
		return false;
	*ret_receipt = async->kept.receipt;
	*ret_len = async->kept.receipt_len;
	return true;
}

bool rxc_async_proof(const rxc_async *async, const char **ret_proof, size_t *ret_len)
{
	if (!async->kept.proof)
		return false;
	*ret_proof = (const char *)async->kept.proof;
	*ret_len = async->kept.proof_len;
	return true;
}

size_t rxc_async_in_flight(const rxc_async *async)
{
	return engine_in_flight(link_engine(async->link));
}

void rxc_async_close(rxc_async *async)
{
	async->close_wanted = true;
	async_turn(async, false);
}

void rxc_async_free(rxc_async *async)
{
	if (!async)
		return;
	async->free_wanted = true;
	async_turn(async, false);
}
