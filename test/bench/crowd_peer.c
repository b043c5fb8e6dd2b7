#include "test/bench/crowd_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <rxcirc/v1/envelope.pb-c.h>

#include "proto/frame.h"
#include "proto/limits.h"
#include "test/bench/stop.h"

/* The answer to it is the largest that a call without a body brings from memory. */
#define LARGE_METHOD "rxcirc.v1.Directory/ListRules"
#define SMALL_METHOD "rxcirc.v1.Directory/ListParameters"
/* There is none of this name: the answer is short, and was no work. */
#define PULSE_METHOD "rxcirc.v1.Directory/Pulse"

enum {
	READ_LEN = 16 * 1024,
	IN_LEN_MAX = FRAME_PREFIX_MAX + FRAME_BODY_MAX,
	/* Loopback's segments of 64 KiB would let the kernels take megabytes before anybody stalls. */
	DEAF_SEGMENT_LEN = 1400,
	DEAF_WINDOW_LEN = 4096,
	COMPLAINTS_MAX = 5,
};

static void peer_watch(const struct peer *p, const struct peer_ground *ground, int operation,
	uint32_t events, uint32_t number)
{
	struct epoll_event event = {.events = events | EPOLLRDHUP, .data.u32 = number};

	stop_unless(epoll_ctl(ground->epoll, operation, p->fd, &event) == 0, "epoll");
}

/* ---- what the kinds do once they are connected --------------------------------------------- */

static enum peer_news peer_is_up(struct peer *p, const struct peer_ground *ground,
	uint32_t number)
{
	p->state = PEER_UP;
	/* Who does not read is not told that there is something to read. */
	peer_watch(p, ground, EPOLL_CTL_MOD, ground->kind == CROWD_IDLE ? EPOLLIN : 0, number);
	return PEER_IS_UP;
}

/* A few bytes on a fresh connection: they fit, or it is dead. */
static bool peer_say(struct peer *p, const uint8_t *bytes, size_t len)
{
	ERR_clear_error();
	return SSL_write(p->ssl, bytes, (int)len) == (int)len;
}

static bool peer_say_half(struct peer *p)
{
	uint8_t frame[CROWD_CALL_LEN_MAX];
	size_t len = crowd_call(frame, ++p->call_id, LARGE_METHOD);

	return peer_say(p, frame, len / 2);
}

static bool peer_say_calls(struct peer *p, unsigned count)
{
	uint8_t frames[CROWD_CALLS_MAX * CROWD_CALL_LEN_MAX];
	size_t len = 0;

	for (unsigned i = 0; i < count; i++)
		len += crowd_call(frames + len, ++p->call_id, LARGE_METHOD);
	return peer_say(p, frames, len);
}

static enum peer_news peer_behave(struct peer *p, const struct peer_ground *ground,
	uint32_t number)
{
	bool ok = true;

	switch (ground->kind) {
	case CROWD_IDLE:
	case CROWD_MUTE:
		break;
	case CROWD_HELLO:
		ok = send(p->fd, ground->hello, ground->hello_len, MSG_NOSIGNAL) ==
			(ssize_t)ground->hello_len;
		break;
	case CROWD_HALF:
		ok = peer_say_half(p);
		break;
	case CROWD_DEAF:
		ok = peer_say_calls(p, ground->calls);
		break;
	case CROWD_KINDS:
		ok = false;
	}
	return ok ? peer_is_up(p, ground, number) : PEER_IS_CLOSED;
}

/* ---- connecting ---------------------------------------------------------------------------- */

static enum peer_news peer_shake(struct peer *p, const struct peer_ground *ground,
	uint32_t number)
{
	int r;

	ERR_clear_error();
	r = SSL_connect(p->ssl);
	if (r == 1)
		return peer_behave(p, ground, number);
	switch (SSL_get_error(p->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		peer_watch(p, ground, EPOLL_CTL_MOD, EPOLLIN, number);
		return PEER_NOTHING;
	case SSL_ERROR_WANT_WRITE:
		peer_watch(p, ground, EPOLL_CTL_MOD, EPOLLOUT, number);
		return PEER_NOTHING;
	default:
		return PEER_IS_CLOSED;
	}
}

static enum peer_news peer_connected(struct peer *p, const struct peer_ground *ground,
	uint32_t number)
{
	int error = 0;
	socklen_t len = sizeof(error);

	stop_unless(getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0, "a socket");
	if (error != 0)
		return PEER_IS_CLOSED;
	if (ground->kind == CROWD_MUTE || ground->kind == CROWD_HELLO)
		return peer_behave(p, ground, number);
	p->ssl = SSL_new(ground->context);
	stop_unless(p->ssl != NULL && SSL_set_fd(p->ssl, p->fd) == 1, "memory");
	p->state = PEER_SHAKING;
	return peer_shake(p, ground, number);
}

static void peer_set_up_socket(const struct peer *p, enum crowd_kind kind)
{
	int on = 1, segment_len = DEAF_SEGMENT_LEN, window_len = DEAF_WINDOW_LEN;
	bool ok = setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
		setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == 0;

	if (kind == CROWD_DEAF)
		ok = ok && setsockopt(p->fd, IPPROTO_TCP, TCP_MAXSEG, &segment_len,
				sizeof(segment_len)) == 0 &&
			setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &window_len, sizeof(window_len)) == 0;
	stop_unless(ok, "a socket's options");
}

