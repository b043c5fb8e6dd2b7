#include "client-sdk/cli/audit_tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

/* The last audit looked until shortly before its own event, with which this one begins. */
enum { UNPLACED_OVERLAP_MS = 60 * 60 * 1000 };

static int memory_short(void)
{
	return fail(EXIT_FAULT, "memory is short", "内存不足");
}

/* A copy of a page token, which must outlive the answer it came with. */
static int token_keep(ProtobufCBinaryData from, uint8_t **token, ProtobufCBinaryData *ret)
{
	uint8_t *copy = malloc(from.len + 1);

	if (!copy)
		return memory_short();
	if (from.len > 0)
		memcpy(copy, from.data, from.len);
	free(*token);
	*token = copy;
	*ret = pbdata(copy, from.len);
	return 0;
}

/* ---- events ---- */

/* The event in the tables is the log's own: what is said about its origin is said of that one.  Of
 * an altered one it says nothing more than that it was altered. */
static bool is_as_logged(const struct audit_tables *t,
	const Rxcirc__V1__AuditEventsResponse *reply, uint64_t index)
{
	uint64_t at = index - t->first;

	return index >= t->first && at < t->count && (at + 1) * SHA256_LEN <= reply->hashes.len &&
		memcmp(reply->hashes.data + at * SHA256_LEN, t->hashes[at].bytes, SHA256_LEN) == 0;
}

static void events_compare(struct audit_tables *t, const Rxcirc__V1__AuditEventsResponse *reply)
{
	static const uint8_t none[SHA256_LEN];

	for (unsigned i = 0; i < t->count; i++) {
		size_t at = (size_t)i * SHA256_LEN;

		audit_compare_event(t->fold, t->first + i, t->at_ms[i], t->detached_ms, &t->hashes[i],
			at + SHA256_LEN <= reply->hashes.len ? reply->hashes.data + at : none);
	}
	for (size_t i = 0; i < reply->n_not_ours; i++)
		if (is_as_logged(t, reply, reply->not_ours[i]))
			audit_compare_not_ours(t->fold, reply->not_ours[i]);
	t->events += t->count;
	t->log_size = reply->log_size;
	t->queued = reply->queued;
	for (size_t i = 0; i < reply->n_unplaced; i++)
		audit_compare_unplaced(t->fold, reply->unplaced[i]);
}

