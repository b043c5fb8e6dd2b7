/* Agreements: read by house, changed by house, listed.
 *
 * A house is a hospital with its internet hospitals, or a pharmacy.  Every change of one of its
 * agreements names the version of the house it was decided on and writes nothing when somebody else
 * was faster (registry_tail_changed() is false then).
 */
#ifndef STORE_AGREEMENT_H
#define STORE_AGREEMENT_H

#include "base/arena.h"
#include "domain/agreement.h"
#include "store/registry_tail.h"

extern const struct pg_statement agreements_sql;
extern const struct pg_statement agreement_house_sql;
extern const struct pg_statement agreement_party_sql;
extern const struct pg_statement agreement_task_sql;
extern const struct pg_statement agreement_lay_sql;
extern const struct pg_statement agreement_known_sql;
extern const struct pg_statement agreement_change_sql;

/* A whole row; texts and bytes are borrowed from where it was read from. */
struct agreement_row {
	struct agreement a;
	const char *region;
	int16_t form, licence;
	const char *template_version, *application_id;
	bool legacy;
	int64_t sign_due_ms;    /* 0 = no such limit */
	struct slice sha256;
	struct slice text;      /* the serialized AgreementText; empty where it was not asked for */
	const char *task_id;    /* open task this agreement has given rise to; "" = none */
};

/* For the snapshot: rows of agreements_sql. */
void store_agreement_facts(const struct pg_unit *u, unsigned q, int row, struct agreement *ret);

/* The house of an institution, or (institution "" then) the one that an agreement or a task by
 * `id` belongs to: every agreement of it that is not over at `now_ms`, and the one named.  The text
 * comes with the one named. */
MUST_CHECK int store_agreement_house(struct pg_unit *unit, struct arena *arena,
	const char *institution_code, const char *id, int64_t now_ms);
enum { AGREEMENT_HOUSE_ROWS_MAX = 256 };
struct agreement_house {
	const char *code;     /* NULL: there is no such institution, agreement or task */
	int64_t version;      /* 0 = it has no agreements yet */
	const char *wanted;   /* id of the agreement that was meant */
	struct agreement_row *rows;
	size_t count;
};
/* Copied into the arena, so that it outlives the unit.  ERR_MEMORY; ERR_FULL above
 * AGREEMENT_HOUSE_ROWS_MAX. */
MUST_CHECK int store_agreement_house_read(const struct pg_unit *unit, unsigned query,
	struct arena *arena, struct agreement_house *ret);

/* What a draft is judged by besides its house: the institution as it stands in the tables now, and
 * the application the draft names. */
MUST_CHECK int store_agreement_party(struct pg_unit *unit, struct arena *arena,
	const char *institution_code, const char *application_id);
struct agreement_party {
	int16_t kind;
	const char *region, *host_code;
	int16_t application_state; /* 0 = no such application of this institution or for its host */
	int64_t assessed_ms;       /* passed; 0 = not yet */
};
/* False when there is none. */
MUST_CHECK bool store_agreement_party_read(const struct pg_unit *unit, unsigned query,
	struct agreement_party *ret);

/* One entry of an agreement's history. */
struct agreement_step_row {
	const char *agreement_id;
	int16_t event, cause;
	int64_t effective_ms;
};
/* Who does it, and why; the same for every step of a change.  When and where is the event's. */
struct agreement_actor {
	const char *name;       /* officer's, or "" */
	const uint8_t *spki;
	struct slice signed_sha256; /* 32 bytes, or empty */
	const char *reason, *legal_basis;
};

/* A text laid down: a new agreement, or a draft's text replaced. */
struct agreement_lay {
	const char *house;
	int64_t house_version;
	const struct agreement_row *row;
	const char *region;
	const struct agreement_step_row *step;
	struct agreement_actor actor;
};
MUST_CHECK int store_agreement_lay(struct pg_unit *unit, struct arena *arena,
	const struct agreement_lay *lay, const struct registry_write *w);

/* Nothing to write but the "unchanged" answer, which is found when the call looks again. */
MUST_CHECK int store_agreement_known(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w);

/* Facts of one or more agreements of a house changed together, each with its step; a task opened,
 * or one decided. */
struct agreement_change {
	const char *house;
	int64_t house_version;
	const struct agreement *const *changed;
	const struct agreement_step_row *steps;
	size_t count;
	struct agreement_actor actor;
	/* a task to open; id NULL = none */
	const char *task_id, *task_agreement_id, *task_cause_id;
	int16_t task_event;
	/* a task to close; id NULL = none */
	const char *decided_id;
	int16_t decision;
};
MUST_CHECK int store_agreement_change(struct pg_unit *unit, struct arena *arena,
	const struct agreement_change *change, const struct registry_write *w);

struct agreement_task_row {
	const char *id, *agreement_id, *cause_agreement_id;
	int16_t cause_event, decision; /* decision 0 = open */
	int64_t opened_ms, decided_ms;
	const char *reason;
};
MUST_CHECK int store_agreement_task(struct pg_unit *unit, struct arena *arena, const char *id);
/* Rows of agreement_task_sql and agreement_tasks_sql. */
void store_agreement_task_row(const struct pg_unit *u, unsigned q, int row,
	struct agreement_task_row *ret);

#endif
