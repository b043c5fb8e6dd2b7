/* Settlements/ReviewSettlements: what the automatic review finds in a period's settlements, and the
 * sample that people look at (TJ2-17b).
 *
 *   START --> READ_WAIT --> done
 *
 * The sample is drawn by a keyed digest of the settlement's number: the same for everybody who
 * asks, on every node, and nobody can choose a number that stays outside it.
 */
#include <string.h>

#include "crypto/digest.h"
#include "registry/registry.h"
#include "rules/settlement_review.h"
#include "rxcirc/v1/settlement.pb-c.h"
#include "service/services.h"
#include "service/settlement/consultation_price.h"
#include "service/settlement/settlement_desk.h"
#include "service/settlement/settlement_page.h"
#include "store/settlement_review.h"

enum { REVIEW_START, REVIEW_READ_WAIT, REVIEW_STATES };
enum { REVIEW_FINDINGS_MAX = 16, HERBAL_CLASS = 13 };

struct review {
	const Rxcirc__V1__ReviewSettlementsRequest *message;
	struct review_query query;
	int32_t page_size;
	char scope[REGION_CODE_LEN + 1];
};

static enum status_reason review_read(struct request *req, struct review *v)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__review_settlements_request__descriptor, &v->message);
	const Rxcirc__V1__ReviewSettlementsRequest *m = v->message;
	size_t before = req->findings_count;
	struct page_mark after;

	if (status != STATUS_OK)
		return status;
	desk_check_period(req, m->from_ms, m->until_ms);
	v->page_size = page_size_of(req, m->page_size);
	if (!page_mark_read(req, m->after, &after))
		return STATUS_FIELD_INVALID;
	v->query = (struct review_query){m->from_ms, m->until_ms,
		m->payee_code[0] == '\0' ? "" : desk_host_of(req, m->payee_code),
		caller_scope(&req->caller, v->scope), {after.rx_id, after.fill_no, after.last},
		v->page_size + 1};
	return desk_found(req, before);
}

static op_verdict review_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct review *v = req->service_state;
	enum status_reason status = review_read(req, v);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_settlements_review(request_unit(req, NULL), &req->arena, &v->query);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(REVIEW_READ_WAIT);
}

/* Lines sold above the catalogue's price of that day; a drug without a price has no ceiling. */
static int64_t overpriced(struct request *req, const struct reviewed_settlement *s)
{
	int64_t count = 0;

	for (size_t i = 0; i < s->lines; i++) {
		const char *drug = arena_text(&req->arena, s->drugs[i]);
		const struct code *code = drug == NULL ? NULL :
			registry_code(req->registry, CODE_DRUG, drug, s->settled_at_ms);

		count += code != NULL && code->price_e6 > 0 && s->prices_e6[i] > code->price_e6;
	}
	return count;
}

/* Whether the drug begins with a word of the region's list of drugs without codes (无码库). */
static bool is_exempt(const struct request *req, const struct reviewed_settlement *s,
	const char *drug)
{
	const char *at = registry_text(req->registry, PARAM_TRACE_EXEMPT_DRUGS, s->region,
		s->settled_at_ms);
	const struct code *code = registry_code(req->registry, CODE_DRUG, drug, s->settled_at_ms);

	if (code != NULL && code->class_no == HERBAL_CLASS)
		return true;
	while (*at != '\0') {
		size_t n = strcspn(at, " ");

		if (n > 0 && strncmp(drug, at, n) == 0)
			return true;
		at += n;
		at += *at == ' ';
	}
	return false;
}

/* Lines without a trace code, of drugs that have one, where the region asks for them (C20). */
static int64_t untraced(struct request *req, const struct reviewed_settlement *s)
{
	int64_t count = 0;

	if (registry_word(req->registry, PARAM_TRACE_LEVEL, s->region, s->settled_at_ms, "off"))
		return 0;
	for (size_t i = 0; i < s->untraced_count; i++) {
		const char *drug = arena_text(&req->arena, s->untraced[i]);

		count += drug != NULL && !is_exempt(req, s, drug);
	}
	return count;
}

static bool is_blocked(const struct request *req, const struct reviewed_settlement *s)
{
	return registry_person_block(req->registry, s->person_key.data, BLOCK_SETTLEMENT,
		s->settled_at_ms) != NULL || (s->internet &&
		registry_person_block(req->registry, s->person_key.data, BLOCK_INTERNET,
		s->settled_at_ms) != NULL);
}

static struct review_facts facts_of(struct request *req, const struct reviewed_settlement *s)
{
	return (struct review_facts){
		.kind = s->kind,
		.total_fen = s->total_fen,
		.pooled_fund_fen = s->pooled_fund_fen,
		.personal_account_fen = s->personal_account_fen,
		.settled_at_ms = s->settled_at_ms,
		.paid_online = s->online,
		.authenticated = s->authenticated,
		.blocked = is_blocked(req, s),
		.remains = s->remains,
		.dispensed_at_ms = s->dispensed_at_ms,
		.net_fen = s->net_fen,
		.untraced = untraced(req, s),
		.overpriced = overpriced(req, s),
		.price_max_fen = s->kind == FEE_CONSULTATION ? consultation_price_max(req,
			s->reporter_code, s->service_code, s->settled_at_ms) : -1,
	};
}

