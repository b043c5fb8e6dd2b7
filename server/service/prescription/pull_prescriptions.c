/* Pharmacy/PullPrescriptions: what the person in front of the counter may have filled (JIN15-1.3b).
 *
 * The steps are those of every presentation (service/presentation.h).
 */
#include "codec/pbmsg.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"

static enum status_reason pull_shown(struct request *req, struct shown *ret)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__pull_prescriptions_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	ret->code = m->voucher_code;
	ret->identity = m->identity;
	if (m->identity == NULL || m->voucher_code[0] == '\0')
		return STATUS_OK;
	request_find_field(req, "voucher_code, identity", "only one of them", "只能出示其一");
	return STATUS_FIELD_INVALID;
}

static struct slice pull_reply(struct request *req, const struct presented *what)
{
	Rxcirc__V1__PullPrescriptionsResponse m = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;

	m.prescriptions = what->bundles;
	m.n_prescriptions = what->count;
	m.more = what->more;
	m.self_pay_only = what->self_pay != NULL;
	m.self_pay_reason = self_pay_reason(what);
	return pbmsg_pack(&m, &req->arena);
}

static const struct presentation_kind pull_kind = {
	.purpose = VOUCHER_PURPOSE_PULL,
	.event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED,
	.open_only = true,
	.with_grant = true,
	.shown = pull_shown,
	.reply = pull_reply,
};

void pull_prescriptions_start(struct request *req)
{
	presentation_run(req, &pull_kind);
}
