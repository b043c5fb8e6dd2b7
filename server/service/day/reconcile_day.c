/* Hospital/ReconcileDay and Agency/ReconcileDay: what was declared against what came in
 * (JIN15-1.3a).
 *
 *   START --> READ_WAIT --> done
 *
 * About one hospital: its line and the numbers that do not agree.  About all of an officer's
 * scope: a line per hospital, also for those that declared nothing.  No personal data is read.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/china_date.h"
#include "registry/registry.h"
#include "rxcirc/v1/day.pb-c.h"
#include "service/services.h"
#include "store/day.h"

enum { RECONCILE_START, RECONCILE_READ_WAIT, RECONCILE_STATES };
enum { QUERY_COUNTS, QUERY_NUMBERS };

struct reconcile {
	const Rxcirc__V1__ReconcileDayRequest *message;
	struct day_query query;
	struct day_number_key after; /* numbers: the last of the page before */
	const char *after_code;      /* hospitals: the same */
	size_t page_size;
	bool is_one;      /* about one hospital */
	bool more;        /* further hospitals follow */
	const char **codes;
	struct slice *hospitals;
	int64_t *late_ms;
};

static enum status_reason fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

static void take(struct request *req, struct reconcile *c, const struct institution *i)
{
	size_t n = c->query.hospitals_count++;

	c->codes[n] = i->code;
	c->hospitals[n] = slice_of_text(i->code);
	c->late_ms[n] = registry_number(req->registry, PARAM_LATENESS_S_MAX, i->region,
		req->received_at_ms) * 1000;
}

static enum status_reason take_one(struct request *req, struct reconcile *c, const char *code)
{
	const struct institution *i = registry_institution(req->registry, code);

	if (i == NULL || (i->kind != INSTITUTION_HOSPITAL && i->kind != INSTITUTION_INTERNET_HOSPITAL))
		return fault(req, "hospital_code", "is no hospital of the registry", "不是已登记的医疗机构");
	if (!caller_covers(&req->caller, i->region))
		return STATUS_SCOPE_NOT_ALLOWED;
	take(req, c, i);
	return STATUS_OK;
}

/* Whether a hospital owes a declaration of that business. */
static bool must_declare(const struct institution *i, int16_t business)
{
	bool internet = business == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;

	return (i->status == INSTITUTION_ACTIVE || i->status == INSTITUTION_SUSPENDED) &&
		(i->kind == INSTITUTION_INTERNET_HOSPITAL ||
		(!internet && i->kind == INSTITUTION_HOSPITAL));
}

/* The registry's order is that of the codes. */
static void take_all(struct request *req, struct reconcile *c)
{
	size_t count = registry_institutions(req->registry);

	for (size_t n = 0; n < count && !c->more; n++) {
		const struct institution *i = registry_institution_at(req->registry, n);

		if (!must_declare(i, c->query.business) || !caller_covers(&req->caller, i->region) ||
			strcmp(i->code, c->after_code) <= 0)
			continue;
		c->more = c->query.hospitals_count == c->page_size;
		if (!c->more)
			take(req, c, i);
	}
}

static enum status_reason take_hospitals(struct request *req, struct reconcile *c)
{
	const char *asked = c->message->hospital_code;

	c->codes = arena_array(&req->arena, DAY_PAGE_MAX, sizeof(*c->codes));
	c->hospitals = arena_array(&req->arena, DAY_PAGE_MAX, sizeof(*c->hospitals));
	c->late_ms = arena_array(&req->arena, DAY_PAGE_MAX, sizeof(*c->late_ms));
	if (c->codes == NULL || c->hospitals == NULL || c->late_ms == NULL)
		return STATUS_BUSY;
	c->query.hospitals = c->hospitals;
	c->query.late_ms = c->late_ms;
	if (req->caller.role == CALLER_HOSPITAL) {
		if (asked[0] != '\0' && strcmp(asked, req->caller.code) != 0)
			return STATUS_SCOPE_NOT_ALLOWED;
		return take_one(req, c, req->caller.code);
	}
	if (asked[0] != '\0')
		return take_one(req, c, asked);
	take_all(req, c);
	return STATUS_OK;
}

