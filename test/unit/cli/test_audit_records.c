/* Events and records of the registry held against the log: hand-made leaves, hand-made rows. */
#include <string.h>

#include "test/support/tap.h"
#include "test/unit/cli/audit_draft.h"

/* ---- events ---- */

static void events_are_compared_by_their_hash(void **state)
{
	struct merkle_hash logged = {{1, 2, 3}};
	uint8_t same[32] = {1, 2, 3}, other[32] = {1, 2, 4}, none[32] = {0};

	(void)state;
	begin(0);
	audit_compare_event(&fold, 5, 1000, 0, &logged, same);
	assert_agrees();
	audit_compare_event(&fold, 5, 1000, 2000, &logged, none); /* of a month that was detached */
	assert_agrees();
	audit_compare_event(&fold, 6, 1000, 2000, &logged, other);
	assert_told("event-altered");
	assert_int_equal(told.indexes[0], 6);
	end();
	begin(0);
	audit_compare_event(&fold, 7, 3000, 2000, &logged, none);
	assert_told("event-missing");
	end();
}

static void format(uint32_t number)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	struct merkle_hash hash;
	uint8_t id[16] = {4};

	leaf.format = number;
	leaf.event_id = data_of(id, sizeof(id));
	put(&leaf, &hash);
}

static void events_the_platform_did_not_write_are_told_since_it_seals_them(void **state)
{
	(void)state;
	begin(0);
	format(1);
	format(2);
	format(2);
	audit_compare_not_ours(&fold, 0);
	assert_agrees();
	audit_compare_not_ours(&fold, 2);
	assert_told("event-forged");
	assert_int_equal(told.indexes[0], 2);
	end();
}

/* ---- the registry ---- */

static void registered(const char *subject, uint8_t digest)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t id[16] = {3}, sha[32];
	struct merkle_hash hash;

	memset(sha, digest, sizeof(sha));
	leaf.format = 1;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = EVENT(REGISTRY_CHANGED);
	leaf.subject = (char *)(uintptr_t)subject;
	if (digest)
		leaf.record_sha256 = data_of(sha, sizeof(sha));
	put(&leaf, &hash);
}

static void record_row(const char *subject, uint8_t digest)
{
	Rxcirc__V1__AuditedRecord record = RXCIRC__V1__AUDITED_RECORD__INIT;
	uint8_t sha[32];

	memset(sha, digest, sizeof(sha));
	record.subject = (char *)(uintptr_t)subject;
	if (digest)
		record.record_sha256 = data_of(sha, sizeof(sha));
	assert_int_equal(audit_compare_record(&fold, &record), 0);
}

static void the_newest_record_of_a_subject_stands_in_the_table(void **state)
{
	(void)state;
	begin(0);
	registered("institution/H14010500321", 1);
	registered("institution/H14010500321", 2);
	registered("proposal/institution/H14010500321", 0);
	registered("agreement/AG-1", 0);
	record_row("institution/H14010500321", 2);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_agrees();
	end();
}

static void an_event_may_put_several_records(void **state)
{
	Rxcirc__V1__RecordDigest digests[2] = {RXCIRC__V1__RECORD_DIGEST__INIT,
		RXCIRC__V1__RECORD_DIGEST__INIT}, *list[2] = {&digests[0], &digests[1]};
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t id[16] = {3}, sha[2][32];
	struct merkle_hash hash;

	(void)state;
	begin(0);
	memset(sha[0], 1, 32);
	memset(sha[1], 2, 32);
	digests[0].subject = (char *)(uintptr_t)"institution/H14010500321";
	digests[0].record_sha256 = data_of(sha[0], 32);
	digests[1].subject = (char *)(uintptr_t)"certificate/0011";
	digests[1].record_sha256 = data_of(sha[1], 32);
	leaf.format = 2;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = EVENT(REGISTRY_CHANGED);
	leaf.subject = (char *)(uintptr_t)"application/AP-1";
	leaf.records = list;
	leaf.n_records = 2;
	put(&leaf, &hash);
	record_row("institution/H14010500321", 1);
	assert_agrees();
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("registry-missing"); /* the certificate */
	end();
}

static void altered_missing_and_foreign_records_are_found(void **state)
{
	(void)state;
	begin(0);
	registered("institution/H14010500321", 1);
	registered("institution/H14010500321", 2);
	record_row("institution/H14010500321", 1); /* gone back */
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("registry-altered");
	assert_int_equal(told.indexes[0], 1);
	end();
	begin(0);
	registered("institution/H14010500321", 1);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("registry-missing");
	end();
	begin(0);
	registered("key/D1/aa", 1);
	record_row("key/D1/aa", 1);
	record_row("key/D1/bb", 2);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("unlogged");
	end();
	begin(0);
	registered("key/D1/aa", 1);
	record_row("key/D1/aa", 0);         /* cannot be read any more */
	assert_int_equal(fold.aside, 0); /* and no later event would explain it */
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("registry-altered");
	end();
}

static void records_put_during_the_audit_are_no_alarm(void **state)
{
	uint64_t size;

	(void)state;
	begin(0);
	registered("institution/H14010500321", 1);
	record_row("institution/H14010500321", 2); /* read when the log did not show it */
	record_row("region/140105", 3);
	assert_int_equal(fold.aside, 2);
	size = fold.size;
	registered("institution/H14010500321", 2);
	registered("region/140105", 3);
	registered("region/140106", 4); /* put after the table was read */
	assert_int_equal(fold.aside, 0);
	audit_compare_end(&fold, size, size);
	assert_agrees();
	end();
}

static void records_from_before_there_were_digests_are_counted(void **state)
{
	(void)state;
	begin(0);
	registered("item/H14010500321", 0);
	registered("officer/A14000000001", 0);
	record_row("item/H14010500321/licence/0/x", 7);
	record_row("certificate/0011", 8);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_agrees();
	assert_int_equal(fold.unprovable, 2);
	record_row("region/140105", 9);
	audit_compare_end(&fold, fold.size, fold.size);
	assert_told("unlogged");
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(events_are_compared_by_their_hash),
		TEST(events_the_platform_did_not_write_are_told_since_it_seals_them),
		TEST(the_newest_record_of_a_subject_stands_in_the_table),
		TEST(an_event_may_put_several_records),
		TEST(altered_missing_and_foreign_records_are_found),
		TEST(records_put_during_the_audit_are_no_alarm),
		TEST(records_from_before_there_were_digests_are_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit records", tests, NULL, NULL);
}
