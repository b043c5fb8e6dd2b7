/* Loading: ask for the versions; when they changed read every kind that did, one after the other,
 * and ask for the versions again; if they moved meanwhile read those that moved, else hand out.
 *
 * IDLE --timer--> VERSION --changed--> KIND --> KIND .. --> CHECK --same version--> loaded()
 *    ^                |  ^                                     |
 *    +-----same-------+  +-------------- moved ----------------+
 *
 * Code tables are large and rarely change: code_load reads them beside this walk, and a snapshot
 * takes them up when they are there.
 */
#include "service/registry/registry_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "db/pg_value.h"
#include "proto/document.h"
#include "rxcirc/v1/document.pb-c.h"
#include "store/agreement.h"
#include "service/registry/code_load.h"
#include "store/registry_read.h"

enum load_state { LOAD_IDLE, LOAD_VERSION, LOAD_KIND, LOAD_CHECK };
enum { LOAD_TIMEOUT_MS = 30 * 1000, PARTS = REGISTRY_KINDS_NR };
#define CODES_NEVER INT64_C(-1) /* none were loaded yet */
#define CODES_LOST INT64_C(-2)  /* they were, but of no known version */

struct registry_loader {
	struct pg_lane *lane;
	struct registry_loader_options options;
	struct loop_timer timer;
	struct pg_unit unit;
	enum load_state state;
	bool hurry, closing;
	struct registry *loaded; /* the base of the next snapshot; NULL = none yet */
	bool is_whole;           /* ... and of one version, not a mixture while somebody writes */
	bool is_handed_out;      /* a snapshot was */
	int64_t loaded_versions[PARTS];
	int64_t version, versions[PARTS]; /* being loaded */
	unsigned part;                    /* being read */
	int64_t asked_mono_ms;  /* when the version was last asked: what is true is true as of then */
	struct registry_builder *builder;

	struct code_load *codes;
	bool codes_fail;               /* reading them failed last */
	int64_t codes_version;         /* of kind "code" in `loaded`, or CODES_* */
	int64_t codes_as_of_mono_ms;   /* when that was known to be the newest */
	int64_t codes_loading_version, codes_asked_mono_ms; /* of what is being read */
};

/* A kind of the snapshot: what is read together. */
struct load_part {
	const char *name; /* in table registry_kind */
	const struct pg_statement *statements[2];
	int (*add)(struct registry_loader *l);
};
static const struct load_part parts[PARTS];

static void loader_ask(struct registry_loader *l, enum load_state state,
	const struct pg_statement *const *statements, unsigned count)
{
	pg_unit_clear(&l->unit);
	pg_unit_init(&l->unit, l->unit.done);
	l->unit.deadline_mono_ms = clock_mono_ms() + LOAD_TIMEOUT_MS;
	for (unsigned i = 0; i < count && statements[i] != NULL; i++)
		pg_unit_add(&l->unit, statements[i], NULL);
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

static void loader_ask_version(struct registry_loader *l, enum load_state state)
{
	static const struct pg_statement *const ask[] = {&registry_version_sql};

	if (state == LOAD_VERSION)
		l->asked_mono_ms = clock_mono_ms();
	loader_ask(l, state, ask, 1);
}

/* ---- reading a kind ------------------------------------------------------------------------- */

/* Row by row through one table; stops at the first failure. */
#define ADD_ROWS(query, type, read, add) \
	for (int row = 0; r == 0 && row < pg_rows(&l->unit, query); row++) { \
		type v; \
		read(&l->unit, query, row, &v); \
		r = add(l->builder, &v); \
	}
#define ADD_KIND(name, KIND, type) \
	static int add_##name##s(struct registry_loader *l) \
	{ \
		int r = registry_renew(l->builder, REGISTRY_##KIND); \
		ADD_ROWS(0, type, store_##name##_row, registry_add_##name) \
		return r; \
	}
ADD_KIND(practitioner, PRACTITIONER, struct practitioner)
ADD_KIND(practice, PRACTICE, struct practice)
ADD_KIND(item, ITEM, struct item)
ADD_KIND(parameter, PARAMETER, struct parameter)
ADD_KIND(person_block, PERSON_BLOCK, struct person_block)

static int add_agreements(struct registry_loader *l)
{
	int r = registry_renew(l->builder, REGISTRY_AGREEMENT);

	ADD_ROWS(0, struct agreement, store_agreement_facts, registry_add_agreement)
	return r;
}

/* The officer who founds the registry, and the office, are known by configuration, before any
 * record exists; until then the founder holds every duty. */
static int add_institutions(struct registry_loader *l)
{
	const struct institution office = {.code = l->options.founding_office, .name = "",
		.kind = INSTITUTION_AGENCY, .status = INSTITUTION_ACTIVE, .region = "000000",
		.host_code = "", .chain_code = "", .filing_no = "", .address = ""};
	bool known = false;
	int r = registry_renew(l->builder, REGISTRY_INSTITUTION);

	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 0); row++) {
		struct institution v;

		store_institution_row(&l->unit, 0, row, &v);
		known = known || strcmp(v.code, office.code) == 0;
		r = registry_add_institution(l->builder, &v);
	}
	return r == 0 && !known ? registry_add_institution(l->builder, &office) : r;
}

static int add_certificates(struct registry_loader *l)
{
	struct certificate founder = {.owner_code = l->options.founding_office, .is_officer = true,
		.is_provincial = true, .scope = "000000", .officer = "", .duties = DUTIES_ALL,
		.not_before_ms = 0, .not_after_ms = INT64_MAX};
	bool known = false;
	int r = registry_renew(l->builder, REGISTRY_CERTIFICATE);

	memcpy(founder.spki, l->options.founding_officer, SHA256_LEN);
	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 0); row++) {
		struct certificate v;

		store_certificate_row(&l->unit, 0, row, &v);
		known = known || memcmp(v.spki, founder.spki, SHA256_LEN) == 0;
		r = registry_add_certificate(l->builder, &v);
	}
	return r == 0 && !known ? registry_add_certificate(l->builder, &founder) : r;
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

