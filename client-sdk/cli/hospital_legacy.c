/* hospital import-legacy: open prescriptions of the old dual-channel module (JIN15-4.11c).
 *
 * Nobody gets in without signatures: the old record carries none, so physician and pharmacist sign
 * the open remainder anew, today, with the old number as initRxno and the old record's digest.
 *
 * Exactly once, three times over: the journal in the state folder says what is done; a call that
 * was under way is sent again as it was; and the idempotency key follows from the old number, so
 * that even without the state folder the platform recognizes a second import.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/day.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_file.h"

enum {
	LEGACY_JOURNAL_MAX = 16 * 1024 * 1024, /* 160,000 prescriptions */
	LEGACY_DIGEST_TEXT = 2 * DIGEST_LEN,
	LEGACY_LINE_LEN = LEGACY_DIGEST_TEXT + 1 + RXC_RX_CODE_LEN + 1,
	LEGACY_PROGRESS_EVERY = 20,
	LEGACY_NUMBER_MAX = 40, /* characters; nat: hospRxno C40 */
};
#define LEGACY_CUTOVER "2023-12-01" /* JIN15-4.11c: in force from then on */

struct legacy {
	struct institution hospital;
	struct rx_signers signers;
	char *province, *journal_path; /* heap */
	struct buffer journal;
	char number[4 * LEGACY_NUMBER_MAX + 1]; /* of the prescription being signed anew */
	int64_t before_ms;
	size_t imported, before, total;
	json_t *refused;
};

/* ---- the journal: digest of the old number, code of the new prescription -------------------- */

static int number_digest(const struct legacy *l, const char *number, uint8_t digest[DIGEST_LEN])
{
	char *text = NULL;
	int len = asprintf(&text, "rxcirc/legacy-import/v1|%s|%s", l->hospital.code, number);
	int r = len < 0 ? -ENOMEM : digest_sha256(text, (size_t)len, digest);

	if (len >= 0)
		free(text);
	return r;
}

