/* Keys and their files, signatures, e-voucher codes, prescription codes, errors. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/document.h"
#include "proto/rxid.h"
#include "proto/voucher.h"
#include "test/sdk/scratch.h"
#include "test/support/tap.h"

#include <rxcirc/rxcirc.h>

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define MARK "rxcirc-ed25519-secret-v1\n"
/* The seed of RFC 8032, 7.1, TEST 1 */
#define GOOD MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n"

static rxc_key *key_new(void)
{
	rxc_key *key;

	assert_int_equal(rxc_key_generate(&key, NULL), 0);
	return key;
}

static void assert_refused(const char *path, const char *reason, const char *said)
{
	rxc_key *untouched = (rxc_key *)(uintptr_t)&untouched;
	rxc_key *key = untouched;
	rxc_error *error = NULL;

	assert_int_equal(rxc_key_load(path, &key, &error), RXC_ERR_FILE);
	assert_ptr_equal(key, untouched);
	assert_string_equal(rxc_error_reason(error), reason);
	assert_non_null(strstr(rxc_error_message(error), said));
	assert_non_null(strstr(rxc_error_message(error), path));
	rxc_error_free(error);
}

static void a_key_comes_back_from_its_file(void **state)
{
	rxc_key *key = key_new();
	rxc_key *again;
	uint8_t a[32];
	uint8_t b[32];
	struct stat st;
	const char *path = scratch_path("saved.key");

	(void)state;
	assert_int_equal(rxc_key_save(key, path, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(rxc_key_load(path, &again, NULL), 0);
	rxc_key_public(key, a);
	rxc_key_public(again, b);
	assert_memory_equal(a, b, 32);
	dsse_key_id(b, a);
	rxc_key_id(key, a);
	assert_memory_equal(a, b, 32);
	rxc_key_id(again, a);
	assert_memory_equal(a, b, 32);
	rxc_key_free(key);
	rxc_key_free(again);
	rxc_key_free(NULL);
}

static void reads_a_key_file_written_elsewhere(void **state)
{
	static const uint8_t public_key[32] = {
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64,
		0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68,
		0xf7, 0x07, 0x51, 0x1a,
	};
	const char *path = scratch_write("rfc8032.key", GOOD, 0600);
	uint8_t made[32];
	rxc_key *key;

	(void)state;
	assert_int_equal(rxc_key_load(path, &key, NULL), 0);
	rxc_key_public(key, made);
	assert_memory_equal(made, public_key, 32);
	rxc_key_free(key);
}

static void refuses_a_file_others_may_read(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0644, 0601, 0610, 0620};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		assert_refused(scratch_write("open.key", GOOD, modes[i]), "KEY_FILE_MODE", "0600");
}

static void refuses_files_that_are_no_key(void **state)
{
	static const char *const texts[] = {
		"", MARK, GOOD "\n",
		MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\n",   /* no padding */
		MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AA=\n", /* longer */
		MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B=\n",  /* stray bits */
		MARK "nWGxne-9WmC6hEr0kuwsxERJxWl7MmkZcDusAyocrmA=\n",  /* the URL alphabet */
		MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyu==A=\n",
		MARK "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A= ",   /* no newline */
		"rxcirc-ed25519-secret-v2\nnWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(scratch_write("no.key", texts[i], 0600), "KEY_FILE_MALFORMED", "key");
	assert_refused(scratch_path("absent.key"), "KEY_FILE_UNREADABLE", "No such file");
	assert_refused("/dev/null", "KEY_FILE_MALFORMED", "regular");
}

static void never_overwrites_a_key_file(void **state)
{
	rxc_key *key = key_new();
	const char *path = scratch_write("kept.key", "precious", 0600);
	rxc_error *error = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(rxc_key_save(key, path, &error), RXC_ERR_FILE);
	assert_string_equal(rxc_error_reason(error), "KEY_FILE_EXISTS");
	rxc_error_free(error);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(rxc_key_save(key, "/nowhere/at/all.key", &error), RXC_ERR_FILE);
	assert_string_equal(rxc_error_reason(error), "KEY_FILE_UNWRITABLE");
	rxc_error_free(error);
	rxc_key_free(key);
}

static void leaves_no_half_written_key_file(void **state)
{
	rxc_key *key = key_new();
	rxc_error *error = NULL;
	const char *path = scratch_path("half.key");
	struct rlimit whole;
	struct rlimit ten;

	(void)state;
	/* Like a full disk: ten bytes can be written, then no more. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &whole), 0);
	ten = whole;
	ten.rlim_cur = 10;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &ten), 0);
	assert_int_equal(rxc_key_save(key, path, &error), RXC_ERR_FILE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
	assert_string_equal(rxc_error_reason(error), "KEY_FILE_UNWRITABLE");
	rxc_error_free(error);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rxc_key_save(key, path, NULL), 0);
	rxc_key_free(key);
}

static void signs_so_that_the_wire_contract_verifies(void **state)
{
	rxc_key *key = key_new();
	Rxcirc__V1__Revocation message = RXCIRC__V1__REVOCATION__INIT;
	Rxcirc__V1__SignedDocument *doc;
	uint8_t public_key[32];
	uint8_t signature[64];

	(void)state;
	message.revoked_at_ms = 5;
	rxc_key_public(key, public_key);
	assert_int_equal(rxc_sign_message(key, KIND(REVOCATION), &message.base, &doc, NULL), 0);
	assert_int_equal(document_verify(doc, KIND(REVOCATION), public_key), 0);
	doc->body.data[0] ^= 1;
	assert_int_equal(document_verify(doc, KIND(REVOCATION), public_key), -1);
	rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	assert_int_equal(rxc_sign_possession(key, signature, NULL), 0);
	assert_int_equal(dsse_verify(signature, DSSE_TYPE_KEY_POSSESSION, slice_of(public_key, 32),
		public_key), 0);
	rxc_key_free(key);
}

static void signs_documents_up_to_the_limit_and_not_one_byte_more(void **state)
{
	rxc_key *key = key_new();
	uint8_t *body = calloc(1, DOCUMENT_BODY_MAX + 1);
	Rxcirc__V1__SignedDocument *const untouched = (Rxcirc__V1__SignedDocument *)body;
	Rxcirc__V1__SignedDocument *doc = NULL;

	(void)state;
	assert_int_equal(rxc_sign_document(key, KIND(PRESCRIPTION), body, DOCUMENT_BODY_MAX, &doc,
		NULL), 0);
	rxcirc__v1__signed_document__free_unpacked(doc, NULL);
	doc = untouched;
	assert_int_equal(rxc_sign_document(key, KIND(PRESCRIPTION), body, DOCUMENT_BODY_MAX + 1,
		&doc, NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_sign_document(key, KIND(PRESCRIPTION), body, 0, &doc, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_sign_document(key, KIND(UNSPECIFIED), body, 1, &doc, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_sign_document(key, (Rxcirc__V1__DocumentKind)99, body, 1, &doc, NULL),
		RXC_ERR_ARGUMENT);
	assert_ptr_equal(doc, untouched);
	free(body);
	rxc_key_free(key);
}

static void refuses_a_message_that_is_not_of_the_kind(void **state)
{
	rxc_key *key = key_new();
	Rxcirc__V1__Revocation message = RXCIRC__V1__REVOCATION__INIT;
	Rxcirc__V1__SignedDocument *doc;
	rxc_error *error = NULL;

	(void)state;
	assert_int_equal(rxc_sign_message(key, KIND(PRESCRIPTION), &message.base, &doc, &error),
		RXC_ERR_ARGUMENT);
	assert_non_null(strstr(rxc_error_message(error), "Revocation"));
	rxc_error_free(error);
	rxc_key_free(key);
}

static void issues_codes_a_reader_accepts(void **state)
{
	rxc_key *key = key_new();
	char text[RXC_VOUCHER_TEXT_MAX + 1] = "untouched";
	char id[VOUCHER_ID_MAX + 2];
	uint8_t public_key[32];
	struct voucher v;

	(void)state;
	rxc_key_public(key, public_key);
	memset(id, '7', sizeof(id));
	id[VOUCHER_ID_MAX + 1] = '\0';
	assert_int_equal(rxc_voucher_issue(key, id, RXC_PURPOSE_PULL, 1000, 60, text, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_voucher_issue(key, "", RXC_PURPOSE_PULL, 1000, 60, text, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_voucher_issue(key, "1", RXC_PURPOSE_PULL, 1000, 0, text, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_voucher_issue(key, "1", RXC_PURPOSE_PULL, 1000,
		VOUCHER_LIFE_S_MAX + 1, text, NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_voucher_issue(key, "a\nb", RXC_PURPOSE_PULL, 1000, 60, text, NULL),
		RXC_ERR_ARGUMENT);
	assert_string_equal(text, "untouched");
	id[VOUCHER_ID_MAX] = '\0';
	assert_int_equal(rxc_voucher_issue(key, id, RXC_PURPOSE_PULL, 1000, VOUCHER_LIFE_S_MAX,
		text, NULL), 0);
	assert_int_equal(voucher_parse(&v, slice_of_text(text)), VOUCHER_OK);
	assert_int_equal(voucher_verify(slice_of_text(text), public_key), VOUCHER_OK);
	assert_int_equal(v.purpose, 2122);
	assert_int_equal(v.issued_at_ms, 1000);
	assert_string_equal(v.id, id);
	rxc_key_free(key);
}

static void reads_prescription_codes_in_both_forms(void **state)
{
	static const uint8_t rx_id[RX_ID_LEN] = {0x12, 0xab, 0xff, 0, 9};
	char code[RXC_RX_CODE_LEN + 1];
	uint8_t parsed[RX_ID_LEN];
	rxc_error *error = NULL;

	(void)state;
	rxc_rx_code_format(rx_id, code);
	assert_int_equal(strlen(code), RXC_RX_CODE_LEN);
	assert_int_equal(rxc_rx_code_parse(code, parsed, NULL), 0);
	assert_memory_equal(parsed, rx_id, RX_ID_LEN);
	memset(parsed, 0, sizeof(parsed));
	assert_int_equal(rxc_rx_code_parse("12ABff00090000000000000000000000", parsed, NULL), 0);
	assert_memory_equal(parsed, rx_id, RX_ID_LEN);
	code[4] = code[4] == '7' ? '8' : '7';
	assert_int_equal(rxc_rx_code_parse(code, parsed, &error), RXC_ERR_ARGUMENT);
	assert_string_equal(rxc_error_reason(error), "RX_CODE_MALFORMED");
	rxc_error_free(error);
	assert_int_equal(rxc_rx_code_parse("12ABff0009000000000000000000000", parsed, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_rx_code_parse("12ABff0009000000000000000000000g", parsed, NULL),
		RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_rx_code_parse("", parsed, NULL), RXC_ERR_ARGUMENT);
	assert_memory_equal(parsed, rx_id, RX_ID_LEN);
}

static void errors_accept_null(void **state)
{
	(void)state;
	rxc_error_free(NULL);
	assert_int_equal(rxc_error_code(NULL), 0);
	assert_string_equal(rxc_error_message(NULL), "");
	assert_string_equal(rxc_error_reason(NULL), "");
	assert_null(rxc_error_status(NULL));
	assert_false(rxc_error_is_retryable(NULL));
}

static void idempotency_keys_differ(void **state)
{
	uint8_t a[16];
	uint8_t b[16];

	(void)state;
	rxc_idempotency_key_new(a);
	rxc_idempotency_key_new(b);
	assert_memory_not_equal(a, b, 16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_key_comes_back_from_its_file),
		TEST(reads_a_key_file_written_elsewhere),
		TEST(refuses_a_file_others_may_read),
		TEST(refuses_files_that_are_no_key),
		TEST(never_overwrites_a_key_file),
		TEST(leaves_no_half_written_key_file),
		TEST(signs_so_that_the_wire_contract_verifies),
		TEST(signs_documents_up_to_the_limit_and_not_one_byte_more),
		TEST(refuses_a_message_that_is_not_of_the_kind),
		TEST(issues_codes_a_reader_accepts),
		TEST(reads_prescription_codes_in_both_forms),
		TEST(errors_accept_null),
		TEST(idempotency_keys_differ),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keys", tests, scratch_setup, scratch_teardown);
}
