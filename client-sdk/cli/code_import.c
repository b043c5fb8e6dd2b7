#include "client-sdk/cli/code_import.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/code_send.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum {
	LABEL_DIGITS = 12,  /* of the content's digest in a label made from it */
	LABELS_MAX = 99,    /* times the same content may come back after another */
};

static int begin(struct code_import *import, rxc_client *client,
	Rxcirc__V1__BeginCodeVersionResponse **ret)
{
	Rxcirc__V1__BeginCodeVersionRequest request = RXCIRC__V1__BEGIN_CODE_VERSION_REQUEST__INIT;
	rxc_error *error = NULL;

	request.kind = import->table->kind->kind;
	request.label = pbtext(import->label_used);
	request.source = pbtext(import->source);
	request.rows = (uint32_t)import->table->table.count;
	request.content_sha256 = pbdata(import->table->sha256, DIGEST_LEN);
	if (rxc_codes_begin(client, &request, NULL, ret, &error) < 0)
		return report_call(error, true);
	import->version_id = (*ret)->version_id;
	return 0;
}

static void label_make(struct code_import *import, unsigned number)
{
	char hex[2 * DIGEST_LEN + 1];

	if (import->label) {
		(void)snprintf(import->label_used, sizeof(import->label_used), "%s", import->label);
		return;
	}
	hex_format(import->table->sha256, DIGEST_LEN, hex);
	(void)snprintf(import->label_used, sizeof(import->label_used),
		number == 1 ? "%.*s" : "%.*s-%u", LABEL_DIGITS, hex, number);
}

/* Where the label is made from the content, content that comes back after another is a new
 * version. */
static int begin_newest(struct code_import *import, rxc_client *client,
	Rxcirc__V1__BeginCodeVersionResponse **ret)
{
	for (unsigned number = 1;; number++) {
		bool spent;
		int r;

		label_make(import, number);
		r = begin(import, client, ret);
		if (r != 0)
			return r;
		spent = (*ret)->superseded ||
			(*ret)->state == RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_WITHDRAWN;
		if (!spent)
			return 0;
		rxcirc__v1__begin_code_version_response__free_unpacked(*ret, NULL);
		*ret = NULL;
		if (import->label || number == LABELS_MAX)
			return fail(EXIT_REFUSED,
				"version \"%s\" was withdrawn or replaced by a later one; take another label",
				"版本“%s”已撤回或已被更新的版本取代，请另取标签", import->label_used);
	}
}

static int publish(struct code_import *import, rxc_client *client, bool is_first)
{
	Rxcirc__V1__PublishCodeVersionRequest request =
		RXCIRC__V1__PUBLISH_CODE_VERSION_REQUEST__INIT;
	rxc_error *error = NULL;

	request.version_id = import->version_id;
	request.rows = (uint32_t)import->table->table.count;
	request.effective_from_ms = import->effective_from_ms;
	if (is_first && request.effective_from_ms == 0)
		request.effective_from_ms = import->first_effective_from_ms;
	if (rxc_codes_publish(client, &request, NULL, &import->report, &error) < 0)
		return report_call(error, true);
	import->effective_from_was_ms = import->report->effective_from_ms;
	return 0;
}

/* Send what is missing; if rows are missing even then (somebody else sent this version, too, by
 * another cut), send all of them. */
static int send_all(struct code_import *import, rxc_client *client, uint32_t rows_there)
{
	size_t total = import->table->table.count;
	int r;

	if (rows_there > 0 && !import->quiet)
		note("going on: %u of %zu rows are there\n", "继续：已有 %u 行，共 %zu 行\n", rows_there,
			total);
	r = code_send(import->officer_folder, import->table, import->version_id, rows_there,
		!import->quiet);
	if (r != 0 || rows_there == 0)
		return r;
	Rxcirc__V1__BeginCodeVersionResponse *again;

	r = begin(import, client, &again);
	if (r != 0)
		return r;
	rows_there = again->rows_there;
	rxcirc__v1__begin_code_version_response__free_unpacked(again, NULL);
	return rows_there == total ? 0 :
		code_send(import->officer_folder, import->table, import->version_id, 0, !import->quiet);
}

static int run(struct code_import *import, rxc_client *client)
{
	Rxcirc__V1__BeginCodeVersionResponse *begun = NULL;
	int r = begin_newest(import, client, &begun);

	if (r != 0)
		return r;
	import->unchanged =
		begun->state == RXCIRC__V1__CODE_VERSION_STATE__CODE_VERSION_STATE_PUBLISHED;
	import->effective_from_was_ms = begun->effective_from_ms;
	if (!import->unchanged) {
		r = send_all(import, client, begun->rows_there);
		if (r == 0)
			r = publish(import, client, begun->first);
	}
	rxcirc__v1__begin_code_version_response__free_unpacked(begun, NULL);
	return r;
}

int code_import_run(struct code_import *import)
{
	struct institution officer;
	int r = institution_open(&officer, import->officer_folder);

	import->report = NULL;
	if (r != 0)
		return r;
	r = run(import, officer.client);
	institution_close(&officer);
	return r;
}

void code_import_clear(struct code_import *import)
{
	if (import->report)
		rxcirc__v1__publish_code_version_response__free_unpacked(import->report, NULL);
	import->report = NULL;
}
