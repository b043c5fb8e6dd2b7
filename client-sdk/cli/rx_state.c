#include "client-sdk/cli/rx_state.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/report.h"

enum { CLAIM_FILE_MAX = 64, TOKEN_DIGITS_MAX = 18 };

static char *state_path(const struct institution *institution, const char *code, const char *kind)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s.%s", institution->state, code, kind) < 0 ? NULL : path;
}

static int message_save(const struct institution *institution, const char *code, const char *kind,
	const ProtobufCMessage *message)
{
	char *path = state_path(institution, code, kind);
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = path && len <= RX_STATE_FILE_MAX ? malloc(len + 1) : NULL;
	int r = -ENOMEM;

	if (bytes) {
		protobuf_c_message_pack(message, bytes);
		r = file_replace(path, bytes, len);
	}
	if (r < 0)
		r = fail_file(path ? path : code, r);
	free(bytes);
	free(path);
	return r;
}

int rx_state_save_pulled(const struct institution *institution,
	const Rxcirc__V1__PrescriptionBundle *bundle)
{
	char code[RXC_RX_CODE_LEN + 1];

	if (!bundle->state || bundle->state->rx_id.len != RXC_RX_ID_LEN)
		return fail(EXIT_UNVERIFIED, "the server sent a prescription without its id",
			"服务器返回的处方缺少编号");
	rxc_rx_code_format(bundle->state->rx_id.data, code);
	return message_save(institution, code, "pulled", &bundle->base);
}

/* 0, -ENOENT, or another negative errno. */
static int bundle_load(const struct institution *institution, const char *code, const char *kind,
	Rxcirc__V1__PrescriptionBundle **ret)
{
	char *path = state_path(institution, code, kind);
	struct buffer file = {NULL, 0};
	int r = path ? file_read(path, RX_STATE_FILE_MAX, &file) : -ENOMEM;

	if (r == 0) {
		Rxcirc__V1__PrescriptionBundle *bundle =
			rxcirc__v1__prescription_bundle__unpack(NULL, file.len, (const uint8_t *)file.data);

		if (bundle)
			*ret = bundle;
		else
			r = -EBADMSG;
	}
	if (r < 0 && r != -ENOENT)
		fail_file(path ? path : code, r);
	buffer_clear(&file);
	free(path);
	return r;
}

static int claim_load(struct rx_state *rx, const struct institution *institution)
{
	char *path = state_path(institution, rx->code, "claim");
	struct buffer file = {NULL, 0};
	int64_t token = 0;
	int r = path ? file_read(path, CLAIM_FILE_MAX, &file) : -ENOMEM;

	if (r == 0 && decimal_parse(file.data, TOKEN_DIGITS_MAX, 0, 0, &token) != DECIMAL_OK)
		r = -EBADMSG;
	rx->claimed = r == 0;
	rx->fencing_token = (uint64_t)token;
	r = r < 0 && r != -ENOENT ? fail_file(path ? path : rx->code, r) : 0;
	buffer_clear(&file);
	free(path);
	return r;
}

static int state_fill(struct rx_state *rx, const struct institution *institution)
{
	rxc_error *error = NULL;
	int r = bundle_load(institution, rx->code, "pulled", &rx->pulled);

	if (r == -ENOENT)
		return fail(EXIT_LOCAL_FILE, "%s was not pulled here; run pharmacy pull first",
			"本机构尚未下载处方 %s，请先执行 pharmacy pull", rx->code);
	if (r < 0)
		return EXIT_LOCAL_FILE;
	if (rxc_verify_bundle(institution->trust, rx->pulled, &error) < 0)
		return report_call(error, false);
	rx->prescription = rxcirc__v1__prescription__unpack(NULL, rx->pulled->prescription->body.len,
		rx->pulled->prescription->body.data);
	if (!rx->prescription)
		return fail(EXIT_UNVERIFIED, "the stored prescription cannot be read", "保存的处方无法解析");
	r = bundle_load(institution, rx->code, "own", &rx->own);
	if (r < 0 && r != -ENOENT)
		return EXIT_LOCAL_FILE;
	return claim_load(rx, institution);
}

