/* What the check of an export tells, and the export most tests begin with. */
#ifndef TEST_SDK_SEEN_H
#define TEST_SDK_SEEN_H

#include "test/sdk/log_draft.h"

enum { SEEN_MAX = 256 };

/* What was told. */
struct seen {
	size_t count;
	char kinds[SEEN_MAX][40];
	int verdicts[SEEN_MAX];
	uint64_t indexes[SEEN_MAX], counts[SEEN_MAX], seqs[SEEN_MAX];
	char reasons[SEEN_MAX][64];
	bool holds;
	uint64_t events;
};

void on_finding_seen(const rxc_finding *f, void *user);

/* A log with a prescription's whole history in it, made once. */
extern struct log_draft the_log;
extern struct plan plan;
extern Rxcirc__V1__PrescriptionBundle *bundle;
extern struct draft_story story;

/* Group setup and teardown of cmocka. */
int seen_begin(void **state);
int seen_end(void **state);

/* Sizes of checkpoints that the auditor kept. */
extern const uint64_t *kept_sizes;
extern size_t kept_count;

/* Exports of it, all good. */
struct export_plan whole_export(void);
struct export_plan filtered_export(void);

void check_bytes(const struct wire *w, size_t piece, const rxc_trust *trust, const char *policy,
	struct seen *seen);
void check_plan(const struct export_plan *export, struct seen *seen);

/* The finding of this kind; -1 = none. */
int seen_find(const struct seen *seen, const char *kind);
int assert_found(const struct seen *seen, const char *kind, int verdict);
void assert_nothing_failed(const struct seen *seen);

#endif
