/* Insured/ListOwnPrescriptions: the person's own prescriptions through a registered channel
 * (NT33-N5.3).
 *
 * The steps are those of every presentation (service/presentation.h).  Who showed a code gets the
 * grant with which the visit goes on.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/own_grant.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/presentation.h"
#include "service/services.h"
#include "service/visit.h"

static enum status_reason list_shown(struct request *req, struct shown *ret)
{
	const Rxcirc__V1__ListOwnPrescriptionsRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_own_prescriptions_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	if (m->own_grant.len > 0 && m->voucher_code[0] != '\0')
		request_find_field(req, "voucher_code, own_grant", "only one of them", "只能出示其一");
	if ((m->page_token.len > 0 && m->own_grant.len == 0) ||
		!visit_token_read(pbmsg_bytes(m->page_token), &ret->after_ms, ret->after_rx_id))
		request_find_field(req, "page_token", "is not from an earlier answer, or without its grant",
			"不是先前应答中的分页标记，或未附授权");
	if (m->states != RXCIRC__V1__OWN_STATES__OWN_STATES_ALL &&
		m->states != RXCIRC__V1__OWN_STATES__OWN_STATES_OPEN)
		request_find_field(req, "states", "must be all or open", "须为全部或可用");
	if (req->findings_count > 0)
		return STATUS_FIELD_INVALID;
	ret->code = m->voucher_code;
	ret->grant = pbmsg_bytes(m->own_grant);
	ret->is_paged = true;
	ret->open_only = m->states == RXCIRC__V1__OWN_STATES__OWN_STATES_OPEN;
	return STATUS_OK;
}

/* Repeating a call after its code's end does not make the visit longer. */
static int list_add_grant(struct request *req, const struct presented *what,
	Rxcirc__V1__ListOwnPrescriptionsResponse *m)
{
	int64_t until_ms = what->visit_from_ms + req->shop->own_grant_ms;
	uint8_t *grant;

	if (what->by_grant || until_ms <= req->received_at_ms)
		return 0;
	grant = arena_alloc(&req->arena, OWN_GRANT_LEN);
	if (grant == NULL)
		return ERR_MEMORY;
	own_grant_make(grant, req->shop->keys, what->person_key, req->caller.code, until_ms);
	m->own_grant = (ProtobufCBinaryData){OWN_GRANT_LEN, grant};
	m->own_grant_until_ms = until_ms;
	return 0;
}

static struct slice list_reply(struct request *req, const struct presented *what)
{
	Rxcirc__V1__ListOwnPrescriptionsResponse m =
		RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_RESPONSE__INIT;
	const struct disclosure *d = what->disclosed;

	m.prescriptions = (Rxcirc__V1__PrescriptionBundle **)(uintptr_t)d->bundles;
	m.n_prescriptions = d->count;
	m.more = d->more;
	m.damaged = (ProtobufCBinaryData *)(uintptr_t)d->damaged;
	m.n_damaged = d->damaged_count;
	m.self_pay_only = what->self_pay != NULL;
	m.self_pay_reason = self_pay_reason(what);
	if (list_add_grant(req, what, &m) < 0)
		return slice_of(NULL, 0);
	if (d->more) {
		m.next_page_token = visit_token_make(req, d->last_ms, d->last_rx_id);
		if (m.next_page_token.data == NULL)
			return slice_of(NULL, 0);
	}
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