static bool is_sampled(const struct request *req, const struct reviewed_settlement *s)
{
	uint8_t digest[DIGEST_LEN];

	digest_serial(digest, req->shop->keys, "review-sample", s->reporter_code, s->settlement_id);
	return review_is_sampled(digest, registry_number(req->registry, PARAM_REVIEW_SAMPLE, s->region,
		s->settled_at_ms));
}

static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int fill_findings(struct request *req, const struct review_facts *f,
	Rxcirc__V1__SettlementReview *m)
{
	Rxcirc__V1__Finding *shown = arena_array(&req->arena, REVIEW_FINDINGS_MAX, sizeof(*shown));

	m->findings = arena_array(&req->arena, REVIEW_FINDINGS_MAX, sizeof(*m->findings));
	if (shown == NULL || m->findings == NULL)
		return ERR_MEMORY;
	for (const struct review_rule *rule = NULL; m->n_findings < REVIEW_FINDINGS_MAX &&
		(rule = review_broken_next(f, rule)) != NULL;) {
		Rxcirc__V1__Finding *finding = &shown[m->n_findings];

		rxcirc__v1__finding__init(finding);
		finding->rule = borrowed(rule->id);
		finding->severity = RXCIRC__V1__SEVERITY__SEVERITY_FLAG;
		finding->field = borrowed(rule->field);
		finding->source = borrowed(rule->source);
		finding->message = borrowed(rule->english);
		finding->message_zh = borrowed(rule->chinese);
		m->findings[m->n_findings++] = finding;
	}
	return 0;
}

static int fill_settlement(struct request *req, const struct reviewed_settlement *s,
	Rxcirc__V1__SettlementReview *m)
{
	const struct review_facts facts = facts_of(req, s);

	rxcirc__v1__settlement_review__init(m);
	m->rx_id = (ProtobufCBinaryData){s->place.rx_id.len,
		(uint8_t *)(uintptr_t)s->place.rx_id.data};
	m->fill_no = (uint32_t)s->place.fill_no;
	m->settlement_id = borrowed(s->settlement_id);
	m->fee_kind = (Rxcirc__V1__FeeKind)s->kind;
	m->payee_code = borrowed(s->payee_code);
	m->reporter_code = borrowed(s->reporter_code);
	m->settled_at_ms = s->settled_at_ms;
	m->internet = s->internet;
	m->cross_region = s->cross_region;
	m->total_fen = s->total_fen;
	m->pooled_fund_fen = s->pooled_fund_fen;
	m->refused_fen = s->refused_fen;
	m->sampled = is_sampled(req, s);
	m->paid = s->paid;
	return fill_findings(req, &facts, m);
}

static int fill_page(struct request *req, const struct review *v,
	Rxcirc__V1__ReviewSettlementsResponse *m)
{
	size_t rows = (size_t)pg_rows(&req->unit, 0);
	Rxcirc__V1__SettlementReview *shown = arena_array(&req->arena, rows + 1, sizeof(*shown));
	struct reviewed_settlement *s = arena_array(&req->arena, 1, sizeof(*s));

	m->settlements = arena_array(&req->arena, rows + 1, sizeof(*m->settlements));
	if (shown == NULL || s == NULL || m->settlements == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows && i < (size_t)v->page_size; i++) {
		store_reviewed_read(&req->unit, (int)i, s);
		if (fill_settlement(req, s, &shown[i]) < 0)
			return ERR_MEMORY;
		if (v->message->all || shown[i].n_findings > 0 || shown[i].sampled)
			m->settlements[m->n_settlements++] = &shown[i];
		m->looked_at++;
	}
	if (rows <= (size_t)v->page_size)
		return 0;
	m->next = page_mark_make(req, &(struct page_mark){0, s->place.rx_id, s->place.fill_no,
		s->place.settlement_no});
	return m->next.data == NULL ? ERR_MEMORY : 0;
}

static op_verdict review_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct review *v = req->service_state;
	Rxcirc__V1__ReviewSettlementsResponse m = RXCIRC__V1__REVIEW_SETTLEMENTS_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = fill_page(req, v, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state review_states[REVIEW_STATES] = {
	[REVIEW_START] = {"start", review_start, OP_TO(REVIEW_READ_WAIT)},
	[REVIEW_READ_WAIT] = {"read-wait", review_told, 0},
};

void review_settlements_start(struct request *req)
{
	if (request_state(req, sizeof(struct review)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, review_states, REVIEW_STATES);
}