int rx_state_load(struct rx_state *ret, const struct institution *institution, const char *code)
{
	rxc_error *error = NULL;

	*ret = (struct rx_state){.pulled = NULL};
	if (rxc_rx_code_parse(code, ret->rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号", code);
	}
	rxc_rx_code_format(ret->rx_id, ret->code);
	int r = state_fill(ret, institution);

	if (r != 0)
		rx_state_clear(ret);
	return r;
}

void rx_state_clear(struct rx_state *rx)
{
	if (rx->pulled)
		rxcirc__v1__prescription_bundle__free_unpacked(rx->pulled, NULL);
	if (rx->own)
		rxcirc__v1__prescription_bundle__free_unpacked(rx->own, NULL);
	if (rx->prescription)
		rxcirc__v1__prescription__free_unpacked(rx->prescription, NULL);
	*rx = (struct rx_state){.pulled = NULL};
}

int rx_state_save_claim(const struct rx_state *rx, const struct institution *institution,
	uint64_t fencing_token)
{
	char *path = state_path(institution, rx->code, "claim");
	char text[CLAIM_FILE_MAX];

	(void)snprintf(text, sizeof(text), "%" PRIu64, fencing_token);
	int r = path ? file_replace(path, text, strlen(text)) : -ENOMEM;

	if (r < 0)
		r = fail_file(path ? path : rx->code, r);
	free(path);
	return r;
}

void rx_state_forget_claim(const struct rx_state *rx, const struct institution *institution)
{
	char *path = state_path(institution, rx->code, "claim");

	if (path)
		(void)unlink(path); /* a stale token is refused by the server anyway */
	free(path);
}

int rx_state_save_own(const struct rx_state *rx, const struct institution *institution,
	const Rxcirc__V1__PrescriptionState *state, const Rxcirc__V1__SignedDocument *document)
{
	Rxcirc__V1__PrescriptionBundle own = RXCIRC__V1__PRESCRIPTION_BUNDLE__INIT;
	Rxcirc__V1__SignedDocument *later[RX_STATE_OWN_MAX];
	size_t count = rx->own ? rx->own->n_later : 0;

	if (count >= RX_STATE_OWN_MAX)
		return fail(EXIT_LOCAL_FILE, "%s has more than %d documents here",
			"处方 %s 的本地文书超过 %d 份", rx->code, RX_STATE_OWN_MAX);
	for (size_t i = 0; i < count; i++)
		later[i] = rx->own->later[i];
	if (document)
		memcpy(&later[count++], &document, sizeof(document));
	own.later = later;
	own.n_later = count;
	memcpy(&own.state, &state, sizeof(own.state));
	return message_save(institution, rx->code, "own", &own.base);
}

const Rxcirc__V1__PrescriptionState *rx_state_now(const struct rx_state *rx)
{
	const Rxcirc__V1__PrescriptionState *own = rx->own ? rx->own->state : NULL;

	const Rxcirc__V1__PrescriptionState *pulled = rx->pulled->state;

	/* a round opens by itself, without a new version */
	return own && (own->version > pulled->version ||
		(own->version == pulled->version && own->round >= pulled->round)) ? own : pulled;
}

static bool is_passed_review(const Rxcirc__V1__SignedDocument *document, const char *pharmacy_code)
{
	if (document->kind != RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW)
		return false;
	Rxcirc__V1__PharmacyReview *review =
		rxcirc__v1__pharmacy_review__unpack(NULL, document->body.len, document->body.data);

	if (!review)
		return false;
	bool passed = review->result == RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED &&
		strcmp(review->pharmacy_code, pharmacy_code) == 0;

	rxcirc__v1__pharmacy_review__free_unpacked(review, NULL);
	return passed;
}

const Rxcirc__V1__SignedDocument *rx_state_passed_review(const struct rx_state *rx,
	const char *pharmacy_code)
{
	for (size_t i = rx->own ? rx->own->n_later : 0; i-- > 0;) {
		if (is_passed_review(rx->own->later[i], pharmacy_code))
			return rx->own->later[i];
	}
	for (size_t i = rx->pulled->n_later; i-- > 0;) {
		if (is_passed_review(rx->pulled->later[i], pharmacy_code))
			return rx->pulled->later[i];
	}
	return NULL;
}

void rx_state_sweep(const struct institution *institution)
{
	int64_t oldest_ms = clock_now_ms() - RX_STATE_KEEP_DAYS * DAY_MS;
	DIR *folder = opendir(institution->state);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path = path_join(institution->state, entry->d_name);
		struct stat st;

		if (path && strncmp(entry->d_name, "RX-", 3) == 0 && stat(path, &st) == 0 &&
			(int64_t)st.st_mtim.tv_sec * 1000 < oldest_ms)
			(void)unlink(path); /* it will be tried again at the next pull */
		free(path);
	}
	if (folder)
		closedir(folder);
}

/* One kept bundle, unless it cannot be read: then it is pulled whole again. */
static void known_add(const struct institution *institution, const char *code,
	struct rx_known *known)
{
	Rxcirc__V1__PrescriptionBundle *kept = NULL;
	Rxcirc__V1__KnownPrescription *m = &known->messages[known->count];

	if (bundle_load(institution, code, "pulled", &kept) < 0)
		return;
	if (kept->state && kept->state->rx_id.len == RXC_RX_ID_LEN) {
		memcpy(known->ids[known->count], kept->state->rx_id.data, RXC_RX_ID_LEN);
		rxcirc__v1__known_prescription__init(m);
		m->rx_id = (ProtobufCBinaryData){RXC_RX_ID_LEN, known->ids[known->count]};
		m->version = kept->state->version;
		known->list[known->count++] = m;
	}
	rxcirc__v1__prescription_bundle__free_unpacked(kept, NULL);
}

void rx_state_known(const struct institution *institution, struct rx_known *ret)
{
	DIR *folder = opendir(institution->state);
	struct dirent *entry;

	ret->count = 0;
	while (folder && ret->count < RX_STATE_KNOWN_MAX && (entry = readdir(folder))) {
		const char *end = strstr(entry->d_name, ".pulled");
		char code[RXC_RX_CODE_LEN + 1];

		if (!end || end[strlen(".pulled")] || end - entry->d_name != RXC_RX_CODE_LEN)
			continue;
		memcpy(code, entry->d_name, RXC_RX_CODE_LEN);
		code[RXC_RX_CODE_LEN] = '\0';
		known_add(institution, code, ret);
	}
	if (folder)
		closedir(folder);
}

int rx_state_refresh(const struct institution *institution,
	const Rxcirc__V1__PrescriptionBundle *unchanged)
{
	char code[RXC_RX_CODE_LEN + 1];
	Rxcirc__V1__PrescriptionBundle *kept = NULL;
	Rxcirc__V1__PrescriptionBundle fresh;

	rxc_rx_code_format(unchanged->state->rx_id.data, code);
	if (bundle_load(institution, code, "pulled", &kept) < 0)
		return fail(EXIT_LOCAL_FILE, "%s is no longer kept here; pull it again without --known",
			"本机构已不再保存处方 %s，请不带 --known 重新下载", code);
	fresh = *kept;
	fresh.state = unchanged->state;
	fresh.pull_grant = unchanged->pull_grant;
	int r = message_save(institution, code, "pulled", &fresh.base);

	rxcirc__v1__prescription_bundle__free_unpacked(kept, NULL);
	return r;
}
