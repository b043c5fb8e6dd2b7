#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "net/conn_set.h"
#include "proto/frame.h"

static const char *const conn_end_words[CONN_END_NR] = {
#define X(name, word) [CONN_END_##name] = word,
	CONN_ENDS(X)
#undef X
};

const char *conn_end_word(enum conn_end end)
{
	ensure((unsigned)end < CONN_END_NR);
	return conn_end_words[end];
}

/* ---- the end ------------------------------------------------------------------------------- */

static void conn_release(struct loop_grave *grave)
{
	free(container_of(grave, struct conn, grave));
}

static void conn_drop_session(struct conn *c)
{
	if (c->session == NULL)
		return;
	session_close(c->session);
	c->session = NULL;
}

void conn_close(struct conn *c, enum conn_end end)
{
	struct conn_set *set = c->set;

	ensure(c->state != CONN_CLOSED);
	if (c->state == CONN_HANDSHAKE || c->state == CONN_OPEN || end == CONN_END_SLOW_READER)
		c->end = end;
	c->state = CONN_CLOSED;
	metric_add(&set->metrics.ends[c->end], 1);
	metric_add(&set->metrics.open, (uint64_t)-1);
	log_debug("a connection ended reason=%s", conn_end_word(c->end));
	loop_watch_close(&c->watch);
	loop_timer_close(&c->timer);
	loop_defer_cancel(&c->work);
	conn_drop_session(c);
	tls_link_clear(&c->tls);
	buffer_clear(&c->in);
	buffer_clear(&c->out);
	(void)close(c->fd); /* a socket; there is nothing to save */
	gate_leave(set->gate, &c->pass);
	list_remove(&c->link);
	loop_bury(set->loop, &c->grave);
	conn_set_left(set);
}

/* From here on input is thrown away; the peer has seen the end of our stream. */
static void conn_linger(struct conn *c, bool goodbye)
{
	if (goodbye)
		tls_link_shutdown(&c->tls);
	if (shutdown(c->fd, SHUT_WR) < 0) {
		conn_close(c, c->end);
		return;
	}
	c->state = CONN_LINGERING;
	c->phase_at_ms = clock_mono_ms();
}

static void conn_discard(struct conn *c)
{
	uint8_t waste[4096];

	while (c->linger_len < CONN_LINGER_LEN_MAX) {
		ssize_t len = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len <= 0)
			break;
		c->linger_len += (size_t)len;
	}
	conn_close(c, c->end);
}

/* ---- writing ------------------------------------------------------------------------------- */

static void conn_note_wish(struct conn *c, enum tls_result result)
{
	if (result == TLS_WANTS_READ)
		c->wants_read = true;
	else
		c->wants_write = true;
}

/* Send what waits, as far as the socket takes it. */
static void conn_flush(struct conn *c)
{
	while (buffer_len(&c->out) > 0) {
		struct slice next = buffer_bytes(&c->out);
		enum tls_result result;

		if (c->write_again_len > 0)
			next.len = c->write_again_len;
		else if (next.len > TLS_RECORD_MAX)
			next.len = TLS_RECORD_MAX;
		result = tls_link_write(&c->tls, next);
		if (result == TLS_WANTS_READ || result == TLS_WANTS_WRITE) {
			c->write_again_len = next.len;
			conn_note_wish(c, result);
			return;
		}
		if (result != TLS_DONE) {
			conn_close(c, CONN_END_PEER);
			return;
		}
		c->write_again_len = 0;
		buffer_consume(&c->out, next.len);
		c->write_at_ms = c->active_at_ms = clock_mono_ms();
	}
	if (c->state == CONN_FLUSHING)
		conn_linger(c, true);
}

/* The session's wire.  Nothing is sent here: what a turn brings together travels together. */
static void conn_on_send(struct session_wire *wire, struct slice frame)
{
	struct conn *c = container_of(wire, struct conn, wire);

	if (buffer_len(&c->out) == 0)
		c->write_at_ms = clock_mono_ms();
	if (frame.len > c->set->options.write_len_max - buffer_len(&c->out) ||
		buffer_append(&c->out, frame) < 0)
		c->overflow = true;
	loop_defer(c->set->loop, &c->work);
}

static void conn_on_finish(struct session_wire *wire)
{
	struct conn *c = container_of(wire, struct conn, wire);

	c->finish = true;
	loop_defer(c->set->loop, &c->work);
}

