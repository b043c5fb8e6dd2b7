/* The functions of the table, by the room they stand in; true = the rule is kept.  Only
 * rules/upload_table.c and those rooms include this. */
#ifndef RULES_UPLOAD_RULES_H
#define RULES_UPLOAD_RULES_H

#include "rules/upload.h"

/* The fact holds at that moment. */
static inline bool span_holds(const struct upload_span *s, int64_t at_ms)
{
	return s->known && at_ms >= s->from_ms && (s->until_ms == 0 || at_ms < s->until_ms);
}

/* upload_place.c: where it comes from, and for whom it counts */
bool hospital_active(const struct upload_facts *f);
bool host_active(const struct upload_facts *f);
bool hospital_licensed(const struct upload_facts *f);
bool department_in_scope(const struct upload_facts *f);
bool department_in_table(const struct upload_facts *f);
bool region_served(const struct upload_facts *f);
bool hospital_recognised(const struct upload_facts *f);
bool hospital_filed(const struct upload_facts *f);
bool region_flag_agrees(const struct upload_facts *f);
bool benefit_open(const struct upload_facts *f);

/* upload_people.c: who prescribed and who reviewed it */
bool physician_active(const struct upload_facts *f);
bool physician_in_province(const struct upload_facts *f);
bool physician_experienced(const struct upload_facts *f);
bool physician_code_national(const struct upload_facts *f);
bool physician_licensed(const struct upload_facts *f);
bool physician_agreed(const struct upload_facts *f);
bool physician_not_suspended(const struct upload_facts *f);
bool physician_department(const struct upload_facts *f);
bool reviewer_active(const struct upload_facts *f);
bool reviewer_is_another(const struct upload_facts *f);
bool reviewer_code_national(const struct upload_facts *f);
bool reviewer_licensed(const struct upload_facts *f);
bool reviewer_not_suspended(const struct upload_facts *f);
bool reviews_enough(const struct upload_facts *f);
bool signed_in_order(const struct upload_facts *f);
bool signers_are_two(const struct upload_facts *f);

/* upload_visit.c: the patient, the visit and what it was for */
bool real_name_present(const struct upload_facts *f);
bool voucher_token_present(const struct upload_facts *f);
bool person_not_blocked(const struct upload_facts *f);
bool not_first_visit(const struct upload_facts *f);
bool renewal_of_another(const struct upload_facts *f);
bool follow_up_shown(const struct upload_facts *f);
bool follow_up_before(const struct upload_facts *f);
bool guardian_present(const struct upload_facts *f);
bool chronic_disease_named(const struct upload_facts *f);
bool diagnosis_known(const struct upload_facts *f, const struct upload_diagnosis *d);
bool diagnosis_in_scope(const struct upload_facts *f, const struct upload_diagnosis *d);

/* upload_drugs.c: what was prescribed, and how much of it */
bool validity_within(const struct upload_facts *f);
bool few_lines(const struct upload_facts *f);
bool herbal_apart(const struct upload_facts *f);
bool supply_within(const struct upload_facts *f);
bool long_supply_within(const struct upload_facts *f);
bool dual_channel_drug(const struct upload_facts *f);
bool drug_known(const struct upload_facts *f, const struct upload_line *line);
bool not_special(const struct upload_facts *f, const struct upload_line *line);
bool fit_for_long(const struct upload_facts *f, const struct upload_line *line);
bool frequency_in_table(const struct upload_facts *f, const struct upload_line *line);
bool route_in_table(const struct upload_facts *f, const struct upload_line *line);
bool self_pay_explained(const struct upload_facts *f, const struct upload_line *line);
bool not_supplied_yet(const struct upload_facts *f, const struct upload_line *line);
bool not_split(const struct upload_facts *f, const struct upload_line *line);

#endif
