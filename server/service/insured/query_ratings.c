/* Agency/QueryRatings: ratings of a period's hand-overs, counted per institution (SX15-8.5).
 *
 *   START --> READ_WAIT --> done
 *
 * Numbers only, nobody's comment; a city officer sees the own prefecture.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/services.h"
#include "store/rating.h"

enum { RATINGS_START, RATINGS_READ_WAIT, RATINGS_STATES };

struct ratings {
	const Rxcirc__V1__QueryRatingsRequest *message;
	struct rating_query query;
	char scope[REGION_CODE_LEN + 1];
};

static void ratings_check(struct request *req, const Rxcirc__V1__QueryRatingsRequest *m,
	int64_t until_ms)
{
	if (m->by != RXCIRC__V1__RATED_BY__RATED_BY_HOSPITAL &&
		m->by != RXCIRC__V1__RATED_BY__RATED_BY_PHARMACY)
		request_find_field(req, "by", "must be hospital or pharmacy", "须为医院或药店");
	if (!moment_is_sound(m->from_ms) || !moment_is_sound(until_ms) || until_ms < m->from_ms)
		request_find_field(req, "from_ms, until_ms",
			"not a range of time, or it ends before it begins", "时间范围无效");
	if (strlen(m->institution_code) > INSTITUTION_CODE_MAX)
		request_find_field(req, "institution_code", "is no institution's", "不是机构编码");
	if (strlen(m->page_token) > INSTITUTION_CODE_MAX)
		request_find_field(req, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
}

static enum status_reason ratings_read(struct request *req, struct ratings *q)
{
	const Rxcirc__V1__QueryRatingsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_ratings_request__descriptor, &q->message);

	if (status != STATUS_OK)
		return status;
	m = q->message;
	q->query = (struct rating_query){
		.by_hospital = m->by == RXCIRC__V1__RATED_BY__RATED_BY_HOSPITAL,
		.from_ms = m->from_ms,
		.until_ms = m->until_ms == 0 ? req->received_at_ms + 1 : m->until_ms,
		.region_prefix = caller_scope(&req->caller, q->scope),
		.institution_code = m->institution_code,
		.after_code = m->page_token,
		.limit = RATINGS_PAGE_MAX + 1,
	};
	ratings_check(req, m, q->query.until_ms);
	if (req->findings_count > 0)
		return STATUS_FIELD_INVALID;
	if (m->institution_code[0] == '\0')
		return STATUS_OK;
	/* One outside the scope is told, not answered empty. */
	const struct institution *asked = registry_institution(req->registry, m->institution_code);

	return asked != NULL && caller_covers(&req->caller, asked->region) ? STATUS_OK :
		STATUS_SCOPE_NOT_ALLOWED;
}

static op_verdict ratings_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct ratings *q = req->service_state;
	enum status_reason status = ratings_read(req, q);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_ratings_count(request_unit(req, NULL), &req->arena, &q->query);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(RATINGS_READ_WAIT);
}

static int ratings_line(struct request *req, const struct rating_counts *c,
	Rxcirc__V1__InstitutionRatings *m)
{
	const struct institution *who = registry_institution(req->registry, c->institution_code);
	uint64_t sum = 0;

	rxcirc__v1__institution_ratings__init(m);
	m->institution_code = arena_text(&req->arena, slice_of_text(c->institution_code));
	m->counts = arena_array(&req->arena, RATING_SCORE_MAX, sizeof(*m->counts));
	if (m->institution_code == NULL || m->counts == NULL)
		return ERR_MEMORY;
	m->institution_name = (char *)(uintptr_t)(who == NULL ? "" : who->name);
	m->n_counts = RATING_SCORE_MAX;
	for (unsigned i = 0; i < RATING_SCORE_MAX; i++) {
		m->counts[i] = (uint64_t)c->counts[i];
		m->ratings += m->counts[i];
		sum += m->counts[i] * (i + 1);
	}
	if (m->ratings > 0) /* half up */
		m->mean_e2 = (uint32_t)((sum * 200 + m->ratings) / (2 * m->ratings));
	m->fills = (uint64_t)c->fills;
	return 0;
}

static int ratings_fill(struct request *req, Rxcirc__V1__QueryRatingsResponse *m)
{
	int rows = pg_rows(&req->unit, 0);
	Rxcirc__V1__InstitutionRatings *lines = arena_array(&req->arena, (size_t)rows + 1,
		sizeof(*lines));

	m->institutions = arena_array(&req->arena, (size_t)rows + 1, sizeof(*m->institutions));
	if (lines == NULL || m->institutions == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows && row < RATINGS_PAGE_MAX; row++) {
		struct rating_counts counts;
		int r;

		store_rating_counts(&req->unit, row, &counts);
		r = ratings_line(req, &counts, &lines[row]);
		if (r < 0)
			return r;
		m->institutions[m->n_institutions++] = &lines[row];
	}
	if (rows > RATINGS_PAGE_MAX)
		m->next_page_token = lines[RATINGS_PAGE_MAX - 1].institution_code;
	return 0;
}

static op_verdict ratings_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__QueryRatingsResponse m = RXCIRC__V1__QUERY_RATINGS_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = ratings_fill(req, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state ratings_states[RATINGS_STATES] = {
	[RATINGS_START] = {"start", ratings_start, OP_TO(RATINGS_READ_WAIT)},
	[RATINGS_READ_WAIT] = {"read-wait", ratings_told, 0},
};

void query_ratings_start(struct request *req)
{
	if (request_state(req, sizeof(struct ratings)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, ratings_states, RATINGS_STATES);
}
