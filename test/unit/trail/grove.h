/* Where the trail's tests let logs grow: a folder, leaves that follow from their place, and files
 * that may be damaged.
 */
#ifndef TEST_UNIT_TRAIL_GROVE_H
#define TEST_UNIT_TRAIL_GROVE_H

#include "trail/tree.h"

enum { GROVE_FOLDER_MAX = 64, GROVE_LEAF_MAX = 64, GROVE_PATH_MAX = 200 };

/* A private folder with nothing in it, and its end. */
void folder_make(char folder[GROVE_FOLDER_MAX]);
void folder_remove(const char *folder);
/* Bytes of all files below it, and how many files. */
unsigned folder_count(const char *folder, size_t *ret_bytes);

/* "<folder>/<name>"; good until the fourth next one. */
const char *file_path(const char *folder, const char *name);
/* -1 when there is none. */
long file_len(const char *folder, const char *name);
/* Make it so long: cut, or filled with zeroes. */
void file_set_len(const char *folder, const char *name, size_t len);
void file_put(const char *folder, const char *name, const void *bytes, size_t len);
void file_flip(const char *folder, const char *name, size_t at);

/* The leaf at a place. */
struct slice leaf_of(uint64_t index, uint8_t room[GROVE_LEAF_MAX]);
void leaf_hash_of(uint64_t index, struct merkle_hash *ret);
/* The root of the first `size` leaves, computed from all of them. */
void root_of(uint64_t size, struct merkle_hash *ret);

struct tree *tree_of(const char *folder);
/* Add leaves until there are so many, and flush. */
void tree_grow(struct tree *t, uint64_t size);
/* The tree's root over all it has is that of its leaves. */
void assert_tree_whole(struct tree *t);

/* Bytes of the leaves [first, end) in bundles. */
size_t leaves_len(uint64_t first, uint64_t end);
/* Every file of the log is there with exactly what a log of that size has, and no other. */
void assert_geometry(const char *folder, uint64_t size);

/* Numbers that follow from a seed. */
unsigned dice(unsigned sides);
void dice_seed(uint64_t seed);

#endif
