/* The plain files of a province, certificates, and calls kept until their outcome is known. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-sdk/cli/certificate.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/province_data.h"
#include "client-sdk/cli/say.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

static char scratch[] = "/tmp/rxcirc-cli-test-XXXXXX";

static void scratch_path(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", scratch, name);
}

static void data_path(const char *name, char path[1024])
{
	(void)snprintf(path, 1024, "%s/%s", getenv("RXCIRC_PROVINCE_DATA"), name);
}

/* All sample files into the scratch folder; in one of them `from` becomes `into`. */
static void copy_changed(const char *file, const char *from, const char *into)
{
	for (size_t i = 0; i < PROVINCE_FILES; i++) {
		struct buffer text = {NULL, 0};
		char source[1024];
		char target[256];

		data_path(province_files[i], source);
		scratch_path(province_files[i], target);
		assert_int_equal(file_read(source, CSV_FILE_MAX, &text), 0);
		char *at = file && strcmp(file, province_files[i]) == 0 ? strstr(text.data, from) : NULL;
		FILE *out = fopen(target, "w");

		assert_non_null(out);
		if (at)
			fprintf(out, "%.*s%s%s", (int)(at - text.data), text.data, into, at + strlen(from));
		else
			fputs(text.data, out);
		assert_int_equal(fclose(out), 0);
		assert_true(at || !file || strcmp(file, province_files[i]) != 0);
		buffer_clear(&text);
	}
}

static void the_sample_province_is_good(void **state)
{
	struct province_data data;

	(void)state;
	assert_int_equal(province_data_load(&data, getenv("RXCIRC_PROVINCE_DATA")), 0);
	assert_int_equal(data.regions.count, 12);
	assert_true(table_has(&data.institutions, "H14010500321"));
	assert_true(table_has(&data.institutions, "P14020200133"));
	assert_false(table_has(&data.institutions, "P14020200134"));
	const struct table *drugs = &data.codes[0].table;

	assert_string_equal(data.codes[0].kind->word, "drugs");
	assert_true(table_has(drugs, "XN05CDT001A001010100001"));
	assert_true(drugs->count > 50);
	for (size_t i = 0; i < drugs->count; i++) {
		const Rxcirc__V1__Code *drug = table_row(drugs, i);

		if (strcmp(drug->name, "地西泮片") == 0)
			assert_true((drug->flags & RXCIRC__V1__CODE_FLAG__CODE_FLAG_SPECIAL_CONTROL) != 0);
	}
	const struct practitioner_row *first = table_row(&data.practitioners, 0);

	assert_string_equal(first->practitioner.code, "D140105003217");
	assert_int_equal(first->department_count, 2);
	assert_string_equal(first->departments[0], "A03.04");
	const struct officer_row *registrar = table_row(&data.officers, 0);

	assert_int_equal(registrar->officer.n_duties, 3);
	assert_int_equal(registrar->officer.duties[2],
		RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_SECURITY);
	province_data_clear(&data);
}

static const Rxcirc__V1__Item *item_find(const struct province_data *data, const char *owner,
	int kind, const char *code)
{
	for (size_t i = 0; i < data->items.count; i++) {
		const Rxcirc__V1__Item *item = table_row(&data->items, i);

		if (strcmp(item->owner_code, owner) == 0 && (int)item->kind == kind &&
			strcmp(item->code, code) == 0)
			return item;
	}
	return NULL;
}

static void items_carry_days_of_china_and_prices_in_fen(void **state)
{
	struct province_data data;

	(void)state;
	assert_int_equal(province_data_load(&data, getenv("RXCIRC_PROVINCE_DATA")), 0);
	const Rxcirc__V1__Item *licence = item_find(&data, "H14010500321",
		RXCIRC__V1__ITEM_KIND__ITEM_KIND_LICENCE, "internet-hospital");
	const Rxcirc__V1__Item *service = item_find(&data, "H14010500321",
		RXCIRC__V1__ITEM_KIND__ITEM_KIND_SERVICE, "111000002");

	assert_non_null(licence);
	assert_int_equal(licence->from_ms, INT64_C(1646064000000));  /* 2022-03-01 00:00 UTC+8 */
	assert_int_equal(licence->until_ms, INT64_C(2119449600000)); /* 2037-03-01 */
	assert_non_null(service);
	assert_int_equal(service->amount_fen, 1500);
	assert_int_equal(service->until_ms, 0);
	assert_non_null(item_find(&data, "D140105003217",
		RXCIRC__V1__ITEM_KIND__ITEM_KIND_ADDITIONAL_AGREEMENT, "service-physician"));
	province_data_clear(&data);
}

