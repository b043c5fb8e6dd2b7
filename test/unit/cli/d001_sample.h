/* The sample prescriptions, expanded at a fixed moment, to be changed and read by tests. */
#ifndef TEST_UNIT_CLI_D001_SAMPLE_H
#define TEST_UNIT_CLI_D001_SAMPLE_H

#include "client-sdk/cli/d001_fields.h"

/* 2026-11-22 18:00:00 in China */
#define SAMPLE_NOW_MS INT64_C(1795341600000)

/* What came of reading one. */
struct sample_read {
	struct d001_record record;
	struct findings findings;
};

/* Parse test/data/<name>; a new reference. */
json_t *sample_load(const char *name);
/* Read the JSON as it stands now; both parts are cleared by sample_clear(). */
void sample_read(json_t *root, struct sample_read *ret);
void sample_clear(struct sample_read *read);
/* The object the rows of `object` describe: of the first line or diagnosis.  Borrowed. */
json_t *sample_object(json_t *root, const struct d001_object *object);
/* "rxdrugdetail[0].drugCnt" */
void sample_path(const struct d001_object *object, const char *field, char path[128]);
/* Is there a finding with this rule about this field? */
bool sample_has(const struct sample_read *read, const char *rule, const char *path);

#endif
