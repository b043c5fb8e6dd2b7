#include "test/bench/crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "test/bench/crowd_peer.h"
#include "test/bench/stop.h"

enum {
	EVENTS_MAX = 256,
	OPENING_MAX = 128,       /* on their way at a time: fewer than any server's backlog */
	REFUSED_PAUSE_MS = 20,
	PULSE_MS = 2000,         /* between two calls of a deaf peer: they tell it that it is closed */
	ADDRESS_PEERS_MAX = 500, /* peers from one address; the server has a limit of its own */
	SPARE_DESCRIPTORS = 16,
	CROWD_COUNT_MAX = 1000 * 1000,
};
#define FIRST_ADDRESS 0x7f000100u

struct crowd {
	const struct crowd_options *options;
	struct peer_ground ground;
	struct peer *peers;
	unsigned *away; /* a ring of those to be opened */
	unsigned away_first, away_count;
	unsigned opening;
	unsigned pulse_next, ask_next, asking;
	bool asks;
	int64_t retry_at_ms, pulsed_at_ms;
	struct crowd_counts counts;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- coming and going ---------------------------------------------------------------------- */

static void crowd_put_away(struct crowd *c, unsigned number)
{
	c->away[(c->away_first + c->away_count) % c->options->count] = number;
	c->away_count++;
}

static unsigned crowd_take_away(struct crowd *c)
{
	unsigned number = c->away[c->away_first];

	c->away_first = (c->away_first + 1) % c->options->count;
	c->away_count--;
	return number;
}

static void crowd_answered(struct crowd *c, struct peer *p, bool ok)
{
	if (!p->asked)
		return;
	p->asked = false;
	c->asking--;
	if (ok)
		c->counts.answered++;
}

static void crowd_closed(struct crowd *c, unsigned number)
{
	struct peer *p = &c->peers[number];
	bool was_up = p->state == PEER_UP;

	crowd_answered(c, p, false);
	peer_close(p);
	if (was_up) {
		c->counts.up--;
		c->counts.ended++;
	} else {
		c->opening--;
		c->counts.refused++;
		c->retry_at_ms = now_ms() + REFUSED_PAUSE_MS;
	}
	if (!was_up || c->options->kind != CROWD_IDLE)
		crowd_put_away(c, number);
}

static void crowd_hear(struct crowd *c, unsigned number, enum peer_news news)
{
	switch (news) {
	case PEER_NOTHING:
		return;
	case PEER_IS_UP:
		c->opening--;
		c->counts.up++;
		c->counts.opened++;
		return;
	case PEER_IS_CLOSED:
		crowd_closed(c, number);
		return;
	case PEER_ANSWERED:
	case PEER_ANSWERED_BADLY:
		crowd_answered(c, &c->peers[number], news == PEER_ANSWERED);
		return;
	}
}

static void crowd_open_more(struct crowd *c)
{
	while (c->opening < OPENING_MAX && c->away_count > 0 && now_ms() >= c->retry_at_ms) {
		unsigned number = crowd_take_away(c);
		uint32_t address = FIRST_ADDRESS + c->options->first_address +
			number / ADDRESS_PEERS_MAX;

		c->opening++;
		crowd_hear(c, number, peer_open(&c->peers[number], &c->ground, address, number));
	}
}

/* ---- what is due by the clock -------------------------------------------------------------- */

static void crowd_ask_more(struct crowd *c)
{
	while (c->asks && c->asking < CROWD_ASKED_MAX && c->ask_next < c->options->count) {
		unsigned number = c->ask_next++;

		if (c->peers[number].state != PEER_UP)
			continue;
		c->counts.asked++;
		c->asking++;
		crowd_hear(c, number, peer_ask(&c->peers[number]));
	}
	if (c->ask_next == c->options->count)
		c->asks = false;
}

/* As many of the deaf as the time since the last turn wants. */
static void crowd_pulse(struct crowd *c)
{
	int64_t passed_ms = now_ms() - c->pulsed_at_ms;
	uint64_t due = passed_ms * (uint64_t)c->options->count / PULSE_MS;

	if (due == 0)
		return;
	c->pulsed_at_ms += passed_ms;
	for (uint64_t i = 0; i < due && i < c->options->count; i++) {
		unsigned number = c->pulse_next;

		c->pulse_next = (c->pulse_next + 1) % c->options->count;
		if (c->peers[number].state == PEER_UP)
			crowd_hear(c, number, peer_pulse(&c->peers[number]));
	}
}

void crowd_turn(struct crowd *c)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(c->ground.epoll, events, EVENTS_MAX, 0);

	/* Nobody is opened within this loop, so no event meets a newcomer of the same number. */
	for (int i = 0; i < count; i++) {
		unsigned number = events[i].data.u32;

		crowd_hear(c, number, peer_event(&c->peers[number], &c->ground, events[i].events, number));
	}
	if (c->options->kind == CROWD_DEAF)
		crowd_pulse(c);
	crowd_ask_more(c);
	crowd_open_more(c);
}

void crowd_ask(struct crowd *c)
{
	stop_unless(c->options->kind == CROWD_IDLE, "only idle peers are asked");
	c->ask_next = 0;
	c->asks = true;
}

int crowd_fd(const struct crowd *c)
{
	return c->ground.epoll;
}

const struct crowd_counts *crowd_counts(const struct crowd *c)
{
	return &c->counts;
}

/* ---- the beginning and the end ------------------------------------------------------------- */

static void need_descriptors(rlim_t count)
{
	struct rlimit limit;

	stop_unless(getrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit of descriptors");
	limit.rlim_cur = limit.rlim_max;
	stop_unless(setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count,
		"more descriptors than the system allows one process");
}

struct crowd *crowd_new(const struct crowd_options *options)
{
	struct crowd *c = calloc(1, sizeof(*c));

	stop_unless(c != NULL && options->count >= 1 && options->count <= CROWD_COUNT_MAX &&
		options->calls <= CROWD_CALLS_MAX, "the numbers of a crowd");
	need_descriptors(options->count + SPARE_DESCRIPTORS);
	c->options = options;
	c->peers = calloc(options->count, sizeof(*c->peers));
	c->away = calloc(options->count, sizeof(*c->away));
	c->ground = (struct peer_ground){.kind = options->kind, .port = options->port,
		.calls = options->calls, .epoll = epoll_create1(EPOLL_CLOEXEC),
		.context = crowd_context(options->province, CROWD_INSTITUTION)};
	stop_unless(c->peers != NULL && c->away != NULL && c->ground.epoll >= 0, "memory");
	c->ground.hello_len = crowd_hello(c->ground.context, c->ground.hello);
	c->pulsed_at_ms = now_ms();
	for (unsigned i = 0; i < options->count; i++)
		crowd_put_away(c, i);
	return c;
}

void crowd_free(struct crowd *c)
{
	for (unsigned i = 0; i < c->options->count; i++)
		peer_close(&c->peers[i]);
	close(c->ground.epoll);
	SSL_CTX_free(c->ground.context);
	free(c->peers);
	free(c->away);
	free(c);
}
