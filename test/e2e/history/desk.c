#include "test/e2e/history/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/e2e/history/codes.h"

static const struct {
	const char *institution, *pharmacist;
} people[ACTORS] = {
	[ACTOR_A] = {PHARMACY_A, "YS140105000052"},
	[ACTOR_B] = {PHARMACY_B, "YS140106000071"},
	[ACTOR_DISTANT] = {PHARMACY_DISTANT, "YS140202000018"},
	/* another person than who reviews for the hospital */
	[ACTOR_HOSPITAL] = {HOSPITAL, "HY140105000131"},
};

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void *fresh(size_t size)
{
	void *memory = malloc(size);

	need(memory != NULL, "memory");
	return memory;
}

const char *desk_code(enum actor actor)
{
	return people[actor].institution;
}

void desk_open(struct desk *d, const char *province)
{
	papers_open(&d->papers, province);
	for (unsigned i = 0; i < ACTORS; i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/practitioners/%s.key", province, people[i].pharmacist);
		need(rxc_key_load(path, &d->pharmacists[i], NULL) == 0, path);
	}
}

void desk_close(struct desk *d)
{
	for (unsigned i = 0; i < ACTORS; i++)
		rxc_key_free(d->pharmacists[i]);
	papers_close(&d->papers);
}

static char *t(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct named {
	uint8_t document[32], signature[32];
	Rxcirc__V1__DocumentDigest message;
};

static Rxcirc__V1__DocumentDigest *name(struct named *n, const Rxcirc__V1__SignedDocument *doc)
{
	rxc_document_digest(doc, n->document, n->signature);
	rxcirc__v1__document_digest__init(&n->message);
	n->message.document_sha256 = (ProtobufCBinaryData){32, n->document};
	n->message.signature_sha256 = (ProtobufCBinaryData){32, n->signature};
	return &n->message;
}

static ProtobufCBinaryData copy(ProtobufCBinaryData from)
{
	uint8_t *data = from.len == 0 ? NULL : fresh(from.len);

	if (data != NULL)
		memcpy(data, from.data, from.len);
	return (ProtobufCBinaryData){from.len, data};
}

static ProtobufCBinaryData id_of(const struct desk_case *rx)
{
	return (ProtobufCBinaryData){RXC_RX_ID_LEN, (uint8_t *)(uintptr_t)rx->rx_id};
}

static Rxcirc__V1__SignedDocument *sign(const rxc_key *key, Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *body)
{
	Rxcirc__V1__SignedDocument *doc = NULL;

	need(rxc_sign_message(key, kind, body, &doc, NULL) == 0, "sign");
	return doc;
}

static Rxcirc__V1__SignedDocument *sign_review(const struct desk *d, const struct desk_case *rx,
	const struct act *act)
{
	Rxcirc__V1__PharmacyReview m = RXCIRC__V1__PHARMACY_REVIEW__INIT;
	struct named prescription, hospital_review;

	m.rx_id = id_of(rx);
	m.prescription = name(&prescription, rx->upload->prescription);
	m.hospital_review = name(&hospital_review, rx->upload->hospital_review);
	m.pharmacy_code = t(people[act->actor].institution);
	m.pharmacist_code = t(people[act->actor].pharmacist);
	m.pharmacist_name = t("王晓梅");
	m.result = act->passes ? RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED :
		RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
	m.reason = t(act->passes ? "" : "剂量与诊断不符");
	m.reviewed_at_ms = papers_now_ms();
	m.duration_s = act->review; /* no two reviews are the same document */
	return sign(d->pharmacists[act->actor],
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW, &m.base);
}

struct code_texts {
	char text[LINES_MAX][CODES_MAX][CODE_TEXT_LEN + 1];
	char *list[LINES_MAX][CODES_MAX];
};

static char **name_codes(struct code_texts *texts, const struct act *act, unsigned line)
{
	for (unsigned i = 0; i < act->lines[line].code_count; i++) {
		codes_text(act->lines[line].codes[i], texts->text[line][i]);
		texts->list[line][i] = texts->text[line][i];
	}
	return texts->list[line];
}

static Rxcirc__V1__SignedDocument *sign_dispense(const struct desk *d, const struct desk_case *rx,
	const struct act *act, const Rxcirc__V1__SignedDocument *review)
{
	Rxcirc__V1__DispenseRecord m = RXCIRC__V1__DISPENSE_RECORD__INIT;
	Rxcirc__V1__DispensedLine lines[LINES_MAX], *list[LINES_MAX];
	Rxcirc__V1__RefusedLine refused = RXCIRC__V1__REFUSED_LINE__INIT, *refused_list = &refused;
	struct code_texts texts;
	struct named named;

	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *line = &act->lines[i];

		rxcirc__v1__dispensed_line__init(&lines[i]);
		lines[i].line_no = line->line_no;
		lines[i].drug_code = t(papers_drug(line->line_no));
		lines[i].quantity_e4 = line->quantity_e4;
		lines[i].unit_price_e6 = line->price_e6;
		lines[i].amount_fen = line->amount_fen;
		lines[i].trace_codes = name_codes(&texts, act, i);
		lines[i].n_trace_codes = line->code_count;
		lines[i].split_pack = line->split;
		list[i] = &lines[i];
		m.total_fen += line->amount_fen;
	}
	if (act->refused_line_no > 0) {
		refused.line_no = act->refused_line_no;
		refused.refusal = RXCIRC__V1__LINE_REFUSAL__LINE_REFUSAL_OUT_OF_STOCK;
		m.refused_lines = &refused_list;
		m.n_refused_lines = 1;
	}
	m.rx_id = id_of(rx);
	m.pharmacy_review = name(&named, review);
	m.pharmacy_code = t(people[act->actor].institution);
	m.pharmacist_code = t(people[act->actor].pharmacist);
	m.fill_no = act->fill_no;
	m.round = act->round;
	m.lines = list;
	m.n_lines = act->line_count;
	m.dispensed_at_ms = papers_now_ms();
	m.channel = t("store");
	return sign(d->pharmacists[act->actor],
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD, &m.base);
}

