/* An evented connection on a libevent loop: include it, link libevent, call rxc_libevent_attach().
 *
 *     rxc_async_new(options, on_ready, on_closed, user, &async, &error);
 *     if (rxc_libevent_attach(async, base) < 0)
 *         rxc_async_free(async);
 *
 * Ownership: the adapter frees what it made when the connection ends, or when the handle is freed.
 * The event base must outlive the handle.
 * Threads: the handle and its base belong to the same thread.
 */
#ifndef RXCIRC_ADAPTERS_LIBEVENT_H
#define RXCIRC_ADAPTERS_LIBEVENT_H

#include <stdlib.h>

#include <event2/event.h>
#include <rxcirc/rxcirc.h>

struct rxc_libevent {
	rxc_async *async;
	struct event *readable;
	struct event *writable;
	struct event *timer;
};

/* Nothing may follow the rxc_async_on_* calls: the adapter may be gone when they return. */
static inline void rxc_libevent_on_readable(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	rxc_async_on_readable(((struct rxc_libevent *)user)->async);
}

static inline void rxc_libevent_on_writable(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	rxc_async_on_writable(((struct rxc_libevent *)user)->async);
}

static inline void rxc_libevent_on_timer(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	rxc_async_on_timer(((struct rxc_libevent *)user)->async);
}

/* Watching fails only when memory is short; then the timer, set before, ends the waiting calls. */
static inline void rxc_libevent_want_read(void *user, bool on)
{
	struct rxc_libevent *adapter = (struct rxc_libevent *)user;

	if (on)
		(void)event_add(adapter->readable, NULL);
	else
		(void)event_del(adapter->readable);
}

static inline void rxc_libevent_want_write(void *user, bool on)
{
	struct rxc_libevent *adapter = (struct rxc_libevent *)user;

	if (on)
		(void)event_add(adapter->writable, NULL);
	else
		(void)event_del(adapter->writable);
}

static inline void rxc_libevent_set_timer(void *user, uint32_t ms)
{
	struct rxc_libevent *adapter = (struct rxc_libevent *)user;
	struct timeval after;

	after.tv_sec = (time_t)(ms / 1000);
	after.tv_usec = (suseconds_t)(ms % 1000) * 1000;
	if (ms > 0)
		(void)event_add(adapter->timer, &after);
	else
		(void)event_del(adapter->timer);
}

static inline void rxc_libevent_free(void *user)
{
	struct rxc_libevent *adapter = (struct rxc_libevent *)user;

	if (adapter->readable)
		event_free(adapter->readable);
	if (adapter->writable)
		event_free(adapter->writable);
	if (adapter->timer)
		event_free(adapter->timer);
	free(adapter);
}

/* Returns 0, or RXC_ERR_MEMORY; then the handle is as it was. */
static inline int rxc_libevent_attach(rxc_async *async, struct event_base *base)
{
	struct rxc_libevent *adapter = (struct rxc_libevent *)calloc(1, sizeof(*adapter));
	rxc_async_hooks hooks;

	if (!adapter)
		return RXC_ERR_MEMORY;
	adapter->async = async;
	adapter->readable = event_new(base, rxc_async_fd(async), EV_READ | EV_PERSIST,
		rxc_libevent_on_readable, adapter);
	adapter->writable = event_new(base, rxc_async_fd(async), EV_WRITE | EV_PERSIST,
		rxc_libevent_on_writable, adapter);
	adapter->timer = evtimer_new(base, rxc_libevent_on_timer, adapter);
	if (!adapter->readable || !adapter->writable || !adapter->timer) {
		rxc_libevent_free(adapter);
		return RXC_ERR_MEMORY;
	}
	hooks.want_read = rxc_libevent_want_read;
	hooks.want_write = rxc_libevent_want_write;
	hooks.set_timer = rxc_libevent_set_timer;
	hooks.closed = rxc_libevent_free;
	rxc_async_attach(async, &hooks, adapter);
	return 0;
}

#endif
