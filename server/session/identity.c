#include "session/identity.h"

#include <string.h>

/* Why an institution may not do business at this moment (SX15-2.5, SX15-2.6, JIN15-2.1a). */
static enum status_reason identity_closed(const struct registry *registry,
	const struct institution *institution, int64_t now_ms)
{
	static const enum status_reason told[] = {
		[STANDING_GOOD] = STATUS_OK,
		[STANDING_NOT_ACTIVE] = STATUS_INSTITUTION_NOT_ACTIVE,
		[STANDING_AGREEMENT_MISSING] = STATUS_AGREEMENT_MISSING,
		[STANDING_AGREEMENT_SUSPENDED] = STATUS_AGREEMENT_SUSPENDED,
		[STANDING_AGREEMENT_ENDED] = STATUS_AGREEMENT_ENDED,
		[STANDING_HOST_NOT_ACTIVE] = STATUS_HOST_NOT_ACTIVE,
		[STANDING_HOST_AGREEMENT_MISSING] = STATUS_AGREEMENT_MISSING,
		[STANDING_HOST_AGREEMENT_SUSPENDED] = STATUS_AGREEMENT_SUSPENDED,
		[STANDING_HOST_AGREEMENT_ENDED] = STATUS_AGREEMENT_ENDED,
		[STANDING_CHAIN_NOT_ACTIVE] = STATUS_INSTITUTION_NOT_ACTIVE,
	};

	if (institution->status == INSTITUTION_APPLYING)
		return STATUS_INSTITUTION_NOT_OPENED;
	return told[registry_standing(registry, institution, now_ms)];
}

/* 0 for an institution that calls through its officers only. */
static unsigned identity_role(const struct institution *institution, const struct certificate *cert)
{
	if (cert->is_officer)
		return cert->is_provincial ? CALLER_PROVINCE_OFFICER : CALLER_CITY_OFFICER;
	switch (institution->kind) {
	case INSTITUTION_HOSPITAL:
	case INSTITUTION_INTERNET_HOSPITAL:
		return CALLER_HOSPITAL;
	case INSTITUTION_PHARMACY:
		return CALLER_PHARMACY;
	case INSTITUTION_CHANNEL:
		return CALLER_CHANNEL;
	case INSTITUTION_AGENCY:
	case INSTITUTION_CHAIN:
		break;
	}
	return 0;
}

static bool identity_copy(char *out, size_t out_len, const char *text)
{
	size_t len = strlen(text);

	if (len >= out_len)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

enum status_reason identity_of(const struct registry *registry, const uint8_t spki[SHA256_LEN],
	int64_t now_ms, struct caller *ret_caller)
{
	const struct certificate *cert = registry_certificate(registry, spki);
	const struct institution *institution;
	struct caller caller = {0};

	if (cert == NULL)
		return STATUS_CERTIFICATE_NOT_REGISTERED;
	if (cert->revoked || now_ms < cert->not_before_ms || now_ms >= cert->not_after_ms)
		return STATUS_CERTIFICATE_NOT_VALID;
	institution = registry_institution(registry, cert->owner_code);
	if (institution == NULL || (institution->status != INSTITUTION_ACTIVE &&
			institution->status != INSTITUTION_APPLYING))
		return STATUS_INSTITUTION_NOT_ACTIVE;
	caller.closed = identity_closed(registry, institution, now_ms);
	caller.role = caller.closed != STATUS_OK ? CALLER_APPLICANT :
		(enum caller_role)identity_role(institution, cert);
	if (!identity_copy(caller.code, sizeof(caller.code), institution->code) ||
		!identity_copy(caller.region, sizeof(caller.region),
			cert->is_officer ? cert->scope : institution->region) ||
		!identity_copy(caller.officer, sizeof(caller.officer),
			cert->is_officer ? cert->officer : ""))
		return STATUS_INTERNAL;
	caller.duties = cert->is_officer ? cert->duties : 0;
	memcpy(caller.spki, spki, sizeof(caller.spki));
	*ret_caller = caller;
	return STATUS_OK;
}
