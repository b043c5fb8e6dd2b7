/* What is asked for, at which checkpoint, and where the next page goes on. */
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "service/trail/export.h"
#include "service/trail/paging.h"

/* A place: size 8, root 32, then 8 of a run, or end 8, moment 8 and event id 16. */
enum { PINNED_LEN = 8 + SHA256_LEN, PLACE_LEN_MAX = PINNED_LEN + 8 + 8 + EVENT_ID_LEN,
	RETRY_AFTER_MS = 1000 };

op_verdict export_fail(struct request *req, int err)
{
	if (err != ERR_NOT_FOUND)
		return request_fail(req, err);
	req->retry_after_ms = RETRY_AFTER_MS; /* nothing is published yet, or not here */
	return request_refuse(req, STATUS_BUSY);
}

size_t export_limit(const struct export *e)
{
	if (e->message->documents)
		return EXPORT_DOCUMENTS_MAX;
	return e->is_run ? EXPORT_RUN_MAX : EXPORT_PAGE_MAX;
}

/* ---- the first page ------------------------------------------------------------------------ */

static enum status_reason take_sizes(struct request *req, const struct export *e)
{
	const Rxcirc__V1__ExportTrailRequest *m = e->message;

	if (m->n_known_sizes > EXPORT_SIZES_MAX)
		return trail_field(req, "known_sizes", "at most 16", "至多 16 个");
	for (size_t i = 1; i < m->n_known_sizes; i++)
		if (m->known_sizes[i] <= m->known_sizes[i - 1])
			return trail_field(req, "known_sizes", "must be ascending", "须按升序排列");
	return STATUS_OK;
}

/* A run ends at the latest where the checkpoint does. */
static enum status_reason take_run(struct request *req, struct export *e)
{
	const Rxcirc__V1__ExportTrailRequest *m = e->message;

	e->from = m->from_index;
	e->until = m->until_index < e->log.size ? m->until_index : e->log.size;
	if (e->from >= e->until)
		return trail_field(req, "from_index, until_index",
			"holds no place that is published", "区间内没有已发布的事件");
	return STATUS_OK;
}

static bool has_filter(const Rxcirc__V1__ExportTrailRequest *m)
{
	return m->rx_id.len != 0 || m->voucher_id[0] != '\0' || m->institution_code[0] != '\0' ||
		m->practitioner_code[0] != '\0' || m->kind != 0 || m->from_ms != 0 || m->until_ms != 0;
}

static enum status_reason check_form(struct request *req, struct export *e)
{
	const Rxcirc__V1__ExportTrailRequest *m = e->message;
	enum status_reason status = trail_purpose_check(req, m->purpose);

	if (status == STATUS_OK)
		status = take_sizes(req, e);
	if (status != STATUS_OK)
		return status;
	e->is_run = m->until_index != 0;
	if (e->is_run ? has_filter(m) : m->from_index != 0)
		return trail_field(req, "from_index, until_index",
			"either a run of the log or a filter", "区间与筛选条件只能选其一");
	if (!e->is_run) {
		const struct trail_asked asked = TRAIL_ASKED(m);

		status = trail_filter_take(req, &asked, &e->filter);
		e->filter.f.limit = (int32_t)export_limit(e);
	}
	return status;
}

/* ---- the pages behind it ------------------------------------------------------------------- */

static int bind_tokens(struct request *req, struct export *e)
{
	Rxcirc__V1__ExportTrailRequest same = *e->message;

	same.page_token = (ProtobufCBinaryData){0, NULL};
	same.purpose = (char *)(uintptr_t)"";
	same.n_known_sizes = 0;
	return paging_bound(req, &same.base, &e->bound);
}

/* The platform's own token, so its parts are as they were written. */
static int take_place(struct request *req, struct export *e, struct slice place)
{
	struct merkle_hash root = {{0}};
	struct reader in;
	struct slice bytes;
	uint64_t size;

	reader_init(&in, place);
	size = reader_u64(&in);
	bytes = reader_slice(&in, SHA256_LEN);
	if (bytes.len == SHA256_LEN)
		memcpy(root.bytes, bytes.data, SHA256_LEN);
	if (e->is_run) {
		e->from = reader_u64(&in);
	} else {
		e->filter.f.until_ms = (int64_t)reader_u64(&in);
		e->filter.f.after_at_ms = (int64_t)reader_u64(&in);
		bytes = reader_slice(&in, EVENT_ID_LEN);
		if (bytes.len == EVENT_ID_LEN)
			memcpy(e->filter.f.after_event_id, bytes.data, EVENT_ID_LEN);
	}
	ensure(reader_is_done(&in));
	if (e->is_run)
		e->until = e->message->until_index < size ? e->message->until_index : size;
	return log_view_reopen(req, size, &root, &e->log);
}

int export_token(struct request *req, struct export *e)
{
	const struct event_filter *f = &e->filter.f;
	uint8_t place[PLACE_LEN_MAX];
	struct writer w;

	if (!e->more)
		return 0;
	writer_init(&w, place, sizeof(place));
	writer_u64(&w, e->log.size);
	writer_slice(&w, slice_of(e->log.root.bytes, SHA256_LEN));
	if (e->is_run) {
		writer_u64(&w, e->from + e->count);
	} else {
		writer_u64(&w, (uint64_t)f->until_ms);
		writer_u64(&w, (uint64_t)f->after_at_ms);
		writer_slice(&w, slice_of(f->after_event_id, EVENT_ID_LEN));
	}
	ensure(!w.failed);
	return paging_token(req, e->bound, writer_written(&w), &e->reply.next_page_token);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static enum status_reason status_of(struct request *req, int err)
{
	(void)export_fail(req, err); /* the verdict is for steps */
	return req->status;
}

enum status_reason export_take(struct request *req, struct export *e)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__export_trail_request__descriptor, &e->message);
	struct slice place = {NULL, 0};
	int r;

	if (status == STATUS_OK)
		status = check_form(req, e);
	if (status != STATUS_OK)
		return status;
	r = bind_tokens(req, e);
	if (r < 0)
		return status_of(req, r);
	e->is_first = e->message->page_token.len == 0;
	if (!e->is_first) {
		status = paging_place(req, e->bound, e->message->page_token, &place);
		if (status != STATUS_OK)
			return status;
	}
	r = e->is_first ? log_view_open(req, &e->log) : take_place(req, e, place);
	if (r < 0)
		return status_of(req, r);
	return e->is_run && e->is_first ? take_run(req, e) : STATUS_OK;
}
