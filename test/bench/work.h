/* The operations that are measured: each prepares signed requests, outside of the measured time.
 *
 * Ownership: a supply owns its requests.  Threads: one.
 */
#ifndef TEST_BENCH_WORK_H
#define TEST_BENCH_WORK_H

#include "test/bench/lines.h"
#include "test/e2e/papers.h"

enum { WORK_TAG_MAX = 16, WORK_NAME_MAX = 48 };

/* What every operation may use. */
struct work {
	struct event_base *base;
	struct papers papers;
	struct lines *hospital, *pharmacy;
	const char *tag;  /* persons are named after it: TAG-0, TAG-1, ... */
	size_t persons;   /* of a pull: how many have a prescription */
	unsigned in_flight; /* while preparing */
};

struct supply {
	const char *method;
	struct lines *lines; /* borrowed */
	ProtobufCMessage **requests;
	size_t count;
};

struct work_kind {
	const char *name;
	unsigned verifications; /* of Ed25519, that the server must do */
	void (*prepare)(struct work *w, size_t count, struct supply *ret);
};

/* What the hospital calls prescription `i`, and whose it is. */
void work_number(const struct work *w, size_t i, char ret[WORK_NAME_MAX]);
void work_person(const struct work *w, size_t i, char ret[WORK_NAME_MAX]);

/* NULL when there is none of that name. */
const struct work_kind *work_kind_of(const char *name);
void supply_clear(struct supply *s);

/* Stop the program when anything goes wrong.  The requests' signing times are those of the call. */
void upload_prepare(struct work *w, size_t count, struct supply *ret);
/* Of the persons that an upload with the same tag was for, one after the other. */
void pull_prepare(struct work *w, size_t count, struct supply *ret);
/* Uploads, pulls, claims and reviews that many prescriptions first. */
void dispense_prepare(struct work *w, size_t count, struct supply *ret);

#endif
