/* Hospital/DeclareDay: which prescriptions the hospital issued on a day (JIN15-1.3a).
 *
 * The steps are those of every entry (service/entry.h).
 */
#include <string.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "domain/china_date.h"
#include "rxcirc/v1/day.pb-c.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/entry.h"
#include "service/services.h"
#include "store/day.h"

enum { DECLARE_DAYS_BACK = 366, REVISION_MAX = 99 };

struct declare {
	struct entry entry; /* first */
	const Rxcirc__V1__DeclareDayRequest *message;
	struct day_page page;
	Rxcirc__V1__DeclareDayResponse reply;
};

static enum status_reason fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

static enum status_reason check_head(struct request *req, struct declare *d)
{
	const Rxcirc__V1__DeclareDayRequest *m = d->message;
	int32_t today = date_day_of(req->received_at_ms);

	if (!date_read(m->day, &d->page.day) || d->page.day > today ||
		today - d->page.day > DECLARE_DAYS_BACK)
		return fault(req, "day", "is not yyyy-MM-dd, in the future or older than 366 days",
			"须为 yyyy-MM-dd，不晚于今日且不早于 366 天前");
	if (m->business_type != RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE &&
		m->business_type != RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET)
		return fault(req, "business_type", "must be offline or internet", "须为线下或互联网");
	if (m->revision < 1 || m->revision > REVISION_MAX)
		return fault(req, "revision", "must lie within 1 .. 99", "须在 1 至 99 之间");
	if (m->count > DAY_NUMBERS_MAX)
		return fault(req, "count", "at most 5000 prescriptions of one day", "一日至多 5000 张处方");
	if (m->n_numbers > DAY_PAGE_MAX || m->n_numbers > m->count)
		return fault(req, "numbers", "at most 500 per page, and no more than the day's count",
			"每页至多 500 个，且不多于当日总数");
	return STATUS_OK;
}

static enum status_reason take_numbers(struct request *req, struct declare *d)
{
	const Rxcirc__V1__DeclareDayRequest *m = d->message;
	struct slice *numbers = arena_array(&req->arena, 2 * m->n_numbers + 1, sizeof(*numbers));
	uint8_t (*macs)[DIGEST_LEN] = arena_array(&req->arena, m->n_numbers + 1, DIGEST_LEN);

	if (numbers == NULL || macs == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < m->n_numbers; i++) {
		if (m->numbers[i][0] == '\0' || text_chars(m->numbers[i]) > HOSPITAL_NUMBER_MAX)
			return fault(req, "numbers", "each is a hospital number of 1 to 40 characters",
				"医院处方号须为 1 至 40 个字符");
		numbers[i] = slice_of_text(m->numbers[i]);
		digest_serial(macs[i], req->shop->keys, "hospital-number", req->caller.code,
			m->numbers[i]);
		numbers[m->n_numbers + i] = slice_of(macs[i], DIGEST_LEN);
	}
	d->page.numbers = numbers;
	d->page.number_macs = numbers + m->n_numbers;
	d->page.numbers_count = m->n_numbers;
	return STATUS_OK;
}

static enum status_reason declare_read(struct request *req, struct entry *e)
{
	struct declare *d = container_of(e, struct declare, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__declare_day_request__descriptor, &d->message);

	if (status == STATUS_OK)
		status = check_head(req, d);
	if (status == STATUS_OK)
		status = take_numbers(req, d);
	if (status != STATUS_OK)
		return status;
	d->page.business = (int16_t)d->message->business_type;
	d->page.revision = (int16_t)d->message->revision;
	d->page.count = (int32_t)d->message->count;
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DAY_DECLARED;
	e->leaf.subject = arena_printf(&req->arena, "day/%s/%s/%u", d->message->day,
		d->page.business == RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE ? "offline" :
		"internet", d->message->revision);
	e->leaf.subject_sha256 = e->request_mac; /* keyed: hospital numbers can be guessed */
	rxcirc__v1__declare_day_response__init(&d->reply);
	d->reply.numbers = (uint32_t)d->page.numbers_count;
	e->reply = &d->reply.base;
	return e->leaf.subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int declare_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	return store_day_declare(unit, &req->arena, &container_of(e, struct declare, entry)->page,
		&e->write);
}

void declare_day_start(struct request *req)
{
	static const struct entry_kind kind = {.read = declare_read, .write = declare_write,
		.misfit_field = "count",
		.misfit_english = "this revision was begun with another count; send a higher revision",
		.misfit_chinese = "该版本此前申报的总数不同，请提高版本号重新申报"};

	entry_run(req, &kind, sizeof(struct declare));
}
