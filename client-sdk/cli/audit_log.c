/* Checkpoints and tiles of the log, fetched and judged. */
#include "client-sdk/cli/audit_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/say.h"

int audit_log_open(struct audit_log *log, struct trail_source *source,
	const struct policy *policy, struct audit_fold *fold)
{
	*log = (struct audit_log){.source = source, .policy = policy, .fold = fold};
	log->hasher = hasher_new();
	return log->hasher ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");
}

void audit_log_close(struct audit_log *log)
{
	hasher_free(log->hasher);
	log->hasher = NULL;
}

static int fetch_fail(const struct audit_log *log, const char *path, int error)
{
	if (error == -ENOMEM)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	if (error == -EFBIG)
		return fail(EXIT_UNVERIFIED, "the log's file %s is too large", "日志文件 %s 过大", path);
	return fail(EXIT_RETRY, "could not fetch %s: %s", "无法取得 %s：%s", path,
		trail_source_problem(log->source));
}

/* ---- checkpoints ---- */

static void tell_of_checkpoint(struct audit_log *log, const char *kind, const char *expected,
	const char *found)
{
	struct discrepancy d = {.kind = kind, .subject = "checkpoint"};

	(void)snprintf(d.expected, sizeof(d.expected), "%s", expected);
	(void)snprintf(d.found, sizeof(d.found), "%s", found);
	audit_tell(log->fold, &d);
}

int audit_log_checkpoint(struct audit_log *log, bool *ret_accepted)
{
	struct buffer note = {NULL, 0};
	struct policy_verdict v;
	int r = trail_source_fetch(log->source, "checkpoint", NOTE_MAX, &note);

	*ret_accepted = false;
	if (r == -ENOENT)
		return fail(EXIT_RETRY, "the log has published no checkpoint", "日志尚未发布检查点");
	if (r < 0)
		return fetch_fail(log, "checkpoint", r);
	policy_judge(log->policy, slice_of(note.data, note.len), &v);
	if (v.accepted) {
		memcpy(log->note, note.data, note.len);
		log->note_len = note.len;
		log->checkpoint = v.checkpoint;
		log->witnesses = (unsigned)__builtin_popcount(v.witnesses);
		log->witnessed_s = v.newest_s;
		/* tiles at the edge have grown */
		memset(log->tiles, 0, sizeof(log->tiles));
		*ret_accepted = true;
	} else {
		tell_of_checkpoint(log, "checkpoint-unsigned",
			"signed by the log and cosigned by a quorum of the policy", v.problem);
	}
	buffer_clear(&note);
	return 0;
}

static void describe(const struct checkpoint *c, char text[AUDIT_TEXT_MAX])
{
	char root[2 * SHA256_LEN + 1];

	hex_format(c->root.bytes, SHA256_LEN, root);
	(void)snprintf(text, AUDIT_TEXT_MAX, "%" PRIu64 " events, root %s", c->size, root);
}

static void tell_against(struct audit_log *log, const char *kind, const struct checkpoint *old)
{
	char expected[AUDIT_TEXT_MAX], found[AUDIT_TEXT_MAX];

	describe(old, expected);
	describe(&log->checkpoint, found);
	tell_of_checkpoint(log, kind, expected, found);
}

/* The tiles do not prove it.  Whose fault is it: do they lead to the signed root at all? */
static int fork_judge(struct audit_log *log, const struct checkpoint *old)
{
	struct merkle_hash root;
	int r = merkle_root_make(log->checkpoint.size, audit_subtree, log, &root);

	if (r < 0 && r != AUDIT_TILE_MISSING)
		return -r;
	if (r == 0 && merkle_hash_equal(&root, &log->checkpoint.root))
		tell_against(log, "log-forked", old);
	else if (r == 0)
		audit_tell(log->fold, &(struct discrepancy){.kind = "tile-altered", .subject = "tile/",
			.expected = "tiles that lead to the signed root", .found = "others"});
	return 0;
}

