/* Insured/ListOwnPrescriptions: the person's own prescriptions through a registered channel.
 *
 * The steps are those of every presentation (service/presentation.h).
 */
#include "codec/pbmsg.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"

static enum status_reason list_code(struct request *req, const char **ret_code)
{
	const Rxcirc__V1__ListOwnPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_own_prescriptions_request__descriptor, &m);

	if (status == STATUS_OK)
		*ret_code = m->voucher_code;
	return status;
}

static struct slice list_reply(struct request *req, Rxcirc__V1__PrescriptionBundle **bundles,
	size_t count, bool more)
{
	Rxcirc__V1__ListOwnPrescriptionsResponse m =
		RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_RESPONSE__INIT;

	m.prescriptions = bundles;
	m.n_prescriptions = count;
	m.more = more;
	return pbmsg_pack(&m, &req->arena);
}

static const struct presentation_kind list_kind = {
	.purpose = VOUCHER_PURPOSE_IDENTITY,
	.event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED,
	.code = list_code,
	.reply = list_reply,
};

void list_own_prescriptions_start(struct request *req)
{
	presentation_run(req, &list_kind);
}
