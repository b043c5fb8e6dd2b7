/* Loading: ask for the versions; when they changed read every kind that did, one after the other,
 * and ask for the versions again; if they moved meanwhile start over, else build and hand out.
 *
 * IDLE --timer--> VERSION --changed--> KIND --> KIND .. --> CHECK --same version--> loaded()
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
#include "store/agreement.h"
#include "store/registry_read.h"

enum load_state { LOAD_IDLE, LOAD_VERSION, LOAD_KIND, LOAD_CHECK };
enum { LOAD_TIMEOUT_MS = 30 * 1000, PARTS = REGISTRY_KINDS_NR + 1 };

struct registry_loader {
	struct pg_lane *lane;
	struct registry_loader_options options;
	struct loop_timer timer;
	struct pg_unit unit;
	enum load_state state;
	bool hurry, closing;
	struct registry *loaded; /* the snapshot handed out last; NULL = none yet */
	int64_t loaded_versions[PARTS];
	int64_t version, versions[PARTS]; /* being loaded */
	unsigned part;                    /* being read */
	int64_t asked_mono_ms;  /* when the version was last asked: what is true is true as of then */
	struct registry_builder *builder;
};

/* A kind of the snapshot, or the code tables: what is read together. */
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

static int add_codes(struct registry_loader *l)
{
	int r;

	registry_drop_code_tables(l->builder);
	r = registry_add_code_table(l->builder, 1, CODE_DRUG, 0);
	ADD_ROWS(0, struct code, store_drug_row, registry_add_code)
	if (r == 0)
		r = registry_add_code_table(l->builder, 2, CODE_DIAGNOSIS, 0);
	ADD_ROWS(1, struct code, store_diagnosis_row, registry_add_code)
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
	[REGISTRY_KINDS_NR] = {"code", {&drugs_sql, &diagnoses_sql}, add_codes},
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

static void loader_versioned(struct registry_loader *l)
{
	l->version = store_registry_version(&l->unit, 0);
	if (l->loaded != NULL && l->version == registry_version(l->loaded)) {
		l->options.fresh(l->asked_mono_ms, l->options.arg);
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

static void loader_finish(struct registry_loader *l)
{
	struct registry_builder *b = l->builder;
	struct registry *registry;

	l->builder = NULL;
	if (store_registry_version(&l->unit, 0) != l->version) {
		registry_builder_free(b);
		loader_ask_version(l, LOAD_VERSION);
		return;
	}
	registry = registry_finish(b);
	if (registry != NULL) {
		registry_unref(l->loaded);
		l->loaded = registry_ref(registry);
		memcpy(l->loaded_versions, l->versions, sizeof(l->loaded_versions));
		log_info("registry loaded, version %lld", (long long)l->version);
		l->options.loaded(registry, l->asked_mono_ms, l->options.arg);
	}
	loader_rest(l);
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
	registry_unref(l->loaded);
	free(l);
}
