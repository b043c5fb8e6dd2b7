/* Pharmacy/TransferClaim: another branch of the same chain has the drug; it takes the claim over.
 *
 * The steps are those of every change (service/change.h).  The token grows, so the branch that gave
 * the claim away cannot act any more; the one that got it claims, without a grant, and is told it.
 */
#include <stdio.h>
#include <string.h>

#include "registry/registry.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

static enum status_reason transfer_read(struct request *req, struct change *c)
{
	const Rxcirc__V1__TransferClaimRequest *m;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__transfer_claim_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	if (m->to_code[0] == '\0' || strlen(m->to_code) > HOLDER_CODE_MAX ||
		strcmp(m->to_code, req->caller.code) == 0) {
		request_find_field(req, "to_code", "must be another pharmacy's code", "须为另一家门店的编码");
		return STATUS_FIELD_INVALID;
	}
	return change_take_rx_id(req, c, m->rx_id);
}

static bool is_branch(const struct request *req, const char *code)
{
	const struct institution *from = registry_institution(req->registry, req->caller.code);
	const struct institution *to = registry_institution(req->registry, code);

	return from != NULL && to != NULL && from->chain_code[0] != '\0' &&
		strcmp(from->chain_code, to->chain_code) == 0 &&
		registry_standing(req->registry, to, req->received_at_ms) == STANDING_GOOD;
}

static enum status_reason transfer_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__TransferClaimRequest *m = c->message;
	struct prescription *rx = &c->loaded.rx;
	enum status_reason status = change_apply_held(req, c, LIFE_TRANSFER, m->fencing_token);

	if (status != STATUS_OK)
		return status;
	if (!is_branch(req, m->to_code))
		return STATUS_TRANSFER_NOT_ALLOWED;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIM_TRANSFERRED;
	c->subject = arena_printf(&req->arena, "institution/%s", m->to_code);
	if (c->subject == NULL)
		return STATUS_BUSY;
	snprintf(rx->holder_code, sizeof(rx->holder_code), "%s", m->to_code);
	rx->held_until_ms = change_lease_end(req, rx);
	rx->fencing_token++;
	return STATUS_OK;
}

static const ProtobufCMessage *transfer_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__TransferClaimResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__transfer_claim_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	return m->state == NULL ? NULL : &m->base;
}

void transfer_claim_start(struct request *req)
{
	static const struct change_kind kind = {.read = transfer_read, .decide = transfer_decide,
		.reply = transfer_reply};

	change_run(req, &kind);
}
