/* Random lives of prescriptions, played by many clients over two server nodes and compared with a
 * model of the test's own.
 *
 *     history_test PROVINCE PORT PORT [--histories N] [--seconds N] [--seed N]
 *         [--ledger FILE] [--json]
 *
 * After --seconds no further history begins.
 * Connections are cut all the time; a call that was cut is repeated with its key until it has an
 * answer.  The last line tells what was done; the exit code is 0 when nothing was violated.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "test/e2e/history/history.h"

enum { CONNECTIONS = 7, NODES = 2, AT_ONCE = 64, SECONDS_MAX = 60, CUT_EVERY_MS = 40, TELL_S = 5 };

struct run {
	struct world world; /* first */
	struct event_base *base;
	struct event *cut, *tell;
	struct chance chance;
	uint64_t seed;
	time_t begin_until;
	unsigned histories, started, finished;
	unsigned long cuts;
	bool json;
};

static struct run run;
static const char usage[] = "usage: history_test PROVINCE PORT PORT [--histories N] [--seconds N] "
	"[--seed N] [--ledger FILE] [--json]";

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	exit(2);
}

static void again_after(struct event *event, unsigned ms)
{
	struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	need(event_add(event, &tv) == 0, "event_add");
}

static void start_more(void)
{
	if (time(NULL) >= run.begin_until)
		run.histories = run.started;
	while (run.started < run.histories && run.started - run.finished < AT_ONCE)
		history_start(&run.world, run.seed, run.started++);
}

static void on_ended(struct world *world)
{
	(void)world;
	run.finished++;
	start_more();
}

static void on_cut(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	(void)user;
	run.cuts += fleet_cut(run.world.fleets[chance_below(&run.chance, ACTORS)],
		chance_below(&run.chance, NODES * CONNECTIONS));
	again_after(run.cut, 1 + chance_below(&run.chance, 2 * CUT_EVERY_MS));
}

static void on_tell(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	(void)user;
	fprintf(stderr, "%u of %u histories, %lu calls, %lu cut connections, %lu violations\n",
		run.finished, run.histories, run.world.calls, run.cuts, run.world.violations);
	again_after(run.tell, TELL_S * 1000);
}

static void read_arguments(int argc, char **argv)
{
	run.histories = 2000;
	run.begin_until = time(NULL) + 24 * 3600;
	run.seed = (uint64_t)papers_now_ms();
	for (int i = 4; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--json") == 0) {
			run.json = true;
			continue;
		}
		need(value[0] != '\0', usage);
		if (strcmp(argv[i], "--histories") == 0)
			run.histories = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			run.begin_until = time(NULL) + (time_t)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			run.seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--ledger") == 0)
			run.world.ledger = fopen(value, "w");
		else
			need(false, argv[i]);
		i++;
	}
}

static void open_world(char **argv)
{
	uint16_t ports[NODES] = {(uint16_t)strtoul(argv[2], NULL, 10),
		(uint16_t)strtoul(argv[3], NULL, 10)};

	desk_open(&run.world.desk, argv[1]);
	run.world.codes = codes_new();
	run.world.ended = on_ended;
	for (unsigned i = 0; i < ACTORS; i++) {
		char *conf = papers_client_conf(argv[1], desk_code((enum actor)i));

		run.world.fleets[i] = fleet_new(run.base, conf, ports, NODES, CONNECTIONS, SECONDS_MAX);
		free(conf);
	}
}

static void close_world(void)
{
	for (unsigned i = 0; i < ACTORS; i++)
		fleet_free(run.world.fleets[i]);
	codes_free(run.world.codes);
	desk_close(&run.world.desk);
	event_free(run.cut);
	event_free(run.tell);
	event_base_free(run.base);
	if (run.world.ledger != NULL)
		need(fclose(run.world.ledger) == 0, "the ledger");
}

/* What the plan brought about: a plan that never comes to a return proves nothing of returns. */
static void tell_coverage(void)
{
	static const char *const kinds[ACT_KINDS] = {"claim", "renew", "transfer", "release", "review",
		"dispense", "return", "revoke"};
	static const char *const reasons[] = {"REVOKED", "USED", "ROUND", "HELD", "NOT_HELD", "STALE",
		"REVIEW", "FIELD", "QUANTITY", "CHAIN", "GRANT", "TRANSFER", "LONG", "RETURN", "SOLD",
		"CODES"};

	fprintf(stderr, "changes %lu:", run.world.changes);
	for (unsigned i = 0; i < ACT_KINDS; i++)
		fprintf(stderr, " %s=%lu", kinds[i], run.world.by_kind[i]);
	fprintf(stderr, "\nrefusals %lu:", run.world.refusals);
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		fprintf(stderr, " %s=%lu", reasons[i], run.world.by_reason[i]);
	fprintf(stderr, "\nreads %lu, other bodies refused %lu, seed %" PRIu64 "\n", run.world.reads,
		run.world.other_bodies, run.seed);
}

static int report(void)
{
	const struct world *w = &run.world;

	tell_coverage();
	if (run.json)
		printf("{\"histories\": %u, \"calls\": %lu, \"cut_connections\": %lu, "
			"\"retries_answered_alike\": %lu, \"violations\": %lu, \"seed\": %" PRIu64 "}\n",
			run.finished, w->calls, run.cuts, w->repeats_alike, w->violations, run.seed);
	else
		printf("%u histories, %lu calls, %lu cut connections, %lu retries answered alike, "
			"%lu violations\n", run.finished, w->calls, run.cuts, w->repeats_alike, w->violations);
	return w->violations == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int code;

	need(argc >= 4, usage);
	read_arguments(argc, argv);
	fprintf(stderr, "seed %" PRIu64 "\n", run.seed);
	run.base = event_base_new();
	need(run.base != NULL, "memory");
	run.chance = chance_new(run.seed, UINT64_MAX);
	open_world(argv);
	run.cut = evtimer_new(run.base, on_cut, NULL);
	run.tell = evtimer_new(run.base, on_tell, NULL);
	need(run.cut != NULL && run.tell != NULL, "memory");
	again_after(run.cut, CUT_EVERY_MS);
	again_after(run.tell, TELL_S * 1000);
	start_more();
	while (run.finished < run.histories)
		event_base_loop(run.base, EVLOOP_ONCE);
	run.world.violations += codes_violations(run.world.codes);
	if (run.world.ledger != NULL)
		codes_write(run.world.codes, run.world.ledger);
	code = report();
	close_world();
	return code;
}
