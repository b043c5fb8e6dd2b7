/* What may be said about a batch at each of its answers: every way it can go on or break off, with
 * libpq's answers scripted (the functions below take the place of the library's at link time).
 *
 * One letter is one thing PQgetResult() gives:
 *     k  a statement succeeded           C R  COMMIT succeeded with the tag COMMIT, ROLLBACK
 *     e  a statement failed (23505)      d    ... with 57P01, which ends the session
 *     a  skipped after a failure         m    an error libpq made up: it has no SQLSTATE
 *     .  NULL, the end of a statement    s    the Sync was answered
 * At the script's end the connection is gone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "db/pg_batch.h"
#include "test/support/tap.h"

static const char *script;
static char results[256];

int PQisBusy(PGconn *pg)
{
	(void)pg;
	return 0;
}

ConnStatusType PQstatus(const PGconn *pg)
{
	(void)pg;
	return *script == '\0' ? CONNECTION_BAD : CONNECTION_OK;
}

PGresult *PQgetResult(PGconn *pg)
{
	(void)pg;
	if (*script == '\0')
		return NULL;
	if (*script == '.') {
		script++;
		return NULL;
	}
	/* A result is the address of its letter. */
	results[(unsigned char)*script] = *script;
	return (PGresult *)(void *)&results[(unsigned char)*script++];
}

static char letter_of(const PGresult *result)
{
	return *(const char *)(const void *)result;
}

ExecStatusType PQresultStatus(const PGresult *result)
{
	switch (letter_of(result)) {
	case 'k':
	case 'C':
	case 'R':
		return PGRES_COMMAND_OK;
	case 'a':
		return PGRES_PIPELINE_ABORTED;
	case 's':
		return PGRES_PIPELINE_SYNC;
	default:
		return PGRES_FATAL_ERROR;
	}
}

char *PQcmdStatus(PGresult *result)
{
	static char commit[] = "COMMIT", rollback[] = "ROLLBACK", insert[] = "INSERT 0 1";

	return letter_of(result) == 'C' ? commit : letter_of(result) == 'R' ? rollback : insert;
}

char *PQresultErrorField(const PGresult *result, int field)
{
	static char unique[] = "23505", ended[] = "57P01";

	if (field != PG_DIAG_SQLSTATE || letter_of(result) == 'm')
		return NULL;
	return letter_of(result) == 'd' ? ended : unique;
}

void PQclear(PGresult *result)
{
	(void)result;
}

int PQsendQueryPrepared(PGconn *pg, const char *name, int params, const char *const *values,
	const int *lens, const int *formats, int result_format)
{
	(void)pg, (void)name, (void)params, (void)values, (void)lens, (void)formats;
	return result_format;
}

int PQpipelineSync(PGconn *pg)
{
	(void)pg;
	return 1;
}

static const struct pg_statement statement = {"statement", "-", 0};
static struct pg_unit units[2];
static struct pg_batch batch;

static void nobody(struct pg_unit *unit)
{
	(void)unit;
}

/* Send a batch of two units of one statement, take the answers; 0 or ERR_DB_AWAY. */
static int run(bool is_write, const char *answers)
{
	size_t i;

	pg_batch_init(&batch, is_write);
	for (i = 0; i < ARRAY_LEN(units); i++) {
		pg_unit_init(&units[i], nobody);
		pg_unit_add(&units[i], &statement, NULL);
		pg_batch_add(&batch, &units[i]);
	}
	assert_int_equal(pg_batch_send(&batch, NULL), 0);
	assert_false(pg_batch_is_held(&batch));
	script = answers;
	return pg_batch_receive(&batch, NULL);
}

