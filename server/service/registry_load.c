/* Loading: ask for the version; when it changed read every table, and the version again; if it
 * moved meanwhile start over, else build and hand out.
 *
 * IDLE --timer--> VERSION --changed--> PEOPLE --> KEYS --> CODES --same version--> build,
 * loaded()
 *    ^                |  ^                                     |
 *    +-----same-------+  +-------------- moved ----------------+
 */
#include "service/registry_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_value.h"
#include "proto/document.h"
#include "rxcirc/v1/document.pb-c.h"
#include "store/registry_read.h"

enum load_state { LOAD_IDLE, LOAD_VERSION, LOAD_PEOPLE, LOAD_KEYS, LOAD_CODES };
enum { LOAD_TIMEOUT_MS = 30 * 1000 };

struct registry_loader {
	struct pg_lane *lane;
	struct registry_loader_options options;
	struct loop_timer timer;
	struct pg_unit unit;
	enum load_state state;
	bool hurry, closing;
	int64_t loaded_version; /* 0 = none yet */
	int64_t version;        /* being loaded */
	int64_t asked_mono_ms;  /* when the version was last asked: what is true is true as of then */
	struct registry_builder *builder;
};

static void loader_ask(struct registry_loader *l, enum load_state state,
	const struct pg_statement *const *statements)
{
	pg_unit_clear(&l->unit);
	pg_unit_init(&l->unit, l->unit.done);
	l->unit.deadline_mono_ms = clock_mono_ms() + LOAD_TIMEOUT_MS;
	for (; *statements != NULL; statements++)
		pg_unit_add(&l->unit, *statements, NULL);
	l->state = state;
	pg_submit(l->lane, &l->unit);
}

static void loader_rest(struct registry_loader *l)
{
	registry_builder_free(l->builder);
	l->builder = NULL;
	l->state = LOAD_IDLE;
	loop_timer_set(&l->timer, l->hurry ? 0 : l->options.poll_ms);
	l->hurry = false;
}

static void loader_ask_version(struct registry_loader *l)
{
	static const struct pg_statement *const ask[] = {&registry_version_sql, NULL};

	l->asked_mono_ms = clock_mono_ms();
	loader_ask(l, LOAD_VERSION, ask);
}

/* The officer who founds the registry is known by configuration, before any record exists. */
static int add_founder(struct registry_loader *l)
{
	const struct institution office = {l->options.founding_office, "", INSTITUTION_AGENCY,
		INSTITUTION_ACTIVE, "000000", ""};
	struct certificate c = {.owner_code = l->options.founding_office, .is_officer = true,
		.is_provincial = true, .scope = "000000", .not_before_ms = 0, .not_after_ms = INT64_MAX};

	memcpy(c.spki, l->options.founding_officer, SHA256_LEN);
	return registry_add_certificate(l->builder, &c) < 0 ? ERR_MEMORY :
		registry_add_institution(l->builder, &office);
}

static void loader_versioned(struct registry_loader *l)
{
	static const struct pg_statement *const ask[] = {&institutions_sql, &certificates_sql,
		&practitioners_sql, &practices_sql, NULL};
	int64_t version = store_registry_version(&l->unit, 0);

	if (version == l->loaded_version) {
		l->options.fresh(l->asked_mono_ms, l->options.arg);
		loader_rest(l);
		return;
	}
	l->version = version;
	l->builder = registry_builder_new(version);
	if (l->builder == NULL) {
		loader_rest(l);
		return;
	}
	loader_ask(l, LOAD_PEOPLE, ask);
}

/* Row by row through one table; stops at the first failure. */
#define ADD_ROWS(query, type, read, add) \
	for (int row = 0; r == 0 && row < pg_rows(&l->unit, query); row++) { \
		type v; \
		read(&l->unit, query, row, &v); \
		r = add(l->builder, &v); \
	}

static int add_people(struct registry_loader *l)
{
	int r = 0;

	ADD_ROWS(0, struct institution, store_institution_row, registry_add_institution)
	ADD_ROWS(1, struct certificate, store_certificate_row, registry_add_certificate)
	ADD_ROWS(2, struct practitioner, store_practitioner_row, registry_add_practitioner)
	ADD_ROWS(3, struct practice, store_practice_row, registry_add_practice)
	return r == 0 ? add_founder(l) : r;
}

static int add_key_statement(struct registry_loader *l, struct slice bytes,
	const Rxcirc__V1__KeyStatement *s)
{
	struct practitioner_key key = {
		.practitioner_code = s->practitioner_code,
		.institution_code = s->institution_code,
		.role = (enum practitioner_role)s->role,
		.not_before_ms = s->not_before_ms,
		.not_after_ms = s->not_after_ms,
		.revoked_from_ms = s->revoked_from_ms,
		.statement = bytes,
	};

	memcpy(key.public_key, s->public_key.data, PUBLIC_KEY_LEN);
	dsse_key_id(key.key_id, key.public_key);
	return registry_add_key(l->builder, &key);
}