static void broken_data_is_refused(void **state)
{
	static const struct {
		const char *file, *from, *into;
	} cases[] = {
		{"regions.csv", "太原市,140000", "太原市,150000"},
		{"diagnoses.csv", "I10.x00x001,", "I10.x00x002,"}, /* twice the same key */
		{"regions.csv", "code,name", "code,title"},
		{"institutions.csv", "H14010500321,", "H1401/500321,"},
		{"institutions.csv", "140100,H14010500008", "140100,H14010500009"},
		{"institutions.csv", "internet-hospital,140100,H14010500008",
			"internet-hospital,140100,"},
		{"institutions.csv", ",active", ",asleep"},
		{"institutions.csv", "140100,,active", "149999,,active"},
		{"officers.csv", "registrar", "somebody"},
		{"officers.csv", "yes", "perhaps"},
		{"officers.csv", "no,140100", "no,"},
		{"officers.csv", "registrar;system", "registrar;sistem"},
		{"officers.csv", ",audit", ","},
		{"officers.csv", "registrar;system;security", "audit;audit;audit;audit;audit"},
		{"institutions.csv", "K14000000001,晋", "K14000000002,晋"},
		{"institutions.csv", "公司,chain", "公司,train"},
		{"items.csv", "H14010500008,licence", "H14010500009,licence"},
		{"items.csv", ",licence,", ",license,"},
		{"items.csv", "2020-07-01", "2020-02-30"},
		{"items.csv", "15.00", "15.001"},
		{"items.csv", "A03.01,呼吸内科", "A03,呼吸内科"}, /* the same row twice */
		{"parameters.csv", "140000,two", "149900,two"},
		{"parameters.csv", "2023-12-01", "1 December"},
		{"parameters.csv", "two-person", "benefits"}, /* twice from the same day */
		{"practitioners.csv", "H14010500321,A03.04", "H99999999999,A03.04"},
		{"practitioners.csv", "2008-07-01", "2008-07-32"},
		{"practitioners.csv", "physician", "doctor"},
		{"drugs.csv", "patent", "potent"},
		{"drugs.csv", "5mg*7片,no", "5mg*7片,"},
		{"diagnoses.csv", ",1,yes", ",one,yes"},
		{"drugs.csv", "8.60", "8,60"},
		{"calendar.csv", "2025-01-01,元旦,1", "2025-01-01,元旦,3"},
		{"consultation-items.csv", "10.00", "10.0000001"},
		{"routes.csv", ",no", ",never"},
		{"province.json", "1095", "0"},
		{"province.json", "\"name\"", "\"nome\""},
		{"province.json", "{", "{{"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct province_data data;

		copy_changed(cases[i].file, cases[i].from, cases[i].into);
		if (province_data_load(&data, scratch) != EXIT_LOCAL_FILE)
			fail_msg("%s: %s is taken", cases[i].file, cases[i].into);
	}
	struct province_data data;

	copy_changed(NULL, NULL, NULL);
	assert_int_equal(province_data_load(&data, scratch), 0);
	province_data_clear(&data);
}

static void certificates_are_made_once_and_read_the_same(void **state)
{
	struct certificate_facts first;
	struct certificate_facts again;
	char folder[256];
	char path[280];
	struct stat st;
	bool made = false;

	(void)state;
	scratch_path("H14010500321", folder);
	assert_int_equal(folder_make(folder), 0);
	assert_int_equal(certificate_make(folder, "H14010500321", NULL, 30, &made), 0);
	assert_true(made);
	(void)snprintf(path, sizeof(path), "%s/key.pem", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)snprintf(path, sizeof(path), "%s/cert.pem", folder);
	assert_int_equal(certificate_read(path, &first), 0);
	assert_int_equal(first.not_after_ms - first.not_before_ms > INT64_C(29) * 86400000, 1);
	assert_int_equal(certificate_make(folder, "other", NULL, 30, &made), 0);
	assert_false(made);
	assert_int_equal(certificate_read(path, &again), 0);
	assert_memory_equal(first.spki_sha256, again.spki_sha256, DIGEST_LEN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(certificate_make(folder, "H14010500321", NULL, 30, &made), -EEXIST);
}

static void new_files_never_overwrite(void **state)
{
	struct buffer text = {NULL, 0};
	char path[256];

	(void)state;
	scratch_path("once", path);
	assert_int_equal(file_write_new(path, "a", 1, 0600), 0);
	assert_int_equal(file_write_new(path, "b", 1, 0600), -EEXIST);
	assert_int_equal(file_replace(path, "cd", 2), 0);
	assert_int_equal(file_read(path, 2, &text), 0);
	assert_string_equal(text.data, "cd");
	buffer_clear(&text);
	assert_int_equal(file_read(path, 1, &text), -EFBIG);
}

/* A call about rx id "x", and what the file of it says after an outcome. */
static void assert_pending_after(struct institution *who, int outcome, bool kept)
{
	Rxcirc__V1__ReleaseClaimRequest first = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	Rxcirc__V1__ReleaseClaimRequest second = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	uint8_t key[RXC_IDEMPOTENCY_KEY_LEN];
	struct pending pending;

	first.fencing_token = 1;
	second.fencing_token = 2;
	assert_int_equal(pending_open(&pending, who, "release", "x", &first.base), 0);
	assert_false(pending.resumed);
	memcpy(key, pending.key, sizeof(key));
	assert_int_equal(pending_close(&pending, outcome), outcome);
	assert_int_equal(pending_open(&pending, who, "release", "x", &second.base), 0);
	assert_int_equal(pending.resumed, kept);
	assert_int_equal(memcmp(key, pending.key, sizeof(key)) == 0, kept);
	assert_true(((const Rxcirc__V1__ReleaseClaimRequest *)pending.request)->fencing_token ==
		(kept ? 1 : 2));
	(void)pending_close(&pending, EXIT_OK);
}

static void unknown_outcomes_are_finished_with_the_same_key_and_bytes(void **state)
{
	struct institution who = {.state = scratch};

	(void)state;
	assert_pending_after(&who, EXIT_UNKNOWN, true);
	assert_pending_after(&who, EXIT_OK, false);
	assert_pending_after(&who, EXIT_REFUSED, false);
	assert_pending_after(&who, EXIT_RETRY, false);
}

static void a_resumed_call_that_cannot_connect_is_kept(void **state)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	struct institution who = {.state = scratch};
	struct pending pending;

	(void)state;
	assert_int_equal(pending_open(&pending, &who, "release", "y", &request.base), 0);
	(void)pending_close(&pending, EXIT_UNKNOWN);
	assert_int_equal(pending_open(&pending, &who, "release", "y", &request.base), 0);
	(void)pending_close(&pending, EXIT_RETRY);
	assert_int_equal(pending_open(&pending, &who, "release", "y", &request.base), 0);
	assert_true(pending.resumed);
	(void)pending_close(&pending, EXIT_REFUSED);
	assert_int_equal(pending_open(&pending, &who, "release", "z", &request.base), 0);
	assert_false(pending.resumed); /* another subject is another call */
	(void)pending_close(&pending, EXIT_OK);
}

static int open_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) && say_set_language("en") ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int close_scratch(void **state)
{
	(void)state;
	return nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const struct CMUnitTest tests[] = {
	TEST(the_sample_province_is_good),
	TEST(items_carry_days_of_china_and_prices_in_fen),
	TEST(broken_data_is_refused),
	TEST(certificates_are_made_once_and_read_the_same),
	TEST(new_files_never_overwrite),
	TEST(unknown_outcomes_are_finished_with_the_same_key_and_bytes),
	TEST(a_resumed_call_that_cannot_connect_is_kept),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/province", tests, open_scratch, close_scratch);
}
