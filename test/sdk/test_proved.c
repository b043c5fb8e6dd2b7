/* Proofs kept for later: verified offline under a policy, or refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "test/sdk/log_draft.h"
#include "test/support/tap.h"

enum { LEAVES = 300 };

static struct log_draft the_log;

static int verify(const struct wire *proof, const char *policy, rxc_tlog_proof **ret)
{
	return rxc_tlog_proof_verify(proof->bytes, proof->len, policy, strlen(policy), ret, NULL);
}

static void a_proof_gives_the_leaf_its_place_and_the_time(void **state)
{
	static const uint64_t indexes[] = {0, 1, 255, 256, 299};

	(void)state;
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		const struct draft_leaf *leaf = &the_log.leaves[indexes[i]];
		uint8_t hash[RXC_SHA256_LEN];
		rxc_tlog_proof *proof;
		struct wire text = {0};
		const uint8_t *bytes;
		size_t len;

		log_draft_tlog_proof(&the_log, indexes[i], LEAVES, 2, &text);
		assert_int_equal(verify(&text, the_log.policy, &proof), 0);
		wire_clear(&text);
		bytes = rxc_tlog_proof_leaf(proof, &len);
		assert_int_equal(len, leaf->len);
		assert_memory_equal(bytes, leaf->bytes, len);
		rxc_tlog_proof_leaf_hash(proof, hash);
		assert_memory_equal(hash, leaf->hash.bytes, sizeof(hash));
		assert_int_equal(rxc_tlog_proof_index(proof), indexes[i]);
		assert_int_equal(rxc_tlog_proof_size(proof), LEAVES);
		assert_int_equal(rxc_tlog_proof_time_s(proof), 1772416800 + LEAVES + 1);
		assert_string_equal(rxc_tlog_proof_origin(proof), "log.test");
		rxc_tlog_proof_free(proof);
	}
}

static void assert_refused(const struct wire *text, const char *policy, int code,
	const char *reason)
{
	rxc_tlog_proof *proof = NULL;
	rxc_error *error = NULL;

	assert_int_equal(rxc_tlog_proof_verify(text->bytes, text->len, policy, strlen(policy), &proof,
		&error), code);
	assert_null(proof);
	assert_string_equal(rxc_error_reason(error), reason);
	assert_true(strlen(rxc_error_message(error)) > 5);
	rxc_error_free(error);
}

static void without_a_quorum_or_under_another_policy_it_is_refused(void **state)
{
	struct log_draft other;
	struct wire text = {0};

	(void)state;
	log_draft_tlog_proof(&the_log, 7, LEAVES, 1, &text);
	assert_refused(&text, the_log.policy, RXC_ERR_VERIFY, "PROOF_INVALID");
	assert_refused(&text, "quorum nobody\n", RXC_ERR_ARGUMENT, "POLICY_MALFORMED");
	text.len = 0;
	log_draft_tlog_proof(&the_log, 7, LEAVES, 2, &text);
	log_draft_init(&other, "log.test");
	assert_refused(&text, other.policy, RXC_ERR_VERIFY, "PROOF_INVALID");
	log_draft_clear(&other);
	wire_clear(&text);
}

static void no_changed_byte_is_accepted_as_another_leaf(void **state)
{
	struct wire text = {0};

	(void)state;
	log_draft_tlog_proof(&the_log, 77, LEAVES, 2, &text);
	for (size_t i = 0; i < text.len; i += 3) {
		rxc_tlog_proof *proof = NULL;
		const uint8_t *bytes;
		size_t len;

		text.bytes[i] ^= 1;
		if (verify(&text, the_log.policy, &proof) == 0) {
			bytes = rxc_tlog_proof_leaf(proof, &len);
			assert_int_equal(len, the_log.leaves[77].len);
			assert_memory_equal(bytes, the_log.leaves[77].bytes, len);
		}
		rxc_tlog_proof_free(proof);
		text.bytes[i] ^= 1;
	}
	wire_clear(&text);
}

static void one_that_does_not_carry_its_leaf_is_refused(void **state)
{
	struct wire text = {0}, bare = {0};
	const char *at;

	(void)state;
	log_draft_tlog_proof(&the_log, 77, LEAVES, 2, &text);
	wire_put(&text, "", 1);
	at = strstr((char *)text.bytes, "index ");
	wire_put(&bare, "c2sp.org/tlog-proof@v1\n", 23);
	wire_put(&bare, at, strlen(at));
	assert_refused(&bare, the_log.policy, RXC_ERR_VERIFY, "PROOF_INVALID");
	bare.len = 0;
	assert_refused(&bare, the_log.policy, RXC_ERR_VERIFY, "PROOF_INVALID");
	wire_clear(&bare);
	wire_clear(&text);
}

static int begin(void **state)
{
	(void)state;
	log_draft_init(&the_log, "log.test");
	for (unsigned i = 0; i < LEAVES; i++)
		log_draft_fill(&the_log, i);
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_draft_clear(&the_log);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_proof_gives_the_leaf_its_place_and_the_time),
		TEST(without_a_quorum_or_under_another_policy_it_is_refused),
		TEST(no_changed_byte_is_accepted_as_another_leaf),
		TEST(one_that_does_not_carry_its_leaf_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("proved", tests, begin, end);
}
