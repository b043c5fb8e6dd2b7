/* Records of the registry held against the changes the log tells of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/audit_fold.h"
#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/say.h"

enum { UNDIGESTED_MAX = 32 };

/* What a subject begins with, of the records that the tables hold. */
static const char *const record_kinds[] = {"region", "institution", "practitioner", "practice",
	"certificate", "voucher-key", "key", "item", "parameter", "person-block", "officer"};

static size_t kind_len(const char *subject)
{
	return strcspn(subject, "/");
}

static bool is_record(const char *subject)
{
	size_t len = kind_len(subject);

	for (size_t i = 0; i < sizeof(record_kinds) / sizeof(record_kinds[0]); i++)
		if (strlen(record_kinds[i]) == len && strncmp(record_kinds[i], subject, len) == 0)
			return true;
	return false;
}

/* Officers' certificates were "officer" once and are certificates in the tables. */
static bool same_kind(const char *undigested, const char *subject)
{
	size_t len = kind_len(subject);

	if (strcmp(undigested, "officer") == 0)
		return strncmp(subject, "certificate", len) == 0;
	return strlen(undigested) == len && strncmp(undigested, subject, len) == 0;
}

static bool is_undigested(const struct audit_fold *f, const char *subject)
{
	for (unsigned i = 0; i < f->undigested_count; i++)
		if (same_kind(f->undigested[i], subject))
			return true;
	return false;
}

/* An event from before there were digests: what it put cannot be told from what stands there. */
static void undigested_take(struct audit_fold *f, const char *subject)
{
	size_t len = kind_len(subject);

	if (!is_record(subject) || len >= AUDIT_KIND_MAX || f->undigested_count == UNDIGESTED_MAX)
		return;
	for (unsigned i = 0; i < f->undigested_count; i++)
		if (strlen(f->undigested[i]) == len && strncmp(f->undigested[i], subject, len) == 0)
			return;
	(void)snprintf(f->undigested[f->undigested_count++], AUDIT_KIND_MAX, "%.*s", (int)len,
		subject);
}

/* NULL: memory is short. */
static struct audit_record *record_of(struct audit_fold *f, const char *subject)
{
	uint8_t key[SHA256_LEN];
	struct audit_record *record;
	bool is_new;

	if (digest_sha256(subject, strlen(subject), key) < 0)
		return NULL;
	record = map_put(&f->records, key, &is_new);
	if (record && is_new)
		record->subject = strdup(subject);
	return record && record->subject ? record : NULL;
}

/* The log says how this record stands since the leaf at f->size. */
static int record_put(struct audit_fold *f, const char *subject, const uint8_t sha256[SHA256_LEN])
{
	struct audit_record *record = record_of(f, subject);

	if (!record)
		return -ENOMEM;
	memcpy(record->sha256, sha256, SHA256_LEN);
	record->is_logged = true;
	record->index = f->size;
	if (record->has_aside &&
		memcmp(record->aside_sha256, record->sha256, SHA256_LEN) == 0) {
		record->has_aside = false;
		f->aside--;
	}
	return 0;
}

/* One record that the event is about, and those it put besides. */
int audit_record_take(struct audit_fold *f, const Rxcirc__V1__EventLeaf *leaf)
{
	int r = 0;

	if (leaf->record_sha256.len == SHA256_LEN)
		r = record_put(f, leaf->subject, leaf->record_sha256.data);
	else
		undigested_take(f, leaf->subject);
	for (size_t i = 0; r == 0 && i < leaf->n_records; i++)
		if (leaf->records[i]->record_sha256.len == SHA256_LEN)
			r = record_put(f, leaf->records[i]->subject, leaf->records[i]->record_sha256.data);
	return r;
}

int audit_compare_record(struct audit_fold *f, const Rxcirc__V1__AuditedRecord *row)
{
	struct audit_record *record = record_of(f, row->subject);

	if (!record)
		return -ENOMEM;
	record->was_compared = true;
	if (row->record_sha256.len == SHA256_LEN && record->is_logged &&
		memcmp(row->record_sha256.data, record->sha256, SHA256_LEN) == 0)
		return 0;
	if (!record->is_logged && (f->from > 0 || is_undigested(f, row->subject))) {
		f->unprovable++;
		return 0;
	}
	record->has_aside = true;
	memset(record->aside_sha256, 0, SHA256_LEN);
	if (row->record_sha256.len != SHA256_LEN)
		return 0; /* the platform never put such a one */
	/* Perhaps it was put since; the log will tell. */
	memcpy(record->aside_sha256, row->record_sha256.data, SHA256_LEN);
	f->aside++;
	return 0;
}

static void record_tell(struct audit_fold *f, const struct audit_record *record, const char *kind)
{
	static const uint8_t none[SHA256_LEN];
	struct discrepancy d = {.kind = kind, .has_index = record->is_logged,
		.index = record->index, .subject = record->subject, .expected = "no record",
		.found = "no record"};

	if (record->is_logged)
		hex_format(record->sha256, SHA256_LEN, d.expected);
	if (record->has_aside && memcmp(record->aside_sha256, none, SHA256_LEN) == 0)
		(void)snprintf(d.found, sizeof(d.found), "one that cannot be read, or contradicts itself");
	else if (record->has_aside)
		hex_format(record->aside_sha256, SHA256_LEN, d.found);
	audit_tell(f, &d);
}

void audit_records_end(struct audit_fold *f, uint64_t records_size)
{
	struct audit_record *record;
	size_t at = 0;

	while ((record = map_next(&f->records, &at))) {
		if (record->has_aside)
			record_tell(f, record, record->is_logged ? "registry-altered" : "unlogged");
		/* One put since the registry was read is the next audit's. */
		else if (record->is_logged && !record->was_compared && record->index < records_size)
			record_tell(f, record, "registry-missing");
	}
}

void audit_records_clear(struct audit_fold *f)
{
	struct audit_record *record;
	size_t at = 0;

	while ((record = map_next(&f->records, &at)))
		free(record->subject);
	map_clear(&f->records);
}
