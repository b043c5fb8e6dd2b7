/* Pharmacy/PullPrescriptions: what the person in front of the counter may have filled (JIN15-1.3b).
 *
 * The steps are those of every presentation (service/presentation.h).
 */
#include "codec/pbmsg.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"

static enum status_reason pull_code(struct request *req, const char **ret_code)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__pull_prescriptions_request__descriptor, &m);

	if (status == STATUS_OK)
		*ret_code = m->voucher_code;
	return status;
}

static struct slice pull_reply(struct request *req, Rxcirc__V1__PrescriptionBundle **bundles,
	size_t count, bool more)
{
	Rxcirc__V1__PullPrescriptionsResponse m = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;

	m.prescriptions = bundles;
	m.n_prescriptions = count;
	m.more = more;
	return pbmsg_pack(&m, &req->arena);
}

static const struct presentation_kind pull_kind = {
	.purpose = VOUCHER_PURPOSE_PULL,
	.event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED,
	.open_only = true,
	.with_grant = true,
	.code = pull_code,
	.reply = pull_reply,
};

void pull_prescriptions_start(struct request *req)
{
	presentation_run(req, &pull_kind);
}