static size_t conn_on_backlog(struct session_wire *wire)
{
	return buffer_len(&container_of(wire, struct conn, wire)->out);
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool conn_must_pause(const struct conn *c)
{
	return session_in_flight(c->session) >= CALLS_IN_FLIGHT_MAX ||
		buffer_len(&c->out) > c->set->options.write_mark_len;
}

/* Take one frame from the input; false when there is none, or none may be taken. */
static bool conn_take_frame(struct conn *c, size_t *ret_need)
{
	struct slice body = {NULL, 0};
	size_t used = 0, need = 0;

	switch (frame_decode(buffer_bytes(&c->in), &body, &used, &need)) {
	case FRAME_PARTIAL:
		if (c->frame_at_ms == 0)
			c->frame_at_ms = clock_mono_ms();
		*ret_need = need;
		return false;
	case FRAME_TOO_LARGE:
		session_refuse(c->session, STATUS_FRAME_TOO_LARGE);
		conn_finish(c, CONN_END_FRAME_REFUSED);
		return false;
	case FRAME_MALFORMED:
		session_refuse(c->session, STATUS_FRAME_MALFORMED);
		conn_finish(c, CONN_END_FRAME_REFUSED);
		return false;
	case FRAME_WHOLE:
		break;
	}
	metric_add(&c->set->metrics.frames, 1);
	c->frame_at_ms = 0;
	c->active_at_ms = clock_mono_ms();
	if (session_receive(c->session, body) == SESSION_END) {
		conn_finish(c, CONN_END_FRAME_REFUSED);
		return false;
	}
	buffer_consume(&c->in, used);
	return true;
}

/* Hand whole frames to the session until there is none, it has enough, or the turn has. */
static void conn_take_frames(struct conn *c, unsigned *frames, size_t *ret_need)
{
	while (c->state == CONN_OPEN && buffer_len(&c->in) > 0) {
		if (conn_must_pause(c)) {
			c->paused = true;
			c->more_input = true; /* once it goes on, whatever the socket says */
			c->frame_at_ms = 0;
			metric_add(&c->set->metrics.paused, 1);
			return;
		}
		if (*frames == CONN_TURN_FRAMES) {
			c->more_input = true;
			return;
		}
		if (!conn_take_frame(c, ret_need))
			return;
		(*frames)++;
	}
}

static void conn_read_failed(struct conn *c, enum tls_result result)
{
	switch (result) {
	case TLS_WANTS_READ:
		return; /* an open connection watches for input anyway */
	case TLS_WANTS_WRITE:
		c->wants_write = true;
		return;
	case TLS_DONE:
	case TLS_ENDED:
	case TLS_FAILED:
		conn_close(c, CONN_END_PEER);
		return;
	}
}

static void conn_read(struct conn *c)
{
	size_t taken_len = 0, need = 0;
	unsigned frames = 0;

	c->more_input = false;
	conn_take_frames(c, &frames, &need); /* left over from an earlier turn */
	while (c->state == CONN_OPEN && !c->paused && !c->more_input) {
		size_t room_len = 0, len = 0;
		uint8_t *room;
		enum tls_result result;

		if (taken_len >= CONN_TURN_LEN) {
			c->more_input = true;
			break;
		}
		room = buffer_room(&c->in, need, &room_len);
		if (room == NULL) {
			conn_close(c, CONN_END_FAULT);
			return;
		}
		result = tls_link_read(&c->tls, room, room_len, &len);
		if (result != TLS_DONE) {
			buffer_consume(&c->in, 0); /* nothing came: an empty buffer holds no memory */
			conn_read_failed(c, result);
			break;
		}
		buffer_filled(&c->in, len);
		taken_len += len;
		conn_take_frames(c, &frames, &need);
	}
	if (c->more_input && !c->paused)
		loop_defer(c->set->loop, &c->work);
}

/* Stop waiting for room when there is some again. */
static void conn_resume(struct conn *c)
{
	if (c->state == CONN_OPEN && c->paused && !conn_must_pause(c))
		c->paused = false;
}

/* ---- the handshake ------------------------------------------------------------------------- */

static void conn_welcome(struct conn *c)
{
	uint8_t spki[SHA256_LEN];

	if (tls_link_pin(&c->tls, spki) == 0)
		c->session = session_open(c->set->reception, spki, &c->wire);
	if (c->session == NULL) {
		conn_close(c, CONN_END_FAULT);
		return;
	}
	metric_add(&c->set->metrics.handshakes, 1);
	c->state = CONN_OPEN;
	c->active_at_ms = clock_mono_ms();
	if (session_greet(c->session) == SESSION_END)
		conn_finish(c, CONN_END_SENT_AWAY);
	else
		conn_read(c); /* the peer may have spoken already */
}

static void conn_shake_hands(struct conn *c)
{
	enum tls_result result = tls_link_handshake(&c->tls);

	switch (result) {
	case TLS_DONE:
		conn_welcome(c);
		return;
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		conn_note_wish(c, result);
		return;
	case TLS_ENDED:
	case TLS_FAILED:
		log_debug("a handshake failed reason=\"%s\"", tls_link_reason());
		c->end = CONN_END_HANDSHAKE_REFUSED;
		conn_linger(c, false); /* the alert is on its way */
		return;
	}
}

/* ---- events -------------------------------------------------------------------------------- */

/* Wait for what the state needs next. */
static void conn_update(struct conn *c)
{
	int want = (c->wants_read ? LOOP_READ : 0) | (c->wants_write ? LOOP_WRITE : 0);

	if (c->state == CONN_CLOSED)
		return;
	if (c->state == CONN_LINGERING)
		want = LOOP_READ;
	else if (c->state == CONN_OPEN && !c->paused && !c->more_input)
		want |= LOOP_READ;
	loop_watch_want(&c->watch, want);
	conn_deadline_arm(c);
}

static void conn_on_ready(struct loop_watch *watch, int what)
{
	struct conn *c = container_of(watch, struct conn, watch);

	(void)what; /* level-triggered: what could not be done yet says so itself */
	c->wants_read = c->wants_write = false;
	switch (c->state) {
	case CONN_HANDSHAKE:
		conn_shake_hands(c);
		break;
	case CONN_OPEN:
		conn_flush(c);
		conn_resume(c);
		if (c->state == CONN_OPEN && !c->paused)
			conn_read(c);
		break;
	case CONN_FLUSHING:
		conn_flush(c);
		break;
	case CONN_LINGERING:
		conn_discard(c);
		break;
	case CONN_CLOSED:
	case CONN_NR:
		ensure_never("a closed connection is not watched");
	}
	conn_update(c);
}

/* The end of a turn: send what the turn brought, then see whether more may be read. */
static void conn_on_work(struct loop_task *task)
{
	struct conn *c = container_of(task, struct conn, work);

	if (c->overflow) {
		conn_close(c, CONN_END_SLOW_READER);
		return;
	}
	if (c->state == CONN_OPEN || c->state == CONN_FLUSHING)
		conn_flush(c);
	if (c->state == CONN_OPEN && c->finish)
		conn_finish(c, CONN_END_DRAINED);
	conn_resume(c);
	if (c->state == CONN_OPEN && !c->paused && c->more_input)
		conn_read(c);
	conn_update(c);
}

void conn_finish(struct conn *c, enum conn_end end)
{
	switch (c->state) {
	case CONN_HANDSHAKE:
		conn_close(c, end);
		return;
	case CONN_OPEN:
		break;
	case CONN_FLUSHING:
	case CONN_LINGERING:
		return;
	case CONN_CLOSED:
	case CONN_NR:
		ensure_never("a closed connection is in no list");
	}
	c->end = end;
	c->state = CONN_FLUSHING;
	c->phase_at_ms = clock_mono_ms();
	conn_drop_session(c);
	buffer_clear(&c->in);
	loop_defer(c->set->loop, &c->work);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static int conn_arrange(struct conn *c)
{
	int on = 1;
	int r = tls_link_init(&c->tls, c->set->tls, c->fd);

	if (r == 0)
		r = loop_watch_open(&c->watch, c->set->loop, c->fd, conn_on_ready);
	if (r == 0)
		r = loop_timer_open(&c->timer, c->set->loop, conn_deadline_fired);
	/* Without these it works, only later; the peer may be no TCP socket at all in tests. */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	return r;
}

int conn_open(struct conn_set *set, int fd, const struct gate_pass *pass)
{
	struct conn *c = set->closing ? NULL : calloc(1, sizeof(*c));
	int r = ERR_MEMORY;

	if (c != NULL) {
		*c = (struct conn){
			.set = set,
			.state = CONN_HANDSHAKE,
			.fd = fd,
			.pass = *pass,
			.work.run = conn_on_work,
			.grave.release = conn_release,
			.wire = {conn_on_send, conn_on_finish, conn_on_backlog},
			.wants_read = true,
			.phase_at_ms = clock_mono_ms(),
		};
		buffer_init(&c->in, ENVELOPE_FRAME_MAX);
		buffer_init(&c->out, set->options.write_len_max);
		r = conn_arrange(c);
	}
	if (r < 0) {
		if (c != NULL) {
			loop_timer_close(&c->timer);
			loop_watch_close(&c->watch);
			tls_link_clear(&c->tls);
		}
		free(c);
		(void)close(fd); /* nothing was said on it yet */
		gate_leave(set->gate, pass);
		return r;
	}
	list_append(&set->conns, &c->link);
	metric_add(&set->metrics.open, 1);
	metric_add(&set->metrics.accepted, 1);
	conn_update(c);
	return 0;
}
