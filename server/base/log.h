/* One line per event on standard error: time, level, message, key=value pairs.
 *
 * Never personal data, bodies, keys or e-voucher codes.  Lines under systemd carry the <n> prefix.
 * Each call site is rate-limited (LOG_BURST lines a second, then one line says how many were held
 * back).  Threads: any.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum { LOG_BURST = 50 };

struct log_site { /* one static per call site */
	long second;
	unsigned count;
};

void log_set_level(enum log_level level);
enum log_level log_level(void);
void log_write(struct log_site *site, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define LOG_AT(level, ...) \
	do { \
		static struct log_site log_site_; \
		if ((level) <= log_level()) \
			log_write(&log_site_, (level), __VA_ARGS__); \
	} while (0)
#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
