/* The RFC 6962 proofs of transparency-dev/merkle, sound ones and spoiled ones.
 *
 * The files are not part of the tree: without them the test says so and is skipped.
 */
#include <dirent.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lines.h"
#include "proto/merkle.h"

enum { CASES = 98, FOLDER_DEPTH_MAX = 4, PATH_LEN_MAX = 4096 };

struct tally {
	bool (*holds)(const json_t *vector);
	unsigned count, agreed, exceptions;
};

/* The one case where we follow tlog-witness instead: the empty tree is consistent with every tree,
 * and the proof of that is empty. */
static const char exception[] = "size1 is zero and size2 is not zero";

/* Some stand-ins are shorter than a hash, a word in place of a root: the rest is zero then. */
static struct merkle_hash hash_of(const json_t *value)
{
	struct merkle_hash hash = {{0}};
	size_t len;

	if (!line_base64(slice_of_text(json_string_value(value)), hash.bytes, SHA256_LEN, &len)) {
		printf("Bail out! a hash is not base64\n");
		exit(1);
	}
	return hash;
}

static struct merkle_hash hash_named(const json_t *vector, const char *name)
{
	return hash_of(json_object_get(vector, name));
}

/* Integers are read as reals, because one of them is 2^64 - 1; the others are small. */
static uint64_t number_named(const json_t *vector, const char *name)
{
	double value = json_real_value(json_object_get(vector, name));

	return value >= 0x1p64 ? UINT64_MAX : (uint64_t)value;
}

static struct merkle_proof proof_of(const json_t *vector)
{
	struct merkle_proof proof = {.count = 0};
	size_t i;
	json_t *hash;

	json_array_foreach(json_object_get(vector, "proof"), i, hash) {
		if (proof.count == MERKLE_PROOF_MAX) {
			printf("Bail out! a proof is too long\n");
			exit(1);
		}
		proof.hashes[proof.count++] = hash_of(hash);
	}
	return proof;
}

static bool inclusion_of(const json_t *vector)
{
	struct merkle_hash leaf = hash_named(vector, "leafHash"), root = hash_named(vector, "root");
	struct merkle_proof proof = proof_of(vector);

	/* Nothing instead of a hash is what no caller can have. */
	if (json_string_length(json_object_get(vector, "leafHash")) == 0 ||
		json_string_length(json_object_get(vector, "root")) == 0)
		return false;
	return merkle_inclusion_holds(&leaf, number_named(vector, "leafIdx"),
		number_named(vector, "treeSize"), &proof, &root);
}

static bool consistency_of(const json_t *vector)
{
	struct merkle_hash root1 = hash_named(vector, "root1"), root2 = hash_named(vector, "root2");
	struct merkle_proof proof = proof_of(vector);

	return merkle_consistency_holds(number_named(vector, "size1"), &root1,
		number_named(vector, "size2"), &root2, &proof);
}

static void judge(struct tally *t, const char *path)
{
	json_error_t error;
	json_t *vector = json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
	const char *what = json_string_value(json_object_get(vector, "desc"));
	const json_t *is_spoiled = json_object_get(vector, "wantErr");
	bool is_exception = what && strcmp(what, exception) == 0;

	t->count++;
	t->exceptions += is_exception;
	if (json_is_boolean(is_spoiled) &&
		t->holds(vector) == (json_is_false(is_spoiled) || is_exception))
		t->agreed++;
	else
		printf("# %s differs: %s\n", path, what ? what : error.text);
	json_decref(vector);
}

/* Returns false when there is no such folder. */
static bool walk(struct tally *t, const char *folder, unsigned depth)
{
	DIR *dir = depth < FOLDER_DEPTH_MAX ? opendir(folder) : NULL;
	const struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		char path[PATH_LEN_MAX];
		const char *end = strrchr(entry->d_name, '.');

		if (entry->d_name[0] == '.' ||
			snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= PATH_LEN_MAX)
			continue;
		if (end && strcmp(end, ".json") == 0)
			judge(t, path);
		else
			(void)walk(t, path, depth + 1); /* a file of another kind is no case */
	}
	(void)closedir(dir);
	return true;
}

static bool report(unsigned number, const char *what, const struct tally *t, unsigned exceptions)
{
	bool ok = t->count == CASES && t->agreed == CASES && t->exceptions == exceptions;

	printf("%s %u - %u of %d %s proofs are judged as they should be\n", ok ? "ok" : "not ok",
		number, t->agreed, CASES, what);
	return ok;
}

int main(void)
{
	const char *dir = getenv("RXCIRC_KNOWN_ANSWERS");
	struct tally inclusion = {.holds = inclusion_of}, consistency = {.holds = consistency_of};
	char path[PATH_LEN_MAX];

	if (sodium_init() < 0)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/merkle/inclusion", dir ? dir : ".");
	if (!walk(&inclusion, path, 0)) {
		printf("1..0 # SKIP the vectors of transparency-dev/merkle are not there\n");
		return 0;
	}
	(void)snprintf(path, sizeof(path), "%s/merkle/consistency", dir ? dir : ".");
	(void)walk(&consistency, path, 0); /* its count tells */

	bool ok = report(1, "inclusion", &inclusion, 0);

	ok = report(2, "consistency", &consistency, 1) && ok;
	printf("1..2\n");
	return ok ? 0 : 1;
}