/* A line cut short by a crash is none. */
static bool journal_has(const struct legacy *l, const char *digest)
{
	const char *at = l->journal.data;

	while (at && *at) {
		const char *end = strchr(at, '\n');

		if (!end)
			return false;
		if (end - at + 1 == LEGACY_LINE_LEN && strncmp(at, digest, LEGACY_DIGEST_TEXT) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

static int journal_add(struct legacy *l, const char *digest, const char *code)
{
	char line[LEGACY_LINE_LEN + 2];
	int len = snprintf(line, sizeof(line), "%s%s %s\n", l->journal.len > 0 &&
		l->journal.data[l->journal.len - 1] != '\n' ? "\n" : "", digest, code);
	int fd = open(l->journal_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && (write(fd, line, (size_t)len) != len || fsync(fd) < 0))
		r = -EIO;
	if (fd >= 0)
		(void)close(fd);
	if (r == 0)
		r = buffer_append(&l->journal, line, (size_t)len, LEGACY_JOURNAL_MAX);
	return r < 0 ? fail_file(l->journal_path, r) : 0;
}

/* ---- one prescription ----------------------------------------------------------------------- */

/* What the import itself wants of the record, besides what D001 and the platform want. */
static void legacy_check(const struct legacy *l, struct rx_file *file)
{
	const Rxcirc__V1__Prescription *rx = &file->record->rx;

	if (rx->attribute != RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_DUAL_CHANNEL)
		findings_add(&file->findings, true, "LEGACY-ATTRIBUTE", "rxExraAttrCode", "JIN15-4.11c",
			"only dual-channel prescriptions (01) are brought over", "仅导入“双通道”处方（01）");
	if (rx->issued_at_ms >= l->before_ms)
		findings_add(&file->findings, true, "LEGACY-DATE", "prscTime", "JIN15-4.11c",
			"issued after the cut-over: upload it the ordinary way", "切换日之后开具，应按正常流程上传");
	if (rx->initial_rx_no[0])
		findings_add(&file->findings, true, "LEGACY-INITIAL", "initRxno", "JIN15-4.11c",
			"carries an original number already; the old number would be lost",
			"已有原处方号，导入将丢失旧处方号");
	if (!file->record->has_review)
		findings_add(&file->findings, true, "LEGACY-REVIEW", "review", "JIN15-4.6",
			"names no hospital pharmacist to review it anew", "缺少医院药师审方信息");
}

/* The number under which the old module knew it. */
static const char *old_number(const struct d001_record *record)
{
	return record->rx.initial_rx_no[0] ? record->rx.initial_rx_no : record->rx.hospital_rx_no;
}

/* The prescription signed anew is another one and has a number of its own: the old one with a
 * prefix, or its digest when that would be too long.  The same each time. */
static int number_anew(struct legacy *l, struct d001_record *record)
{
	const char *old = record->rx.hospital_rx_no;
	uint8_t digest[DIGEST_LEN];
	char text[LEGACY_DIGEST_TEXT + 1];

	if (record->rx.initial_rx_no[0]) /* was done for an attempt before */
		return 0;
	if (number_digest(l, old, digest) < 0)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	hex_format(digest, DIGEST_LEN, text);
	if (strlen(old) <= LEGACY_NUMBER_MAX - 2)
		(void)snprintf(l->number, sizeof(l->number), "L-%s", old);
	else
		(void)snprintf(l->number, sizeof(l->number), "L-%.32s", text);
	record->rx.initial_rx_no = record->rx.hospital_rx_no;
	record->rx.hospital_rx_no = l->number;
	return 0;
}

/* Today's signatures over the open remainder. */
static int legacy_sign(struct legacy *l, struct rx_file *file)
{
	struct d001_record *record = file->record;

	int r = number_anew(l, record);

	record->rx.issued_at_ms = clock_now_ms();
	record->review.reviewed_at_ms = record->rx.issued_at_ms;
	if (r == 0)
		r = day_note(&l->hospital, &record->rx);
	if (r == 0)
		r = rx_file_sign(file, &l->signers);
	return r;
}

enum sent { SENT_DONE, SENT_BEFORE, SENT_AGAIN, SENT_REFUSED, SENT_STOP };

/* What a refusal means; the findings are kept. */
static enum sent refusal_read(const rxc_error *error, struct rx_file *file, bool resumed)
{
	const Rxcirc__V1__Status *status = rxc_error_status(error);

	if (!status || status->retry_class != RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER)
		return SENT_STOP;
	if (strcmp(status->reason, "IDEMPOTENCY_KEY_REUSED") == 0)
		return SENT_BEFORE;
	/* the attempt that was interrupted never arrived, and is too old by now */
	if (resumed && strcmp(status->reason, "SIGNED_AT_SKEWED") == 0)
		return SENT_AGAIN;
	findings_add(&file->findings, true, status->reason, "", "", "%s", "%s",
		say_is_chinese() ? status->message_zh : status->message);
	findings_add_all(&file->findings, status->findings, status->n_findings);
	return SENT_REFUSED;
}

/* Send what is signed, or first what was under way.  *ret_code 0 unless SENT_STOP. */
static enum sent legacy_send(struct legacy *l, struct rx_file *file, const uint8_t *key,
	char code[RXC_RX_CODE_LEN + 1], int *ret_code)
{
	Rxcirc__V1__UploadPrescriptionRequest request = RXCIRC__V1__UPLOAD_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__UploadPrescriptionResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	enum sent sent;

	request.prescription = file->prescription;
	request.hospital_review = file->review;
	*ret_code = pending_open_keyed(&pending, &l->hospital, "legacy", old_number(file->record),
		&request.base, key);
	if (*ret_code != 0)
		return SENT_STOP;
	if (rxc_hospital_upload(l->hospital.client,
		(const Rxcirc__V1__UploadPrescriptionRequest *)pending.request, pending.key, &reply,
		&error) == 0) {
		(void)snprintf(code, RXC_RX_CODE_LEN + 1, "%s", reply->state ? reply->state->rx_code : "");
		rxcirc__v1__upload_prescription_response__free_unpacked(reply, NULL);
		(void)pending_close(&pending, EXIT_OK);
		return SENT_DONE;
	}
	sent = refusal_read(error, file, pending.resumed);
	if (sent == SENT_STOP) {
		*ret_code = pending_close(&pending, report_call(error, true));
		return sent;
	}
	rxc_error_free(error);
	pending.resumed = false; /* said here, not by pending */
	(void)pending_close(&pending, EXIT_REFUSED);
	return sent;
}

static void legacy_refuse(struct legacy *l, const char *name, const struct rx_file *file)
{
	json_array_append_new(l->refused, json_pack("{s:s, s:s, s:o}", "file", name, "number",
		old_number(file->record), "findings", findings_json(&file->findings)));
	say("refused  %s  %s\n", "拒收  %s  %s\n", name, old_number(file->record));
	if (!say_is_json())
		findings_print(&file->findings, stdout);
}

static int legacy_upload(struct legacy *l, struct rx_file *file, const char *name,
	const uint8_t digest[DIGEST_LEN])
{
	char code[RXC_RX_CODE_LEN + 1] = "", text[LEGACY_DIGEST_TEXT + 1];
	enum sent sent = SENT_AGAIN;
	int r = 0;

	hex_format(digest, DIGEST_LEN, text);
	/* the second time only after an interrupted attempt turned out not to have arrived */
	for (int tries = 0; tries < 2 && sent == SENT_AGAIN && r == 0; tries++) {
		rx_file_unsign(file);
		r = legacy_sign(l, file);
		if (r == 0)
			sent = legacy_send(l, file, digest, code, &r);
	}
	if (r != 0)
		return r;
	if (sent == SENT_REFUSED) {
		legacy_refuse(l, name, file);
		return 0;
	}
	if (sent == SENT_BEFORE) {
		l->before++;
		return 0;
	}
	l->imported++;
	return journal_add(l, text, code);
}

static int legacy_file(struct legacy *l, const char *folder, const char *name)
{
	uint8_t digest[DIGEST_LEN];
	char text[LEGACY_DIGEST_TEXT + 1];
	char *path = path_join(folder, name);
	struct rx_file file = {.record = NULL};
	int r = path ? rx_file_load(&file, path, clock_now_ms()) :
		fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0 && number_digest(l, file.record->rx.hospital_rx_no, digest) < 0)
		r = fail(EXIT_FAULT, "memory is short", "内存不足");
	if (r == 0) {
		hex_format(digest, DIGEST_LEN, text);
		legacy_check(l, &file);
		if (file.findings.refused > 0)
			legacy_refuse(l, name, &file);
		else if (journal_has(l, text))
			l->before++;
		else
			r = legacy_upload(l, &file, name, digest);
	}
	rx_file_clear(&file);
	free(path);
	return r;
}

/* ---- the folder ----------------------------------------------------------------------------- */

static int is_json_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int legacy_folder(struct legacy *l, const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, is_json_name, alphasort);
	int r = 0;

	if (count < 0)
		return fail_file(folder, -errno);
	l->total = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = legacy_file(l, folder, names[i]->d_name);
		free(names[i]);
		if (r == 0 && ((i + 1) % LEGACY_PROGRESS_EVERY == 0 || i + 1 == count))
			note("%d of %d\n", "%d / %d\n", i + 1, count);
	}
	free(names);
	return r;
}

