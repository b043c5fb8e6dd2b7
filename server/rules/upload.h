/* What a prescription must be to circulate: one pure function per rule, one row per rule.
 *
 * The facts are gathered by the service; nothing here reads a clock, a database or a message.
 * The same facts give the same findings for ever, so a decision can be reproduced.  All findings
 * come at once.
 */
#ifndef RULES_UPLOAD_H
#define RULES_UPLOAD_H

#include "domain/registry.h"

struct upload_line {
	const char *drug_code;
	const char *generic_name;
	int kind; /* 11, 12, 13 */
	int64_t days_e4;
	const struct code *known; /* NULL: not in the catalogue */
};

struct upload_diagnosis {
	const char *code;
	const struct code *known;
};

struct upload_practitioner {
	const char *code;
	const struct practitioner *known;
	const struct practice *practice; /* at this hospital */
};

struct upload_facts {
	int64_t issued_at_ms;
	const struct institution *hospital, *host; /* host NULL when the hospital has none */
	struct upload_practitioner physician, reviewer;
	bool has_reviewer;        /* a dry run may come without */
	bool internet;            /* business type */
	bool emergency;           /* medical type 13 */
	bool herbal;              /* category */
	unsigned validity_days;
	bool long_prescription, long_assessed, long_confirmed;
	unsigned fills_max;
	bool supply_reason;       /* a reason for more than 7 days is stated */
	bool first_visit;
	bool follow_up_complete;  /* institution, date, diagnosis and document digest are there */
	const char *real_name_serial;
	const char *birth_date;   /* yyyy-MM-dd */
	bool guardian_confirmed;  /* name, identity, relation and confirmation are there */
	const struct upload_line *lines;
	size_t line_count;
	const struct upload_diagnosis *diagnoses;
	size_t diagnosis_count;
};

struct upload_rule {
	const char *id;
	const char *source;
	bool refuses; /* else it flags */
	const char *field;
	const char *english, *chinese;
	/* exactly one: of the whole, of each line, of each diagnosis; true = the rule is kept */
	bool (*whole)(const struct upload_facts *f);
	bool (*line)(const struct upload_facts *f, const struct upload_line *line);
	bool (*diagnosis)(const struct upload_facts *f, const struct upload_diagnosis *diagnosis);
};

struct upload_finding {
	const struct upload_rule *rule;
	int index; /* of the line or diagnosis, from 0; -1 = the whole */
};

extern const struct upload_rule upload_rules[];
extern const size_t upload_rules_count;
/* The rule of that id, or NULL. */
const struct upload_rule *upload_rule_find(const char *id);

/* Judge by every rule; returns how many findings there are, of which at most `cap` are written. */
size_t upload_judge(const struct upload_facts *facts, struct upload_finding *ret, size_t cap);

/* Full years between a birth date and a moment, in China's calendar; -1 when the date is not
 * one. */
int rules_age_years(const char *birth_date, int64_t at_ms);

#endif
