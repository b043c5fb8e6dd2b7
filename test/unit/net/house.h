/* A whole front of the server on a free port of 127.0.0.1, in a thread of its own: listener, gate,
 * connections, sessions; behind them fake services and a fake registry.
 */
#ifndef TEST_UNIT_NET_HOUSE_H
#define TEST_UNIT_NET_HOUSE_H

#include <pthread.h>

#include "../session/fake_floor.h"
#include "net/conn_set.h"
#include "net/listener.h"
#include "peer.h"

struct house_options {
	struct conn_options conn;
	int64_t connections_max, per_address_max, handshakes_per_s_max;
	unsigned calls_max;
};

struct house {
	char dir[64];
	char certificate_path[96], key_path[96];
	struct identity identity, client, stranger;
	struct loop *loop;
	struct tls *tls;
	struct gate *gate;
	struct listener *listener;
	struct admission *admission, *polls;
	struct freshness freshness;
	struct workshop shop;
	struct reception *reception;
	struct conn_set conns;
	pthread_t thread;
	uint16_t port;
};

/* Generous limits, deadlines of the product. */
struct house_options house_options_usual(void);
struct house *house_open(const struct house_options *options);
/* Ends everything and checks that nothing is left. */
void house_close(struct house *h);

/* Run `work` in the server's thread and wait for it. */
void house_do(struct house *h, void (*work)(struct house *h));
/* Work: end every held call. */
void house_finish_calls(struct house *h);
/* Wait up to 5 s for a number to be reached, else fail. */
void house_await(const struct metric_counter *counter, uint64_t value);
/* A peer that is registered, connected. */
void house_peer(struct house *h, struct peer *p);

#define METHOD_GET "rxcirc.v1.Hospital/GetPrescription"
#define METHOD_CHECK "rxcirc.v1.Hospital/CheckPrescription"

#endif
