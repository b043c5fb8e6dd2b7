/* Which deadline comes first, and what it means that it has come. */
#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "net/conn_set.h"

struct deadline {
	int64_t at_ms;
	enum conn_end end;
};

static void deadline_sooner(struct deadline *d, int64_t at_ms, enum conn_end end)
{
	if (at_ms < d->at_ms)
		*d = (struct deadline){at_ms, end};
}

static struct deadline conn_deadline_open(const struct conn *c)
{
	const struct conn_options *o = &c->set->options;
	struct deadline d = {INT64_MAX, CONN_END_IDLE};
	bool waiting = buffer_len(&c->out) > 0;

	if (c->frame_at_ms != 0 && !c->paused)
		deadline_sooner(&d, c->frame_at_ms + o->frame_ms, CONN_END_FRAME_TIMEOUT);
	if (waiting)
		deadline_sooner(&d, c->write_at_ms + o->write_ms, CONN_END_SLOW_READER);
	if (!waiting && session_is_idle(c->session))
		deadline_sooner(&d, c->active_at_ms + o->idle_ms, CONN_END_IDLE);
	return d;
}

static struct deadline conn_deadline(const struct conn *c)
{
	const struct conn_options *o = &c->set->options;

	switch (c->state) {
	case CONN_HANDSHAKE:
		return (struct deadline){c->phase_at_ms + o->handshake_ms, CONN_END_HANDSHAKE_TIMEOUT};
	case CONN_OPEN:
		return conn_deadline_open(c);
	case CONN_FLUSHING:
		return (struct deadline){c->phase_at_ms + o->write_ms, CONN_END_SLOW_READER};
	case CONN_LINGERING:
		return (struct deadline){c->phase_at_ms + o->linger_ms, c->end};
	case CONN_CLOSED:
	case CONN_NR:
		break;
	}
	ensure_never("a closed connection has no deadline");
}

/* The timer is only ever moved forward in time; one that fires too early is set anew then.  So a
 * busy connection does not touch it at all. */
void conn_deadline_arm(struct conn *c)
{
	struct deadline d;

	if (c->state == CONN_CLOSED)
		return;
	d = conn_deadline(c);
	if (d.at_ms == INT64_MAX || (c->timer_at_ms != 0 && c->timer_at_ms <= d.at_ms))
		return;
	c->timer_at_ms = d.at_ms;
	loop_timer_set(&c->timer, d.at_ms - clock_mono_ms());
}

void conn_deadline_fired(struct loop_timer *timer)
{
	struct conn *c = container_of(timer, struct conn, timer);
	struct deadline d = conn_deadline(c);

	c->timer_at_ms = 0;
	if (d.at_ms <= clock_mono_ms()) {
		log_debug("a connection did not keep its deadline reason=%s", conn_end_word(d.end));
		conn_close(c, d.end);
		return;
	}
	conn_deadline_arm(c);
}