static Rxcirc__V1__SignedDocument *sign_return(const struct desk *d, const struct desk_case *rx,
	const struct act *act, const Rxcirc__V1__SignedDocument *record)
{
	Rxcirc__V1__ReturnRecord m = RXCIRC__V1__RETURN_RECORD__INIT;
	Rxcirc__V1__ReturnedLine lines[LINES_MAX], *list[LINES_MAX];
	struct code_texts texts;
	struct named named;

	for (unsigned i = 0; i < act->line_count; i++) {
		const struct act_line *line = &act->lines[i];

		rxcirc__v1__returned_line__init(&lines[i]);
		lines[i].line_no = line->line_no;
		lines[i].drug_code = t(papers_drug(line->line_no));
		lines[i].quantity_e4 = line->quantity_e4;
		lines[i].amount_fen = line->amount_fen;
		lines[i].trace_codes = name_codes(&texts, act, i);
		lines[i].n_trace_codes = line->code_count;
		list[i] = &lines[i];
		m.total_fen += line->amount_fen;
	}
	m.rx_id = id_of(rx);
	m.dispense_record = name(&named, record);
	m.pharmacy_code = t(people[act->actor].institution);
	m.pharmacist_code = t(people[act->actor].pharmacist);
	m.fill_no = act->fill_no;
	m.return_no = act->return_no;
	m.kind = act->reversal ? RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL :
		RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN;
	m.reason = act->reversal ? RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY :
		RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY;
	m.lines = list;
	m.n_lines = act->line_count;
	m.returned_at_ms = papers_now_ms();
	return sign(d->pharmacists[act->actor],
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_RETURN_RECORD, &m.base);
}

static Rxcirc__V1__SignedDocument *sign_revocation(const struct desk *d,
	const struct desk_case *rx)
{
	Rxcirc__V1__Revocation m = RXCIRC__V1__REVOCATION__INIT;
	struct named prescription;

	m.rx_id = id_of(rx);
	m.prescription = name(&prescription, rx->upload->prescription);
	m.hospital_code = t(HOSPITAL);
	m.practitioner_code = t("D140105003217");
	m.reason = t("诊断更正");
	m.revoked_at_ms = papers_now_ms();
	return sign(d->papers.physician, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION,
		&m.base);
}

/* A request of type `Type` with this prescription's id. */
#define REQUEST(var, Type, init) \
	Rxcirc__V1__##Type##Request *var = fresh(sizeof(*var)); \
	init(var); \
	var->rx_id = copy(id_of(rx))

static ProtobufCMessage *request_of_claim(const struct desk_case *rx, ProtobufCBinaryData grant)
{
	REQUEST(m, ClaimPrescription, rxcirc__v1__claim_prescription_request__init);

	m->pull_grant = copy(grant);
	return &m->base;
}

static ProtobufCMessage *request_of_renewal(const struct desk_case *rx, const struct act *act)
{
	REQUEST(m, RenewClaim, rxcirc__v1__renew_claim_request__init);

	m->fencing_token = act->token;
	return &m->base;
}

