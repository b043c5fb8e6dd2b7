/* The bucket is kept as one number, the time at which it will be full again (the "theoretical
 * arrival time" of the generic cell rate algorithm): a call moves it by one interval, and is
 * refused when that would move it further than the burst allows. */
#include "session/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "request/request.h"

struct bucket {
	char code[INSTITUTION_CODE_MAX + 1];
	int64_t full_at_ns;
};

struct admission {
	pthread_mutex_t lock;
	int64_t interval_ns; /* between two calls at the full rate */
	int64_t ahead_ns;    /* how far full_at_ns may lie ahead for one more call */
	struct bucket sets[ADMISSION_SETS][ADMISSION_WAYS];
};

enum {
	NS_PER_S = 1000 * 1000 * 1000, NS_PER_MS = 1000 * 1000, NS_PER_US = 1000,
	DAY_S = 24 * 60 * 60,
};
static_assert((ADMISSION_SETS & (ADMISSION_SETS - 1)) == 0, "the set is picked by a mask");

static void admission_apply(struct admission *a, int64_t interval_ns, int64_t burst)
{
	a->interval_ns = interval_ns;
	a->ahead_ns = (burst - 1) * interval_ns;
}

static void admission_apply_rate(struct admission *a, int64_t calls_per_s, int64_t burst)
{
	ensure(calls_per_s >= 1 && calls_per_s <= ADMISSION_CALLS_PER_S_MAX);
	ensure(burst >= 1 && burst <= ADMISSION_BURST_MAX);
	admission_apply(a, NS_PER_S / calls_per_s, burst);
}

static void admission_apply_daily(struct admission *a, int64_t calls_per_day, int64_t burst)
{
	ensure(calls_per_day >= 1 && calls_per_day <= ADMISSION_CALLS_PER_DAY_MAX);
	ensure(burst >= 1 && burst <= ADMISSION_BURST_MAX);
	admission_apply(a, (int64_t)DAY_S * NS_PER_S / calls_per_day, burst);
}

static struct admission *admission_alloc(void)
{
	struct admission *a = calloc(1, sizeof(*a));

	if (a != NULL)
		pthread_mutex_init(&a->lock, NULL);
	return a;
}

struct admission *admission_new(int64_t calls_per_s, int64_t burst)
{
	struct admission *a = admission_alloc();

	if (a != NULL)
		admission_apply_rate(a, calls_per_s, burst);
	return a;
}

struct admission *admission_new_daily(int64_t calls_per_day, int64_t burst)
{
	struct admission *a = admission_alloc();

	if (a != NULL)
		admission_apply_daily(a, calls_per_day, burst);
	return a;
}

void admission_free(struct admission *a)
{
	if (a == NULL)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void admission_set(struct admission *a, int64_t calls_per_s, int64_t burst)
{
	pthread_mutex_lock(&a->lock);
	admission_apply_rate(a, calls_per_s, burst);
	pthread_mutex_unlock(&a->lock);
}

void admission_set_daily(struct admission *a, int64_t calls_per_day, int64_t burst)
{
	pthread_mutex_lock(&a->lock);
	admission_apply_daily(a, calls_per_day, burst);
	pthread_mutex_unlock(&a->lock);
}

/* FNV-1a: the codes come from the registry, so nobody chooses them to collide. */
static unsigned admission_pick(const char *code)
{
	uint32_t hash = 2166136261u;

	for (; *code != '\0'; code++)
		hash = (hash ^ (uint8_t)*code) * 16777619u;
	return hash & (ADMISSION_SETS - 1);
}

/* The institution's bucket, or the place it takes over. */
static struct bucket *admission_bucket(struct admission *a, const char *code)
{
	struct bucket *set = a->sets[admission_pick(code)];
	struct bucket *oldest = &set[0];

	for (unsigned i = 0; i < ADMISSION_WAYS; i++) {
		if (strncmp(set[i].code, code, sizeof(set[i].code)) == 0)
			return &set[i];
		if (set[i].full_at_ns < oldest->full_at_ns)
			oldest = &set[i];
	}
	*oldest = (struct bucket){.full_at_ns = 0};
	memcpy(oldest->code, code, strnlen(code, INSTITUTION_CODE_MAX));
	return oldest;
}

uint32_t admission_take(struct admission *a, const char *code, int64_t now_us)
{
	int64_t now_ns = now_us * NS_PER_US;
	uint32_t wait_ms = 0;
	struct bucket *bucket;
	int64_t ahead_ns;

	ensure(code[0] != '\0');
	pthread_mutex_lock(&a->lock);
	bucket = admission_bucket(a, code);
	if (bucket->full_at_ns < now_ns)
		bucket->full_at_ns = now_ns;
	ahead_ns = bucket->full_at_ns - now_ns;
	if (ahead_ns <= a->ahead_ns)
		bucket->full_at_ns += a->interval_ns;
	else
		wait_ms = (uint32_t)((ahead_ns - a->ahead_ns + NS_PER_MS - 1) / NS_PER_MS);
	pthread_mutex_unlock(&a->lock);
	return wait_ms;
}
