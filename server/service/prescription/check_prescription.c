/* Hospital/CheckPrescription: every rule, nothing stored.  nat: D001 uploadChk.
 *
 *   START --> EARLIER_WAIT --> done
 *     |
 *     +--> done     (no e-voucher token, or the form is wrong: the database is not asked)
 *
 * The registry snapshot knows everything the rules of an upload ask for.  What the person was
 * prescribed before is asked for here only, and only with the token of the consultation: other
 * hospitals' data need it (nat: D005).
 */
#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "proto/rxid.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/prescription/earlier_supply.h"
#include "service/facts.h"
#include "service/services.h"
#include "service/prescription/upload_read.h"

enum { CHECK_START, CHECK_EARLIER_WAIT, CHECK_STATES };

struct check {
	struct upload_papers papers;
	struct upload_facts facts;
	uint8_t person[PERSON_KEY_LEN];
	uint8_t rx_id[RX_ID_LEN]; /* the prescription will have when it is uploaded */
};

static void check_make_id(struct request *req, const Rxcirc__V1__Prescription *rx,
	struct check *c)
{
	digest_person(c->person, req->shop->keys, rx->patient->voucher_id);
	digest_rx_id(c->rx_id, req->shop->keys, c->person, rx->issued_at_ms, rx->hospital_code,
		rx->hospital_rx_no);
}

/* Here the findings are the answer, not the reason of a refusal. */
static op_verdict check_answer(struct request *req, struct check *c)
{
	Rxcirc__V1__CheckPrescriptionResponse reply = RXCIRC__V1__CHECK_PRESCRIPTION_RESPONSE__INIT;
	char code[RX_CODE_LEN + 1];

	reply.acceptable = facts_judge(req, &c->facts);
	reply.findings = req->findings;
	reply.n_findings = req->findings_count;
	req->findings_count = 0;
	rx_code_format(code, c->rx_id);
	reply.rx_id = (ProtobufCBinaryData){RX_ID_LEN, c->rx_id};
	reply.rx_code = code;
	return request_reply(req, &reply.base);
}

static op_verdict check_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct check *c = req->service_state;
	const Rxcirc__V1__CheckPrescriptionRequest *m;
	enum status_reason status;
	int r;

	status = request_unpack(req, &rxcirc__v1__check_prescription_request__descriptor, &m);
	if (status == STATUS_OK)
		status = upload_read_papers(req, m->prescription, m->hospital_review, true, &c->papers);
	if (status == STATUS_OK)
		status = upload_gather(req, &c->papers, &c->facts);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	check_make_id(req, c->papers.prescription.body, c);
	if (c->facts.voucher_token[0] == '\0')
		return check_answer(req, c);
	r = earlier_supply_ask(req, c->person);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(CHECK_EARLIER_WAIT);
}

static op_verdict check_asked(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct check *c = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = earlier_supply_read(req, c->papers.prescription.body, c->rx_id, &c->facts);
	return r < 0 ? request_fail(req, r) : check_answer(req, c);
}

static const struct op_state check_states[CHECK_STATES] = {
	[CHECK_START] = {"start", check_start, OP_TO(CHECK_EARLIER_WAIT)},
	[CHECK_EARLIER_WAIT] = {"earlier-wait", check_asked, 0},
};

void check_prescription_start(struct request *req)
{
	if (request_state(req, sizeof(struct check)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, check_states, CHECK_STATES);
}
