/* Pharmacy/PullPrescriptions: what the person in front of the counter may have filled (JIN15-1.3b).
 *
 * The steps are those of every presentation (service/presentation.h).
 */
#include "codec/pbmsg.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"

/* What the pharmacy says it has already. */
static enum status_reason pull_check_known(struct request *req,
	const Rxcirc__V1__PullPrescriptionsRequest *m)
{
	bool sound = m->n_known <= PULL_PRESCRIPTIONS_MAX;

	for (size_t i = 0; sound && i < m->n_known; i++)
		sound = m->known[i]->rx_id.len == RX_ID_LEN;
	if (sound && (m->n_known == 0 || !m->stubs_only))
		return STATUS_OK;
	request_find_field(req, "known", "at most 16, each with an id of 16 bytes; not with stubs_only",
		"至多 16 条，编号须为 16 字节；不得与 stubs_only 同时使用");
	return STATUS_FIELD_INVALID;
}

static enum status_reason pull_shown(struct request *req, struct shown *ret)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__pull_prescriptions_request__descriptor, &m);

	if (status == STATUS_OK)
		status = pull_check_known(req, m);
	if (status != STATUS_OK)
		return status;
	ret->code = m->voucher_code;
	ret->identity = m->identity;
	ret->open_only = true;
	ret->form = m->stubs_only ? DISCLOSURE_STUBS : DISCLOSURE_WITH_GRANT;
	ret->known = m->known;
	ret->known_count = m->n_known;
	if (m->identity == NULL || m->voucher_code[0] == '\0')
		return STATUS_OK;
	request_find_field(req, "voucher_code, identity", "only one of them", "只能出示其一");
	return STATUS_FIELD_INVALID;
}

static struct slice pull_reply(struct request *req, const struct presented *what)
{
	Rxcirc__V1__PullPrescriptionsResponse m = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	const struct disclosure *d = what->disclosed;

	if (d->form == DISCLOSURE_STUBS) {
		m.stubs = (Rxcirc__V1__PrescriptionStub **)(uintptr_t)d->stubs;
		m.n_stubs = d->count;
	} else {
		m.prescriptions = (Rxcirc__V1__PrescriptionBundle **)(uintptr_t)d->bundles;
		m.n_prescriptions = d->count;
	}
	m.more = d->more;
	m.damaged = (ProtobufCBinaryData *)(uintptr_t)d->damaged;
	m.n_damaged = d->damaged_count;
	m.self_pay_only = what->self_pay != NULL;
	m.self_pay_reason = self_pay_reason(what);
	return pbmsg_pack(&m, &req->arena);
}

static const struct presentation_kind pull_kind = {
	.purpose = VOUCHER_PURPOSE_PULL,
	.event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PULLED,
	.shown = pull_shown,
	.reply = pull_reply,
};

void pull_prescriptions_start(struct request *req)
{
	presentation_run(req, &pull_kind);
}
