/* The table of reasons: complete, unique, and consistent in itself. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/status.h"

enum {
	CALLER = RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER,
	RETRY = RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY,
	UNKNOWN = RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN,
	FATAL = RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_FATAL,
};

static void every_reason_is_unique(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_NR; i++) {
		const struct status_row *row = status_row_of((enum status_reason)i);

		for (int j = 0; j < i; j++)
			assert_string_not_equal(row->reason,
				status_row_of((enum status_reason)j)->reason);
	}
}

static void reasons_are_upper_case_words(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_NR; i++) {
		const char *reason = status_row_of((enum status_reason)i)->reason;

		assert_true(strlen(reason) > 1 && strlen(reason) <= 40);
		assert_int_equal(strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(reason));
	}
}

static void every_reason_has_both_sentences(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_NR; i++) {
		const struct status_row *row = status_row_of((enum status_reason)i);

		assert_true(strlen(row->english) > 3);
		for (const char *c = row->english; *c; c++)
			assert_in_range(*c, 0x20, 0x7e);
		/* At least one character outside ASCII. */
		assert_true(strlen(row->chinese) >= 6);
		assert_true((uint8_t)row->chinese[0] >= 0xe4);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(row->english,
				status_row_of((enum status_reason)j)->english);
	}
}

/* The class tells what to do; the code must not tell otherwise. */
static bool class_fits(enum rpc_code code, int class)
{
	switch (code) {
	case RPC_OK:
		return class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNSPECIFIED;
	case RPC_RESOURCE_EXHAUSTED: /* a size is the caller's, a load is not */
		return class == CALLER || class == RETRY;
	case RPC_DEADLINE_EXCEEDED:
	case RPC_ABORTED:
		return class == RETRY;
	case RPC_UNAVAILABLE:
		return class == RETRY || class == UNKNOWN;
	case RPC_INTERNAL:
	case RPC_DATA_LOSS:
		return class == FATAL;
	case RPC_INVALID_ARGUMENT:
	case RPC_NOT_FOUND:
	case RPC_ALREADY_EXISTS:
	case RPC_PERMISSION_DENIED:
	case RPC_FAILED_PRECONDITION:
	case RPC_UNIMPLEMENTED:
	case RPC_UNAUTHENTICATED:
		return class == CALLER;
	}
	return false;
}

static void the_class_fits_the_code(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_NR; i++) {
		const struct status_row *row = status_row_of((enum status_reason)i);

		assert_true(class_fits(row->code, row->retry_class));
	}
	/* These two are exhausted by size, not by load. */
	assert_int_equal(status_row_of(STATUS_FRAME_TOO_LARGE)->retry_class, CALLER);
	assert_int_equal(status_row_of(STATUS_BODY_TOO_LARGE)->retry_class, CALLER);
	assert_int_equal(status_row_of(STATUS_BUSY)->retry_class, RETRY);
	assert_int_equal(status_row_of(STATUS_OUTCOME_UNKNOWN)->retry_class, UNKNOWN);
}

static void only_ok_is_ok(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_NR; i++)
		assert_int_equal(status_row_of((enum status_reason)i)->code == RPC_OK, i == STATUS_OK);
}

static void what_is_not_known_is_internal(void **state)
{
	(void)state;
	assert_ptr_equal(status_row_of((enum status_reason)STATUS_NR), status_row_of(STATUS_INTERNAL));
	assert_ptr_equal(status_row_of((enum status_reason)-1), status_row_of(STATUS_INTERNAL));
}

static void the_sentence_names_the_frame_limit(void **state)
{
	char limit[16];

	(void)state;
	(void)snprintf(limit, sizeof(limit), "%d", FRAME_BODY_MAX);
	assert_non_null(strstr(status_row_of(STATUS_FRAME_TOO_LARGE)->english, limit));
	assert_non_null(strstr(status_row_of(STATUS_FRAME_TOO_LARGE)->chinese, limit));
}

static const struct CMUnitTest tests[] = {
	TEST(every_reason_is_unique),
	TEST(reasons_are_upper_case_words),
	TEST(every_reason_has_both_sentences),
	TEST(the_class_fits_the_code),
	TEST(only_ok_is_ok),
	TEST(what_is_not_known_is_internal),
	TEST(the_sentence_names_the_frame_limit),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