enum peer_news peer_open(struct peer *p, const struct peer_ground *ground, uint32_t address,
	uint32_t number)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ground->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	*p = (struct peer){.state = PEER_CONNECTING,
		.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	stop_unless(p->fd >= 0, "a descriptor");
	peer_set_up_socket(p, ground->kind);
	stop_unless(bind(p->fd, (struct sockaddr *)&from, sizeof(from)) == 0, "a source address");
	if (connect(p->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		return PEER_IS_CLOSED;
	peer_watch(p, ground, EPOLL_CTL_ADD, EPOLLOUT, number);
	return PEER_NOTHING;
}

void peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	free(p->in);
	if (p->state != PEER_AWAY)
		close(p->fd);
	*p = (struct peer){.state = PEER_AWAY, .fd = -1};
}

/* ---- asking -------------------------------------------------------------------------------- */

enum peer_news peer_ask(struct peer *p)
{
	uint8_t frame[CROWD_CALL_LEN_MAX];
	size_t len = crowd_call(frame, ++p->call_id, SMALL_METHOD);

	p->asked = true;
	return peer_say(p, frame, len) ? PEER_NOTHING : PEER_IS_CLOSED;
}

/* The same bytes again until they have gone: the link wants it so. */
enum peer_news peer_pulse(struct peer *p)
{
	uint8_t frame[CROWD_CALL_LEN_MAX];
	size_t len = crowd_call(frame, p->call_id + 1, PULSE_METHOD);
	int r;

	ERR_clear_error();
	r = SSL_write(p->ssl, frame, (int)len);
	if (r > 0)
		p->call_id++;
	else if (SSL_get_error(p->ssl, r) != SSL_ERROR_WANT_WRITE)
		return PEER_IS_CLOSED;
	return PEER_NOTHING;
}

/* A few are told; what is wrong with one is wrong with all. */
static void peer_complain(const char *what)
{
	static unsigned told;

	if (told++ < COMPLAINTS_MAX)
		fprintf(stderr, "crowd: the server says %s\n", what);
}

static enum peer_news peer_judge(const struct peer *p, struct slice body)
{
	Rxcirc__V1__ServerFrame *frame = rxcirc__v1__server_frame__unpack(NULL, body.len, body.data);
	bool ok = frame != NULL && p->asked && frame->call_id == p->call_id &&
		frame->status != NULL && frame->status->code == 0;

	if (!ok)
		peer_complain(frame != NULL && frame->status != NULL ? frame->status->reason :
									"what cannot be read");
	if (frame != NULL)
		rxcirc__v1__server_frame__free_unpacked(frame, NULL);
	return ok ? PEER_ANSWERED : PEER_ANSWERED_BADLY;
}

static void peer_forget_input(struct peer *p)
{
	free(p->in);
	p->in = NULL;
	p->in_len = p->in_cap = 0;
}

/* The frame that has come, if it is whole; there is one at most. */
static enum peer_news peer_take_answer(struct peer *p)
{
	enum peer_news news = PEER_NOTHING;
	struct slice body = {NULL, 0};
	size_t used = 0, need = 0;

	if (p->in_len > 0) {
		enum frame_result result = frame_decode(slice_of(p->in, p->in_len), &body, &used, &need);

		if (result == FRAME_PARTIAL)
			return PEER_NOTHING;
		news = result == FRAME_WHOLE && used == p->in_len ? peer_judge(p, body) :
								    PEER_ANSWERED_BADLY;
	}
	peer_forget_input(p);
	return news;
}

static void peer_make_room(struct peer *p)
{
	if (p->in_cap - p->in_len >= READ_LEN)
		return;
	p->in_cap = p->in_len + READ_LEN;
	stop_unless(p->in_cap <= IN_LEN_MAX + READ_LEN, "an answer longer than any");
	p->in = realloc(p->in, p->in_cap);
	stop_unless(p->in != NULL, "memory");
}

static enum peer_news peer_read(struct peer *p)
{
	int r;

	for (;;) {
		peer_make_room(p);
		ERR_clear_error();
		r = SSL_read(p->ssl, p->in + p->in_len, READ_LEN);
		if (r <= 0)
			break;
		p->in_len += (size_t)r;
	}
	if (SSL_get_error(p->ssl, r) == SSL_ERROR_WANT_READ)
		return peer_take_answer(p);
	(void)peer_take_answer(p); /* it may say why */
	return PEER_IS_CLOSED;
}

enum peer_news peer_event(struct peer *p, const struct peer_ground *ground, uint32_t events,
	uint32_t number)
{
	switch (p->state) {
	case PEER_CONNECTING:
		return peer_connected(p, ground, number);
	case PEER_SHAKING:
		return peer_shake(p, ground, number);
	case PEER_UP:
		if (ground->kind == CROWD_IDLE && (events & EPOLLIN) != 0)
			return peer_read(p);
		return (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 ? PEER_IS_CLOSED :
									    PEER_NOTHING;
	case PEER_AWAY:
		break;
	}
	return PEER_NOTHING; /* an event of before it was closed */
}
