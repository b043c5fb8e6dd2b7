/* Applications of institutions: one row each, guarded by its version, and one row per step. */
#ifndef STORE_APPLICATION_H
#define STORE_APPLICATION_H

#include "base/arena.h"
#include "store/registry_tail.h"

extern const struct pg_statement application_load_sql;
extern const struct pg_statement application_running_sql;
extern const struct pg_statement application_submit_sql;
extern const struct pg_statement application_advance_sql;
extern const struct pg_statement application_activate_sql;
extern const struct pg_statement application_publish_sql;
extern const struct pg_statement application_list_sql;

/* Everything borrowed; must outlive the unit. */
struct application_row {
	const char *id;
	const char *institution_code, *applicant_code, *office_code;
	int16_t kind;
	const char *region;
	int16_t state;
	int64_t version;      /* after the step */
	int64_t submitted_ms;
	int64_t due_ms;       /* 0 = none */
	struct slice body, summary;
	/* the step */
	int16_t event;
	const char *officer;  /* "" = an institution */
	struct slice step;
};

/* What an activation opens besides.  Its event says how the institutions stand afterwards, so they
 * must still be as this version of the registry has them. */
struct application_opening {
	int64_t registry_version;
	const char *filing_no;
	bool with_applicant;            /* combined: the host opens, too */
	const struct slice *capabilities;
	size_t capability_count;
};

/* Which applications are listed; "" and 0 do not restrict. */
struct application_filter {
	const char *office_code;
	const char *party_code;         /* applicant or institution */
	const char *region_prefix;
	int16_t state;
	int64_t overdue_ms;             /* a deadline was passed at that moment; 0 = all */
	const char *after_id;
	int32_t limit;
};

/* Each 0 or ERR_MEMORY. */
MUST_CHECK int store_application_load(struct pg_unit *unit, struct arena *arena, const char *id);
/* False when there is none; the body is borrowed from the unit. */
MUST_CHECK bool store_application_read(const struct pg_unit *unit, unsigned query,
	struct slice *ret_body);
/* Whether an application of the institution is running. */
MUST_CHECK int store_application_running(struct pg_unit *unit, struct arena *arena,
	const char *institution_code);
bool store_application_runs(const struct pg_unit *unit, unsigned query);

/* Guarded: nothing is put when one is running, or the row is not of the version before. */
MUST_CHECK int store_application_submit(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct registry_write *w);
MUST_CHECK int store_application_advance(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct registry_write *w);
/* The same, and the institution is opened in the same statement. */
MUST_CHECK int store_application_activate(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct application_opening *opening,
	const struct registry_write *w);
/* The same, and the institution is put on the public list. */
MUST_CHECK int store_application_publish(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, int64_t registry_version, const struct registry_write *w);

MUST_CHECK int store_application_list(struct pg_unit *unit, struct arena *arena,
	const struct application_filter *filter);
/* The summary of one row, borrowed from the unit. */
struct slice store_application_summary(const struct pg_unit *unit, unsigned query, int row);

#endif
