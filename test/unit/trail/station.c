#include "test/unit/trail/station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "test/support/tap.h"
#include "trail/tree_file.h"

enum { INTERVAL_MS = 10, WITNESS_MS = 5000, ROUNDS = 5, WHILE_MS = 100 };

struct station station;
int64_t station_skew_ms;

/* ---- the clock ----------------------------------------------------------------------------- */

static int64_t system_us(clockid_t which)
{
	struct timespec ts;

	ensure(clock_gettime(which, &ts) == 0);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return system_us(CLOCK_REALTIME) / 1000 + station_skew_ms;
}

int64_t clock_mono_us(void)
{
	return system_us(CLOCK_MONOTONIC) + station_skew_ms * 1000;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* ---- life ---------------------------------------------------------------------------------- */

const char *station_log(void)
{
	return file_path(station.folder, "log");
}

int station_set_up(void **state)
{
	(void)state;
	memset(&station, 0, sizeof(station));
	station_skew_ms = 0;
	folder_make(station.folder);
	station.loop = loop_new();
	if (station.loop == NULL)
		return -1;
	council_open(&station.council, station.loop, station.folder, TWO_OF_THREE);
	database_open(&station.database, station.loop);
	return 0;
}

void station_start(void)
{
	static char directory[GROVE_PATH_MAX];
	char problem[TRAIL_PROBLEM_MAX] = "";
	struct trail_options options = {
		.loop = station.loop,
		.directory = directory,
		.signer = council_socket(&station.council),
		.policy = &station.council.policy,
		.interval_ms = INTERVAL_MS,
		.witness_ms = WITNESS_MS,
		.hold = !station.publishes_without_quorum,
	};

	snprintf(directory, sizeof(directory), "%s", station_log());
	options.read = station.read = lane_open("read");
	options.write = station.write = lane_open("write");
	if (trail_open(&station.trail, &options, problem) < 0)
		fail_msg("%s", problem);
}

static void lane_closed(void *arg)
{
	++*(unsigned *)arg;
}

void station_stop(void)
{
	unsigned closed = 0;

	if (station.trail == NULL)
		return;
	trail_close(station.trail);
	pg_lane_close(station.read, lane_closed, &closed);
	pg_lane_close(station.write, lane_closed, &closed);
	fake_pg_run();
	ensure(closed == 2);
	trail_free(station.trail);
	station.trail = NULL;
	station.database.answered = fake_pg_sent_count();
	web_run_ms(station.loop, 5); /* what is on its way home */
}

int station_tear_down(void **state)
{
	(void)state;
	station_stop();
	database_close(&station.database);
	council_close(&station.council);
	loop_free(station.loop);
	folder_remove(station.folder);
	return 0;
}

/* ---- waiting ------------------------------------------------------------------------------- */

static bool is_published(void *arg)
{
	return metric_value(&trail_metrics(station.trail)->published_size) >= *(uint64_t *)arg;
}

void await_published(uint64_t size)
{
	if (!web_run(station.loop, is_published, &size, STATION_WAIT_MS))
		fail_msg("%llu leaves were not published", (unsigned long long)size);
}

enum trail_trouble station_trouble(void)
{
	return (enum trail_trouble)metric_value(&trail_metrics(station.trail)->trouble);
}

static bool is_in_trouble(void *arg)
{
	return station_trouble() == *(enum trail_trouble *)arg;
}

void await_trouble(enum trail_trouble trouble)
{
	if (!web_run(station.loop, is_in_trouble, &trouble, STATION_WAIT_MS))
		fail_msg("the trouble is %d, not %d", station_trouble(), trouble);
}

static bool are_so_many(void *arg)
{
	return station.database.sequences >= *(const unsigned *)arg;
}

void run_rounds(void)
{
	unsigned wanted = station.database.sequences + ROUNDS;

	assert_true(web_run(station.loop, are_so_many, &wanted, STATION_WAIT_MS));
}

void run_for_a_while(void)
{
	web_run_ms(station.loop, WHILE_MS);
}

void assert_published(uint64_t size)
{
	const struct database *d = &station.database;
	struct policy_verdict verdict;
	struct merkle_hash root;
	uint8_t *note = NULL;
	size_t len = 0;

	assert_int_equal(d->published_size, size);
	assert_int_equal(tree_file_read(station_log(), "checkpoint", &note, &len), 0);
	assert_int_equal(len, d->note_len);
	assert_memory_equal(note, d->note, len);
	policy_judge(&station.council.policy, slice_of(note, len), &verdict);
	if (!verdict.accepted && !station.publishes_without_quorum)
		fail_msg("%s", verdict.problem);
	assert_int_equal(verdict.log, 0);
	assert_int_equal(verdict.checkpoint.size, size);
	root_of(size, &root);
	assert_memory_equal(verdict.checkpoint.root.bytes, root.bytes, sizeof(root.bytes));
	free(note);
}
