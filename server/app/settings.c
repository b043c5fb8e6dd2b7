#include "app/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "db/pg.h"
#include "net/gate.h"
#include "net/listener.h"
#include "request/request.h"
#include "service/feed_hub.h"
#include "session/reception.h"

enum {
	PORT_MAX = 65535,
	PATH_LEN_MAX = 1000,
	SOCKET_LEN_MAX = 100, /* what the system allows is 107 */
	WORKERS_MAX = 256,
	DAY_S = 24 * 60 * 60,
	S_MS = 1000,
	HEX_LEN = 2 * SHA256_LEN,
};

#define TEXT(name, default_, min, max, reload, help) \
	{#name, CONFIG_TEXT, default_, min, max, reload, offsetof(struct settings, name), help}
#define NUMBER(name, default_, min, max, reload, help) \
	{#name, CONFIG_NUMBER, default_, min, max, reload, offsetof(struct settings, name), help}
#define SWITCH(name, default_, reload, help) \
	{#name, CONFIG_SWITCH, default_, 0, 0, reload, offsetof(struct settings, name), help}
#define RELOAD true
#define RESTART false

const struct config_row settings_rows[SETTINGS_NR] = {
	/* where it listens */
	TEXT(listen_address, "127.0.0.1", 1, 45, RESTART,
		"Numeric address on which institutions connect; 0.0.0.0 or :: for every interface."),
	NUMBER(listen_port, "7443", 0, PORT_MAX, RESTART,
		"TCP port for institutions; 0 takes any free one and says so in the log."),
	TEXT(http_address, "127.0.0.1", 1, 45, RESTART,
		"Numeric address of the HTTP side door (/healthz, /readyz, /metrics, /public/).  It is"
		" neither encrypted nor authenticated: keep it on loopback or a management network and"
		" let a reverse proxy publish /public/ alone."),
	NUMBER(http_port, "7480", 0, PORT_MAX, RESTART,
		"TCP port of the side door; 0 takes any free one and says so in the log."),
	TEXT(tls_certificate, NULL, 1, PATH_LEN_MAX, RELOAD,
		"PEM file with the server's certificate chain.  Clients pin its public key."),
	TEXT(tls_key, NULL, 1, PATH_LEN_MAX, RELOAD,
		"PEM file with the private key of that certificate; must not be open to everybody."),
	/* the database */
	TEXT(database, NULL, 1, 1000, RESTART,
		"libpq connection string, with numeric addresses or a socket directory.  Keep passwords"
		" in a passfile or use peer authentication."),
	NUMBER(db_write_connections, "2", 1, PG_LANE_CONNECTIONS, RESTART,
		"Connections of each worker on which changes are committed."),
	NUMBER(db_read_connections, "1", 1, PG_LANE_CONNECTIONS, RESTART,
		"Connections of each worker for reading; one more serves audits."),
	SWITCH(insecure_durability, "off", RESTART,
		"on accepts a database that may lose acknowledged writes in a crash (fsync off and the"
		" like).  For tests only."),
	/* secrets and trust */
	TEXT(key_file, NULL, 1, PATH_LEN_MAX, RESTART,
		"File with the server's own secret keys, made by rxcircd --generate-keys; mode 0600."
		"  Without it stored prescriptions cannot be opened again: back it up apart from the"
		" database."),
	TEXT(registry_authority_key, NULL, HEX_LEN, HEX_LEN, RESTART,
		"Ed25519 public key, in hexadecimal, of the authority that signs key statements."),
	TEXT(founding_officer_pin, NULL, HEX_LEN, HEX_LEN, RESTART,
		"SHA-256 of the SubjectPublicKeyInfo, in hexadecimal, of the provincial officer whose"
		" certificate founds the registry."),
	TEXT(founding_office, "A14000000000", INSTITUTION_CODE_MAX, INSTITUTION_CODE_MAX, RESTART,
		"Code of the provincial office that officer acts for."),
	NUMBER(registry_poll_ms, "300", 10, 60 * S_MS, RESTART,
		"How often the database is asked for a newer registry, in milliseconds; a notification"
		" only hurries it."),
	NUMBER(registry_stale_ms, "5000", 100, 600 * S_MS, RESTART,
		"When the registry could not be confirmed for so long, in milliseconds, every call is"
		" refused; must be larger than registry_poll_ms."),
	/* the trail */
	TEXT(trail_directory, "/var/lib/rxcircd/trail", 1, PATH_LEN_MAX, RESTART,
		"Directory of the trail's tiles and checkpoint, as /trail/ serves them.  Made again from"
		" the database when it is lost, except for months that were detached."),
	TEXT(trail_signer, "/run/rxcirc-signer/socket", 1, SOCKET_LEN_MAX, RESTART,
		"Unix socket of rxcirc-signer, which signs the trail's checkpoints."),
	TEXT(trail_policy, NULL, 1, PATH_LEN_MAX, RESTART,
		"File that says by whose signatures a checkpoint is believed, in the form of C2SP"
		" tlog-policy: this log's key, the witnesses with their URLs, and how many are enough."),
	NUMBER(trail_interval_ms, "50", 10, 10 * S_MS, RESTART,
		"How often new events get their places in the log and a checkpoint, in milliseconds."),
	NUMBER(trail_witness_ms, "1000", 10, 60 * S_MS, RESTART,
		"How long a witness may take to answer, in milliseconds."),
	TEXT(trail_without_quorum, "hold", 4, 7, RESTART,
		"When too few witnesses answer: hold publishes no checkpoint until enough do, publish"
		" publishes it with the signatures there are.  Calls are served either way."),
	/* rules of circulation */
	NUMBER(claim_lease_s, "1800", 1, DAY_S, RESTART,
		"How long a pharmacy holds a prescription it has claimed, in seconds."),
	NUMBER(pull_grant_s, "3600", 1, DAY_S, RESTART,
		"How long after a pull the pharmacy may claim what it saw, in seconds."),
	NUMBER(own_grant_s, "600", 1, OWN_GRANT_S_MAX, RESTART,
		"How long after showing the e-voucher a person may go on asking through the same channel,"
		" in seconds."),
	/* load */
	NUMBER(workers, "0", 0, WORKERS_MAX, RESTART,
		"Threads that serve connections; 0 = one for each processor."),
	NUMBER(connections_max, "20000", 1, GATE_CONNECTIONS_MAX, RELOAD,
		"Connections of institutions at a time; more are closed at once."),
	NUMBER(connections_per_address_max, "1024", 1, GATE_CONNECTIONS_MAX, RELOAD,
		"The same for one address (IPv6: one /64 network)."),
	NUMBER(handshakes_per_s_max, "1000", 1, LISTENER_RATE_MAX, RELOAD,
		"New connections accepted per second; further ones wait."),
	NUMBER(calls_in_flight_max, "1024", 1, RECEPTION_CALLS_MAX, RESTART,
		"Calls being worked on by one worker; more are answered BUSY."),
	NUMBER(budget_calls_per_s, "200", 1, ADMISSION_CALLS_PER_S_MAX, RELOAD,
		"Calls per second one institution may make on this server in the long run; more are"
		" answered BUDGET_EXCEEDED with the time to wait."),
	NUMBER(budget_burst_calls, "400", 1, ADMISSION_BURST_MAX, RELOAD,
		"Calls one institution may make at once after a pause."),
	NUMBER(poll_per_day, "28800", 1, ADMISSION_CALLS_PER_DAY_MAX, RELOAD,
		"Polls and queries per day one institution may make on this server in the long run; more"
		" are slowed to that pace: BUDGET_EXCEEDED with the time to wait.  Changing calls and the"
		" frames of a watch do not count."),
	NUMBER(poll_burst, "7200", 1, ADMISSION_BURST_MAX, RELOAD,
		"Polls and queries one institution may make at once after a pause."),
	NUMBER(streams_max, "1024", 1, RECEPTION_STREAMS_MAX, RESTART,
		"Watches kept by one worker, beside its calls; more are answered BUSY."),
	NUMBER(feed_poll_ms, "500", 10, FEED_POLL_MS_MAX, RESTART,
		"How often the database is asked for what is new to all watches of a worker, in"
		" milliseconds; without a watch it is not asked."),
	NUMBER(handshake_timeout_ms, "5000", 10, 60 * S_MS, RESTART,
		"From a connection's arrival to the end of its TLS handshake, in milliseconds."),
	NUMBER(frame_timeout_ms, "10000", 10, 60 * S_MS, RESTART,
		"From a frame's first byte to its last, in milliseconds."),
	NUMBER(idle_timeout_s, "300", 1, DAY_S, RESTART,
		"A connection without any call for so long is closed, in seconds."),
	NUMBER(write_timeout_s, "30", 1, 3600, RESTART,
		"A peer that takes no byte of its answers for so long is disconnected, in seconds."),
	/* life */
	NUMBER(drain_s, "20", 0, 3600, RELOAD,
		"When stopping: how long running calls may take to finish, in seconds."),
	TEXT(log_level, "info", 4, 5, RELOAD, "error, warn, info or debug."),
};

static int settings_problem(char problem[CONFIG_PROBLEM_MAX], const char *sentence)
{
	snprintf(problem, CONFIG_PROBLEM_MAX, "%s", sentence);
	return ERR_CONFIG;
}

/* ---- values -------------------------------------------------------------------------------- */

static int settings_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool settings_hex(const char *text, uint8_t out[SHA256_LEN])
{
	uint8_t bytes[SHA256_LEN];

	if (strlen(text) != HEX_LEN)
		return false;
	for (size_t i = 0; i < SHA256_LEN; i++) {
		int high = settings_digit(text[2 * i]), low = settings_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(out, bytes, sizeof(bytes));
	return true;
}

static const struct {
	const char *word;
	enum log_level level;
} settings_levels[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warn", LOG_LEVEL_WARN},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
};

static bool settings_find_level(const char *word, enum log_level *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(settings_levels); i++) {
		if (strcmp(settings_levels[i].word, word) == 0) {
			*ret = settings_levels[i].level;
			return true;
		}
	}
	return false;
}

enum log_level settings_log_level(const struct settings *s)
{
	enum log_level level = LOG_LEVEL_INFO;

	ensure(settings_find_level(s->log_level, &level));
	return level;
}

/* An institution code: a capital letter and eleven digits. */
static bool settings_is_code(const char *text)
{
	return text[0] >= 'A' && text[0] <= 'Z' && strspn(text + 1, "0123456789") == 11 &&
		text[INSTITUTION_CODE_MAX] == '\0';
}

/* What a row alone cannot say. */
static int settings_check(const struct settings *s, char problem[CONFIG_PROBLEM_MAX])
{
	uint8_t bytes[SHA256_LEN];
	enum log_level level;

	if (config_check(settings_rows, SETTINGS_NR, s, problem) < 0)
		return ERR_CONFIG;
	if (!settings_hex(s->registry_authority_key, bytes))
		return settings_problem(problem,
			"\"registry_authority_key\" must be 64 hexadecimal digits");
	if (!settings_hex(s->founding_officer_pin, bytes))
		return settings_problem(problem,
			"\"founding_officer_pin\" must be 64 hexadecimal digits");
	if (!settings_is_code(s->founding_office))
		return settings_problem(problem,
			"\"founding_office\" must be a capital letter and eleven digits");
	if (!settings_find_level(s->log_level, &level))
		return settings_problem(problem, "\"log_level\" must be error, warn, info or debug");
	if (strcmp(s->trail_without_quorum, "hold") != 0 &&
		strcmp(s->trail_without_quorum, "publish") != 0)
		return settings_problem(problem, "\"trail_without_quorum\" must be hold or publish");
	if (s->registry_stale_ms <= s->registry_poll_ms)
		return settings_problem(problem,
			"\"registry_stale_ms\" must be larger than \"registry_poll_ms\"");
	return 0;
}

/* ---- sources ------------------------------------------------------------------------------- */

/* One byte more than allowed is read, so that a file that is too large is refused as such. */
static int settings_apply_file(struct settings *s, const char *path,
	char problem[CONFIG_PROBLEM_MAX])
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	FILE *file = fopen(path, "re");
	size_t len = 0;
	int r = ERR_CONFIG;

	if (text != NULL && file != NULL)
		len = fread(text, 1, CONFIG_FILE_MAX + 1, file);
	if (text == NULL || file == NULL || ferror(file) != 0)
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not read \"%s\": %s", path,
			strerror(errno));
	else
		r = config_apply_text(settings_rows, SETTINGS_NR, s, path, slice_of(text, len),
			problem);
	if (file != NULL)
		(void)fclose(file); /* only read */
	free(text);
	return r;
}

/* What stands on a command line is seen by every user of the machine. */
static int settings_apply_override(struct settings *s, const char *name, const char *value,
	char problem[CONFIG_PROBLEM_MAX])
{
	if (strcmp(name, "database") == 0 &&
		(strstr(value, "password") != NULL || strstr(value, "://") != NULL))
		return settings_problem(problem,
			"command line: \"database\" must not carry a password or be a URL; put it into"
			" a file");
	return config_apply_one(settings_rows, SETTINGS_NR, s, name, value, problem);
}

int settings_load(struct settings *ret, const struct settings_sources *sources,
	char problem[CONFIG_PROBLEM_MAX])
{
	struct settings s = {0};
	int r = config_defaults(settings_rows, SETTINGS_NR, &s);

	if (r < 0)
		settings_problem(problem, "could not keep the settings: out of memory");
	for (unsigned i = 0; r == 0 && i < sources->files_count; i++)
		r = settings_apply_file(&s, sources->files[i], problem);
	for (unsigned i = 0; r == 0 && i < sources->overrides_count; i++)
		r = settings_apply_override(&s, sources->overrides[i].name,
			sources->overrides[i].value, problem);
	if (r == 0)
		r = settings_check(&s, problem);
	if (r < 0) {
		settings_clear(&s);
		return ERR_CONFIG;
	}
	*ret = s;
	return 0;
}

void settings_clear(struct settings *s)
{
	config_clear(settings_rows, SETTINGS_NR, s);
}

/* ---- reload -------------------------------------------------------------------------------- */

static size_t settings_size(const struct config_row *row)
{
	switch (row->kind) {
	case CONFIG_TEXT:
		return sizeof(char *);
	case CONFIG_NUMBER:
		return sizeof(int64_t);
	case CONFIG_SWITCH:
		return sizeof(bool);
	}
	ensure_never("a row without a kind");
}

static bool settings_differ(const struct config_row *row, const void *a, const void *b)
{
	if (row->kind == CONFIG_TEXT)
		return strcmp(*(char *const *)a, *(char *const *)b) != 0;
	return memcmp(a, b, settings_size(row)) != 0;
}

/* The values change places, so each is still freed once. */
static void settings_swap(const struct config_row *row, void *a, void *b)
{
	uint8_t spare[sizeof(int64_t)];
	size_t size = settings_size(row);

	memcpy(spare, a, size);
	memcpy(a, b, size);
	memcpy(b, spare, size);
}

void settings_take(struct settings *s, struct settings *fresh)
{
	for (unsigned i = 0; i < SETTINGS_NR; i++) {
		const struct config_row *row = &settings_rows[i];
		void *ours = (uint8_t *)s + row->offset, *theirs = (uint8_t *)fresh + row->offset;

		if (!settings_differ(row, ours, theirs))
			continue;
		if (row->reloadable) {
			log_info("setting %s was taken over", row->name);
			settings_swap(row, ours, theirs);
		} else {
			log_warn("setting %s has changed; it counts after a restart", row->name);
		}
	}
}