/* A page's mark: the last hospital's code; of numbers, the last one's digest and then its text. */
static enum status_reason take_after(struct request *req, struct reconcile *c)
{
	struct slice token = pbmsg_bytes(c->message->after);

	c->after = (struct day_number_key){"", slice_of(NULL, 0)};
	c->after_code = "";
	if (token.len == 0)
		return STATUS_OK;
	if (c->is_one && (token.len < SHA256_LEN || token.len > SHA256_LEN + 4 * HOSPITAL_NUMBER_MAX))
		return fault(req, "after", "is not from an earlier answer", "不是先前应答中的分页标记");
	if (c->is_one) {
		c->after.mac = slice_of(token.data, SHA256_LEN);
		token = slice_of(token.data + SHA256_LEN, token.len - SHA256_LEN);
	}
	c->after_code = arena_text(&req->arena, token);
	if (c->after_code == NULL)
		return STATUS_BUSY;
	c->after.number = c->after_code;
	if (strlen(c->after_code) == token.len)
		return STATUS_OK;
	return fault(req, "after", "is not from an earlier answer", "不是先前应答中的分页标记");
}

static enum status_reason reconcile_read(struct request *req, struct reconcile *c)
{
	const Rxcirc__V1__ReconcileDayRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__reconcile_day_request__descriptor, &c->message);

	if (status != STATUS_OK)
		return status;
	m = c->message;
	if (!date_read(m->day, &c->query.day))
		return fault(req, "day", "is not a day yyyy-MM-dd", "须为 yyyy-MM-dd 格式的日期");
	if (m->business_type > RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET ||
		m->business_type < RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_UNSPECIFIED)
		return fault(req, "business_type", "must be offline or internet", "须为线下或互联网");
	if (m->page_size > DAY_PAGE_MAX)
		return fault(req, "page_size", "at most 500", "至多 500");
	c->page_size = m->page_size == 0 ? DAY_PAGE_MAX : m->page_size;
	c->query.business = m->business_type == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE ?
		RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE :
		RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET;
	c->is_one = req->caller.role == CALLER_HOSPITAL || m->hospital_code[0] != '\0';
	status = take_after(req, c);
	return status == STATUS_OK ? take_hospitals(req, c) : status;
}

static op_verdict reconcile_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct reconcile *c = req->service_state;
	enum status_reason status = reconcile_read(req, c);
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (c->query.hospitals_count == 0) { /* nobody in the scope has to declare */
		const Rxcirc__V1__ReconcileDayResponse none = RXCIRC__V1__RECONCILE_DAY_RESPONSE__INIT;

		return request_reply(req, &none.base);
	}
	unit = request_unit(req, NULL);
	r = store_day_counts(unit, &req->arena, &c->query);
	if (r == 0 && c->is_one)
		r = store_day_numbers(unit, &req->arena, &c->query, &c->after,
			(int32_t)c->page_size + 1);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(RECONCILE_READ_WAIT);
}

