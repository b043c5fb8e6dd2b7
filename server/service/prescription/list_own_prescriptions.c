/* Insured/ListOwnPrescriptions: the person's own prescriptions through a registered channel.
 *
 * The steps are those of every presentation (service/presentation.h).
 */
#include "codec/pbmsg.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"

static enum status_reason list_shown(struct request *req, struct shown *ret)
{
	const Rxcirc__V1__ListOwnPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_own_prescriptions_request__descriptor, &m);

	if (status == STATUS_OK)
		ret->code = m->voucher_code;
	return status;
}

static struct slice list_reply(struct request *req, const struct presented *what)
{
	Rxcirc__V1__ListOwnPrescriptionsResponse m =
		RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_RESPONSE__INIT;

	m.prescriptions = what->bundles;
	m.n_prescriptions = what->count;
	m.more = what->more;
	m.self_pay_only = what->self_pay != NULL;
	m.self_pay_reason = self_pay_reason(what);
	return pbmsg_pack(&m, &req->arena);
}

static const struct presentation_kind list_kind = {
	.purpose = VOUCHER_PURPOSE_IDENTITY,
	.event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED,
	.shown = list_shown,
	.reply = list_reply,
};

void list_own_prescriptions_start(struct request *req)
{
	presentation_run(req, &list_kind);
}
