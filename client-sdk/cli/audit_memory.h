/* What an auditor remembers between audits, in a folder of its own:
 *
 *     STATE/checkpoint   the newest checkpoint that was seen and held: the log may only continue it
 *     STATE/audited      up to which checkpoint everything was compared and agreed
 *     STATE/evidence-*   two checkpoints that do not go together, for court
 *     STATE/lock         one audit at a time
 *
 * Ownership: audit_memory_open() .. audit_memory_close().
 * Errors: 0, or an exit code after saying why.
 */
#ifndef CLI_AUDIT_MEMORY_H
#define CLI_AUDIT_MEMORY_H

#include "client-sdk/cli/file.h"
#include "proto/checkpoint.h"

struct audit_memory {
	char *folder;
	int lock;
	bool has_checkpoint, has_audited;
	struct checkpoint checkpoint;
	struct buffer note;    /* of it, as it was signed */
	uint64_t audited_size;
};

CLI_CHECK int audit_memory_open(struct audit_memory *m, const char *folder);
void audit_memory_close(struct audit_memory *m);
/* On disk when it returns. */
CLI_CHECK int audit_memory_keep(struct audit_memory *m, struct slice note);
CLI_CHECK int audit_memory_audited(struct audit_memory *m, struct slice note);
/* Both notes, under names nothing else has; *ret_name is the first part of them, heap. */
CLI_CHECK int audit_memory_evidence(const struct audit_memory *m, struct slice offered,
	char **ret_name);

#endif
