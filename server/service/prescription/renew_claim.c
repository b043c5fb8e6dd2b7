/* Pharmacy/RenewClaim: a longer lease for the holder, as long as the region lets anybody hold.
 *
 * The steps are those of every change (service/change.h).  The token stays: it is the same claim.
 */
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

static enum status_reason renew_read(struct request *req, struct change *c)
{
	const Rxcirc__V1__RenewClaimRequest *m;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__renew_claim_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	return change_take_rx_id(req, c, m->rx_id);
}

static enum status_reason renew_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__RenewClaimRequest *m = c->message;
	struct prescription *rx = &c->loaded.rx;
	enum status_reason status = change_apply_held(req, c, LIFE_RENEW, m->fencing_token);
	int64_t until = change_lease_end(req, rx);

	if (status != STATUS_OK)
		return status;
	if (until <= rx->held_until_ms) {
		request_find(req, "HOLD", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "held_until_ms",
			"claim-hold-h-max", "no later end of the lease is left", "占用已不可再延长");
		return STATUS_HOLD_TOO_LONG;
	}
	rx->held_until_ms = until;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIM_RENEWED;
	return STATUS_OK;
}

static const ProtobufCMessage *renew_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__RenewClaimResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__renew_claim_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	return m->state == NULL ? NULL : &m->base;
}

void renew_claim_start(struct request *req)
{
	static const struct change_kind kind = {.read = renew_read, .decide = renew_decide,
		.reply = renew_reply};

	change_run(req, &kind);
}
