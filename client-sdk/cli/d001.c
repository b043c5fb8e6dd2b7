#include "client-sdk/cli/d001.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/d001_fields.h"

enum { PATH_LEN = 32 };

static void record_init(struct d001_record *record)
{
	memset(record, 0, sizeof(*record));
	rxcirc__v1__prescription__init(&record->rx);
	rxcirc__v1__hospital_review__init(&record->review);
	rxcirc__v1__patient__init(&record->patient);
	rxcirc__v1__guardian__init(&record->guardian);
	rxcirc__v1__physician__init(&record->physician);
	rxcirc__v1__herbal_use__init(&record->herbal);
	rxcirc__v1__long_prescription__init(&record->long_basis);
	rxcirc__v1__repeat_rule__init(&record->repeat);
	rxcirc__v1__follow_up__init(&record->follow_up);
	record->drug_count_e4 = -1;
	record->valid_days = -1;
	record->rx.patient = &record->patient;
	record->rx.physician = &record->physician;
}

/* An array's length when it is one of 1 .. max elements, else 0 after a finding. */
static size_t array_length(json_t *array, const char *name, size_t max, struct findings *findings)
{
	size_t count = json_array_size(array);

	if (!array)
		return 0; /* the header's row has said that it is missing */
	if (!json_is_array(array))
		findings_add(findings, true, "D001-TYPE", name, "D001", "%s must be a JSON array",
			"%s 须为 JSON 数组", name);
	else if (count == 0 || count > max)
		findings_add(findings, true, "D001-COUNT", name, "D001",
			"%s has %zu entries, 1 to %zu are allowed", "%s 有 %zu 条，允许 1 至 %zu 条", name,
			count, max);
	else
		return count;
	return 0;
}

static void read_lines(struct d001_record *record, struct findings *findings)
{
	json_t *array = json_object_get(record->root, "rxdrugdetail");
	size_t count = array_length(array, "rxdrugdetail", D001_LINES_MAX, findings);

	for (size_t i = 0; i < count; i++) {
		struct d001_line *line = &record->lines[i];
		json_t *from = json_array_get(array, i);
		const char *kind = json_string_value(json_object_get(from, "rxItemTypeCode"));
		char path[PATH_LEN];

		rxcirc__v1__drug_line__init(&line->line);
		line->line.quantity_e4 = -1; /* until read, so that a zero can be told from a gap */
		line->line.dose_e4 = -1;
		line->line.days_e4 = -1;
		(void)snprintf(path, sizeof(path), "rxdrugdetail[%zu]", i);
		d001_object_read(&d001_line, from, path, kind && strcmp(kind, "13") == 0, line, findings);
		record->line_pointers[i] = &line->line;
	}
	record->rx.n_lines = count;
	record->rx.lines = record->line_pointers;
}

static void read_diagnoses(struct d001_record *record, struct findings *findings)
{
	json_t *array = json_object_get(record->root, "diseinfo");
	size_t count = array_length(array, "diseinfo", D001_DIAGNOSES_MAX, findings);

	for (size_t i = 0; i < count; i++) {
		struct d001_diagnosis *diagnosis = &record->diagnoses[i];
		char path[PATH_LEN];

		rxcirc__v1__diagnosis__init(&diagnosis->diagnosis);
		(void)snprintf(path, sizeof(path), "diseinfo[%zu]", i);
		d001_object_read(&d001_diagnosis, json_array_get(array, i), path, false, diagnosis,
			findings);
		if (diagnosis->symptom_code && diagnosis->diagnosis.type == 3) {
			diagnosis->diagnosis.tcm_code = diagnosis->symptom_code;
			if (diagnosis->symptom_name)
				diagnosis->diagnosis.tcm_name = diagnosis->symptom_name;
		}
		record->diagnosis_pointers[i] = &diagnosis->diagnosis;
	}
	record->rx.n_diagnoses = count;
	record->rx.diagnoses = record->diagnosis_pointers;
}

/* An object that may be absent or empty; true when it was there. */
static bool read_optional(struct d001_record *record, const struct d001_object *object,
	json_t *from, struct findings *findings)
{
	if (!from || json_is_null(from) || (json_is_object(from) && json_object_size(from) == 0))
		return false;
	d001_object_read(object, from, object->name, false, record, findings);
	return true;
}

static void read_extras(struct d001_record *record, struct findings *findings)
{
	json_t *extras = json_object_get(record->root, "extras");

	if (!read_optional(record, &d001_extras, extras, findings))
		return;
	if (read_optional(record, &d001_follow_up, json_object_get(extras, "followUp"), findings)) {
		record->follow_up.document_sha256.data = record->follow_up_sha256;
		record->follow_up.document_sha256.len = DIGEST_LEN;
		record->rx.follow_up = &record->follow_up;
	}
	if (read_optional(record, &d001_long, json_object_get(extras, "longRx"), findings))
		record->rx.long_basis = &record->long_basis;
	if (read_optional(record, &d001_guardian, json_object_get(extras, "guardian"), findings))
		record->patient.guardian = &record->guardian;
}

static void read_review(struct d001_record *record, struct findings *findings)
{
	json_t *review = json_object_get(record->root, "review");

	record->has_review = read_optional(record, &d001_review, review, findings);
	record->review.hospital_code = record->rx.hospital_code;
	record->review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED;
}

int d001_read(const char *text, size_t len, struct d001_record *ret, struct findings *findings,
	char problem[D001_PROBLEM_MAX])
{
	json_error_t error;

	record_init(ret);
	if (digest_sha256(text, len, ret->source_sha256) < 0) {
		(void)snprintf(problem, D001_PROBLEM_MAX, "SHA-256 is not available");
		return -1;
	}
	ret->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!ret->root) {
		(void)snprintf(problem, D001_PROBLEM_MAX, "line %d, column %d: %s", error.line,
			error.column, error.text);
		return -1;
	}
	ret->rx.source_sha256.data = ret->source_sha256;
	ret->rx.source_sha256.len = DIGEST_LEN;
	d001_object_read(&d001_header, ret->root, "", false, ret, findings);
	if (!json_is_object(ret->root))
		return 0;
	json_t *visit = json_object_get(ret->root, "mdtrtinfo");

	if (visit)
		d001_object_read(&d001_visit, visit, d001_visit.name, false, ret, findings);
	read_lines(ret, findings);
	read_diagnoses(ret, findings);
	read_extras(ret, findings);
	read_review(ret, findings);
	d001_check(ret, findings);
	return 0;
}

void d001_clear(struct d001_record *record)
{
	json_decref(record->root);
	record->root = NULL;
}
