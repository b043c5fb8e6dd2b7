#include "client-sdk/cli/rx_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/placeholder.h"
#include "client-sdk/cli/report.h"

static int memory_short(void)
{
	return fail(EXIT_FAULT, "memory is short", "内存不足");
}

static int text_read(const char *path, int64_t now_ms, struct buffer *ret)
{
	struct buffer raw = {NULL, 0};
	size_t at = 0;
	int r = strcmp(path, "-") == 0 ? file_read_fd(0, D001_FILE_MAX, &raw) :
		file_read(path, D001_FILE_MAX, &raw);

	if (r < 0)
		return fail_file(path, r);
	r = placeholder_expand(raw.data, raw.len, now_ms, D001_FILE_MAX, ret, &at);
	buffer_clear(&raw);
	if (r == -EINVAL)
		return fail(EXIT_LOCAL_FILE,
			"\"%s\": the placeholder at byte %zu is none of {{now}}, {{now+3d}}, {{now-10m}}, "
			"{{now+2h}}",
			"“%s”：第 %zu 字节处的占位符不是 {{now}}、{{now+3d}}、{{now-10m}}、{{now+2h}} 之类", path,
			at);
	return r < 0 ? fail_file(path, r) : 0;
}

int rx_file_load(struct rx_file *ret, const char *path, int64_t now_ms)
{
	struct buffer text = {NULL, 0};
	char problem[D001_PROBLEM_MAX];

	*ret = (struct rx_file){.record = malloc(sizeof(*ret->record))};
	if (!ret->record)
		return memory_short();
	ret->record->root = NULL;
	int r = text_read(path, now_ms, &text);

	if (r == 0 && d001_read(text.data, text.len, ret->record, &ret->findings, problem) < 0)
		r = fail(EXIT_LOCAL_FILE, "\"%s\" is not readable JSON: %s", "“%s”不是可读的 JSON：%s", path,
			problem);
	buffer_clear(&text);
	return r;
}

static int sign_as(const struct rx_signers *signers, const char *code, const char *key_file,
	Rxcirc__V1__DocumentKind kind, const ProtobufCMessage *message,
	Rxcirc__V1__SignedDocument **ret)
{
	struct practitioner practitioner;
	rxc_error *error = NULL;
	int r = practitioner_open(&practitioner, signers->province, code, key_file);

	if (r == 0 && rxc_sign_message(practitioner.key, kind, message, ret, &error) < 0)
		r = report_call(error, false);
	practitioner_close(&practitioner);
	return r;
}

int rx_file_sign(struct rx_file *file, const struct rx_signers *signers)
{
	struct d001_record *record = file->record;
	Rxcirc__V1__DocumentDigest digest = RXCIRC__V1__DOCUMENT_DIGEST__INIT;
	uint8_t document_sha256[DIGEST_LEN];
	uint8_t signature_sha256[DIGEST_LEN];
	int r = sign_as(signers, record->physician.code, signers->physician_key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION, &record->rx.base,
		&file->prescription);

	if (r != 0 || !record->has_review)
		return r;
	rxc_document_digest(file->prescription, document_sha256, signature_sha256);
	digest.document_sha256 = pbdata(document_sha256, DIGEST_LEN);
	digest.signature_sha256 = pbdata(signature_sha256, DIGEST_LEN);
	record->review.prescription = &digest;
	r = sign_as(signers, record->review.pharmacist_code, signers->pharmacist_key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW, &record->review.base,
		&file->review);
	record->review.prescription = NULL;
	return r;
}

static Rxcirc__V1__SignedDocument *unsigned_document(Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *message)
{
	Rxcirc__V1__SignedDocument *document = malloc(sizeof(*document));
	uint8_t *body = malloc(protobuf_c_message_get_packed_size(message) + 1);

	if (!document || !body) {
		free(document);
		free(body);
		return NULL;
	}
	rxcirc__v1__signed_document__init(document);
	document->kind = kind;
	document->body.data = body;
	document->body.len = protobuf_c_message_pack(message, body);
	return document;
}

int rx_file_leave_unsigned(struct rx_file *file)
{
	file->prescription = unsigned_document(RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION,
		&file->record->rx.base);
	return file->prescription ? 0 : memory_short();
}

void rx_file_unsign(struct rx_file *file)
{
	if (file->prescription)
		rxcirc__v1__signed_document__free_unpacked(file->prescription, NULL);
	if (file->review)
		rxcirc__v1__signed_document__free_unpacked(file->review, NULL);
	file->prescription = file->review = NULL;
}

void rx_file_clear(struct rx_file *file)
{
	rx_file_unsign(file);
	findings_clear(&file->findings);
	if (file->record)
		d001_clear(file->record);
	free(file->record);
	*file = (struct rx_file){.record = NULL};
}
