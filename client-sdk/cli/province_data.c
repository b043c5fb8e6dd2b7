#include "client-sdk/cli/province_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/province_tables.h"
#include "client-sdk/cli/say.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { PROVINCE_JSON_MAX = 64 * 1024 };

const char *const province_files[PROVINCE_FILES] = {"province.json", "regions.csv",
	"institutions.csv", "officers.csv", "practitioners.csv", "items.csv", "parameters.csv",
	"agreements.csv", "drugs.csv", "diagnoses.csv", "departments.csv", "consultation-items.csv",
	"frequencies.csv", "routes.csv", "calendar.csv"};

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
		if (row->chain_code[0] && !table_has(&data->institutions, row->chain_code))
			return table_missing(&data->institutions, i, "chain", row->chain_code,
				"institutions.csv");
	}
	return 0;
}

/* The words of an officer's duties, parted by ';'. */
static int duties_cut(struct officer_row *row)
{
	static const char *const words[] = {"registrar", "system", "security", "audit"};
	char *rest = row->duty_text;
	char *word;

	row->officer.duties = row->duties;
	while ((word = strsep(&rest, ";"))) {
		size_t i = 0;

		while (i < COUNT_OF(words) && strcmp(words[i], word) != 0)
			i++;
		if (i == COUNT_OF(words) || row->officer.n_duties == DUTIES_MAX)
			return fail(EXIT_LOCAL_FILE,
				"officers.csv: duties of %s are of registrar;system;security;audit, each once",
				"officers.csv：%s 的职责须取自 registrar;system;security;audit，且不重复",
				row->id);
		row->duties[row->officer.n_duties++] = (Rxcirc__V1__OfficerDuty)(i + 1);
	}
	return 0;
}

static int officers_check(const struct province_data *data)
{
	bool founder = false;

	for (size_t i = 0; i < data->officers.count; i++) {
		struct officer_row *row = table_row(&data->officers, i);
		int r = duties_cut(row);

		if (r != 0)
			return r;
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

/* What is said must be about somebody who stands in the other files. */
static int facts_check(const struct province_data *data)
{
	for (size_t i = 0; i < data->items.count; i++) {
		const Rxcirc__V1__Item *row = table_row(&data->items, i);

		if (!table_has(&data->institutions, row->owner_code) &&
			!table_has(&data->practitioners, row->owner_code))
			return table_missing(&data->items, i, "owner", row->owner_code,
				"institutions.csv, practitioners.csv");
	}
	for (size_t i = 0; i < data->parameters.count; i++) {
		const Rxcirc__V1__Parameter *row = table_row(&data->parameters, i);

		if (!table_has(&data->regions, row->region))
			return table_missing(&data->parameters, i, "region", row->region, "regions.csv");
	}
	return 0;
}

static int agreements_check(const struct province_data *data)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < data->agreements.count; i++) {
		const struct agreement_row *row = table_row(&data->agreements, i);

		if (!table_has(&data->institutions, row->text.institution_code))
			r = table_missing(&data->agreements, i, "institution", row->text.institution_code,
				"institutions.csv");
		else if (row->text.host_agreement_id[0] &&
			!table_has(&data->agreements, row->text.host_agreement_id))
			r = table_missing(&data->agreements, i, "host_agreement",
				row->text.host_agreement_id, "agreements.csv");
	}
	return r;
}

static int tables_load(struct province_data *data, const char *folder)
{
	const struct {
		struct table *table;
		const struct table_form *form;
	} files[] = {
		{&data->regions, &province_region_form},
		{&data->institutions, &province_institution_form},
		{&data->officers, &province_officer_form},
		{&data->practitioners, &province_practitioner_form},
		{&data->items, &province_item_form},
		{&data->parameters, &province_parameter_form},
		{&data->agreements, &province_agreement_form},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT_OF(files); i++)
		r = table_load(files[i].table, files[i].form, folder);
	return r;
}

static int code_tables_load(struct province_data *data, const char *folder)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < CODE_TABLE_KINDS; i++) {
		char *path = path_join(folder, code_table_kinds[i].form.file);

		r = path ? code_table_load(&data->codes[i], &code_table_kinds[i], path) :
			fail(EXIT_FAULT, "memory is short", "内存不足");
		free(path);
	}
	return r;
}

int province_data_load(struct province_data *ret, const char *folder)
{
	memset(ret, 0, sizeof(*ret));
	int r = facts_read(ret, folder);

	if (r == 0)
		r = tables_load(ret, folder);
	if (r == 0)
		r = code_tables_load(ret, folder);
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
	if (r == 0)
		r = facts_check(ret);
	if (r == 0)
		r = agreements_check(ret);
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
	for (size_t i = 0; i < CODE_TABLE_KINDS; i++)
		code_table_clear(&data->codes[i]);
	table_clear(&data->items);
	table_clear(&data->parameters);
	table_clear(&data->agreements);
	memset(data, 0, sizeof(*data));
}
