/* One question after the other, the form first. */
#include "rules/identity.h"

#include <ctype.h>
#include <string.h>

#include "domain/parameter.h"
#include "proto/limits.h"

static const int64_t FRESH_MS = SIGNED_AT_SKEW_MS_MAX;
static const int64_t REPEAT_MS = SIGNED_AT_SKEW_MS_MAX + VOUCHER_REPEAT_S_MAX * 1000;

const char *identity_mode_word(int mode)
{
	static const char *const words[IDENTITY_MODES_END] = {
		[IDENTITY_VOUCHER] = "voucher",
		[IDENTITY_ID_CARD] = "id-card",
		[IDENTITY_SOCIAL_CARD] = "social-card",
		[IDENTITY_FACE] = "face",
	};

	return mode < 0 || mode >= IDENTITY_MODES_END ? NULL : words[mode];
}

bool identity_code_is_sound(const char *code)
{
	size_t len = strlen(code);

	if (len < 1 || len > CODE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)code[i]) && strchr("-._", code[i]) == NULL)
			return false;
	return true;
}

/* The part that is missing or not of its form, or NULL.  A check is not an e-voucher's. */
static const char *identity_fault(const struct identity_check *c)
{
	if (identity_mode_word(c->mode) == NULL || c->mode == IDENTITY_VOUCHER)
		return "identity.mode";
	if (!identity_code_is_sound(c->serial))
		return "identity.serial";
	if (!identity_code_is_sound(c->operator_code))
		return "identity.operator_code";
	if (!identity_code_is_sound(c->device))
		return "identity.device";
	if (c->voucher_id[0] == '\0' || strlen(c->voucher_id) > VOUCHER_ID_MAX)
		return "identity.voucher_id";
	return NULL;
}

enum identity_verdict identity_judge(const struct identity_check *check, const char *modes,
	int64_t now_ms, const char **ret_field)
{
	*ret_field = identity_fault(check);
	if (*ret_field != NULL)
		return IDENTITY_INCOMPLETE;
	if (!parameter_has_word(modes, identity_mode_word(check->mode)))
		return IDENTITY_OFF;
	/* Written so that no time a peer can name overflows. */
	if (check->checked_at_ms > now_ms + FRESH_MS || check->checked_at_ms < now_ms - REPEAT_MS)
		return IDENTITY_STALE;
	return check->checked_at_ms < now_ms - FRESH_MS ? IDENTITY_LATE : IDENTITY_ACCEPTED;
}
