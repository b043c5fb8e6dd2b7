#include "client-sdk/cli/province_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(name, required, length, type, member) \
	{name, COLUMN_TEXT, required, length, offsetof(type, member), NULL}
#define YES_NO(name, type, member) {name, COLUMN_YES_NO, true, 3, offsetof(type, member), NULL}
#define CHOICE(name, type, member, choices) \
	{name, COLUMN_CHOICE, true, 40, offsetof(type, member), choices}

enum { PROVINCE_JSON_MAX = 64 * 1024 };

const char *const province_files[PROVINCE_FILES] = {"province.json", "regions.csv",
	"institutions.csv", "officers.csv", "practitioners.csv", "drugs.csv", "diagnoses.csv"};

static const struct column_choice institution_kinds[] = {
	{"hospital", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_HOSPITAL},
	{"internet-hospital", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL},
	{"pharmacy", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY},
	{"channel", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_CHANNEL},
	{"agency", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_AGENCY},
	{NULL, 0},
};

static const struct column_choice institution_statuses[] = {
	{"active", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_ACTIVE},
	{"suspended", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_SUSPENDED},
	{"closed", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_CLOSED},
	{NULL, 0},
};

static const struct column_choice roles[] = {
	{"physician", RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN},
	{"hospital-pharmacist",
		RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_HOSPITAL_PHARMACIST},
	{"pharmacy-pharmacist",
		RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHARMACY_PHARMACIST},
	{NULL, 0},
};

static const struct column_choice drug_kinds[] = {
	{"western", RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN},
	{"patent", RXCIRC__V1__DRUG_KIND__DRUG_KIND_CHINESE_PATENT},
	{"herbal", RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES},
	{NULL, 0},
};

static const struct column region_columns[] = {
	TEXT("code", true, 6, Rxcirc__V1__Region, code),
	TEXT("name", true, 100, Rxcirc__V1__Region, name),
	TEXT("parent", false, 6, Rxcirc__V1__Region, parent),
};

static const struct column institution_columns[] = {
	TEXT("code", true, 12, Rxcirc__V1__Institution, code),
	TEXT("name", true, 200, Rxcirc__V1__Institution, name),
	CHOICE("kind", Rxcirc__V1__Institution, kind, institution_kinds),
	TEXT("region", true, 6, Rxcirc__V1__Institution, region),
	TEXT("host", false, 12, Rxcirc__V1__Institution, host_code),
	CHOICE("status", Rxcirc__V1__Institution, status, institution_statuses),
};

static const struct column officer_columns[] = {
	TEXT("id", true, 40, struct officer_row, id),
	TEXT("name", true, 50, struct officer_row, officer.name),
	TEXT("office", true, 12, struct officer_row, officer.office_code),
	YES_NO("provincial", struct officer_row, officer.provincial),
	TEXT("region", false, 6, struct officer_row, officer.region),
};

static const struct column practitioner_columns[] = {
	TEXT("code", true, 20, struct practitioner_row, practitioner.code),
	TEXT("name", true, 50, struct practitioner_row, practitioner.name),
	CHOICE("role", struct practitioner_row, practitioner.role, roles),
	TEXT("institution", true, 12, struct practitioner_row, institution),
	TEXT("departments", false, 400, struct practitioner_row, department_text),
	TEXT("independent_since", false, 10, struct practitioner_row, practitioner.independent_since),
	TEXT("licence_no", false, 50, struct practitioner_row, practitioner.licence_no),
	TEXT("region", true, 6, struct practitioner_row, practitioner.registered_region),
	YES_NO("suspended", struct practitioner_row, practitioner.suspended),
};

static const struct column drug_columns[] = {
	TEXT("code", true, 50, Rxcirc__V1__Drug, code),
	TEXT("generic_name", true, 100, Rxcirc__V1__Drug, generic_name),
	CHOICE("kind", Rxcirc__V1__Drug, kind, drug_kinds),
	TEXT("dosage_form", true, 30, Rxcirc__V1__Drug, dosage_form),
	TEXT("specification", true, 40, Rxcirc__V1__Drug, specification),
	YES_NO("special_control", Rxcirc__V1__Drug, special_control),
	YES_NO("dual_channel", Rxcirc__V1__Drug, dual_channel),
	YES_NO("long_excluded", Rxcirc__V1__Drug, long_excluded),
	YES_NO("withdrawn", Rxcirc__V1__Drug, withdrawn),
};