static const struct {
	const char *answers;
	int result;
	enum pg_verdict verdict;
	int culprit; /* -1: the batch is not failed */
} writes[] = {
	/* BEGIN unit unit COMMIT Sync */
	{"k.k.k.C.s", 0, PG_VERDICT_DONE, -1},
	{"k.k.k.R.s", 0, PG_VERDICT_UNDONE, -1},
	{"k.k.k.k.s", 0, PG_VERDICT_UNDONE, -1},
	/* Refused: nothing is kept, and the place of the error tells by whose fault. */
	{"e.a.a.a.s", 0, PG_VERDICT_UNDONE, 2},
	{"k.e.a.a.s", 0, PG_VERDICT_UNDONE, 0},
	{"k.k.e.a.s", 0, PG_VERDICT_UNDONE, 1},
	{"k.k.k.e.s", 0, PG_VERDICT_UNDONE, 2},
	/* The session ended before COMMIT: refused as well, although no Sync comes. */
	{"d", ERR_DB_AWAY, PG_VERDICT_UNDONE, 2},
	{"k.d", ERR_DB_AWAY, PG_VERDICT_UNDONE, 0},
	{"k.k.d.", ERR_DB_AWAY, PG_VERDICT_UNDONE, 1},
	{"k.e.a", ERR_DB_AWAY, PG_VERDICT_UNDONE, 0},
	{"k.k.e.am", ERR_DB_AWAY, PG_VERDICT_UNDONE, 1},
	{"k.k.e.a.m", ERR_DB_AWAY, PG_VERDICT_UNDONE, 1},
	{"k.k.e.a.d", ERR_DB_AWAY, PG_VERDICT_UNDONE, 1},
	/* It ended in COMMIT's place or behind it: nobody knows. */
	{"k.k.k.d", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.C", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.C.", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.C.d", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.C.m", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	/* Silence proves nothing, wherever it begins. */
	{"", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"m", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.m", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.m", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.m", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	/* Answers out of their place: whatever was meant, it is no commit. */
	{"k.k.s", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.a.", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
	{"k.k.k.C.k", ERR_DB_AWAY, PG_VERDICT_UNKNOWN, -1},
};

static void every_course_of_a_write_has_its_verdict(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(writes); i++) {
		int result = run(true, writes[i].answers);
		int culprit = batch.is_failed ? (int)batch.culprit : -1;

		if (result != writes[i].result || pg_batch_verdict(&batch) != writes[i].verdict ||
			culprit != writes[i].culprit)
			fail_msg("\"%s\": result %d, verdict %d, culprit %d", writes[i].answers,
				result, pg_batch_verdict(&batch), culprit);
	}
}

static const struct {
	const char *answers;
	enum pg_verdict verdict;
	unsigned read; /* so many units are read whole */
} reads[] = {
	/* unit unit Sync */
	{"k.k.s", PG_VERDICT_DONE, 2},
	{"e.a.s", PG_VERDICT_UNDONE, 0},
	{"k.e.s", PG_VERDICT_UNDONE, 1},
	{"k.k.", PG_VERDICT_UNDONE, 2},
	{"k.k", PG_VERDICT_UNDONE, 2}, /* a result comes only when it is whole */
	{"k.m", PG_VERDICT_UNDONE, 1},
	{"k.d", PG_VERDICT_UNDONE, 1},
	{"d", PG_VERDICT_UNDONE, 0},
	{"", PG_VERDICT_UNDONE, 0},
};

static void every_course_of_a_read_tells_how_far_it_got(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(reads); i++) {
		unsigned whole;

		(void)run(false, reads[i].answers); /* the verdict says it */
		whole = batch.is_failed ? batch.culprit : batch.unit;
		if (pg_batch_verdict(&batch) != reads[i].verdict || whole != reads[i].read)
			fail_msg("\"%s\": verdict %d, %u read", reads[i].answers,
				pg_batch_verdict(&batch), whole);
	}
}

/* A unit alone at COMMIT is to blame for what COMMIT says. */
static void error_at_commit_is_the_fault_of_a_unit_alone(void **state)
{
	(void)state;
	pg_batch_init(&batch, true);
	pg_unit_init(&units[0], nobody);
	pg_unit_add(&units[0], &statement, NULL);
	pg_batch_add(&batch, &units[0]);
	assert_int_equal(pg_batch_send(&batch, NULL), 0);
	script = "k.k.e.s";
	assert_int_equal(pg_batch_receive(&batch, NULL), 0);
	assert_int_equal(pg_batch_verdict(&batch), PG_VERDICT_UNDONE);
	assert_int_equal(batch.culprit, 0);
	assert_string_equal(batch.sqlstate, "23505");
}

/* As long as libpq has not been given the COMMIT, silence is proof enough. */
static void held_batch_is_undone_by_silence(void **state)
{
	(void)state;
	pg_batch_init(&batch, true);
	pg_unit_init(&units[0], nobody);
	pg_unit_add(&units[0], &statement, NULL);
	units[0].bytes = PG_COMMIT_HOLD_BYTES;
	pg_batch_add(&batch, &units[0]);
	assert_int_equal(pg_batch_send(&batch, NULL), 0);
	assert_false(pg_batch_is_held(&batch));

	pg_batch_init(&batch, true);
	units[0].bytes = PG_COMMIT_HOLD_BYTES + 1;
	pg_batch_add(&batch, &units[0]);
	assert_int_equal(pg_batch_send(&batch, NULL), 0);
	assert_true(pg_batch_is_held(&batch));
	script = "k.m";
	assert_int_equal(pg_batch_receive(&batch, NULL), ERR_DB_AWAY);
	assert_int_equal(pg_batch_verdict(&batch), PG_VERDICT_UNDONE);
	assert_int_equal(pg_batch_send_end(&batch, NULL), 0);
	assert_int_equal(pg_batch_verdict(&batch), PG_VERDICT_UNKNOWN);
}

static void sqlstates_have_their_faults(void **state)
{
	(void)state;
	assert_int_equal(pg_error_status("23505"), ERR_DB_UNIQUE);
	assert_int_equal(pg_error_status("23514"), ERR_DB_CHECK);
	assert_int_equal(pg_error_fault("23514"), PG_FAULT_OWN);
	assert_int_equal(pg_error_fault("40001"), PG_FAULT_CONFLICT);
	assert_int_equal(pg_error_fault("40P01"), PG_FAULT_CONFLICT);
	assert_int_equal(pg_error_fault("55P03"), PG_FAULT_CONFLICT);
	assert_int_equal(pg_error_fault("0A000"), PG_FAULT_STALE_PLAN);
	assert_int_equal(pg_error_fault("26000"), PG_FAULT_STALE_PLAN);
	assert_int_equal(pg_error_fault("57P01"), PG_FAULT_AWAY);
	assert_int_equal(pg_error_fault("57P02"), PG_FAULT_AWAY);
	assert_int_equal(pg_error_fault("57P03"), PG_FAULT_AWAY);
	assert_int_equal(pg_error_fault("08006"), PG_FAULT_AWAY);
	assert_int_equal(pg_error_fault("08P01"), PG_FAULT_AWAY);
	assert_int_equal(pg_error_status("08000"), ERR_DB_AWAY);
	assert_int_equal(pg_error_status("57014"), ERR_TIMEOUT);
	assert_int_equal(pg_error_fault("57014"), PG_FAULT_OWN);
	assert_int_equal(pg_error_status("XX000"), ERR_DB_REFUSED);
	assert_int_equal(pg_error_status(""), ERR_DB_REFUSED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_course_of_a_write_has_its_verdict),
		TEST(every_course_of_a_read_tells_how_far_it_got),
		TEST(error_at_commit_is_the_fault_of_a_unit_alone),
		TEST(held_batch_is_undone_by_silence),
		TEST(sqlstates_have_their_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_batch", tests, NULL, NULL);
}
