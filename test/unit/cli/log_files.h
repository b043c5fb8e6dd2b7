/* A drafted log as the files a server publishes: checkpoint, tiles, bundles of leaves. */
#ifndef TEST_UNIT_CLI_LOG_FILES_H
#define TEST_UNIT_CLI_LOG_FILES_H

#include "test/sdk/log_draft.h"

enum { LOG_FILES_PATH_MAX = 512 };

/* All of them for the first `size` leaves; files of other sizes stay. */
void log_files_write(const struct log_draft *log, uint64_t size, unsigned witnesses,
	const char *folder);
/* Flip a bit in a file of the log ("tile/0/001"). */
void log_files_flip(const char *folder, const char *name, long offset);
void log_files_remove(const char *folder, const char *name);

/* A folder for one test, and what may lie in it, made and removed. */
const char *folder_fresh(void);
void folder_drop(const char *folder);

#endif
