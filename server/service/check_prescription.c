/* Hospital/CheckPrescription: every rule, nothing stored.  nat: D001 uploadChk.
 *
 * One step, no database: the registry snapshot knows everything the rules ask for.
 */
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "proto/rxid.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/services.h"
#include "service/upload_read.h"

/* The id the prescription will have when it is uploaded. */
static int check_say_id(struct request *req, const Rxcirc__V1__Prescription *rx,
	Rxcirc__V1__CheckPrescriptionResponse *m)
{
	uint8_t person[PERSON_KEY_LEN];
	uint8_t *rx_id = arena_alloc(&req->arena, RX_ID_LEN);
	char *code = arena_alloc(&req->arena, RX_CODE_LEN + 1);

	if (rx_id == NULL || code == NULL)
		return ERR_MEMORY;
	digest_person(person, req->shop->keys, rx->patient->voucher_id);
	digest_rx_id(rx_id, req->shop->keys, person, rx->issued_at_ms, rx->hospital_code,
		rx->hospital_rx_no);
	rx_code_format(code, rx_id);
	m->rx_id = (ProtobufCBinaryData){RX_ID_LEN, rx_id};
	m->rx_code = code;
	return 0;
}

static op_verdict check_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__CheckPrescriptionResponse reply = RXCIRC__V1__CHECK_PRESCRIPTION_RESPONSE__INIT;
	const Rxcirc__V1__CheckPrescriptionRequest *m;
	struct upload_papers papers;
	enum status_reason status;

	status = request_unpack(req, &rxcirc__v1__check_prescription_request__descriptor, &m);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	status = upload_read_papers(req, m->prescription, m->hospital_review, true, &papers);
	if (status == STATUS_OK)
		status = upload_judge_papers(req, &papers);
	if (status != STATUS_OK && status != STATUS_RULES_REFUSED)
		return request_refuse(req, status);
	/* Here the findings are the answer, not the reason of a refusal. */
	reply.acceptable = status == STATUS_OK;
	reply.findings = req->findings;
	reply.n_findings = req->findings_count;
	req->findings_count = 0;
	if (check_say_id(req, papers.prescription.body, &reply) < 0)
		return request_fail(req, ERR_MEMORY);
	return request_reply(req, &reply.base);
}

static const struct op_state check_states[] = {{"start", check_start, 0}};

void check_prescription_start(struct request *req)
{
	request_run(req, check_states, 1);
}