/* The statement a snapshot holds was verified when it came there: the same bytes need no second
 * look, or every revocation would cost a signature check per key of the province. */
static const struct practitioner_key *verified_before(const struct registry_loader *l,
	struct slice key_id, struct slice statement)
{
	const struct practitioner_key *known = NULL;

	if (l->loaded != NULL && key_id.len == KEY_ID_LEN)
		known = registry_key(l->loaded, key_id.data);
	return known != NULL && slice_equal(known->statement, statement) ? known : NULL;
}

static int add_keys(struct registry_loader *l)
{
	int r = registry_renew(l->builder, REGISTRY_KEY);

	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 0); row++) {
		struct slice key_id, bytes = store_key_statement_row(&l->unit, 0, row, &key_id);
		const struct practitioner_key *known = verified_before(l, key_id, bytes);

		r = known != NULL ? registry_add_key(l->builder, known) : add_key(l, bytes);
	}
	return r;
}

static int add_voucher_keys(struct registry_loader *l)
{
	int r = registry_renew(l->builder, REGISTRY_VOUCHER_KEY);

	for (int row = 0; r == 0 && row < pg_rows(&l->unit, 0); row++) {
		struct voucher_key v;

		if (store_voucher_key_row(&l->unit, 0, row, &v))
			r = registry_add_voucher_key(l->builder, &v);
	}
	return r;
}

static const struct load_part parts[PARTS] = {
	[REGISTRY_INSTITUTION] = {"institution", {&institutions_sql}, add_institutions},
	[REGISTRY_CERTIFICATE] = {"certificate", {&certificates_sql}, add_certificates},
	[REGISTRY_PRACTITIONER] = {"practitioner", {&practitioners_sql}, add_practitioners},
	[REGISTRY_PRACTICE] = {"practice", {&practices_sql}, add_practices},
	[REGISTRY_KEY] = {"key", {&practitioner_keys_sql}, add_keys},
	[REGISTRY_VOUCHER_KEY] = {"voucher-key", {&voucher_keys_sql}, add_voucher_keys},
	[REGISTRY_ITEM] = {"item", {&items_sql}, add_items},
	[REGISTRY_PARAMETER] = {"parameter", {&parameters_sql}, add_parameters},
	[REGISTRY_PERSON_BLOCK] = {"person-block", {&person_blocks_sql}, add_person_blocks},
	[REGISTRY_AGREEMENT] = {"agreement", {&agreements_sql}, add_agreements},
};

/* ---- the walk ------------------------------------------------------------------------------- */

/* Read the next kind that changed, or, behind the last, ask whether anything moved meanwhile. */
static void loader_go_on(struct registry_loader *l)
{
	while (l->part < PARTS && l->versions[l->part] == l->loaded_versions[l->part])
		l->part++;
	if (l->part < PARTS)
		loader_ask(l, LOAD_KIND, parts[l->part].statements, ARRAY_LEN(parts[l->part].statements));
	else
		loader_ask_version(l, LOAD_CHECK);
}

/* The snapshot is as true as the older of its halves.  A code table that is being read page by page
 * keeps nobody waiting; one that cannot be read makes the snapshot old. */
static int64_t loader_as_of(const struct registry_loader *l)
{
	int64_t codes_ms = l->codes_as_of_mono_ms, progress_ms = code_load_progress_mono_ms(l->codes);

	if (!l->codes_fail && progress_ms > codes_ms)
		codes_ms = progress_ms;
	return l->asked_mono_ms < codes_ms ? l->asked_mono_ms : codes_ms;
}

/* Code tables are read beside the walk, so that nothing else waits for them. */
static void loader_follow_codes(struct registry_loader *l)
{
	int64_t version = store_registry_kind_version(&l->unit, 0, "code");

	if (version == l->codes_version) {
		l->codes_as_of_mono_ms = l->asked_mono_ms;
	} else if (!code_load_is_running(l->codes) && !code_load_is_ready(l->codes)) {
		l->codes_loading_version = version;
		l->codes_asked_mono_ms = l->asked_mono_ms;
		code_load_start(l->codes, l->loaded, clock_wall_ms());
	}
}

