#include "net/gate.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/ensure.h"
#include "base/err.h"

enum { GATE_BUCKETS = 8192, GATE_V4_PREFIX = 12, GATE_V6_NETWORK = 8 };
_Static_assert((GATE_BUCKETS & (GATE_BUCKETS - 1)) == 0, "the bucket is picked by a mask");

struct gate_network {
	struct gate_network *next;
	struct gate_pass pass;
	int64_t count;
};

struct gate {
	pthread_mutex_t lock;
	int64_t connections_max, per_address_max;
	int64_t count;
	uint64_t seed; /* so that nobody chooses addresses that collide */
	struct gate_metrics metrics;
	struct gate_network *buckets[GATE_BUCKETS];
};

struct gate *gate_new(int64_t connections_max, int64_t per_address_max)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	ensure(pthread_mutex_init(&g->lock, NULL) == 0);
	/* Without entropy the seed stays zero: slower under attack, never wrong. */
	(void)!getrandom(&g->seed, sizeof(g->seed), GRND_NONBLOCK);
	gate_set(g, connections_max, per_address_max);
	return g;
}

void gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	ensure(g->count == 0);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

void gate_set(struct gate *g, int64_t connections_max, int64_t per_address_max)
{
	ensure(connections_max >= 1 && connections_max <= GATE_CONNECTIONS_MAX);
	ensure(per_address_max >= 1);
	ensure(pthread_mutex_lock(&g->lock) == 0);
	g->connections_max = connections_max;
	g->per_address_max = per_address_max;
	ensure(pthread_mutex_unlock(&g->lock) == 0);
}

static struct gate_pass gate_pass_of(const struct sockaddr *peer)
{
	struct gate_pass pass = {{0}};

	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)peer;

		pass.network[GATE_V4_PREFIX - 2] = 0xff;
		pass.network[GATE_V4_PREFIX - 1] = 0xff;
		memcpy(pass.network + GATE_V4_PREFIX, &v4->sin_addr, sizeof(v4->sin_addr));
	} else if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)peer;
		size_t len = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? sizeof(pass.network) :
								    GATE_V6_NETWORK;

		memcpy(pass.network, &v6->sin6_addr, len);
	}
	return pass;
}

static struct gate_network **gate_bucket(struct gate *g, const struct gate_pass *pass)
{
	uint64_t high, low;

	memcpy(&high, pass->network, sizeof(high));
	memcpy(&low, pass->network + sizeof(high), sizeof(low));
	high = (high ^ g->seed) * 0x9E3779B97F4A7C15u;
	high = (high ^ (high >> 32) ^ low) * 0x9E3779B97F4A7C15u;
	return &g->buckets[(high >> 40) & (GATE_BUCKETS - 1)];
}

/* Where the pointer to the network stands, or where it would. */
static struct gate_network **gate_find(struct gate *g, const struct gate_pass *pass)
{
	struct gate_network **at = gate_bucket(g, pass);

	while (*at != NULL && memcmp(&(*at)->pass, pass, sizeof(*pass)) != 0)
		at = &(*at)->next;
	return at;
}

static int gate_enter_locked(struct gate *g, const struct gate_pass *pass)
{
	struct gate_network **at = gate_find(g, pass);

	if (g->count >= g->connections_max) {
		metric_add(&g->metrics.refused_full, 1);
		return ERR_FULL;
	}
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL)
			return ERR_FULL;
		(*at)->pass = *pass;
	}
	if ((*at)->count >= g->per_address_max) {
		metric_add(&g->metrics.refused_address, 1);
		return ERR_FULL;
	}
	(*at)->count++;
	g->count++;
	return 0;
}

int gate_enter(struct gate *g, const struct sockaddr *peer, struct gate_pass *ret_pass)
{
	struct gate_pass pass = gate_pass_of(peer);
	int r;

	ensure(pthread_mutex_lock(&g->lock) == 0);
	r = gate_enter_locked(g, &pass);
	ensure(pthread_mutex_unlock(&g->lock) == 0);
	if (r == 0)
		*ret_pass = pass;
	return r;
}

void gate_leave(struct gate *g, const struct gate_pass *pass)
{
	struct gate_network **at, *network;

	ensure(pthread_mutex_lock(&g->lock) == 0);
	at = gate_find(g, pass);
	network = *at;
	ensure(network != NULL && network->count > 0 && g->count > 0);
	g->count--;
	if (--network->count == 0) {
		*at = network->next;
		free(network);
	}
	ensure(pthread_mutex_unlock(&g->lock) == 0);
}

int64_t gate_count(struct gate *g)
{
	int64_t count;

	ensure(pthread_mutex_lock(&g->lock) == 0);
	count = g->count;
	ensure(pthread_mutex_unlock(&g->lock) == 0);
	return count;
}

const struct gate_metrics *gate_metrics(const struct gate *g)
{
	return &g->metrics;
}