static ProtobufCBinaryData bytes_of(struct slice s)
{
	return (ProtobufCBinaryData){s.len, (uint8_t *)(uintptr_t)s.data};
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void fill_line(Rxcirc__V1__HospitalDay *m, const char *code, const struct day_counts *n)
{
	rxcirc__v1__hospital_day__init(m);
	m->hospital_code = borrowed(code);
	m->declared = n->declared;
	m->count = (uint32_t)n->count;
	m->numbers = (uint32_t)n->numbers;
	m->received = (uint32_t)n->received;
	m->missing = (uint32_t)n->missing;
	m->undeclared = (uint32_t)n->undeclared;
	m->reused = (uint32_t)n->reused;
	m->late = (uint32_t)n->late;
	m->lateness_ms_max = n->late_ms_max;
	m->unreported = (uint32_t)n->unreported;
	m->declared_at_ms = n->declared_at_ms;
	m->alarm = !n->declared || n->numbers != n->count || n->missing > 0 || n->undeclared > 0 ||
		n->reused > 0;
}

static int fill_hospitals(struct request *req, const struct reconcile *c,
	Rxcirc__V1__ReconcileDayResponse *m)
{
	size_t rows = (size_t)pg_rows(&req->unit, QUERY_COUNTS);
	Rxcirc__V1__HospitalDay *lines = arena_array(&req->arena, rows + 1, sizeof(*lines));

	ensure(rows == c->query.hospitals_count);
	m->hospitals = arena_array(&req->arena, rows + 1, sizeof(*m->hospitals));
	if (lines == NULL || m->hospitals == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows; i++) {
		struct day_counts counts;

		store_day_counts_read(&req->unit, QUERY_COUNTS, (int)i, &counts);
		fill_line(&lines[i], c->codes[i], &counts);
		m->hospitals[m->n_hospitals++] = &lines[i];
	}
	if (c->more)
		m->next = bytes_of(slice_of_text(c->codes[rows - 1]));
	return 0;
}

static int fill_number(struct request *req, Rxcirc__V1__DayNumber *m, const struct day_number *n)
{
	rxcirc__v1__day_number__init(m);
	m->number = borrowed(n->key.number);
	m->declared = n->declared;
	m->received = (uint32_t)n->received;
	m->reused = n->reused;
	m->rx_ids = arena_array(&req->arena, DAY_RX_IDS_MAX, sizeof(*m->rx_ids));
	if (m->rx_ids == NULL)
		return ERR_MEMORY;
	for (; m->n_rx_ids < n->rx_id_count; m->n_rx_ids++)
		m->rx_ids[m->n_rx_ids] = bytes_of(n->rx_ids[m->n_rx_ids]);
	return 0;
}

static int mark_page(struct request *req, const struct day_number *last,
	Rxcirc__V1__ReconcileDayResponse *m)
{
	size_t len = SHA256_LEN + strlen(last->key.number);
	uint8_t *token = arena_alloc(&req->arena, len);
	struct writer w;

	if (token == NULL)
		return ERR_MEMORY;
	writer_init(&w, token, len);
	writer_slice(&w, last->key.mac);
	writer_slice(&w, slice_of_text(last->key.number));
	m->next = bytes_of(slice_of(token, w.used));
	return 0;
}

static int fill_numbers(struct request *req, const struct reconcile *c,
	Rxcirc__V1__ReconcileDayResponse *m)
{
	size_t rows = (size_t)pg_rows(&req->unit, QUERY_NUMBERS);
	Rxcirc__V1__DayNumber *numbers = arena_array(&req->arena, rows + 1, sizeof(*numbers));
	struct day_number n;

	m->numbers = arena_array(&req->arena, rows + 1, sizeof(*m->numbers));
	if (numbers == NULL || m->numbers == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows && i < c->page_size; i++) {
		store_day_number_read(&req->unit, QUERY_NUMBERS, (int)i, &n);
		if (fill_number(req, &numbers[i], &n) < 0)
			return ERR_MEMORY;
		m->numbers[m->n_numbers++] = &numbers[i];
	}
	return rows > c->page_size ? mark_page(req, &n, m) : 0;
}

static op_verdict reconcile_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct reconcile *c = req->service_state;
	Rxcirc__V1__ReconcileDayResponse m = RXCIRC__V1__RECONCILE_DAY_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = fill_hospitals(req, c, &m);
	if (r == 0 && c->is_one)
		r = fill_numbers(req, c, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state reconcile_states[RECONCILE_STATES] = {
	[RECONCILE_START] = {"start", reconcile_start, OP_TO(RECONCILE_READ_WAIT)},
	[RECONCILE_READ_WAIT] = {"read-wait", reconcile_told, 0},
};

void reconcile_day_start(struct request *req)
{
	if (request_state(req, sizeof(struct reconcile)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, reconcile_states, RECONCILE_STATES);
}