/* Keep what was built as the base of the next; before there are code tables nobody may decide. */
static void loader_keep(struct registry_loader *l, struct registry *registry, bool is_whole)
{
	registry_unref(l->loaded);
	l->loaded = registry;
	l->is_whole = is_whole;
	if (!is_whole || l->codes_version == CODES_NEVER)
		return;
	l->is_handed_out = true;
	log_info("registry loaded, version %lld", (long long)registry_version(registry));
	l->options.loaded(registry_ref(registry), loader_as_of(l), l->options.arg);
}

static void loader_take_codes(struct registry_loader *l, struct registry_builder *b)
{
	struct registry *codes = code_load_take(l->codes);

	if (codes == NULL)
		return;
	registry_take_code_tables(b, codes);
	registry_unref(codes);
	l->codes_version = l->codes_loading_version;
	l->codes_as_of_mono_ms = l->codes_asked_mono_ms;
}

/* A snapshot that differs in nothing but the code tables.  One that is not whole is never handed
 * out; then the walk takes them up at its end. */
static void loader_merge_codes(struct registry_loader *l)
{
	struct registry_builder *b;
	struct registry *registry;

	if (!code_load_is_ready(l->codes) || l->builder != NULL || l->loaded == NULL || !l->is_whole)
		return;
	b = registry_builder_new(registry_version(l->loaded), l->loaded);
	if (b == NULL)
		return;
	loader_take_codes(l, b);
	registry = registry_finish(b);
	if (registry != NULL)
		loader_keep(l, registry, true);
	else
		l->codes_version = CODES_LOST; /* read again */
}

static void loader_codes_done(int result, void *arg)
{
	struct registry_loader *l = arg;

	l->codes_fail = result < 0;
	if (result < 0)
		log_warn("could not load the code tables: %s, retrying", err_text(result));
	else
		loader_merge_codes(l);
}

static void loader_versioned(struct registry_loader *l)
{
	l->version = store_registry_version(&l->unit, 0);
	loader_follow_codes(l);
	if (l->loaded != NULL && l->version == registry_version(l->loaded)) {
		loader_merge_codes(l);
		if (l->is_handed_out)
			l->options.fresh(loader_as_of(l), l->options.arg);
		loader_rest(l);
		return;
	}
	for (unsigned i = 0; i < PARTS; i++)
		l->versions[i] = store_registry_kind_version(&l->unit, 0, parts[i].name);
	l->part = 0;
	l->builder = registry_builder_new(l->version, l->loaded);
	if (l->builder == NULL)
		loader_rest(l);
	else
		loader_go_on(l);
}

/* When somebody wrote meanwhile the kinds that moved since are read again, and only those: a kind
 * whose version is still the one asked before it was read is read. */
static void loader_finish(struct registry_loader *l)
{
	bool is_whole = store_registry_version(&l->unit, 0) == l->version;
	struct registry_builder *b = l->builder;
	struct registry *registry;

	l->builder = NULL;
	loader_take_codes(l, b);
	registry = registry_finish(b);
	if (registry != NULL) {
		memcpy(l->loaded_versions, l->versions, sizeof(l->loaded_versions));
		loader_keep(l, registry, is_whole);
	} else {
		l->codes_version = CODES_LOST; /* they may have been taken up: read again */
	}
	if (is_whole)
		loader_rest(l);
	else
		loader_ask_version(l, LOAD_VERSION);
}

static void loader_done(struct pg_unit *unit)
{
	struct registry_loader *l = container_of(unit, struct registry_loader, unit);
	int r = unit->status;

	if (l->closing)
		return;
	if (r == 0 && l->state == LOAD_KIND)
		r = parts[l->part++].add(l);
	if (r < 0) {
		log_warn("could not load the registry: %s, retrying", err_text(r));
		loader_rest(l);
	} else if (l->state == LOAD_VERSION) {
		loader_versioned(l);
	} else if (l->state == LOAD_KIND) {
		loader_go_on(l);
	} else {
		loader_finish(l);
	}
}

static void loader_tick(struct loop_timer *timer)
{
	struct registry_loader *l = container_of(timer, struct registry_loader, timer);

	loader_ask_version(l, LOAD_VERSION);
}

int registry_loader_open(struct registry_loader **ret, struct loop *loop, struct pg_lane *lane,
	const struct registry_loader_options *options)
{
	struct registry_loader *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return ERR_MEMORY;
	l->codes = code_load_new(lane, loader_codes_done, l);
	if (l->codes == NULL || loop_timer_open(&l->timer, loop, loader_tick) < 0) {
		code_load_free(l->codes);
		free(l);
		return ERR_MEMORY;
	}
	l->lane = lane;
	l->options = *options;
	l->codes_version = CODES_NEVER;
	l->codes_as_of_mono_ms = INT64_MIN;
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
	code_load_close(l->codes);
	loop_timer_close(&l->timer);
}

void registry_loader_free(struct registry_loader *l)
{
	pg_unit_clear(&l->unit);
	registry_builder_free(l->builder);
	code_load_free(l->codes);
	registry_unref(l->loaded);
	free(l);
}