/* The leaves that wait are compared, if any do. */
static int events_ask(struct audit_tables *t, uint64_t from, uint32_t count, int64_t until_ms)
{
	Rxcirc__V1__AuditEventsRequest request = RXCIRC__V1__AUDIT_EVENTS_REQUEST__INIT;
	Rxcirc__V1__AuditEventsResponse *reply;
	rxc_error *error = NULL;

	request.from_index = from;
	request.count = count;
	request.purpose = pbtext(t->purpose);
	request.unplaced_from_ms = t->unplaced_ms;
	request.unplaced_to_ms = until_ms;
	if (rxc_agency_audit_events(t->client, &request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	events_compare(t, reply);
	rxcirc__v1__audit_events_response__free_unpacked(reply, NULL);
	t->unplaced_ms = until_ms;
	t->count = 0;
	return 0;
}

/* The times that are looked at leave no gap: each page begins where the one before ended. */
int audit_tables_flush(struct audit_tables *t)
{
	int64_t until_ms = t->unplaced_ms;

	if (t->count == 0)
		return 0;
	for (unsigned i = 0; i < t->count; i++)
		until_ms = t->at_ms[i] > until_ms ? t->at_ms[i] : until_ms;
	return events_ask(t, t->first, t->count, until_ms);
}

int audit_tables_unplaced(struct audit_tables *t, uint64_t size)
{
	if (t->unplaced_ms < 0)
		t->unplaced_ms = clock_now_ms() - UNPLACED_OVERLAP_MS;
	/* The platform's clock decides how far it looks; ours may be late. */
	return events_ask(t, size > 0 ? size - 1 : 0, 1, clock_now_ms() + UNPLACED_OVERLAP_MS);
}

int audit_tables_event(struct audit_tables *t, uint64_t index, const struct merkle_hash *hash,
	int64_t at_ms)
{
	if (t->count == 0)
		t->first = index;
	if (t->unplaced_ms < 0)
		t->unplaced_ms = at_ms > UNPLACED_OVERLAP_MS ? at_ms - UNPLACED_OVERLAP_MS : 0;
	t->hashes[t->count] = *hash;
	t->at_ms[t->count++] = at_ms;
	return t->count == AUDIT_EVENTS_AT_ONCE ? audit_tables_flush(t) : 0;
}

/* ---- states ---- */

static int states_compare(struct audit_tables *t, const Rxcirc__V1__AuditStatesResponse *reply)
{
	for (size_t i = 0; i < reply->n_states; i++)
		if (audit_compare_state(t->fold, reply->states[i]) < 0)
			return memory_short();
	t->states += reply->n_states;
	progress_tell(t->progress, "prescriptions compared", "已比对处方", t->states,
		t->fold->states.count);
	return 0;
}

/* All pages of one request. */
static int states_ask(struct audit_tables *t, Rxcirc__V1__AuditStatesRequest *request)
{
	uint8_t *token = NULL;
	bool more = true;
	int r = 0;

	while (r == 0 && more) {
		Rxcirc__V1__AuditStatesResponse *reply;
		rxc_error *error = NULL;

		if (rxc_agency_audit_states(t->client, request, NULL, &reply, &error) < 0) {
			r = report_call(error, false);
			break;
		}
		r = states_compare(t, reply);
		more = reply->next_page_token.len > 0;
		if (r == 0 && more)
			r = token_keep(reply->next_page_token, &token, &request->page_token);
		rxcirc__v1__audit_states_response__free_unpacked(reply, NULL);
	}
	free(token);
	return r;
}

/* The ids are copied first: comparing may move the map's entries. */
static int states_ask_known(struct audit_tables *t)
{
	size_t at = 0, count = 0, known = t->fold->states.count;
	uint8_t (*ids)[RX_ID_LEN] = calloc(known + 1, sizeof(*ids));
	ProtobufCBinaryData list[AUDIT_STATES_AT_ONCE];
	const struct audit_state *s;
	int r = ids ? 0 : memory_short();

	while (r == 0 && (s = map_next(&t->fold->states, &at)))
		memcpy(ids[count++], s->rx_id, RX_ID_LEN);
	for (size_t i = 0; r == 0 && i < count; i += AUDIT_STATES_AT_ONCE) {
		Rxcirc__V1__AuditStatesRequest request = RXCIRC__V1__AUDIT_STATES_REQUEST__INIT;

		request.purpose = pbtext(t->purpose);
		request.rx_ids = list;
		for (size_t k = i; k < count && k < i + AUDIT_STATES_AT_ONCE; k++)
			list[request.n_rx_ids++] = pbdata(ids[k], RX_ID_LEN);
		r = states_ask(t, &request);
	}
	free(ids);
	return r;
}

int audit_tables_states(struct audit_tables *t, bool all)
{
	Rxcirc__V1__AuditStatesRequest request = RXCIRC__V1__AUDIT_STATES_REQUEST__INIT;

	if (!all)
		return states_ask_known(t);
	request.purpose = pbtext(t->purpose);
	return states_ask(t, &request);
}

/* ---- records ---- */

static int records_compare(struct audit_tables *t, const Rxcirc__V1__AuditRegistryResponse *reply)
{
	for (size_t i = 0; i < reply->n_records; i++)
		if (audit_compare_record(t->fold, reply->records[i]) < 0)
			return memory_short();
	t->records += reply->n_records;
	progress_tell(t->progress, "registry records compared", "已比对登记事项", t->records, 0);
	return 0;
}

int audit_tables_records(struct audit_tables *t)
{
	Rxcirc__V1__AuditRegistryRequest request = RXCIRC__V1__AUDIT_REGISTRY_REQUEST__INIT;
	uint8_t *token = NULL;
	bool more = true;
	int r = 0;

	request.purpose = pbtext(t->purpose);
	while (r == 0 && more) {
		Rxcirc__V1__AuditRegistryResponse *reply;
		rxc_error *error = NULL;

		if (rxc_agency_audit_registry(t->client, &request, NULL, &reply, &error) < 0) {
			r = report_call(error, false);
			break;
		}
		r = records_compare(t, reply);
		more = reply->next_page_token.len > 0;
		if (r == 0 && more)
			r = token_keep(reply->next_page_token, &token, &request.page_token);
		rxcirc__v1__audit_registry_response__free_unpacked(reply, NULL);
	}
	free(token);
	return r;
}