static const struct column diagnosis_columns[] = {
	TEXT("code", true, 30, Rxcirc__V1__DiagnosisCode, code),
	TEXT("name", true, 100, Rxcirc__V1__DiagnosisCode, name),
	{"type", COLUMN_NUMBER, true, 1, offsetof(Rxcirc__V1__DiagnosisCode, type), NULL},
	YES_NO("chronic_or_common", Rxcirc__V1__DiagnosisCode, chronic_or_common),
	YES_NO("withdrawn", Rxcirc__V1__DiagnosisCode, withdrawn),
};

static void region_init(void *row)
{
	rxcirc__v1__region__init(row);
}

static void institution_init(void *row)
{
	rxcirc__v1__institution__init(row);
}

static void officer_init(void *row)
{
	struct officer_row *officer = row;

	officer->id = NULL;
	rxcirc__v1__officer__init(&officer->officer);
}

static void practitioner_init(void *row)
{
	struct practitioner_row *practitioner = row;

	memset(practitioner, 0, sizeof(*practitioner));
	rxcirc__v1__practitioner__init(&practitioner->practitioner);
}

static void drug_init(void *row)
{
	rxcirc__v1__drug__init(row);
}

static void diagnosis_init(void *row)
{
	rxcirc__v1__diagnosis_code__init(row);
}

static const struct table_form region_form = {"regions.csv", region_columns,
	COUNT_OF(region_columns), sizeof(Rxcirc__V1__Region), region_init};
static const struct table_form institution_form = {"institutions.csv", institution_columns,
	COUNT_OF(institution_columns), sizeof(Rxcirc__V1__Institution), institution_init};
static const struct table_form officer_form = {"officers.csv", officer_columns,
	COUNT_OF(officer_columns), sizeof(struct officer_row), officer_init};
static const struct table_form practitioner_form = {"practitioners.csv", practitioner_columns,
	COUNT_OF(practitioner_columns), sizeof(struct practitioner_row), practitioner_init};
static const struct table_form drug_form = {"drugs.csv", drug_columns, COUNT_OF(drug_columns),
	sizeof(Rxcirc__V1__Drug), drug_init};
static const struct table_form diagnosis_form = {"diagnoses.csv", diagnosis_columns,
	COUNT_OF(diagnosis_columns), sizeof(Rxcirc__V1__DiagnosisCode), diagnosis_init};

static int days_read(json_t *root, const char *name, unsigned *ret)
{
	json_int_t days = json_integer_value(json_object_get(root, name));

	if (days < 1 || days > PROVINCE_DAYS_MAX)
		return fail(EXIT_LOCAL_FILE, "province.json: %s must be 1 to %d days",
			"province.json：%s 须为 1 至 %d 天", name, PROVINCE_DAYS_MAX);
	*ret = (unsigned)days;
	return 0;
}

static int facts_read(struct province_data *data, const char *folder)
{
	struct buffer text = {NULL, 0};
	char *path = path_join(folder, "province.json");
	int r = path ? file_read(path, PROVINCE_JSON_MAX, &text) : -ENOMEM;
	json_error_t error;

	if (r < 0) {
		r = fail_file(path ? path : folder, r);
		free(path);
		return r;
	}
	free(path);
	data->root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	buffer_clear(&text);
	if (!data->root)
		return fail(EXIT_LOCAL_FILE, "province.json, line %d: %s", "province.json 第 %d 行：%s",
			error.line, error.text);
	data->name = json_string_value(json_object_get(data->root, "name"));
	data->founding_office = json_string_value(json_object_get(data->root, "founding_office"));
	data->founding_officer = json_string_value(json_object_get(data->root, "founding_officer"));
	if (!data->name || !data->founding_office || !data->founding_officer)
		return fail(EXIT_LOCAL_FILE, "province.json needs name, founding_office, founding_officer",
			"province.json 缺少 name、founding_office 或 founding_officer");
	r = days_read(data->root, "certificate_days", &data->certificate_days);
	return r ? r : days_read(data->root, "key_days", &data->key_days);
}

static int institutions_check(const struct province_data *data)
{
	for (size_t i = 0; i < data->institutions.count; i++) {
		const Rxcirc__V1__Institution *row = table_row(&data->institutions, i);
		bool internet =
			row->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL;

		if (!name_is_safe(row->code))
			return table_missing(&data->institutions, i, "code", row->code, "A-Z a-z 0-9 - _");
		if (!table_has(&data->regions, row->region))
			return table_missing(&data->institutions, i, "region", row->region, "regions.csv");
		if ((internet || row->host_code[0]) && !table_has(&data->institutions, row->host_code))
			return table_missing(&data->institutions, i, "host", row->host_code,
				"institutions.csv");
	}
	return 0;
}

