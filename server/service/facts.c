/* Messages and registry into facts. */
#include "service/facts.h"

#include <string.h>

#include "registry/registry.h"

static struct upload_practitioner practitioner_facts(const struct request *req, const char *code)
{
	return (struct upload_practitioner){
		.code = code,
		.known = registry_practitioner(req->registry, code),
		.practice = registry_practice(req->registry, code, req->caller.code),
	};
}

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
	struct upload_line *lines = arena_array(&req->arena, rx->n_lines + 1, sizeof(*lines));
	struct upload_diagnosis *diagnoses = arena_array(&req->arena, rx->n_diagnoses + 1,
		sizeof(*diagnoses));

	if (lines == NULL || diagnoses == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rx->n_lines; i++)
		lines[i] = (struct upload_line){rx->lines[i]->drug_code, rx->lines[i]->generic_name,
			(int)rx->lines[i]->kind, rx->lines[i]->days_e4,
			registry_code(req->registry, CODE_DRUG, rx->lines[i]->drug_code,
				req->received_at_ms)};
	for (size_t i = 0; i < rx->n_diagnoses; i++)
		diagnoses[i] = (struct upload_diagnosis){rx->diagnoses[i]->code,
			registry_code(req->registry, CODE_DIAGNOSIS, rx->diagnoses[i]->code,
				req->received_at_ms)};
	f->lines = lines;
	f->line_count = rx->n_lines;
	f->diagnoses = diagnoses;
	f->diagnosis_count = rx->n_diagnoses;
	return 0;
}

int facts_gather(struct request *req, const Rxcirc__V1__Prescription *rx,
	const Rxcirc__V1__HospitalReview *review, struct upload_facts *f)
{
	*f = (struct upload_facts){
		.issued_at_ms = rx->issued_at_ms,
		.hospital = registry_institution(req->registry, req->caller.code),
		.physician = practitioner_facts(req, rx->physician->code),
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
		.first_visit = rx->first_visit,
		.follow_up_complete = follow_up_is_complete(rx->follow_up),
		.real_name_serial = rx->real_name_serial,
		.birth_date = rx->patient->birth_date,
		.guardian_confirmed = guardian_is_confirmed(rx->patient->guardian),
	};
	if (f->hospital != NULL && f->hospital->host_code[0] != '\0')
		f->host = registry_institution(req->registry, f->hospital->host_code);
	if (review != NULL)
		f->reviewer = practitioner_facts(req, review->pharmacist_code);
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

bool facts_judge(struct request *req, const struct upload_facts *facts)
{
	struct upload_finding findings[FINDINGS_MAX];
	size_t count = upload_judge(facts, findings, FINDINGS_MAX);
	bool refused = count > FINDINGS_MAX;

	for (size_t i = 0; i < count && i < FINDINGS_MAX; i++) {
		const struct upload_rule *rule = findings[i].rule;

		request_find(req, rule->id, rule->refuses ? RXCIRC__V1__SEVERITY__SEVERITY_REFUSE :
				RXCIRC__V1__SEVERITY__SEVERITY_FLAG,
			finding_field(req, &findings[i]), rule->source, rule->english, rule->chinese);
		refused = refused || rule->refuses;
	}
	return !refused;
}
