/* Pharmacy/ClaimPrescription: reserve one prescription for this pharmacy, for the length of a
 * lease.
 *
 * The steps are those of every change (service/change.h).  The holder who claims again --
 * because the first answer was lost, or another branch handed the claim over -- gets the same
 * lease and token, needs no grant, and nothing is written.
 */
#include "crypto/digest.h"
#include "codec/pbmsg.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

#include <stdio.h>

static bool grant_is_valid(const struct request *req, const struct change *c)
{
	const Rxcirc__V1__ClaimPrescriptionRequest *m = c->message;

	return pull_grant_is_valid(pbmsg_bytes(m->pull_grant), req->shop->keys, c->rx_id,
		req->caller.code, req->received_at_ms);
}

static enum status_reason claim_read(struct request *req, struct change *c)
{
	const Rxcirc__V1__ClaimPrescriptionRequest *m;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__claim_prescription_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	status = change_take_rx_id(req, c, m->rx_id);
	if (status != STATUS_OK)
		return status;
	if (m->pull_grant.len > 0 && !grant_is_valid(req, c))
		return STATUS_PULL_GRANT_INVALID;
	return STATUS_OK;
}

static enum status_reason claim_decide(struct request *req, struct change *c)
{
	struct prescription *rx = &c->loaded.rx;
	enum status_reason status;

	if (c->life.hold == HOLD_MINE) {
		c->unchanged = true;
		return STATUS_OK;
	}
	if (!grant_is_valid(req, c))
		return STATUS_PULL_GRANT_INVALID;
	status = change_apply(req, c, LIFE_CLAIM);
	if (status != STATUS_OK)
		return status;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIMED;
	snprintf(rx->holder_code, sizeof(rx->holder_code), "%s", req->caller.code);
	rx->held_from_ms = req->received_at_ms;
	rx->held_until_ms = req->received_at_ms + req->shop->claim_lease_ms;
	rx->fencing_token++;
	return STATUS_OK;
}

static const ProtobufCMessage *claim_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__ClaimPrescriptionResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__claim_prescription_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	m->fencing_token = (uint64_t)c->loaded.rx.fencing_token;
	return m->state == NULL ? NULL : &m->base;
}

static const struct change_kind claim_kind = {claim_read, claim_decide, claim_reply};

void claim_prescription_start(struct request *req)
{
	change_run(req, &claim_kind);
}
