/* The listening connection: told after connecting, on NOTIFY, and after every reconnection. */
#include <string.h>

#include "base/err.h"
#include "db/pg_listen.h"
#include "test/db/fixture.h"
#include "test/support/tap.h"

static unsigned told;
static unsigned told_wanted;

static void on_notified(void *arg)
{
	(void)arg;
	told++;
}

static bool told_enough(void *arg)
{
	(void)arg;
	return told >= told_wanted;
}

static void wait_told(unsigned times)
{
	told_wanted = times;
	fixture_until(told_enough, NULL);
	assert_int_equal(told, times);
}

static void tells_of_connection_notification_and_reconnection(void **state)
{
	struct pg_listen *l;

	(void)state;
	told = 0;
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, "registry", on_notified, NULL), 0);
	assert_false(pg_listen_is_up(l));
	wait_told(1);
	assert_true(pg_listen_is_up(l));
	pg_cluster_run(&cluster, "NOTIFY registry");
	wait_told(2);
	pg_cluster_run(&cluster, "NOTIFY something_else");
	fixture_run_ms(50);
	assert_int_equal(told, 2);
	pg_cluster_run(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		" WHERE application_name = 'rxcircd listen'");
	wait_told(3);
	pg_cluster_run(&cluster, "NOTIFY registry");
	wait_told(4);
	pg_listen_close(l);
	pg_cluster_run(&cluster, "NOTIFY registry");
	fixture_run_ms(50);
	assert_int_equal(told, 4);
}

static bool is_down(void *arg)
{
	return !pg_listen_is_up(arg);
}

static void comes_back_when_the_server_does(void **state)
{
	struct pg_listen *l;

	(void)state;
	told = 0;
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, "registry", on_notified, NULL), 0);
	wait_told(1);
	pg_cluster_halt(&cluster);
	fixture_until(is_down, l);
	fixture_run_ms(300);
	assert_int_equal(told, 1);
	pg_cluster_restart(&cluster);
	wait_told(2);
	pg_listen_close(l);
	fixture_run_ms(5);
}

/* It asks now and then; an answer keeps it up. */
static void stays_up_while_nothing_happens(void **state)
{
	struct pg_listen *l;

	(void)state;
	told = 0;
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, "Odd \"name\"", on_notified,
				 NULL), 0);
	wait_told(1);
	fixture_run_ms(2500);
	assert_true(pg_listen_is_up(l));
	assert_int_equal(told, 1);
	pg_cluster_run(&cluster, "NOTIFY \"Odd \"\"name\"\"\"");
	wait_told(2);
	pg_listen_close(l);
	fixture_run_ms(5);
}

static void channel_takes_its_limit_and_no_more(void **state)
{
	char channel[PG_LISTEN_CHANNEL_MAX + 2];
	struct pg_listen *l;

	(void)state;
	memset(channel, 'c', sizeof(channel));
	channel[PG_LISTEN_CHANNEL_MAX + 1] = '\0';
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, channel, on_notified, NULL),
		ERR_CONFIG);
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, "", on_notified, NULL), ERR_CONFIG);
	channel[PG_LISTEN_CHANNEL_MAX] = '\0';
	told = 0;
	assert_int_equal(pg_listen_open(&l, loop, cluster.conninfo, channel, on_notified, NULL), 0);
	wait_told(1);
	pg_listen_close(l);
	fixture_run_ms(5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(tells_of_connection_notification_and_reconnection),
		TEST(comes_back_when_the_server_does),
		TEST(stays_up_while_nothing_happens),
		TEST(channel_takes_its_limit_and_no_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_listen", tests, fixture_start, fixture_stop);
}
