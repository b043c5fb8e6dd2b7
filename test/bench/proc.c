#include "test/bench/proc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STAT_MAX = 1024, PATH_BYTES = 64 };

struct times {
	int64_t own_ticks, ended_children_ticks;
};

/* Fields 14 to 17 of /proc/PID/stat, counted behind the name, which may hold anything. */
static bool read_times(pid_t pid, struct times *ret)
{
	char path[PATH_BYTES], text[STAT_MAX];
	const char *fields;
	int64_t user, system, child_user, child_system;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	fields = strrchr(text, ')');
	if (fields == NULL ||
		sscanf(fields + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNd64 " %" SCNd64
			" %" SCNd64 " %" SCNd64,
			&user, &system, &child_user, &child_system) != 4)
		return false;
	*ret = (struct times){user + system, child_user + child_system};
	return true;
}

static int64_t us_of_ticks(int64_t ticks)
{
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

int64_t proc_cpu_us(pid_t pid)
{
	struct times t;

	return read_times(pid, &t) ? us_of_ticks(t.own_ticks) : 0;
}

int64_t proc_family_cpu_us(pid_t pid)
{
	char path[PATH_BYTES];
	struct times t;
	int64_t ticks;
	FILE *file;
	int child;

	if (!read_times(pid, &t))
		return 0;
	ticks = t.own_ticks + t.ended_children_ticks;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return us_of_ticks(ticks);
	while (fscanf(file, "%d", &child) == 1)
		if (read_times((pid_t)child, &t))
			ticks += t.own_ticks;
	fclose(file);
	return us_of_ticks(ticks);
}

int64_t proc_machine_cpu_us(void)
{
	int64_t user, nice, system, irq, softirq;
	FILE *file = fopen("/proc/stat", "re");
	int fields;

	if (file == NULL)
		return 0;
	fields = fscanf(file, "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %*d %*d %" SCNd64 " %" SCNd64,
		&user, &nice, &system, &irq, &softirq);
	fclose(file);
	return fields == 5 ? us_of_ticks(user + nice + system + irq + softirq) : 0;
}

int64_t proc_rss_bytes(pid_t pid)
{
	char path[PATH_BYTES];
	int64_t pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %" SCNd64, &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}
