/* Pharmacy/ReleaseClaim: let go of a prescription; also of one revoked or expired meanwhile. */
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

static enum status_reason release_read(struct request *req, struct change *c)
{
	const Rxcirc__V1__ReleaseClaimRequest *m;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__release_claim_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	return change_take_rx_id(req, c, m->rx_id);
}

static enum status_reason release_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__ReleaseClaimRequest *m = c->message;

	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_RELEASED;
	return change_apply_held(req, c, LIFE_RELEASE, m->fencing_token);
}

static const ProtobufCMessage *release_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__ReleaseClaimResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__release_claim_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	return m->state == NULL ? NULL : &m->base;
}

static const struct change_kind release_kind = {release_read, release_decide, release_reply};

void release_claim_start(struct request *req)
{
	change_run(req, &release_kind);
}
