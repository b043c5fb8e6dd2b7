/* The interface specification in force, published by the platform itself (TJ2-14a). */
#include "app/public_view.h"
#include "base/ensure.h"
#include "proto/limits.h"
#include "proto/status.h"
#include "session/dispatch.h"

/* Counts up when something is added; what breaks clients gets a new package and a new ALPN name. */
#define INTERFACE_VERSION "1.1"
#define INTERFACE_PACKAGE "rxcirc.v1"
#define INTERFACE_ALPN "rxcirc/1"

#define LIMITS(X) \
	X(FRAME_BODY_MAX) X(DEADLINE_MS_DEFAULT) X(DEADLINE_MS_MAX) X(CALLS_IN_FLIGHT_MAX) \
	X(IDEMPOTENCY_KEY_LEN) X(DOCUMENT_BODY_MAX) X(DIAGNOSES_MAX) X(RX_LINES_MAX) \
	X(TRACE_CODES_MAX) X(TEXT_MAX) X(CODE_MAX) X(FINDINGS_MAX) X(PULL_PRESCRIPTIONS_MAX) \
	X(TRAIL_PAGE_MAX) X(BUNDLE_BYTES_MAX) X(REGISTRY_BATCH_MAX) X(REGISTRY_PAGE_MAX) \
	X(SIGNED_AT_SKEW_MS_MAX) X(VOUCHER_LIFE_S_MAX)

static const struct {
	unsigned role;
	const char *word;
} roles[] = {
	{CALLER_HOSPITAL, "hospital"},
	{CALLER_PHARMACY, "pharmacy"},
	{CALLER_CHANNEL, "channel"},
	{CALLER_CITY_OFFICER, "city-officer"},
	{CALLER_PROVINCE_OFFICER, "province-officer"},
	{CALLER_APPLICANT, "applicant"},
};

static void method(struct page *page, const struct dispatch_row *row)
{
	const char *comma = "";

	page_print(page, "{\"method\":");
	page_json(page, row->method);
	page_print(page, ",\"changes\":%s,\"body_len_max\":%zu,\"callers\":[",
		row->mutating ? "true" : "false", row->body_len_max);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if ((row->roles & roles[i].role) == 0)
			continue;
		page_print(page, "%s\"%s\"", comma, roles[i].word);
		comma = ",";
	}
	page_print(page, "]}");
}

void public_json_interface(struct page *page)
{
	const char *comma = "";

	page_print(page, "{\"version\":\"" INTERFACE_VERSION "\",\"package\":\"" INTERFACE_PACKAGE
		"\",\"alpn\":[\"" INTERFACE_ALPN "\"],\"server\":");
	page_json(page, RXCIRC_VERSION);
	page_print(page, ",\"methods\":[");
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		page_print(page, i == 0 ? "\n" : ",\n");
		method(page, &dispatch_rows[i]);
	}
	page_print(page, "\n],\"limits\":{");
#define X(limit) \
	page_print(page, "%s\"" #limit "\":%lld", comma, (long long)limit); \
	comma = ",";
	LIMITS(X)
#undef X
	page_print(page, "},\"reasons\":[");
	for (unsigned i = 1; i < STATUS_NR; i++) {
		page_print(page, i == 1 ? "" : ",");
		page_json(page, status_row_of((enum status_reason)i)->reason);
	}
	page_print(page, "]}\n");
}
