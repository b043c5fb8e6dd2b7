/* Insured/RateFill: how content the person was with one hand-over (SX15-8.5).
 *
 * The comment is sealed under the prescription's data key, so it is shredded with it, and nobody is
 * told of it.  Rated anew is a further row; a rating may be changed for some days (parameter
 * rating-change-days).  The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "base/text.h"
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/bundle.h"
#include "service/entry.h"
#include "service/services.h"
#include "service/visit.h"
#include "store/prescription.h"
#include "store/rating.h"

enum { QUERY_ROW = 1, QUERY_STANDING };
/* Where a comment is sealed for: beyond every kind of document. */
enum { COMMENT_KIND = 100, REVISION_BITS = 16 };
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

struct rate {
	struct entry entry;
	const Rxcirc__V1__RateFillRequest *message;
	uint8_t person_key[PERSON_KEY_LEN];
	bool expired; /* the visit has ended: only what was answered before is told again */
	struct bundle loaded;
	struct stored_rating rating;
	Rxcirc__V1__RateFillResponse reply;
};

static enum status_reason rate_check(struct request *req, const Rxcirc__V1__RateFillRequest *m)
{
	if (m->rx_id.len != RX_ID_LEN)
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
	if (m->fill_no < 1 || m->fill_no > INT16_MAX)
		request_find_field(req, "fill_no", "1 to 32767", "须为 1 至 32767");
	if (m->score < 1 || m->score > RATING_SCORE_MAX)
		request_find_field(req, "score", "1 to 5 (SX15-8.5)", "须为 1 至 5 分（SX15-8.5）");
	if (text_chars(m->comment) > RATING_COMMENT_MAX)
		request_find_field(req, "comment", "at most 200 characters", "至多 200 个字符");
	return req->findings_count == 0 ? STATUS_OK : STATUS_FIELD_INVALID;
}

static enum status_reason rate_refuse(struct rate *t, enum status_reason status)
{
	t->entry.refusal_leaf = visit_refusal_leaf(status, t->person_key);
	return status;
}

static enum status_reason rate_read(struct request *req, struct entry *e)
{
	struct rate *t = container_of(e, struct rate, entry);
	enum status_reason status = request_unpack(req, &rxcirc__v1__rate_fill_request__descriptor,
		&t->message);

	if (status == STATUS_OK)
		status = rate_check(req, t->message);
	if (status != STATUS_OK)
		return status;
	status = visit_check(req, pbmsg_bytes(t->message->own_grant), t->person_key);
	t->expired = status == STATUS_OWN_GRANT_EXPIRED;
	/* A prescription lies where its person does. */
	if (status != STATUS_OK && !t->expired)
		return rate_refuse(t, status);
	if (memcmp(t->message->rx_id.data, t->person_key, 2) != 0)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_RATED;
	e->leaf.read_rx_id = t->message->rx_id.data;
	e->leaf.person_key = t->person_key;
	e->leaf.subject_sha256 = e->request_mac; /* nothing unkeyed of a person goes into the trail */
	rxcirc__v1__rate_fill_response__init(&t->reply);
	t->reply.recorded = true;
	e->reply = &t->reply.base;
	return STATUS_OK;
}

static int rate_ask(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct rate *t = container_of(e, struct rate, entry);
	const uint8_t *rx_id = t->message->rx_id.data;
	int r = store_prescription_load(unit, &req->arena, rx_id);

	return r < 0 ? r : store_rating_load(unit, &req->arena, rx_id, (int16_t)t->message->fill_no);
}

/* The fill happened, and what was said of it may be said anew. */
static enum status_reason rate_take_place(struct request *req, struct rate *t)
{
	int64_t days = registry_number(req->registry, PARAM_RATING_CHANGE_DAYS, req->caller.region,
		req->received_at_ms);
	struct rating_standing standing;

	store_rating_standing(&req->unit, QUERY_STANDING, &standing);
	if (!standing.fill_exists)
		return STATUS_FILL_NOT_FOUND;
	if (standing.revision >= RATING_REVISIONS_MAX || (standing.revision > 0 &&
			req->received_at_ms >= standing.first_rated_at_ms + days * day_ms))
		return STATUS_RATING_CLOSED;
	t->rating = (struct stored_rating){.rx_id = t->message->rx_id.data,
		.fill_no = (int16_t)t->message->fill_no, .revision = (int16_t)(standing.revision + 1),
		.score = (int16_t)t->message->score};
	return STATUS_OK;
}

static int rate_seal(struct request *req, struct rate *t)
{
	const struct stored_rating *g = &t->rating;
	int64_t place = (int64_t)g->fill_no << REVISION_BITS | g->revision;

	if (t->message->comment[0] == '\0')
		return 0;
	t->rating.comment = bundle_seal(req, &t->loaded.key, g->rx_id, place,
		(Rxcirc__V1__DocumentKind)COMMENT_KIND, slice_of_text(t->message->comment));
	t->entry.leaf.sealed = t->rating.comment;
	return t->rating.comment.data == NULL ? ERR_MEMORY : 0;
}

static enum status_reason rate_asked(struct request *req, struct entry *e)
{
	struct rate *t = container_of(e, struct rate, entry);
	enum status_reason status;

	if (t->expired)
		return rate_refuse(t, STATUS_OWN_GRANT_EXPIRED);
	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	e->err = bundle_read(req, QUERY_ROW, 0, &t->loaded);
	if (e->err < 0)
		return STATUS_INTERNAL;
	if (memcmp(t->loaded.rx.person_key, t->person_key, PERSON_KEY_LEN) != 0 || t->loaded.shredded)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	status = rate_take_place(req, t);
	if (status != STATUS_OK)
		return status;
	e->err = rate_seal(req, t);
	return e->err < 0 ? STATUS_INTERNAL : STATUS_OK;
}

static int rate_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	const struct rate *t = container_of(e, struct rate, entry);

	return store_rating_put(unit, &req->arena, &t->rating, &e->write);
}

/* The fill was there a moment ago and is never taken away. */
static enum status_reason rate_misfit(struct request *req, struct entry *e)
{
	(void)req;
	(void)e;
	return STATUS_FILL_NOT_FOUND;
}

void rate_fill_start(struct request *req)
{
	static const struct entry_kind kind = {.read = rate_read, .ask = rate_ask,
		.asked = rate_asked, .write = rate_write, .misfit = rate_misfit};

	entry_run(req, &kind, sizeof(struct rate));
}