static int legacy_tell(struct legacy *l, int r)
{
	size_t refused = json_array_size(l->refused);
	size_t left = l->total - l->imported - l->before - refused;

	if (r == 0 && refused > 0)
		r = EXIT_REFUSED;
	say("%zu prescriptions: %zu imported, %zu imported before, %zu refused, %zu not reached\n",
		"共 %zu 张：本次导入 %zu，此前已导入 %zu，拒收 %zu，未处理 %zu\n", l->total, l->imported,
		l->before, refused, left);
	(void)answer(json_pack("{s:b, s:i, s:I, s:I, s:I, s:I, s:O}", "ok", r == EXIT_OK, "exit", r,
		"total", (json_int_t)l->total, "imported", (json_int_t)l->imported, "before",
		(json_int_t)l->before, "left", (json_int_t)left, "refused", l->refused));
	return r;
}

static int legacy_open(struct legacy *l, const char *as)
{
	int r = institution_open(&l->hospital, as);

	if (r != 0)
		return r;
	l->refused = json_array();
	l->journal_path = path_join(l->hospital.state, "legacy-imported");
	if (!l->signers.province)
		l->signers.province = l->province = institution_province(&l->hospital);
	if (!l->refused || !l->journal_path || !l->signers.province)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	r = file_read(l->journal_path, LEGACY_JOURNAL_MAX, &l->journal);
	return r < 0 && r != -ENOENT ? fail_file(l->journal_path, r) : 0;
}

int hospital_import_legacy_run(int argc, char **argv)
{
	struct legacy l = {.before_ms = 0};
	const char *as = NULL, *before = LEGACY_CUTOVER;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as},
		{"province", ARG_TEXT, &l.signers.province}, {"issued-before", ARG_TEXT, &before}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 1, 1);

	if (r == 0 && china_date_parse(before, &l.before_ms) < 0)
		r = fail(EXIT_USAGE, "--issued-before must be a day yyyy-MM-dd",
			"--issued-before 须为 yyyy-MM-dd 格式的日期");
	if (r == 0)
		r = legacy_open(&l, as);
	if (r == 0)
		r = legacy_tell(&l, legacy_folder(&l, args.positional[0]));
	if (l.refused)
		json_decref(l.refused);
	buffer_clear(&l.journal);
	free(l.journal_path);
	free(l.province);
	institution_close(&l.hospital);
	return r;
}