static int officers_check(const struct province_data *data)
{
	bool founder = false;

	for (size_t i = 0; i < data->officers.count; i++) {
		const struct officer_row *row = table_row(&data->officers, i);

		if (!name_is_safe(row->id))
			return table_missing(&data->officers, i, "id", row->id, "A-Z a-z 0-9 - _");
		if (!table_has(&data->institutions, row->officer.office_code))
			return table_missing(&data->officers, i, "office", row->officer.office_code,
				"institutions.csv");
		if (!row->officer.provincial && !table_has(&data->regions, row->officer.region))
			return table_missing(&data->officers, i, "region", row->officer.region, "regions.csv");
		founder = founder || (strcmp(row->id, data->founding_officer) == 0 &&
			strcmp(row->officer.office_code, data->founding_office) == 0 &&
			row->officer.provincial);
	}
	if (!founder)
		return fail(EXIT_LOCAL_FILE,
			"officers.csv has no provincial officer \"%s\" of %s, who founds the registry",
			"officers.csv 中没有创建登记库的省级人员“%s”（%s）", data->founding_officer,
			data->founding_office);
	return 0;
}

static int departments_cut(struct practitioner_row *row)
{
	char *rest = row->department_text;
	char *code;

	while ((code = strsep(&rest, ";"))) {
		if (row->department_count == DEPARTMENTS_MAX)
			return fail(EXIT_LOCAL_FILE, "practitioners.csv: %s has more than %d departments",
				"practitioners.csv：%s 的科室超过 %d 个", row->practitioner.code, DEPARTMENTS_MAX);
		if (*code)
			row->departments[row->department_count++] = code;
	}
	return 0;
}

static int practitioners_check(const struct province_data *data)
{
	for (size_t i = 0; i < data->practitioners.count; i++) {
		struct practitioner_row *row = table_row(&data->practitioners, i);
		int64_t day_ms;

		if (!name_is_safe(row->practitioner.code))
			return table_missing(&data->practitioners, i, "code", row->practitioner.code,
				"A-Z a-z 0-9 - _");
		if (!table_has(&data->institutions, row->institution))
			return table_missing(&data->practitioners, i, "institution", row->institution,
				"institutions.csv");
		if (!table_has(&data->regions, row->practitioner.registered_region))
			return table_missing(&data->practitioners, i, "region",
				row->practitioner.registered_region, "regions.csv");
		if (row->practitioner.independent_since[0] &&
			china_date_parse(row->practitioner.independent_since, &day_ms) < 0)
			return table_missing(&data->practitioners, i, "independent_since",
				row->practitioner.independent_since, "yyyy-MM-dd");
		int r = departments_cut(row);

		if (r != 0)
			return r;
	}
	return 0;
}

static int tables_load(struct province_data *data, const char *folder)
{
	const struct {
		struct table *table;
		const struct table_form *form;
	} files[] = {
		{&data->regions, &region_form}, {&data->institutions, &institution_form},
		{&data->officers, &officer_form}, {&data->practitioners, &practitioner_form},
		{&data->drugs, &drug_form}, {&data->diagnoses, &diagnosis_form},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT_OF(files); i++)
		r = table_load(files[i].table, files[i].form, folder);
	return r;
}

int province_data_load(struct province_data *ret, const char *folder)
{
	memset(ret, 0, sizeof(*ret));
	int r = facts_read(ret, folder);

	if (r == 0)
		r = tables_load(ret, folder);
	for (size_t i = 0; r == 0 && i < ret->regions.count; i++) {
		const Rxcirc__V1__Region *row = table_row(&ret->regions, i);

		if (row->parent[0] && !table_has(&ret->regions, row->parent))
			r = table_missing(&ret->regions, i, "parent", row->parent, "regions.csv");
	}
	if (r == 0)
		r = institutions_check(ret);
	if (r == 0)
		r = officers_check(ret);
	if (r == 0)
		r = practitioners_check(ret);
	if (r != 0)
		province_data_clear(ret);
	return r;
}

void province_data_clear(struct province_data *data)
{
	json_decref(data->root);
	table_clear(&data->regions);
	table_clear(&data->institutions);
	table_clear(&data->officers);
	table_clear(&data->practitioners);
	table_clear(&data->drugs);
	table_clear(&data->diagnoses);
	memset(data, 0, sizeof(*data));
}
