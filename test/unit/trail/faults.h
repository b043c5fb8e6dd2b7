/* The system's calls that keep the log's files, made to fail: for programs linked with --wrap of
 * write, fdatasync and rename.
 */
#ifndef TEST_UNIT_TRAIL_FAULTS_H
#define TEST_UNIT_TRAIL_FAULTS_H

/* The n-th from now on fails for lack of space, having done half of its work; -1: none. */
extern int write_fails_at, sync_fails_at, rename_fails_at;
/* How many files were synced. */
extern unsigned syncs;
void faults_forget(void);

#endif
