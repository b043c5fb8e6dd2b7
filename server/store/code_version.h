/* Versions of code tables: begun, published, withdrawn, and which of them servers have to know.
 *
 * Ownership: texts in what the *_row() functions fill are borrowed until the unit is cleared; what
 * parameters point to must outlive the unit.
 */
#ifndef STORE_CODE_VERSION_H
#define STORE_CODE_VERSION_H

#include "domain/registry.h"
#include "store/registry_tail.h"

enum code_version_state {
	CODE_VERSION_LOADING = 1,
	CODE_VERSION_PUBLISHED,
	CODE_VERSION_WITHDRAWN,
};

extern const struct pg_statement code_version_find_sql;
extern const struct pg_statement code_version_begin_sql;
extern const struct pg_statement code_version_weigh_sql;
extern const struct pg_statement code_version_name_sql;
extern const struct pg_statement code_version_lock_sql;
extern const struct pg_statement code_version_publish_sql;
extern const struct pg_statement code_version_withdraw_sql;
extern const struct pg_statement code_versions_sql;
extern const struct pg_statement code_versions_needed_sql;

/* ---- one version by its name ---------------------------------------------------------------- */

struct code_version_found {
	int64_t id; /* 0 = there is none of that name */
	enum code_version_state state;
	struct slice content_sha256;
	int32_t rows_expected;
	int64_t rows_there;
	int64_t effective_from_ms; /* published only */
	int64_t in_effect_id;      /* of that kind, at that moment; 0 = none */
};
MUST_CHECK int store_code_version_find(struct pg_unit *unit, struct arena *arena,
	enum code_kind kind, const char *label, int64_t at_ms);
void store_code_version_found(const struct pg_unit *unit, unsigned query,
	struct code_version_found *ret);

struct code_version_begin {
	int64_t id;
	enum code_kind kind;
	const char *label, *source;
	struct slice content_sha256;
	int32_t rows;
	const char *by; /* office and officer */
};
/* Nothing is put when this id is there already. */
MUST_CHECK int store_code_version_begin(struct pg_unit *unit, struct arena *arena,
	const struct code_version_begin *v, const struct registry_write *w);

/* ---- publication ---------------------------------------------------------------------------- */

/* A version against the one that would be in effect before it. */
struct code_version_weight {
	enum code_kind kind;
	const char *label;
	enum code_version_state state;
	int32_t rows_expected;
	int64_t rows_there, added, changed, removed;
	int64_t previous_id;          /* in effect at the moment asked for; 0 = none */
	int64_t newest_effective_ms;  /* of what is in effect now; INT64_MIN = nothing is */
	int64_t ahead;                /* published versions that are not in effect yet */
	bool is_taken;                /* another version begins at exactly that moment */
};
MUST_CHECK int store_code_version_weigh(struct pg_unit *unit, struct arena *arena, int64_t id,
	int64_t effective_from_ms, int64_t now_ms);
/* False when there is no such version. */
bool store_code_version_weighed(const struct pg_unit *unit, unsigned query,
	struct code_version_weight *ret);

enum { CODE_VERSION_PUBLISH_TAIL = 1 }; /* which of the two statements ends with the tail */
struct code_version_publish {
	int64_t id, effective_from_ms;
	const char *by;
	int64_t previous_id; /* what it was weighed against */
	int64_t added, changed, removed;
};
MUST_CHECK int store_code_version_publish(struct pg_unit *unit, struct arena *arena,
	const struct code_version_publish *v, const struct registry_write *w);
struct code_version_standing {
	enum code_kind kind;
	const char *label;
	enum code_version_state state;
	int64_t effective_from_ms; /* published only */
};
MUST_CHECK int store_code_version_name(struct pg_unit *unit, struct arena *arena, int64_t id);
/* False when there is no such version. */
bool store_code_version_named(const struct pg_unit *unit, unsigned query,
	struct code_version_standing *ret);
/* Unless it is in effect. */
MUST_CHECK int store_code_version_withdraw(struct pg_unit *unit, struct arena *arena, int64_t id,
	const struct registry_write *w);

/* ---- lists ---------------------------------------------------------------------------------- */

struct code_version_row {
	int64_t id;
	const char *label, *source;
	enum code_version_state state;
	int32_t rows;
	int64_t effective_from_ms, published_at_ms; /* 0 = not published */
	int32_t added, changed, removed;
	bool in_effect;
};
MUST_CHECK int store_code_versions(struct pg_unit *unit, struct arena *arena, enum code_kind kind,
	int64_t at_ms, bool with_unpublished, int32_t limit);
void store_code_versions_row(const struct pg_unit *unit, unsigned query, int row,
	struct code_version_row *ret);

/* Per kind the version in effect, the one before it and all later ones.  The parameter is the
 * caller's. */
struct code_version_needed {
	int64_t id;
	enum code_kind kind;
	int64_t effective_from_ms;
};
void store_code_versions_needed(struct pg_unit *unit, struct pg_param *param, int64_t at_ms);
void store_code_versions_needed_row(const struct pg_unit *unit, unsigned query, int row,
	struct code_version_needed *ret);

#endif
