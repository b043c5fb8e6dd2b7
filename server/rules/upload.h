/* What a prescription must be to circulate: one pure function per rule, one row per rule.
 *
 * The facts are gathered by the service; nothing here reads a clock, a database or a message.
 * Limits and severities of the region and the day are part of the facts, so the same facts give the
 * same findings for ever, and a decision can be reproduced.  All findings come at once.
 */
#ifndef RULES_UPLOAD_H
#define RULES_UPLOAD_H

#include "domain/registry.h"

enum upload_severity { UPLOAD_OFF, UPLOAD_FLAG, UPLOAD_REFUSE };
enum { UPLOAD_RULES_MAX = 64 };

/* A dated fact of the registry; `known` false: none was ever recorded. */
struct upload_span {
	bool known;
	int64_t from_ms, until_ms; /* until 0 = no end known */
};

struct upload_line {
	const char *drug_code;
	const char *generic_name;
	int kind; /* 11, 12, 13 */
	int64_t days_e4;
	const struct code *known; /* NULL: not in the catalogue */
	const char *frequency_code, *route_code;
	bool frequency_known, route_known;
	const char *reimbursement;   /* 0, 1, 2 */
	const char *self_pay_reason; /* 6 = other, told in the note */
	const char *self_pay_note;
};

struct upload_diagnosis {
	const char *code;
	const struct code *known;
};

struct upload_practitioner {
	const char *code;
	const struct practitioner *known;
	const struct practice *practice; /* at this hospital */
	struct upload_span licence, agreement, suspension;
};

/* What the person was prescribed before; dry runs only. */
struct upload_supply {
	const char *drug_code, *generic_name;
	int64_t until_ms;
	bool same_visit; /* by the same physician on the same day */
};

/* The parameters in force in the hospital's region when the upload was received. */
struct upload_limits {
	int64_t validity_days_max, validity_days_long_max;
	int64_t supply_days_max, supply_days_emergency_max, supply_days_long_max,
		supply_days_assessed_max;
	int64_t western_lines_max, guardian_age_years, experience_years_min, reviews_min,
		sign_skew_minutes_max, remaining_days_max;
	bool first_visit_open;
	const char *benefits, *disease_scope; /* words parted by one space */
	const char *insured_regions, *recognised_regions, *recognised_benefits;
	const char *recognised_there;         /* recognised-regions of the insured region */
};

struct upload_facts {
	int64_t issued_at_ms;
	const struct institution *hospital, *host; /* host NULL when the hospital has none */
	struct upload_span practice_licence, internet_licence;
	struct upload_practitioner physician, reviewer;
	bool has_reviewer;        /* a dry run may come without */
	int64_t reviewed_at_ms;
	bool internet;            /* business type */
	bool emergency;           /* medical type 13 */
	bool herbal;              /* category */
	unsigned validity_days;
	bool long_prescription, long_assessed, long_confirmed;
	unsigned fills_max;
	bool supply_reason;       /* a reason for more than 7 days is stated */
	bool first_visit;
	bool follow_up_complete;  /* institution, date, diagnosis and document digest are there */
	int64_t follow_up_at_ms;
	const char *real_name_serial, *voucher_token;
	const char *number, *initial_number; /* the hospital's own, and of the renewed one or "" */
	const char *birth_date;   /* yyyy-MM-dd */
	bool guardian_confirmed;  /* name, identity, relation and confirmation are there */
	bool person_blocked;
	int attribute;            /* 1 dual-channel, 2 outpatient pooling, 3 other */
	const char *medical_type, *insurance_type, *chronic_disease_code;
	const char *insured_region, *treatment_region; /* "" = not told */
	bool cross_region;
	const char *department_code;
	struct upload_span department, internet_department; /* in the host's, the internet scope */
	bool department_table, department_known; /* a code table is loaded; it has this code */
	bool frequency_table, route_table;
	struct upload_line *lines;
	size_t line_count;
	struct upload_diagnosis *diagnoses;
	size_t diagnosis_count;
	const struct upload_supply *supplies;
	size_t supply_count;
	struct upload_limits limits;
	uint8_t severities[UPLOAD_RULES_MAX]; /* enum upload_severity, by rule number - 1 */
};

struct upload_rule {
	unsigned no;            /* 1 .. upload_rules_count; never given to another rule */
	const char *id;
	const char *setting;    /* the parameter that switches it: "rule." and the id */
	const char *source;
	enum upload_severity severity; /* where no region says otherwise */
	const char *parameters; /* names of domain/parameter.h it reads, parted by one space */
	const char *field;      /* in the national layout */
	const char *english, *chinese;
	const char *explanation, *explanation_zh;
	/* exactly one: of the whole, of each line, of each diagnosis; true = the rule is kept */
	bool (*whole)(const struct upload_facts *f);
	bool (*line)(const struct upload_facts *f, const struct upload_line *line);
	bool (*diagnosis)(const struct upload_facts *f, const struct upload_diagnosis *diagnosis);
};

struct upload_finding {
	const struct upload_rule *rule;
	int index; /* of the line or diagnosis, from 0; -1 = the whole */
	enum upload_severity severity;
};

extern const struct upload_rule upload_rules[];
extern const size_t upload_rules_count;
/* The rule of that id, or NULL. */
const struct upload_rule *upload_rule_find(const char *id);
/* What "refuse", "flag" and "off" mean; NULL and anything else: the rule's own severity. */
enum upload_severity upload_rule_severity(const struct upload_rule *rule, const char *word);

/* Judge by every rule that is not off; returns how many findings there are, of which at most `cap`
 * are written. */
size_t upload_judge(const struct upload_facts *facts, struct upload_finding *ret, size_t cap);
/* Until when the person is still supplied with this line's drug; 0 = not at all. */
int64_t upload_supplied_until(const struct upload_facts *f, const struct upload_line *line);

/* Full years between a birth date and a moment, in China's calendar; -1 when the date is not
 * one. */
int rules_age_years(const char *birth_date, int64_t at_ms);

#endif
