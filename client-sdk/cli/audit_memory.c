#include "client-sdk/cli/audit_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"

static char *part_of(const struct audit_memory *m, const char *name)
{
	return path_join(m->folder, name);
}

static int memory_short(void)
{
	return fail(EXIT_FAULT, "memory is short", "内存不足");
}

/* The checkpoint in a file of the folder.  *ret_there false: there is no such file. */
static int checkpoint_load(const struct audit_memory *m, const char *name, struct buffer *ret_note,
	struct checkpoint *ret, bool *ret_there)
{
	char *path = part_of(m, name);
	struct note note;
	int r = path ? file_read(path, NOTE_MAX, ret_note) : -ENOMEM;

	*ret_there = r == 0;
	if (r == -ENOENT)
		r = 0;
	else if (r < 0)
		r = fail_file(path ? path : name, r);
	else if (!note_parse(&note, slice_of(ret_note->data, ret_note->len)) ||
		!checkpoint_parse(ret, note.text))
		r = fail(EXIT_LOCAL_FILE, "\"%s\" is not a checkpoint", "“%s”不是检查点", path);
	free(path);
	return r;
}

static int memory_lock(struct audit_memory *m)
{
	char *path = part_of(m, "lock");

	if (!path)
		return memory_short();
	m->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int r = m->lock < 0 ? fail_file(path, -errno) : 0;

	if (r == 0 && flock(m->lock, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? fail(EXIT_LOCAL_FILE, "another audit uses \"%s\"",
			"另一次审计正在使用“%s”", m->folder) : fail_file(path, -errno);
	free(path);
	return r;
}

static int memory_load(struct audit_memory *m)
{
	struct buffer audited = {NULL, 0};
	struct checkpoint checkpoint;
	int r = checkpoint_load(m, "checkpoint", &m->note, &m->checkpoint, &m->has_checkpoint);

	if (r == 0)
		r = checkpoint_load(m, "audited", &audited, &checkpoint, &m->has_audited);
	if (r == 0 && m->has_audited)
		m->audited_size = checkpoint.size;
	buffer_clear(&audited);
	return r;
}

int audit_memory_open(struct audit_memory *m, const char *folder)
{
	int r = folder_make(folder);

	*m = (struct audit_memory){.lock = -1};
	if (r < 0)
		return fail_file(folder, r);
	m->folder = strdup(folder);
	r = m->folder ? memory_lock(m) : memory_short();
	if (r == 0)
		r = memory_load(m);
	if (r != 0)
		audit_memory_close(m);
	return r;
}

void audit_memory_close(struct audit_memory *m)
{
	if (m->lock >= 0)
		(void)close(m->lock); /* and with it the lock */
	buffer_clear(&m->note);
	free(m->folder);
	*m = (struct audit_memory){.lock = -1};
}

static int note_put(struct audit_memory *m, const char *name, struct slice note)
{
	char *path = part_of(m, name);
	int r = path ? file_replace(path, note.data, note.len) : -ENOMEM;

	if (r < 0)
		r = fail_file(path ? path : name, r);
	free(path);
	return r;
}

int audit_memory_keep(struct audit_memory *m, struct slice note)
{
	return note_put(m, "checkpoint", note);
}

int audit_memory_audited(struct audit_memory *m, struct slice note)
{
	return note_put(m, "audited", note);
}

static int evidence_put(const char *name, const char *which, struct slice note)
{
	char *path = NULL;
	int r = asprintf(&path, "%s-%s", name, which) < 0 ? -ENOMEM : 0;

	if (r == 0)
		r = file_add(path, note.data, note.len);
	else
		path = NULL;
	if (r < 0)
		r = fail_file(path ? path : name, r);
	free(path);
	return r;
}

int audit_memory_evidence(const struct audit_memory *m, struct slice offered, char **ret_name)
{
	char *name = NULL;
	int r;

	if (asprintf(&name, "%s/evidence-%" PRId64, m->folder, clock_now_ms()) < 0)
		return memory_short();
	r = evidence_put(name, "remembered", slice_of(m->note.data, m->note.len));
	if (r == 0)
		r = evidence_put(name, "offered", offered);
	if (r == 0)
		*ret_name = name;
	else
		free(name);
	return r;
}
