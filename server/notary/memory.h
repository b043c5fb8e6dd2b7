/* What was signed last for one log, outside every database: a file with the signed note itself.
 *
 * It is written beside its place, flushed to the disk, renamed, and the folder flushed, before
 * anybody is told the signature.  So after a crash the file says the last signature that was given
 * out, or one that was not given out yet; never less.  It is verified when it is read.
 *
 *     PATH         the note
 *     PATH.new     the next one, while it is written
 *     PATH.lock    held as long as the memory is open: one process per memory
 *     PATH.fork    the first two notes that prove a fork of the log, if there ever was one
 *
 * Ownership: memory_open() makes it, memory_close() ends it.  Threads: one.
 */
#ifndef NOTARY_MEMORY_H
#define NOTARY_MEMORY_H

#include "proto/checkpoint.h"

struct memory;

enum {
	MEMORY_PATH_MAX = 1024,   /* bytes */
	MEMORY_PROBLEM_MAX = 1400, /* bytes of a sentence; it names the file */
};

/* Take the place for this process.  0, or ERR_CONFIG when others may write there or another
 * process has it, ERR_SYSTEM, ERR_MEMORY; with one sentence. */
MUST_CHECK int memory_open(struct memory **ret, const char *path,
	char problem[MEMORY_PROBLEM_MAX]);
/* Read what was kept, by this key for this log.  0, ERR_NOT_FOUND when there is no file,
 * ERR_DAMAGED, ERR_SYSTEM; with one sentence. */
MUST_CHECK int memory_read(struct memory *m, const char *origin, const struct note_key *key,
	char problem[MEMORY_PROBLEM_MAX]);
/* Remember this note from now on; never a smaller one.  0 when it is on the disk.  ERR_SYSTEM, with
 * errno, when it may not be: then nothing is changed here, and the note must not leave. */
MUST_CHECK int memory_keep(struct memory *m, struct slice note);
/* Keep the memory and a note of the same size that contradicts it side by side, unless there is
 * such a file already.  0 or ERR_SYSTEM, with errno. */
MUST_CHECK int memory_keep_fork(struct memory *m, struct slice note);
void memory_close(struct memory *m); /* NULL ok */

/* What was read or kept last. */
const struct checkpoint *memory_last(const struct memory *m);
struct slice memory_note(const struct memory *m);

#endif
