#include "net/conn_set.h"

#include "base/ensure.h"

const struct conn_options conn_options_default = {
	.handshake_ms = 5 * 1000,
	.frame_ms = 10 * 1000,
	.idle_ms = 300 * 1000,
	.write_ms = 30 * 1000,
	.linger_ms = 1000,
	.write_mark_len = 256 * 1024,
	.write_len_max = 4 * 1024 * 1024,
};

static void conn_set_on_closed(struct loop_task *task)
{
	struct conn_set *set = container_of(task, struct conn_set, closed_task);

	set->closed(set->closed_arg);
}

void conn_set_init(struct conn_set *set, struct loop *loop, struct reception *reception,
	struct tls *tls, struct gate *gate, const struct conn_options *options)
{
	ensure(options->write_len_max >= ENVELOPE_FRAME_MAX);
	*set = (struct conn_set){
		.loop = loop,
		.reception = reception,
		.tls = tls,
		.gate = gate,
		.options = *options,
		.closed_task.run = conn_set_on_closed,
	};
	list_init(&set->conns);
	list_init(&set->closed_task.link);
}

void conn_set_close(struct conn_set *set, void (*closed)(void *arg), void *arg)
{
	struct list *next;

	ensure(!set->closing);
	set->closing = true;
	set->closed = closed;
	set->closed_arg = arg;
	for (struct list *l = set->conns.next; l != &set->conns; l = next) {
		next = l->next;
		conn_finish(container_of(l, struct conn, link), CONN_END_DRAINED);
	}
	conn_set_left(set);
}

void conn_set_left(struct conn_set *set)
{
	if (set->closing && list_is_empty(&set->conns))
		loop_defer(set->loop, &set->closed_task);
}
