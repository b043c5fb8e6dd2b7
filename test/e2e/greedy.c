/* One institution that asks without pause beside others that ask now and then: who is slowed, and
 * what the others notice.
 *
 *     greedy SECONDS GREEDY_CONF|- HONEST_CONF...
 *
 * Prints one JSON object: answers and refusals of the greedy one, the budget it was told, and the
 * latencies of the honest ones in microseconds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rxcirc/rxcirc.h>

enum {
	SAMPLES_MAX = 4096, ASKERS_MAX = 16,
	HONEST_PAUSE_US = 600 * 1000, /* inside the budget of the test */
	GREEDY_PAUSE_US = 10 * 1000,
};

struct asker {
	const char *conf;
	bool greedy, hospital;
	int64_t until_us;
	pthread_t thread;
	long us[SAMPLES_MAX];
	unsigned answered, refused, failed, told;
	long retry_ms_max;
};

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Refused for its budget, and told which one. */
static void refused(struct asker *a, const rxc_error *error)
{
	const Rxcirc__V1__Status *s = rxc_error_status(error);

	if (!s || strcmp(s->reason, "BUDGET_EXCEEDED") != 0) {
		a->failed++;
		return;
	}
	a->refused++;
	if (s->n_findings == 1 && strcmp(s->findings[0]->field, "poll_per_day") == 0)
		a->told++;
	if ((long)s->retry_after_ms > a->retry_ms_max)
		a->retry_ms_max = (long)s->retry_after_ms;
}

static void ask(struct asker *a, rxc_client *client)
{
	Rxcirc__V1__PollPrescriptionsRequest request = RXCIRC__V1__POLL_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__PollPrescriptionsResponse *reply;
	rxc_error *error = NULL;
	int64_t from_us = now_us();
	int r = a->hospital ? rxc_hospital_poll(client, &request, NULL, &reply, &error) :
		rxc_pharmacy_poll(client, &request, NULL, &reply, &error);

	if (r < 0) {
		refused(a, error);
		rxc_error_free(error);
		return;
	}
	if (a->answered < SAMPLES_MAX)
		a->us[a->answered] = (long)(now_us() - from_us);
	a->answered++;
	rxcirc__v1__poll_prescriptions_response__free_unpacked(reply, NULL);
}

static void *asker_run(void *arg)
{
	struct asker *a = arg;
	rxc_options *options = rxc_options_new();
	rxc_client *client = NULL;
	rxc_error *error = NULL;

	if (rxc_options_load(options, a->conf, &error) < 0 ||
		rxc_options_set_retries(options, 0) < 0 ||
		rxc_client_new(options, &client, &error) < 0) {
		rxc_error_free(error);
		a->failed++;
	} else {
		while (now_us() < a->until_us) {
			ask(a, client);
			(void)usleep(a->greedy ? GREEDY_PAUSE_US : HONEST_PAUSE_US);
		}
	}
	rxc_client_free(client);
	rxc_options_free(options);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* All honest latencies together. */
static void print_honest(const struct asker *askers, unsigned count)
{
	static long all[SAMPLES_MAX * ASKERS_MAX];
	unsigned n = 0, refusals = 0, failures = 0;

	for (unsigned i = 1; i < count; i++) {
		for (unsigned k = 0; k < askers[i].answered && k < SAMPLES_MAX; k++)
			all[n++] = askers[i].us[k];
		refusals += askers[i].refused;
		failures += askers[i].failed;
	}
	qsort(all, n, sizeof(all[0]), by_size);
	printf("\"honest\": {\"answered\": %u, \"refused\": %u, \"failed\": %u, \"p50_us\": %ld,"
		" \"p90_us\": %ld}", n, refusals, failures, n ? all[n / 2] : -1, n ? all[n * 9 / 10] : -1);
}

int main(int argc, char **argv)
{
	static struct asker askers[ASKERS_MAX];
	unsigned count = (unsigned)argc - 2;
	int64_t until_us;

	if (argc < 4 || count > ASKERS_MAX) {
		fprintf(stderr, "usage: greedy SECONDS GREEDY_CONF|- HONEST_CONF...\n");
		return 2;
	}
	until_us = now_us() + strtol(argv[1], NULL, 10) * INT64_C(1000000);
	for (unsigned i = 0; i < count; i++) {
		const char *conf = argv[i + 2];

		askers[i] = (struct asker){.conf = conf, .greedy = i == 0, .until_us = until_us,
			.hospital = strstr(conf, "/H") != NULL};
		if (strcmp(conf, "-") != 0)
			(void)pthread_create(&askers[i].thread, NULL, asker_run, &askers[i]);
	}
	for (unsigned i = 0; i < count; i++)
		if (strcmp(askers[i].conf, "-") != 0)
			(void)pthread_join(askers[i].thread, NULL);
	printf("{\"greedy\": {\"answered\": %u, \"refused\": %u, \"failed\": %u, \"told\": %u,"
		" \"retry_ms_max\": %ld}, ", askers[0].answered, askers[0].refused, askers[0].failed,
		askers[0].told, askers[0].retry_ms_max);
	print_honest(askers, count);
	printf("}\n");
	return 0;
}