static ProtobufCMessage *request_of_transfer(const struct desk_case *rx, const struct act *act)
{
	REQUEST(m, TransferClaim, rxcirc__v1__transfer_claim_request__init);

	m->fencing_token = act->token;
	m->to_code = strdup(people[act->to].institution);
	need(m->to_code != NULL, "memory");
	return &m->base;
}

static ProtobufCMessage *request_of_release(const struct desk_case *rx, const struct act *act)
{
	REQUEST(m, ReleaseClaim, rxcirc__v1__release_claim_request__init);

	m->fencing_token = act->token;
	return &m->base;
}

static ProtobufCMessage *request_of_review(const struct desk_case *rx, const struct act *act,
	Rxcirc__V1__SignedDocument *doc)
{
	REQUEST(m, SubmitReview, rxcirc__v1__submit_review_request__init);

	m->fencing_token = act->token;
	m->review = doc;
	return &m->base;
}

static ProtobufCMessage *request_of_dispense(const struct desk_case *rx, const struct act *act,
	Rxcirc__V1__SignedDocument *doc)
{
	REQUEST(m, DispensePrescription, rxcirc__v1__dispense_prescription_request__init);

	m->fencing_token = act->token;
	m->dispense_record = doc;
	return &m->base;
}

static ProtobufCMessage *request_of_return(const struct desk_case *rx,
	Rxcirc__V1__SignedDocument *doc)
{
	REQUEST(m, ReturnDispensed, rxcirc__v1__return_dispensed_request__init);

	m->return_record = doc;
	return &m->base;
}

static ProtobufCMessage *request_of_revocation(const struct desk_case *rx,
	Rxcirc__V1__SignedDocument *doc)
{
	REQUEST(m, RevokePrescription, rxcirc__v1__revoke_prescription_request__init);

	m->revocation = doc;
	return &m->base;
}

static Rxcirc__V1__SignedDocument *document_of(const struct desk *d, const struct desk_case *rx,
	const struct act *act, const Rxcirc__V1__SignedDocument *rests_on)
{
	switch (act->kind) {
	case ACT_REVIEW:
		return sign_review(d, rx, act);
	case ACT_DISPENSE:
		return sign_dispense(d, rx, act, rests_on);
	case ACT_RETURN:
		return sign_return(d, rx, act, rests_on);
	case ACT_REVOKE:
		return sign_revocation(d, rx);
	case ACT_CLAIM:
	case ACT_RENEW:
	case ACT_TRANSFER:
	case ACT_RELEASE:
	case ACT_KINDS:
		break;
	}
	return NULL;
}

ProtobufCMessage *desk_request(const struct desk *d, const struct desk_case *rx,
	const struct act *act, ProtobufCBinaryData grant, const Rxcirc__V1__SignedDocument *rests_on,
	const Rxcirc__V1__SignedDocument **ret_document)
{
	Rxcirc__V1__SignedDocument *doc = document_of(d, rx, act, rests_on);

	*ret_document = doc;
	switch (act->kind) {
	case ACT_CLAIM:
		return request_of_claim(rx, grant);
	case ACT_RENEW:
		return request_of_renewal(rx, act);
	case ACT_TRANSFER:
		return request_of_transfer(rx, act);
	case ACT_RELEASE:
		return request_of_release(rx, act);
	case ACT_REVIEW:
		return request_of_review(rx, act, doc);
	case ACT_DISPENSE:
		return request_of_dispense(rx, act, doc);
	case ACT_RETURN:
		return request_of_return(rx, doc);
	case ACT_REVOKE:
		return request_of_revocation(rx, doc);
	case ACT_KINDS:
		break;
	}
	return NULL;
}

const char *desk_method(enum act_kind kind)
{
	static const char *const methods[ACT_KINDS] = {
		[ACT_CLAIM] = "rxcirc.v1.Pharmacy/ClaimPrescription",
		[ACT_RENEW] = "rxcirc.v1.Pharmacy/RenewClaim",
		[ACT_TRANSFER] = "rxcirc.v1.Pharmacy/TransferClaim",
		[ACT_RELEASE] = "rxcirc.v1.Pharmacy/ReleaseClaim",
		[ACT_REVIEW] = "rxcirc.v1.Pharmacy/SubmitReview",
		[ACT_DISPENSE] = "rxcirc.v1.Pharmacy/DispensePrescription",
		[ACT_RETURN] = "rxcirc.v1.Pharmacy/ReturnDispensed",
		[ACT_REVOKE] = "rxcirc.v1.Hospital/RevokePrescription",
	};

	return methods[kind];
}
