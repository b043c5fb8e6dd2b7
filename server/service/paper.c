/* Verify, then parse. */
#include "service/paper.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "proto/document.h"
#include "registry/registry.h"

static enum status_reason key_status(const struct request *req, const struct paper_terms *terms,
	const struct practitioner_key *key)
{
	int64_t now = req->received_at_ms;

	if (key == NULL)
		return STATUS_KEY_UNKNOWN;
	if (now < key->not_before_ms || now >= key->not_after_ms ||
		(key->revoked_from_ms != 0 && now >= key->revoked_from_ms))
		return STATUS_KEY_NOT_VALID;
	if (((1u << key->role) & terms->roles) == 0 ||
		strcmp(key->institution_code, terms->institution_code) != 0)
		return STATUS_KEY_FOREIGN;
	return STATUS_OK;
}

enum status_reason paper_read_unsigned(struct request *req, const struct paper_terms *terms,
	const Rxcirc__V1__SignedDocument *doc, struct paper *ret)
{
	void *body;
	int r;

	if (doc == NULL || doc->kind != terms->kind || doc->body.len == 0 ||
		doc->body.len > DOCUMENT_BODY_MAX)
		return STATUS_DOCUMENT_MALFORMED;
	r = pbmsg_open(&body, terms->type, &req->arena, pbmsg_bytes(doc->body));
	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DOCUMENT_MALFORMED;
	ret->doc = doc;
	ret->key = NULL;
	ret->body = body;
	return STATUS_OK;
}

enum status_reason paper_read(struct request *req, const struct paper_terms *terms,
	const Rxcirc__V1__SignedDocument *doc, struct paper *ret)
{
	const struct practitioner_key *key;
	enum status_reason status;

	if (doc == NULL || document_check_form(doc, terms->kind) != 0)
		return STATUS_DOCUMENT_MALFORMED;
	key = registry_key(req->registry, doc->key_id.data);
	status = key_status(req, terms, key);
	if (status != STATUS_OK)
		return status;
	if (document_verify(doc, terms->kind, key->public_key) != 0)
		return STATUS_SIGNATURE_INVALID;
	status = paper_read_unsigned(req, terms, doc, ret);
	if (status == STATUS_OK)
		ret->key = key;
	return status;
}

bool paper_refusal_is_of_time(enum status_reason status)
{
	return status == STATUS_KEY_NOT_VALID || status == STATUS_SIGNED_AT_SKEWED ||
		status == STATUS_PULL_GRANT_INVALID;
}

bool paper_time_is_near(const struct request *req, int64_t signed_at_ms)
{
	return signed_at_ms >= req->received_at_ms - SIGNED_AT_SKEW_MS_MAX &&
		signed_at_ms <= req->received_at_ms + SIGNED_AT_SKEW_MS_MAX;
}

enum status_reason paper_check_signer(struct request *req, const struct paper *paper,
	const char *practitioner_code, int64_t signed_at_ms)
{
	const struct practitioner_key *key = paper->key;
	const struct practitioner *person;
	const struct practice *practice;

	if (strcmp(practitioner_code, key->practitioner_code) != 0)
		return STATUS_KEY_FOREIGN;
	person = registry_practitioner(req->registry, key->practitioner_code);
	practice = registry_practice(req->registry, key->practitioner_code, key->institution_code);
	if (person == NULL || person->suspended || practice == NULL || practice->ended)
		return STATUS_KEY_NOT_VALID;
	return paper_time_is_near(req, signed_at_ms) ? STATUS_OK : STATUS_SIGNED_AT_SKEWED;
}

unsigned paper_filler_roles(const struct request *req)
{
	return req->caller.role == CALLER_HOSPITAL ? 1u << ROLE_HOSPITAL_PHARMACIST :
		1u << ROLE_PHARMACY_PHARMACIST;
}
