/* What the commands of `rxcirc agency codes` have in common. */
#ifndef CLI_CODES_H
#define CLI_CODES_H

#include "client-sdk/cli/code_table.h"
#include "client-sdk/cli/institution.h"

/* Who asks, and about which kind. */
struct codes_asker {
	const char *as;
	const struct code_table_kind *kind;
	struct institution caller;
};
/* 0, or an exit code after saying why. */
CLI_CHECK int codes_asker_open(struct codes_asker *asker, const char *kind_word);
void codes_asker_close(struct codes_asker *asker); /* also of one that was not opened */

/* *ret is freed by the caller. */
CLI_CHECK int codes_versions(struct codes_asker *asker,
	Rxcirc__V1__ListCodeVersionsResponse **ret);
/* The id behind a label. */
CLI_CHECK int codes_version_of(struct codes_asker *asker, const char *label, int64_t *ret_id);

void code_change_show(const struct code_table_kind *kind, const Rxcirc__V1__CodeChange *change);
json_t *code_change_json(const struct code_table_kind *kind,
	const Rxcirc__V1__CodeChange *change);

int codes_query_run(int argc, char **argv);
int codes_export_run(int argc, char **argv);
int codes_diff_run(int argc, char **argv);

extern const char codes_synopsis[], codes_synopsis_zh[];
extern const char codes_help[], codes_help_zh[];
extern const char codes_import_help[], codes_import_help_zh[];

#endif
