#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"

enum { LOG_LINE_MAX = 2048 }; /* bytes; a longer line is cut */

static const struct {
	const char *name;
	int syslog; /* the number sd-daemon(3) lines begin with */
} log_levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warn", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static _Atomic int log_level_now = LOG_LEVEL_INFO;
/* Guards the sites and keeps lines whole. */
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;

void log_set_level(enum log_level level)
{
	ensure((unsigned)level < ARRAY_LEN(log_levels));
	atomic_store_explicit(&log_level_now, (int)level, memory_order_relaxed);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load_explicit(&log_level_now, memory_order_relaxed);
}

/* JOURNAL_STREAM names device and inode of the journal; only then is a <n> prefix understood. */
static bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	char *end;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	device = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	inode = strtoull(end + 1, &end, 10);
	return *end == '\0' && device == st.st_dev && inode == st.st_ino;
}

static size_t log_prefix(char *line, enum log_level level)
{
	int64_t now_ms = clock_wall_ms();
	time_t second = (time_t)(now_ms / 1000);
	struct tm utc;
	int len;

	if (log_is_journal()) {
		len = snprintf(line, LOG_LINE_MAX, "<%d>", log_levels[level].syslog);
	} else {
		ensure(gmtime_r(&second, &utc) != NULL);
		len = snprintf(line, LOG_LINE_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ",
			utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
			utc.tm_sec, (int)(now_ms % 1000), log_levels[level].name);
	}
	ensure(len > 0 && len < LOG_LINE_MAX);
	return (size_t)len;
}

static void log_put(char *line, size_t start, size_t len)
{
	size_t i;

	/* What a peer said must not look like a line of its own. */
	for (i = start; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	(void)fwrite(line, 1, len, stderr); /* nobody is left to tell */
}

static void log_held_back(enum log_level level, unsigned count)
{
	char line[LOG_LINE_MAX];
	size_t start = log_prefix(line, level);
	int len = snprintf(line + start, sizeof(line) - start, "%u lines like the next were held back",
		count);

	ensure(len > 0 && start + (size_t)len < sizeof(line));
	log_put(line, start, start + (size_t)len);
}

void log_write(struct log_site *site, enum log_level level, const char *format, ...)
{
	long second = (long)(clock_mono_ms() / 1000);
	char line[LOG_LINE_MAX];
	size_t start, len;
	va_list args;
	int written;

	ensure((unsigned)level < ARRAY_LEN(log_levels));
	ensure(pthread_mutex_lock(&log_mutex) == 0);
	if (site->second != second) {
		if (site->count > LOG_BURST)
			log_held_back(level, site->count - LOG_BURST);
		site->second = second;
		site->count = 0;
	}
	if (site->count++ < LOG_BURST) {
		start = log_prefix(line, level);
		va_start(args, format);
		written = vsnprintf(line + start, sizeof(line) - start, format, args);
		va_end(args);
		ensure(written >= 0);
		len = start + (size_t)written;
		if (len > sizeof(line) - 1) /* cut; the NUL's place takes the newline */
			len = sizeof(line) - 1;
		log_put(line, start, len);
	}
	ensure(pthread_mutex_unlock(&log_mutex) == 0);
}
