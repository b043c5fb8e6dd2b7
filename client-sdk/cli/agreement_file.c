#include "client-sdk/cli/agreement_file.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/province_tables.h"
#include "client-sdk/cli/say.h"

enum { AGREEMENT_FILE_MAX = 200 * 1024, CLAUSES_MAX = 32 };

static int member_problem(const char *name)
{
	return fail(EXIT_LOCAL_FILE, "\"%s\" is not what an agreement's text has there",
		"协议文本中的“%s”不符合要求", name);
}

static int text_take(const json_t *root, const char *name, char **into)
{
	const json_t *value = json_object_get(root, name);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return member_problem(name);
	*into = pbtext(json_string_value(value));
	return 0;
}

static int choice_take(const json_t *root, const char *name, const struct column_choice *choices,
	int32_t *into)
{
	char *word = NULL;
	int r = text_take(root, name, &word);

	if (r != 0 || !word)
		return r;
	for (; choices->word; choices++) {
		if (strcmp(choices->word, word) == 0) {
			*into = choices->value;
			return 0;
		}
	}
	return member_problem(name);
}

static int day_take(const json_t *root, const char *name, int64_t *into)
{
	char *day = NULL;
	int r = text_take(root, name, &day);

	if (r != 0 || !day)
		return r;
	return china_date_parse(day, into) < 0 ? member_problem(name) : 0;
}

static int clauses_take(struct agreement_file *file)
{
	json_t *clauses = json_object_get(file->root, "clauses");
	size_t count = json_object_size(clauses);
	const char *name;
	json_t *value;

	if (clauses && (!json_is_object(clauses) || count > CLAUSES_MAX))
		return member_problem("clauses");
	file->clauses = calloc(count + 1, sizeof(*file->clauses));
	file->clause_list = calloc(count + 1, sizeof(struct Rxcirc__V1__AgreementClause *));
	if (!file->clauses || !file->clause_list)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	json_object_foreach(clauses, name, value) {
		Rxcirc__V1__AgreementClause *clause = &file->clauses[file->text.n_clauses];

		if (!json_is_string(value))
			return member_problem(name);
		rxcirc__v1__agreement_clause__init(clause);
		clause->name = pbtext(name);
		clause->text = pbtext(json_string_value(value));
		file->clause_list[file->text.n_clauses++] = clause;
	}
	file->text.clauses = file->clause_list;
	return 0;
}

static int members_take(struct agreement_file *file)
{
	Rxcirc__V1__AgreementText *t = &file->text;
	int32_t kind = 0;
	int32_t form = 0;
	int32_t licence = 0;
	int r = choice_take(file->root, "kind", province_agreement_kinds, &kind);

	if (r == 0)
		r = choice_take(file->root, "form", province_agreement_forms, &form);
	if (r == 0)
		r = choice_take(file->root, "licence", province_licence_kinds, &licence);
	t->kind = (Rxcirc__V1__AgreementKind)kind;
	t->form = (Rxcirc__V1__AgreementForm)form;
	t->licence = (Rxcirc__V1__LicenceKind)licence;
	if (r == 0)
		r = text_take(file->root, "institution", &t->institution_code);
	if (r == 0)
		r = text_take(file->root, "host_agreement", &t->host_agreement_id);
	if (r == 0)
		r = day_take(file->root, "from", &t->starts_ms);
	if (r == 0)
		r = day_take(file->root, "until", &t->ends_ms);
	if (r == 0)
		r = text_take(file->root, "template", &t->template_version);
	if (r == 0)
		r = text_take(file->root, "application", &t->application_id);
	return r == 0 ? clauses_take(file) : r;
}

/* A name that is misspelt would be a clause or a term that silently is not there. */
static int members_known(const json_t *root)
{
	static const char *const names[] = {"kind", "form", "licence", "institution",
		"host_agreement", "from", "until", "template", "application", "clauses"};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)root, name, value) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known = known || strcmp(names[i], name) == 0;
		if (!known)
			return member_problem(name);
	}
	return 0;
}

int agreement_file_load(struct agreement_file *ret, const char *path)
{
	struct buffer text;
	json_error_t error;
	int r = file_read(path, AGREEMENT_FILE_MAX, &text);

	*ret = (struct agreement_file){.root = NULL};
	rxcirc__v1__agreement_text__init(&ret->text);
	if (r < 0)
		return fail_file(path, r);
	ret->root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	buffer_clear(&text);
	if (!json_is_object(ret->root))
		r = fail(EXIT_LOCAL_FILE, "%s is not an agreement's text in JSON, line %d: %s",
			"%s 不是 JSON 协议文本，第 %d 行：%s", path, error.line, error.text);
	else
		r = members_known(ret->root);
	if (r == 0)
		r = members_take(ret);
	if (r != 0)
		agreement_file_clear(ret);
	return r;
}

void agreement_file_clear(struct agreement_file *file)
{
	json_decref(file->root);
	free(file->clauses);
	free(file->clause_list);
	*file = (struct agreement_file){.root = NULL};
}
