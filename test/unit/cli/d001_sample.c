#include "test/unit/cli/d001_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/file.h"
#include "client-sdk/cli/placeholder.h"
#include "test/support/tap.h"

json_t *sample_load(const char *name)
{
	struct buffer raw = {NULL, 0};
	struct buffer text = {NULL, 0};
	char path[1024];
	size_t at;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("RXCIRC_TEST_DATA"), name);
	assert_int_equal(file_read(path, D001_FILE_MAX, &raw), 0);
	assert_int_equal(placeholder_expand(raw.data, raw.len, SAMPLE_NOW_MS, D001_FILE_MAX, &text,
		&at), 0);
	json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	buffer_clear(&raw);
	buffer_clear(&text);
	return root;
}

void sample_read(json_t *root, struct sample_read *ret)
{
	char problem[D001_PROBLEM_MAX];
	char *text = json_dumps(root, JSON_COMPACT);

	assert_non_null(text);
	ret->findings = (struct findings){.items = NULL};
	assert_int_equal(d001_read(text, strlen(text), &ret->record, &ret->findings, problem), 0);
	free(text);
}

void sample_clear(struct sample_read *read)
{
	d001_clear(&read->record);
	findings_clear(&read->findings);
}

json_t *sample_object(json_t *root, const struct d001_object *object)
{
	json_t *extras = json_object_get(root, "extras");

	if (object == &d001_header)
		return root;
	if (object == &d001_line || object == &d001_diagnosis)
		return json_array_get(json_object_get(root, object->name), 0);
	if (strncmp(object->name, "extras.", 7) == 0)
		return json_object_get(extras, object->name + 7);
	return json_object_get(root, object->name);
}

void sample_path(const struct d001_object *object, const char *field, char path[128])
{
	bool array = object == &d001_line || object == &d001_diagnosis;

	(void)snprintf(path, 128, "%s%s%s%s", object->name, array ? "[0]" : "",
		object->name[0] ? "." : "", field);
}

bool sample_has(const struct sample_read *read, const char *rule, const char *path)
{
	for (size_t i = 0; i < read->findings.count; i++) {
		if (strcmp(read->findings.items[i].rule, rule) == 0 &&
			strcmp(read->findings.items[i].field, path) == 0)
			return true;
	}
	return false;
}
