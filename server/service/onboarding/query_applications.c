/* Onboarding/QueryApplications: own applications, or those in the officer's scope.
 *
 *   START --> LOAD_WAIT --> done
 *
 * A city officer sees what went to the own office, a provincial officer everything.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "service/onboarding/application_record.h"
#include "service/onboarding/onboarding_facts.h"
#include "service/services.h"

enum { QUERY_START, QUERY_LOAD_WAIT, QUERY_STATES };
enum { CLOSED_MAX = 64, REGIONS_MAX = 256 }; /* told, and looked at, in one answer */

struct query {
	const Rxcirc__V1__QueryApplicationsRequest *message;
	struct application_filter filter;
	Rxcirc__V1__QueryApplicationsResponse response;
};

static enum status_reason field(struct request *req, const char *name, const char *english,
	const char *chinese)
{
	request_find_field(req, name, english, chinese);
	return STATUS_FIELD_INVALID;
}

static bool is_region_prefix(const char *text)
{
	size_t len = strlen(text);

	return len <= REGION_CODE_LEN && len % 2 == 0 && strspn(text, "0123456789") == len;
}

static enum status_reason query_read(struct request *req, struct query *q)
{
	const Rxcirc__V1__QueryApplicationsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_applications_request__descriptor, &q->message);

	if (status != STATUS_OK)
		return status;
	m = q->message;
	if (m->application_id[0] != '\0')
		return application_id_is_sound(m->application_id) ? STATUS_OK :
			STATUS_APPLICATION_NOT_FOUND;
	if ((int)m->state < 0 || (int)m->state > APPLICATION_STATE_LAST)
		return field(req, "state", "is not one of the values defined", "不在取值范围内");
	if (!is_region_prefix(m->region))
		return field(req, "region", "must be 0, 2, 4 or 6 digits", "须为 0、2、4 或 6 位数字");
	if (!moment_is_sound(m->overdue_at_ms))
		return field(req, "overdue_at_ms", "must be a moment after 1970", "时间无效");
	if (m->page_size > APPLICATION_PAGE_MAX)
		return field(req, "page_size", "at most 50", "至多 50");
	if (m->after_id[0] != '\0' && !application_id_is_sound(m->after_id))
		return field(req, "after_id", "is not an application's id", "不是申请编号");
	q->filter = (struct application_filter){
		.office_code = req->caller.role == CALLER_CITY_OFFICER ? req->caller.code : "",
		.party_code = caller_is_officer(&req->caller) ? "" : req->caller.code,
		.region_prefix = m->region,
		.state = (int16_t)m->state,
		.overdue_ms = m->overdue_at_ms,
		.after_id = m->after_id,
		.limit = (m->page_size == 0 ? APPLICATION_PAGE_MAX : (int32_t)m->page_size) + 1,
	};
	return STATUS_OK;
}

static op_verdict query_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct query *q = req->service_state;
	enum status_reason status = query_read(req, q);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (q->message->application_id[0] != '\0')
		r = store_application_load(request_unit(req, NULL), &req->arena,
			q->message->application_id);
	else
		r = store_application_list(request_unit(req, NULL), &req->arena, &q->filter);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(QUERY_LOAD_WAIT);
}

static bool may_see(const struct request *req, const Rxcirc__V1__Application *a)
{
	if (req->caller.role == CALLER_PROVINCE_OFFICER)
		return true;
	if (req->caller.role == CALLER_CITY_OFFICER)
		return strcmp(a->office_code, req->caller.code) == 0;
	return strcmp(a->applicant_code, req->caller.code) == 0 ||
		strcmp(a->institution_code, req->caller.code) == 0;
}

static op_verdict answer_one(struct request *req, struct query *q)
{
	Rxcirc__V1__Application *a;
	struct slice body;
	int r;

	if (!store_application_read(&req->unit, 0, &body))
		return request_refuse(req, STATUS_APPLICATION_NOT_FOUND);
	r = application_open(req, body, &a);
	if (r < 0)
		return request_fail(req, r);
	if (!may_see(req, a))
		return request_refuse(req, STATUS_APPLICATION_NOT_FOUND);
	q->response.applications = &a;
	q->response.n_applications = 1;
	return request_reply(req, &q->response.base);
}

/* The region's quarters without a month for applications, as "140100 Q2". */
static int warn_of(struct request *req, struct query *q, const char *region)
{
	unsigned closed = onboarding_quarters_closed(registry_text(req->registry,
		PARAM_APPLICATION_MONTHS, region, req->received_at_ms));

	for (unsigned quarter = 0; quarter < QUARTERS; quarter++) {
		char *text;

		if (!(closed & (1u << quarter)) || q->response.n_closed_quarters == CLOSED_MAX)
			continue;
		text = arena_printf(&req->arena, "%s Q%u", region, quarter + 1);
		if (text == NULL)
			return ERR_MEMORY;
		q->response.closed_quarters[q->response.n_closed_quarters++] = text;
	}
	return 0;
}

static bool listed(const char *const *regions, size_t count, const char *region)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(regions[i], region) == 0)
			return true;
	return false;
}

/* The regions in which somebody is who could apply. */
static size_t regions_of(const struct request *req, const char *regions[REGIONS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < registry_institutions(req->registry) && count < REGIONS_MAX; i++) {
		const struct institution *place = registry_institution_at(req->registry, i);

		if ((place->kind == INSTITUTION_HOSPITAL || place->kind == INSTITUTION_PHARMACY) &&
			!listed(regions, count, place->region))
			regions[count++] = place->region;
	}
	return count;
}

/* Officers are told which of their regions take no applications in some quarter (JIN15-3.8a). */
static int warn(struct request *req, struct query *q)
{
	const char *regions[REGIONS_MAX];
	size_t count = regions_of(req, regions);

	q->response.closed_quarters = arena_array(&req->arena, CLOSED_MAX,
		sizeof(*q->response.closed_quarters));
	if (q->response.closed_quarters == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct institution *office = onboarding_office(req, regions[i]);

		if (req->caller.role == CALLER_CITY_OFFICER &&
			(office == NULL || strcmp(office->code, req->caller.code) != 0))
			continue;
		if (warn_of(req, q, regions[i]) < 0)
			return ERR_MEMORY;
	}
	return 0;
}

static op_verdict answer_list(struct request *req, struct query *q)
{
	int rows = pg_rows(&req->unit, 0);
	Rxcirc__V1__Application **all = arena_array(&req->arena, (size_t)rows + 1, sizeof(*all));
	int r = all == NULL ? ERR_MEMORY : 0;

	q->response.more = rows == q->filter.limit;
	if (q->response.more)
		rows--;
	for (int i = 0; r == 0 && i < rows; i++)
		r = application_open(req, store_application_summary(&req->unit, 0, i), &all[i]);
	if (r == 0 && caller_is_officer(&req->caller))
		r = warn(req, q);
	if (r < 0)
		return request_fail(req, r);
	q->response.applications = all;
	q->response.n_applications = (size_t)rows;
	return request_reply(req, &q->response.base);
}

static op_verdict query_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct query *q = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	rxcirc__v1__query_applications_response__init(&q->response);
	if (q->message->application_id[0] != '\0')
		return answer_one(req, q);
	return answer_list(req, q);
}

static const struct op_state query_states[QUERY_STATES] = {
	[QUERY_START] = {"start", query_start, OP_TO(QUERY_LOAD_WAIT)},
	[QUERY_LOAD_WAIT] = {"load-wait", query_loaded, 0},
};

void query_applications_start(struct request *req)
{
	if (request_state(req, sizeof(struct query)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, query_states, QUERY_STATES);
}
