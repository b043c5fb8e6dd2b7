/* Every setting of the server: one table from which the parser, the example file, the manual page
 * and --help come.
 *
 * Ownership: struct settings owns its texts.  Threads: the main one; others get copies of what they
 * need when they start.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "base/config.h"
#include "base/log.h"
#include "proto/limits.h"

struct settings {
	char *listen_address;
	int64_t listen_port;
	char *http_address;
	int64_t http_port;
	int64_t workers;
	char *tls_certificate;
	char *tls_key;
	char *database;
	int64_t db_write_connections;
	int64_t db_read_connections;
	char *key_file;
	char *registry_authority_key;
	char *founding_officer_pin;
	char *founding_office;
	int64_t registry_poll_ms;
	int64_t registry_stale_ms;
	char *trail_directory;
	char *trail_signer;
	char *trail_policy;
	int64_t trail_interval_ms;
	int64_t trail_witness_ms;
	char *trail_without_quorum;
	int64_t claim_lease_s;
	int64_t pull_grant_s;
	int64_t own_grant_s;
	int64_t connections_max;
	int64_t connections_per_address_max;
	int64_t handshakes_per_s_max;
	int64_t calls_in_flight_max;
	int64_t budget_calls_per_s;
	int64_t budget_burst_calls;
	int64_t poll_per_day;
	int64_t poll_burst;
	int64_t streams_max;
	int64_t feed_poll_ms;
	int64_t handshake_timeout_ms;
	int64_t frame_timeout_ms;
	int64_t idle_timeout_s;
	int64_t write_timeout_s;
	int64_t drain_s;
	char *log_level;
	bool insecure_durability;
};

enum { SETTINGS_NR = 42, SETTINGS_FILES_MAX = 8, SETTINGS_OVERRIDES_MAX = 64 };

extern const struct config_row settings_rows[SETTINGS_NR];

/* Where settings come from: files in order, then single ones from the command line; later wins. */
struct settings_sources {
	const char *files[SETTINGS_FILES_MAX];
	unsigned files_count;
	struct {
		const char *name;
		const char *value;
	} overrides[SETTINGS_OVERRIDES_MAX];
	unsigned overrides_count;
};

/* Read all sources and check them.  0, or ERR_CONFIG with one sentence; then nothing is held. */
MUST_CHECK int settings_load(struct settings *ret, const struct settings_sources *sources,
	char problem[CONFIG_PROBLEM_MAX]);
void settings_clear(struct settings *s);
/* Take the reloadable settings over from `fresh`; the log says which of the others would need a
 * restart.  `fresh` must be cleared afterwards all the same. */
void settings_take(struct settings *s, struct settings *fresh);

/* 32 bytes from 64 hexadecimal digits; false when the text is anything else. */
MUST_CHECK bool settings_hex(const char *text, uint8_t out[SHA256_LEN]);
/* The level of a checked log_level. */
enum log_level settings_log_level(const struct settings *s);

#endif