int audit_log_continues(struct audit_log *log, const struct checkpoint *old, bool *ret_continues)
{
	struct merkle_proof proof;
	int r;

	*ret_continues = false;
	if (strcmp(old->origin, log->checkpoint.origin) != 0) {
		tell_of_checkpoint(log, "log-forked", old->origin, log->checkpoint.origin);
		return 0;
	}
	if (old->size > log->checkpoint.size) {
		tell_against(log, "log-rolled-back", old);
		return 0;
	}
	if (old->size == log->checkpoint.size &&
		!merkle_hash_equal(&old->root, &log->checkpoint.root)) {
		tell_against(log, "log-forked", old); /* two of the same size: no tile is needed */
		return 0;
	}
	r = merkle_consistency_make(old->size, log->checkpoint.size, audit_subtree, log, &proof);
	if (r < 0)
		return r == AUDIT_TILE_MISSING ? 0 : -r;
	*ret_continues = merkle_consistency_holds(old->size, &old->root, log->checkpoint.size,
		&log->checkpoint.root, &proof);
	return *ret_continues ? 0 : fork_judge(log, old);
}

/* ---- tiles ---- */

void audit_tell_tile(struct audit_log *log, const struct tile_id *id, const char *expected,
	const char *found)
{
	struct discrepancy d = {.kind = "tile-altered"};
	char path[TILE_PATH_MAX];

	tile_path(path, id);
	d.subject = path;
	(void)snprintf(d.expected, sizeof(d.expected), "%s", expected);
	(void)snprintf(d.found, sizeof(d.found), "%s", found);
	audit_tell(log->fold, &d);
}

int audit_tile_bytes(struct audit_log *log, struct tile_id id, struct buffer *ret)
{
	size_t max = id.level == TILE_LEVEL_ENTRIES ?
		(size_t)TILE_WIDTH * (TILE_ENTRY_MAX + 2) : (size_t)TILE_BYTES;
	char path[TILE_PATH_MAX];
	int r;

	tile_path(path, &id);
	r = trail_source_fetch(log->source, path, max, ret);
	if (r == -ENOENT && id.width < TILE_WIDTH) {
		id.width = TILE_WIDTH;
		tile_path(path, &id);
		r = trail_source_fetch(log->source, path, max, ret);
	}
	return r < 0 && r != -ENOENT ? fetch_fail(log, path, r) : r;
}

const struct audit_tile *audit_tile_fetch(struct audit_log *log, int level, uint64_t index,
	int *ret)
{
	struct audit_tile *tile = &log->tiles[level];
	struct tile_id id = {level, index, tile_width_in(log->checkpoint.size, level, index)};
	struct buffer bytes = {NULL, 0};
	int r;

	*ret = 0;
	if (tile->was_fetched && tile->id.index == index)
		return tile->is_there ? tile : NULL;
	*tile = (struct audit_tile){.id = id, .was_fetched = true};
	r = audit_tile_bytes(log, id, &bytes);
	if (r > 0) {
		tile->was_fetched = false;
		*ret = r;
		return NULL;
	}
	tile->is_there = r == 0 && bytes.len >= (size_t)id.width * SHA256_LEN;
	if (tile->is_there)
		memcpy(tile->hashes, bytes.data, (size_t)id.width * SHA256_LEN);
	else
		audit_tell_tile(log, &id, "a tile of hashes", r == 0 ? "too few of them" : "no such file");
	buffer_clear(&bytes);
	return tile->is_there ? tile : NULL;
}

int audit_subtree(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	struct audit_log *log = arg;
	const struct audit_tile *tile;
	unsigned first, count;
	struct tile_id id;
	int r;

	tile_of_subtree(level, index, &id, &first, &count);
	tile = audit_tile_fetch(log, id.level, id.index, &r);
	if (!tile)
		return r != 0 ? -r : AUDIT_TILE_MISSING;
	if (first + count > tile->id.width)
		return AUDIT_TILE_MISSING; /* not of a tree of this size */
	hasher_subtree(log->hasher, &tile->hashes[first], count, ret);
	return 0;
}
