/* Text in, bytes and digest out. */
#include "service/agreement/agreement_text.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "domain/moment.h"
#include "registry/registry.h"

void agreement_text_want(struct want *w, const Rxcirc__V1__AgreementText *text)
{
	want_within(w, "text.kind", (int)text->kind, AGREEMENT_DESIGNATION, AGREEMENT_SUPPLEMENTARY);
	want_institution(w, "text.institution_code", text->institution_code);
	if (text->host_agreement_id[0] != '\0' && !agreement_id_is_sound(text->host_agreement_id, "AG"))
		want_fault(w, "text.host_agreement_id", "is not an agreement's number", "不是协议编号");
	if (!moment_is_sound(text->starts_ms) || !moment_is_sound(text->ends_ms))
		want_fault(w, "text.starts_ms, text.ends_ms", "are not moments", "时间无效");
	want_short(w, "text.template_version", text->template_version, CODE_MAX);
	want_short(w, "text.application_id", text->application_id, CODE_MAX);
	if (text->n_clauses > AGREEMENT_CLAUSES_MAX)
		want_fault(w, "text.clauses", "at most 32 clauses", "条款至多 32 条");
	for (size_t i = 0; i < text->n_clauses && i < AGREEMENT_CLAUSES_MAX; i++) {
		want_text(w, "text.clauses.name", text->clauses[i]->name, CODE_MAX);
		want_text(w, "text.clauses.text", text->clauses[i]->text, TEXT_MAX);
	}
}

int agreement_text_lay(struct request *req, const Rxcirc__V1__AgreementText *text, const char *id,
	struct agreement_row *ret)
{
	uint8_t *digest = arena_alloc(&req->arena, SHA256_LEN);
	struct slice packed = pbmsg_pack(text, &req->arena);

	if (digest == NULL || packed.data == NULL)
		return ERR_MEMORY;
	digest_sha256(digest, packed);
	*ret = (struct agreement_row){
		.a = {
			.id = id,
			.kind = (enum agreement_kind)text->kind,
			.institution_code = text->institution_code,
			.host_agreement_id = text->host_agreement_id,
			.starts_ms = text->starts_ms,
			.ends_ms = text->ends_ms,
		},
		.region = text->region,
		.form = (int16_t)text->form,
		.licence = (int16_t)text->licence,
		.template_version = text->template_version,
		.application_id = text->application_id,
		.sha256 = slice_of(digest, SHA256_LEN),
		.text = packed,
		.task_id = "",
	};
	return 0;
}

enum status_reason agreement_text_facts(struct request *req, const Rxcirc__V1__AgreementText *text,
	const char *region, struct agreement_facts *ret)
{
	bool supplementary = text->kind == RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY;
	struct agreement_clause *clauses = arena_array(&req->arena, text->n_clauses + 1,
		sizeof(*clauses));

	if (clauses == NULL)
		return STATUS_BUSY;
	for (size_t i = 0; i < text->n_clauses; i++)
		clauses[i] = (struct agreement_clause){text->clauses[i]->name, text->clauses[i]->text};
	*ret = (struct agreement_facts){
		.now_ms = req->received_at_ms,
		.form = (unsigned)text->form,
		.licence = (unsigned)text->licence,
		.template_version = text->template_version,
		.template_in_force = registry_text(req->registry,
			supplementary ? PARAM_TEMPLATE_SUPPLEMENTARY : PARAM_TEMPLATE_DESIGNATION, region,
			req->received_at_ms),
		.clauses = clauses,
		.clause_count = text->n_clauses,
		.mandatory = registry_text(req->registry,
			supplementary ? PARAM_CLAUSES_SUPPLEMENTARY : PARAM_CLAUSES_DESIGNATION, region,
			req->received_at_ms),
	};
	return STATUS_OK;
}

enum status_reason agreement_text_check(struct request *req, const struct agreement_row *row)
{
	const Rxcirc__V1__AgreementText *text = pbmsg_unpack(&rxcirc__v1__agreement_text__descriptor,
		&req->arena, row->text);
	struct agreement_finding found[FINDINGS_MAX];
	struct agreement_facts facts;
	size_t count;

	if (text == NULL || agreement_text_facts(req, text, row->region, &facts) != STATUS_OK)
		return STATUS_BUSY;
	count = agreement_judge_text(&facts, found, FINDINGS_MAX);
	agreement_tell(req, found, count < FINDINGS_MAX ? count : FINDINGS_MAX);
	return count > 0 ? STATUS_AGREEMENT_REFUSED : STATUS_OK;
}

bool agreement_text_overlaps(const struct agreement_desk *d, const struct agreement *a)
{
	for (size_t i = 0; i < d->house.count; i++)
		if (strcmp(d->house.rows[i].a.id, a->id) != 0 &&
			agreement_overlaps(&d->house.rows[i].a, a))
			return true;
	return false;
}
