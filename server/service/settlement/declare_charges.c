/* Settlements/DeclareCharges: what an institution claims for a month, by kind of fee, online and
 * offline, local and cross-region (TJ2-17a).
 *
 * An internet hospital has no budget of its own: what it declares is its host's (SX15-8.6).  The
 * steps are those of every entry (service/entry.h).
 */
#include "service/entry.h"
#include "service/services.h"
#include "service/settlement/charge_month.h"
#include "service/settlement/settlement_desk.h"
#include "store/charge.h"

enum { REVISION_MAX = 99 };

struct declaring {
	struct entry entry; /* first */
	const Rxcirc__V1__DeclareChargesRequest *message;
	struct charge_total totals[CHARGE_TOTALS_MAX];
	struct declared_month month;
	Rxcirc__V1__DeclareChargesResponse reply;
};

static enum status_reason fault(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find_field(req, field, english, chinese);
	return STATUS_FIELD_INVALID;
}

static enum status_reason judge(struct request *req, const struct declaring *d)
{
	size_t at;
	const char *field;
	enum charge_problem problem = charge_judge(d->totals, d->month.count, &at);

	if (problem == CHARGE_OK)
		return STATUS_OK;
	field = arena_printf(&req->arena, "totals[%zu]", at);
	if (field == NULL)
		return STATUS_BUSY;
	switch (problem) {
	case CHARGE_KIND_UNKNOWN:
		return fault(req, field, "is none of the kinds of fee", "不是有效的费用类别");
	case CHARGE_TWICE:
		return fault(req, field, "the same kind, business and region flag again",
			"费用类别、线上线下与异地标志重复");
	case CHARGE_COUNT_WRONG:
		return fault(req, field, "counts settlements, 0 or more", "结算笔数不得为负");
	case CHARGE_AMOUNT_WRONG:
		return fault(req, field, "at most 16 digits of fen", "金额（分）至多 16 位");
	case CHARGE_PARTS_DIFFER:
		return fault(req, field,
			"pooled fund, personal account and cash must sum exactly to the total (SX15-4.3)",
			"统筹基金、个人账户与现金之和须等于总额（SX15-4.3）");
	case CHARGE_OK:
		break;
	}
	return STATUS_OK;
}

static enum status_reason declare_check(struct request *req, struct declaring *d)
{
	const Rxcirc__V1__DeclareChargesRequest *m = d->message;

	if (!charge_month_read(req, m->month, &d->month.month))
		return STATUS_FIELD_INVALID;
	if (m->revision < 1 || m->revision > REVISION_MAX)
		return fault(req, "revision", "must lie within 1 .. 99", "须在 1 至 99 之间");
	if (m->n_totals > CHARGE_TOTALS_MAX)
		return fault(req, "totals", "at most 16", "至多 16 行");
	for (size_t i = 0; i < m->n_totals; i++)
		d->totals[i] = charge_total_of(m->totals[i]);
	d->month.payee_code = desk_host_of(req, req->caller.code);
	d->month.revision = (int16_t)m->revision;
	d->month.totals = d->totals;
	d->month.count = m->n_totals;
	return judge(req, d);
}

static enum status_reason declare_read(struct request *req, struct entry *e)
{
	struct declaring *d = container_of(e, struct declaring, entry);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__declare_charges_request__descriptor, &d->message);

	if (status == STATUS_OK)
		status = declare_check(req, d);
	if (status != STATUS_OK)
		return status;
	e->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CHARGES_DECLARED;
	e->leaf.subject = arena_printf(&req->arena, "charges/%s/%s/%u", d->month.payee_code,
		d->message->month, d->message->revision);
	e->leaf.subject_sha256 = e->request_mac;
	rxcirc__v1__declare_charges_response__init(&d->reply);
	d->reply.payee_code = (char *)(uintptr_t)d->month.payee_code;
	d->reply.totals = (uint32_t)d->month.count;
	e->reply = &d->reply.base;
	return e->leaf.subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int declare_write(struct request *req, struct entry *e, struct pg_unit *unit)
{
	return store_charges_declare(unit, &req->arena,
		&container_of(e, struct declaring, entry)->month, &e->write);
}

void declare_charges_start(struct request *req)
{
	static const struct entry_kind kind = {.read = declare_read, .write = declare_write,
		.misfit_field = "revision",
		.misfit_english = "this revision was declared otherwise; send a higher revision",
		.misfit_chinese = "该版本此前申报的内容不同，请提高版本号重新申报"};

	entry_run(req, &kind, sizeof(struct declaring));
}
