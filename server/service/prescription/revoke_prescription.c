/* Hospital/RevokePrescription: authoritative until the moment of hand-over, whoever holds it.
 *
 * Only the issuing hospital; signed by its physician or its pharmacist.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "proto/document.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/change.h"
#include "service/services.h"
#include "service/state_reply.h"

static enum status_reason revocation_check_body(struct request *req, struct change *c)
{
	const Rxcirc__V1__Revocation *revocation = c->paper.body;

	if (!slice_equal(pbmsg_bytes(revocation->rx_id), slice_of(c->rx_id, RX_ID_LEN)))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	if (strcmp(revocation->hospital_code, req->caller.code) != 0)
		return STATUS_KEY_FOREIGN;
	if (revocation->reason[0] == '\0') {
		request_find_field(req, "undoRea", "a revocation needs a reason", "撤销须填写原因");
		return STATUS_FIELD_INVALID;
	}
	return STATUS_OK;
}

static enum status_reason revoke_read(struct request *req, struct change *c)
{
	const struct paper_terms terms = {RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION,
		1u << ROLE_PHYSICIAN | 1u << ROLE_HOSPITAL_PHARMACIST, req->caller.code,
		&rxcirc__v1__revocation__descriptor};
	const Rxcirc__V1__RevokePrescriptionRequest *m;
	const Rxcirc__V1__Revocation *revocation;
	enum status_reason status;

	status = change_unpack(req, c, &rxcirc__v1__revoke_prescription_request__descriptor);
	if (status != STATUS_OK)
		return status;
	m = c->message;
	status = change_take_rx_id(req, c, m->rx_id);
	if (status == STATUS_OK)
		status = paper_read(req, &terms, m->revocation, &c->paper);
	if (status == STATUS_OK)
		status = revocation_check_body(req, c);
	if (status != STATUS_OK)
		return status;
	revocation = c->paper.body;
	return paper_check_signer(req, &c->paper, revocation->practitioner_code,
		revocation->revoked_at_ms);
}

static enum status_reason revoke_decide(struct request *req, struct change *c)
{
	const Rxcirc__V1__Revocation *revocation = c->paper.body;
	enum status_reason status;

	if (strcmp(c->loaded.rx.hospital_code, req->caller.code) != 0)
		return STATUS_PRESCRIPTION_NOT_FOUND;
	status = change_apply(req, c, LIFE_REVOKE);
	if (status != STATUS_OK)
		return status;
	if (!document_is_named_by(c->loaded.prescription, revocation->prescription))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	c->event = RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED;
	return STATUS_OK;
}

static const ProtobufCMessage *revoke_reply(struct request *req, struct change *c)
{
	Rxcirc__V1__RevokePrescriptionResponse *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__revoke_prescription_response__init(m);
	m->state = state_reply(req, &c->loaded.rx, c->loaded.lines, c->loaded.line_count);
	return m->state == NULL ? NULL : &m->base;
}

static const struct change_kind revoke_kind = {revoke_read, revoke_decide, revoke_reply};

void revoke_prescription_start(struct request *req)
{
	change_run(req, &revoke_kind);
}
