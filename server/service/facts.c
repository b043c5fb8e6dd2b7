/* Documents into facts, and findings into the answer. */
#include "service/facts.h"

#include <string.h>
#include <time.h>

enum { CHINA_OFFSET_S = 8 * 3600, DAY_TEXT_LEN = 10 };

static bool follow_up_is_complete(const Rxcirc__V1__FollowUp *f)
{
	return f != NULL && f->hospital_code[0] != '\0' && f->visited_at_ms > 0 &&
		f->diagnosis_code[0] != '\0' && f->document_kind[0] != '\0' &&
		f->document_sha256.len == SHA256_LEN;
}

static bool guardian_is_confirmed(const Rxcirc__V1__Guardian *g)
{
	return g != NULL && g->confirmed && g->name[0] != '\0' && g->id_number[0] != '\0' &&
		g->relation[0] != '\0';
}

static int gather_lists(struct request *req, const Rxcirc__V1__Prescription *rx,
	struct upload_facts *f)
{
	f->lines = arena_array(&req->arena, rx->n_lines + 1, sizeof(*f->lines));
	f->diagnoses = arena_array(&req->arena, rx->n_diagnoses + 1, sizeof(*f->diagnoses));
	if (f->lines == NULL || f->diagnoses == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rx->n_lines; i++) {
		const Rxcirc__V1__DrugLine *line = rx->lines[i];

		f->lines[i] = (struct upload_line){
			.drug_code = line->drug_code,
			.generic_name = line->generic_name,
			.kind = (int)line->kind,
			.days_e4 = line->days_e4,
			.frequency_code = line->frequency_code,
			.route_code = line->route_code,
			.reimbursement = line->reimbursement,
			.self_pay_reason = line->self_pay_reason,
			.self_pay_note = line->self_pay_note,
		};
	}
	for (size_t i = 0; i < rx->n_diagnoses; i++)
		f->diagnoses[i] = (struct upload_diagnosis){rx->diagnoses[i]->code, NULL};
	f->line_count = rx->n_lines;
	f->diagnosis_count = rx->n_diagnoses;
	return 0;
}

static void visit_facts(const Rxcirc__V1__Prescription *rx, struct upload_facts *f)
{
	f->first_visit = rx->first_visit;
	f->follow_up_complete = follow_up_is_complete(rx->follow_up);
	f->follow_up_at_ms = rx->follow_up == NULL ? 0 : rx->follow_up->visited_at_ms;
	f->real_name_serial = rx->real_name_serial;
	f->voucher_token = rx->voucher_token;
	f->birth_date = rx->patient->birth_date;
	f->guardian_confirmed = guardian_is_confirmed(rx->patient->guardian);
	f->attribute = (int)rx->attribute;
	f->medical_type = rx->medical_type;
	f->insurance_type = rx->patient->insurance_type;
	f->chronic_disease_code = rx->chronic_disease_code;
	f->insured_region = rx->patient->insured_region;
	f->treatment_region = rx->treatment_region;
	f->cross_region = rx->cross_region;
	f->department_code = rx->physician->department_code;
}

int facts_of_papers(struct request *req, const Rxcirc__V1__Prescription *rx,
	const Rxcirc__V1__HospitalReview *review, struct upload_facts *f)
{
	*f = (struct upload_facts){
		.issued_at_ms = rx->issued_at_ms,
		.physician = {.code = rx->physician->code},
		.has_reviewer = review != NULL,
		.internet = rx->business_type == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET,
		.emergency = strcmp(rx->medical_type, "13") == 0,
		.herbal = rx->category == RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL,
		.validity_days = rx->validity_days,
		.long_prescription = rx->long_prescription,
		.long_assessed = rx->long_basis != NULL && rx->long_basis->assessed,
		.long_confirmed = rx->long_basis != NULL && rx->long_basis->patient_confirmed,
		.fills_max = rx->repeat == NULL ? 1 : rx->repeat->fills_max,
		.supply_reason = rx->initial_note[0] != '\0',
		.number = rx->hospital_rx_no,
		.initial_number = rx->initial_rx_no,
	};
	visit_facts(rx, f);
	if (review != NULL) {
		f->reviewer.code = review->pharmacist_code;
		f->reviewed_at_ms = review->reviewed_at_ms;
	}
	return gather_lists(req, rx, f);
}

/* The field a finding is about, with the number of the line or diagnosis. */
static const char *finding_field(struct request *req, const struct upload_finding *finding)
{
	const char *group = finding->rule->line != NULL ? "rxdrugdetail" : "diseinfo";
	char *field;

	if (finding->index < 0)
		return finding->rule->field;
	field = arena_printf(&req->arena, "%s[%d].%s", group, finding->index, finding->rule->field);
	return field == NULL ? finding->rule->field : field;
}

/* A remaining supply names the drug and its last day; every other message stands in the table. */
static void finding_message(struct request *req, const struct upload_facts *f,
	const struct upload_finding *finding, const char **ret_english, const char **ret_chinese)
{
	const struct upload_rule *rule = finding->rule;
	const struct upload_line *line = rule->line == NULL ? NULL : &f->lines[finding->index];
	char *english, *chinese, day[DAY_TEXT_LEN + 1];
	time_t seconds;
	struct tm tm;

	*ret_english = rule->english;
	*ret_chinese = rule->chinese;
	if (strcmp(rule->id, "RX-REMAINING") != 0 || line == NULL)
		return;
	seconds = (time_t)(upload_supplied_until(f, line) / 1000) + CHINA_OFFSET_S;
	if (gmtime_r(&seconds, &tm) == NULL ||
		strftime(day, sizeof(day), "%Y-%m-%d", &tm) != DAY_TEXT_LEN)
		return;
	english = arena_printf(&req->arena, "%s: %s until %s", rule->english, line->generic_name, day);
	chinese = arena_printf(&req->arena, "%s：%s 可用至 %s", rule->chinese, line->generic_name, day);
	if (english == NULL || chinese == NULL)
		return;
	*ret_english = english;
	*ret_chinese = chinese;
}

bool facts_judge(struct request *req, const struct upload_facts *facts)
{
	struct upload_finding findings[FINDINGS_MAX];
	size_t count = upload_judge(facts, findings, FINDINGS_MAX);
	bool refused = count > FINDINGS_MAX;

	for (size_t i = 0; i < count && i < FINDINGS_MAX; i++) {
		const struct upload_rule *rule = findings[i].rule;
		bool refuses = findings[i].severity == UPLOAD_REFUSE;
		const char *english, *chinese;

		finding_message(req, facts, &findings[i], &english, &chinese);
		request_find(req, rule->id, refuses ? RXCIRC__V1__SEVERITY__SEVERITY_REFUSE :
				RXCIRC__V1__SEVERITY__SEVERITY_FLAG,
			finding_field(req, &findings[i]), rule->source, english, chinese);
		refused = refused || refuses;
	}
	return !refused;
}