/* A key counts only by the authority's signed word: a row somebody altered in the database is left
 * out, loudly. */
static int add_key(struct registry_loader *l, struct slice bytes)
{
	Rxcirc__V1__SignedDocument *doc = rxcirc__v1__signed_document__unpack(NULL, bytes.len,
		bytes.data);
	Rxcirc__V1__KeyStatement *s = NULL;
	int r = 0;

	if (doc != NULL && document_verify(doc,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT, l->options.authority_key) == 0)
		s = rxcirc__v1__key_statement__unpack(NULL, doc->body.len, doc->body.data);
	if (s == NULL || s->public_key.len != PUBLIC_KEY_LEN || (int)s->role < ROLE_PHYSICIAN ||
		(int)s->role > ROLE_PHARMACY_PHARMACIST)
		log_error("a key statement in the registry does not verify, ignoring");
	else
		r = add_key_statement(l, bytes, s);
	if (s != NULL)
		rxcirc__v1__key_statement__free_unpacked(s, NULL);
	if (doc != NULL)
		rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	return r;
}

static int add_keys(struct registry_loader *l)
{
	int r = 0;

	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 0); row++)
		r = add_key(l, store_key_statement_row(&l->unit, 0, row));
	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 1); row++) {
		struct voucher_key v;

		if (store_voucher_key_row(&l->unit, 1, row, &v))
			r = registry_add_voucher_key(l->builder, &v);
	}
	return r;
}

static int add_codes(struct registry_loader *l)
{
	int r = 0;

	ADD_ROWS(0, struct drug, store_drug_row, registry_add_drug)
	ADD_ROWS(1, struct diagnosis_code, store_diagnosis_row, registry_add_diagnosis)
	return r;
}

static void loader_finish(struct registry_loader *l)
{
	struct registry_builder *b = l->builder;
	struct registry *registry;

	l->builder = NULL;
	if (store_registry_version(&l->unit, 2) != l->version) {
		registry_builder_free(b);
		loader_ask_version(l);
		return;
	}
	registry = registry_finish(b);
	if (registry != NULL) {
		l->loaded_version = l->version;
		log_info("registry loaded, version %lld", (long long)l->version);
		l->options.loaded(registry, l->asked_mono_ms, l->options.arg);
	}
	loader_rest(l);
}

static void loader_done(struct pg_unit *unit)
{
	static const struct pg_statement *const ask_keys[] = {&practitioner_keys_sql,
		&voucher_keys_sql, NULL};
	static const struct pg_statement *const ask_codes[] = {&drugs_sql, &diagnoses_sql,
		&registry_version_sql, NULL};
	struct registry_loader *l = container_of(unit, struct registry_loader, unit);
	int r = unit->status;

	if (l->closing)
		return;
	if (r == 0 && l->state == LOAD_VERSION) {
		loader_versioned(l);
	} else if (r == 0 && l->state == LOAD_PEOPLE && (r = add_people(l)) == 0) {
		loader_ask(l, LOAD_KEYS, ask_keys);
	} else if (r == 0 && l->state == LOAD_KEYS && (r = add_keys(l)) == 0) {
		loader_ask(l, LOAD_CODES, ask_codes);
	} else if (r == 0 && l->state == LOAD_CODES && (r = add_codes(l)) == 0) {
		loader_finish(l);
	} else {
		log_warn("could not load the registry: %s, retrying", err_text(r));
		loader_rest(l);
	}
}

static void loader_tick(struct loop_timer *timer)
{
	struct registry_loader *l = container_of(timer, struct registry_loader, timer);

	loader_ask_version(l);
}

int registry_loader_open(struct registry_loader **ret, struct loop *loop, struct pg_lane *lane,
	const struct registry_loader_options *options)
{
	struct registry_loader *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return ERR_MEMORY;
	if (loop_timer_open(&l->timer, loop, loader_tick) < 0) {
		free(l);
		return ERR_MEMORY;
	}
	l->lane = lane;
	l->options = *options;
	pg_unit_init(&l->unit, loader_done);
	loop_timer_set(&l->timer, 0);
	*ret = l;
	return 0;
}

void registry_loader_hurry(struct registry_loader *l)
{
	if (l->state == LOAD_IDLE)
		loop_timer_set(&l->timer, 0);
	else
		l->hurry = true;
}

void registry_loader_close(struct registry_loader *l)
{
	l->closing = true;
	loop_timer_close(&l->timer);
}

void registry_loader_free(struct registry_loader *l)
{
	pg_unit_clear(&l->unit);
	registry_builder_free(l->builder);
	free(l);
}
