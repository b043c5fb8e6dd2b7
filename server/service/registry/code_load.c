/* IDLE --start--> LIST --> PAGE --> PAGE ... --> IDLE, done(0)
 *   ^               |        |
 *   +---- failed ---+--------+  done(ERR_*)
 */
#include "service/registry/code_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_value.h"
#include "store/code.h"
#include "store/code_version.h"

enum { CODE_LOAD_TIMEOUT_MS = 30 * 1000 };
static_assert((CODE_KINDS - 1) * (2 + CODE_VERSIONS_AHEAD_MAX) <= CODE_TABLES_MAX,
	"the version in effect, the one before it and those ahead fit the snapshot");

struct code_load {
	struct pg_lane *lane;
	void (*done)(int result, void *arg);
	void *arg;
	struct pg_unit unit;
	struct pg_param params[CODES_PAGE_PARAMS];
	struct registry_builder *builder; /* NULL = idle */
	struct registry *taken;           /* finished, not taken yet */
	struct code_version_needed missing[CODE_TABLES_MAX];
	unsigned missing_count, at;       /* missing[at] is being read */
	bool listing, closing;
	int64_t progress_mono_ms;
	char after[4 * CODE_MAX + 1];     /* the last code of the page before */
};

static void load_end(struct code_load *c, int result)
{
	if (result == 0) {
		c->taken = registry_finish(c->builder);
		result = c->taken == NULL ? ERR_MEMORY : 0;
	} else {
		registry_builder_free(c->builder);
	}
	c->builder = NULL;
	c->done(result, c->arg);
}

static struct pg_unit *load_unit(struct code_load *c)
{
	void (*done)(struct pg_unit *unit) = c->unit.done;

	pg_unit_clear(&c->unit);
	pg_unit_init(&c->unit, done);
	c->unit.deadline_mono_ms = clock_mono_ms() + CODE_LOAD_TIMEOUT_MS;
	return &c->unit;
}

static void load_page(struct code_load *c)
{
	store_codes_page(load_unit(c), c->params, c->missing[c->at].id, c->after, CODE_LOAD_PAGE);
	pg_submit(c->lane, &c->unit);
}

/* Begin the next version that is missing; without one the work is done. */
static int load_next(struct code_load *c)
{
	const struct code_version_needed *v = &c->missing[c->at];

	if (c->at == c->missing_count) {
		load_end(c, 0);
		return 0;
	}
	if (registry_add_code_table(c->builder, v->id, v->kind, v->effective_from_ms) < 0)
		return ERR_MEMORY;
	c->after[0] = '\0';
	load_page(c);
	return 0;
}

static int load_listed(struct code_load *c)
{
	int rows = pg_rows(&c->unit, 0);

	registry_drop_code_tables(c->builder);
	for (int row = 0; row < rows; row++) {
		struct code_version_needed v;

		store_code_versions_needed_row(&c->unit, 0, row, &v);
		if (registry_keep_code_table(c->builder, v.id, v.effective_from_ms))
			continue;
		if (c->missing_count == CODE_TABLES_MAX)
			return ERR_FULL;
		c->missing[c->missing_count++] = v;
	}
	c->listing = false;
	return load_next(c);
}

static int load_paged(struct code_load *c)
{
	int rows = pg_rows(&c->unit, 0);

	for (int row = 0; row < rows; row++) {
		struct code v;

		store_codes_page_row(&c->unit, 0, row, &v);
		if (registry_add_code(c->builder, &v) < 0)
			return ERR_MEMORY;
		if (row == rows - 1) {
			size_t len = strlen(v.code);

			ensure(len < sizeof(c->after)); /* a table check: at most CODE_MAX characters */
			memcpy(c->after, v.code, len + 1);
		}
	}
	if (rows == CODE_LOAD_PAGE) {
		load_page(c);
		return 0;
	}
	log_info("code table version %lld read", (long long)c->missing[c->at].id);
	c->at++;
	return load_next(c);
}

static void load_done(struct pg_unit *unit)
{
	struct code_load *c = container_of(unit, struct code_load, unit);
	int r = unit->status;

	if (c->closing)
		return;
	if (r == 0) {
		c->progress_mono_ms = clock_mono_ms();
		r = c->listing ? load_listed(c) : load_paged(c);
	}
	if (r < 0)
		load_end(c, r);
}

struct code_load *code_load_new(struct pg_lane *lane, void (*done)(int result, void *arg),
	void *arg)
{
	struct code_load *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->lane = lane;
	c->progress_mono_ms = INT64_MIN;
	c->done = done;
	c->arg = arg;
	pg_unit_init(&c->unit, load_done);
	return c;
}

void code_load_free(struct code_load *c)
{
	if (c == NULL)
		return;
	pg_unit_clear(&c->unit);
	registry_builder_free(c->builder);
	registry_unref(c->taken);
	free(c);
}

void code_load_close(struct code_load *c)
{
	c->closing = true;
}

void code_load_start(struct code_load *c, const struct registry *previous, int64_t now_ms)
{
	ensure(c->builder == NULL);
	registry_unref(c->taken);
	c->taken = NULL;
	c->missing_count = c->at = 0;
	c->listing = true;
	c->builder = registry_builder_new(0, previous);
	if (c->builder == NULL)
		return; /* started again with the next version asked */
	store_code_versions_needed(load_unit(c), c->params, now_ms);
	pg_submit(c->lane, &c->unit);
}

bool code_load_is_running(const struct code_load *c)
{
	return c->builder != NULL;
}

int64_t code_load_progress_mono_ms(const struct code_load *c)
{
	return c->progress_mono_ms;
}

bool code_load_is_ready(const struct code_load *c)
{
	return c->taken != NULL;
}

struct registry *code_load_take(struct code_load *c)
{
	struct registry *taken = c->taken;

	c->taken = NULL;
	return taken;
}
