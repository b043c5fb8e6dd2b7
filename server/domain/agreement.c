/* The transition table, the facts behind it, and what a supplementary agreement takes over. */
#include "domain/agreement.h"

#include <string.h>

#define IS(state) (1u << AGREEMENT_##state)
#define SIGNED (IS(CONCLUDED) | IS(IN_FORCE) | IS(SUSPENDED))
#define UNSIGNED (IS(DRAFT) | IS(SIGNED_BY_ONE))

typedef enum agreement_refusal (*agreement_step)(struct agreement *a,
	const struct agreement_act *act);

struct transition {
	const char *name;
	unsigned states; /* in which it is allowed */
	agreement_step step;
};

static bool span_holds(struct agreement_span s, int64_t at_ms)
{
	return s.from_ms != 0 && s.from_ms <= at_ms && (s.until_ms == 0 || at_ms < s.until_ms);
}

static bool signed_by(int64_t signed_ms, int64_t at_ms)
{
	return signed_ms != 0 && signed_ms <= at_ms;
}

bool agreement_is_concluded(const struct agreement *a)
{
	return a->institution_signed_ms != 0 && a->agency_signed_ms != 0;
}

unsigned agreement_causes_at(const struct agreement *a, int64_t at_ms)
{
	return (span_holds(a->own, at_ms) ? (unsigned)AGREEMENT_CAUSE_OWN : 0) |
		(span_holds(a->host, at_ms) ? (unsigned)AGREEMENT_CAUSE_HOST : 0);
}

enum agreement_state agreement_state_at(const struct agreement *a, int64_t at_ms)
{
	unsigned signatures = (unsigned)signed_by(a->institution_signed_ms, at_ms) +
		(unsigned)signed_by(a->agency_signed_ms, at_ms);

	if (a->ended_from_ms != 0 && a->ended_from_ms <= at_ms)
		return AGREEMENT_TERMINATED;
	if (signatures < 2)
		return signatures == 0 ? AGREEMENT_DRAFT : AGREEMENT_SIGNED_BY_ONE;
	if (a->ends_ms <= at_ms)
		return AGREEMENT_EXPIRED;
	if (at_ms < a->starts_ms)
		return AGREEMENT_CONCLUDED;
	return agreement_causes_at(a, at_ms) != 0 ? AGREEMENT_SUSPENDED : AGREEMENT_IN_FORCE;
}

bool agreement_is_over(const struct agreement *a, int64_t at_ms)
{
	enum agreement_state state = agreement_state_at(a, at_ms);

	return state == AGREEMENT_TERMINATED || state == AGREEMENT_EXPIRED;
}

/* The moment from which nothing of it holds any more. */
static int64_t end_of(const struct agreement *a)
{
	return a->ended_from_ms != 0 && a->ended_from_ms < a->ends_ms ? a->ended_from_ms : a->ends_ms;
}

int64_t agreement_effective_ms(const struct agreement *a, const struct agreement_act *act)
{
	if (act->effective_ms != 0)
		return act->effective_ms;
	if (act->event == AGREEMENT_RESUME && a->own.from_ms > act->now_ms)
		return a->own.from_ms;
	return act->now_ms;
}

static enum agreement_refusal redraft(struct agreement *a, const struct agreement_act *act)
{
	(void)a;
	(void)act;
	return AGREEMENT_ALLOWED;
}

/* The second signature concludes; a supplementary agreement cannot be concluded before its host's
 * is, and then takes over what the host's stands under. */
static enum agreement_refusal sign(struct agreement *a, const struct agreement_act *act,
	int64_t *own_signature, int64_t other_signature)
{
	if (*own_signature != 0)
		return AGREEMENT_SIGNED_ALREADY;
	if (a->kind == AGREEMENT_SUPPLEMENTARY) {
		if (act->host == NULL || agreement_is_over(act->host, act->now_ms))
			return AGREEMENT_HOST_IS_OVER;
		if (other_signature != 0 && !agreement_is_concluded(act->host))
			return AGREEMENT_HOST_NOT_CONCLUDED;
		if (a->starts_ms != act->host->starts_ms || a->ends_ms != act->host->ends_ms)
			return AGREEMENT_TERM_IS_THE_HOSTS;
	}
	if (a->ends_ms <= act->now_ms)
		return AGREEMENT_TERM_INVALID;
	*own_signature = act->now_ms;
	if (a->kind == AGREEMENT_SUPPLEMENTARY)
		(void)agreement_follow(a, act->host); /* changed or not: the signature is a change */
	return AGREEMENT_ALLOWED;
}

static enum agreement_refusal sign_institution(struct agreement *a,
	const struct agreement_act *act)
{
	return sign(a, act, &a->institution_signed_ms, a->agency_signed_ms);
}

static enum agreement_refusal sign_agency(struct agreement *a, const struct agreement_act *act)
{
	return sign(a, act, &a->agency_signed_ms, a->institution_signed_ms);
}

static enum agreement_refusal suspend(struct agreement *a, const struct agreement_act *act)
{
	int64_t at_ms = agreement_effective_ms(a, act);

	/* also while one lies ahead, or its end does: first things first */
	if (a->own.from_ms != 0 && (a->own.until_ms == 0 || a->own.until_ms > act->now_ms))
		return AGREEMENT_SUSPENDED_ALREADY;
	if (at_ms < act->now_ms)
		return AGREEMENT_MOMENT_PAST;
	if (at_ms >= end_of(a))
		return AGREEMENT_MOMENT_OUTSIDE;
	a->own = (struct agreement_span){at_ms, 0};
	return AGREEMENT_ALLOWED;
}

static enum agreement_refusal resume(struct agreement *a, const struct agreement_act *act)
{
	int64_t at_ms = agreement_effective_ms(a, act);

	if (a->own.from_ms == 0 || a->own.until_ms != 0)
		return span_holds(a->host, act->now_ms) ? AGREEMENT_SUSPENDED_BY_HOST :
			AGREEMENT_NOT_SUSPENDED;
	if (at_ms < act->now_ms)
		return AGREEMENT_MOMENT_PAST;
	if (at_ms < a->own.from_ms || at_ms >= end_of(a))
		return AGREEMENT_MOMENT_OUTSIDE;
	if (at_ms == a->own.from_ms) /* it never began */
		a->own = (struct agreement_span){0, 0};
	else
		a->own.until_ms = at_ms;
	return AGREEMENT_ALLOWED;
}

/* A decided end may be moved nearer, not farther.  What nobody is bound by yet ends at once. */
static enum agreement_refusal terminate(struct agreement *a, const struct agreement_act *act)
{
	int64_t at_ms = agreement_effective_ms(a, act);
	bool concluded = agreement_is_concluded(a);

	if (at_ms < act->now_ms)
		return AGREEMENT_MOMENT_PAST;
	if (concluded ? at_ms >= end_of(a) : at_ms != act->now_ms)
		return AGREEMENT_MOMENT_OUTSIDE;
	a->ended_from_ms = at_ms;
	a->ended_by = AGREEMENT_CAUSE_OWN;
	return AGREEMENT_ALLOWED;
}

static enum agreement_refusal change_term(struct agreement *a, const struct agreement_act *act)
{
	if (a->kind == AGREEMENT_SUPPLEMENTARY)
		return AGREEMENT_TERM_IS_THE_HOSTS;
	if (act->ends_ms < act->now_ms)
		return AGREEMENT_MOMENT_PAST;
	if (act->ends_ms <= a->starts_ms || act->ends_ms == a->ends_ms ||
		(act->event == AGREEMENT_RENEW && act->ends_ms < a->ends_ms))
		return AGREEMENT_TERM_INVALID;
	/* an end decided by termination stands; a longer term would only hide it */
	if (a->ended_from_ms != 0 && act->ends_ms > a->ends_ms)
		return AGREEMENT_MOMENT_OUTSIDE;
	a->ends_ms = act->ends_ms;
	return AGREEMENT_ALLOWED;
}

static const struct transition table[AGREEMENT_EVENTS] = {
	[AGREEMENT_TO_DRAFT] = {"draft", IS(DRAFT), redraft},
	[AGREEMENT_SIGN_INSTITUTION] = {"sign-institution", UNSIGNED, sign_institution},
	[AGREEMENT_SIGN_AGENCY] = {"sign-agency", UNSIGNED, sign_agency},
	[AGREEMENT_SUSPEND] = {"suspend", SIGNED, suspend},
	[AGREEMENT_RESUME] = {"resume", SIGNED, resume},
	[AGREEMENT_TERMINATE] = {"terminate", UNSIGNED | SIGNED, terminate},
	[AGREEMENT_CHANGE_TERM] = {"change-term", SIGNED, change_term},
	[AGREEMENT_RENEW] = {"renew", SIGNED, change_term},
};

enum agreement_refusal agreement_apply(struct agreement *a, const struct agreement_act *act)
{
	const struct transition *t = &table[act->event];

	if ((t->states & 1u << agreement_state_at(a, act->now_ms)) == 0)
		return AGREEMENT_WRONG_STATE;
	return t->step(a, act);
}

static bool spans_equal(struct agreement_span a, struct agreement_span b)
{
	return a.from_ms == b.from_ms && a.until_ms == b.until_ms;
}

bool agreement_follow(struct agreement *a, const struct agreement *host)
{
	bool changed = !spans_equal(a->host, host->own);

	a->host = host->own;
	if (host->ended_from_ms != 0 &&
		(a->ended_from_ms == 0 || a->ended_from_ms > host->ended_from_ms)) {
		a->ended_from_ms = host->ended_from_ms;
		a->ended_by = AGREEMENT_CAUSE_HOST;
		changed = true;
	}
	/* A text that not both have signed keeps its term: signing compares it with the host's. */
	if (agreement_is_concluded(a) && a->ends_ms != host->ends_ms) {
		a->ends_ms = host->ends_ms;
		changed = true;
	}
	return changed;
}

bool agreement_overlaps(const struct agreement *a, const struct agreement *b)
{
	return a->kind == b->kind && strcmp(a->institution_code, b->institution_code) == 0 &&
		a->starts_ms < end_of(b) && b->starts_ms < end_of(a);
}

static unsigned weight(const struct agreement *a, int64_t at_ms)
{
	static const unsigned weights[AGREEMENT_STATES] = {
		[AGREEMENT_DRAFT] = 1,
		[AGREEMENT_SIGNED_BY_ONE] = 2,
		[AGREEMENT_EXPIRED] = 3,
		[AGREEMENT_TERMINATED] = 4,
		[AGREEMENT_CONCLUDED] = 5,
		[AGREEMENT_SUSPENDED] = 6,
		[AGREEMENT_IN_FORCE] = 7,
	};

	return a == NULL ? 0 : weights[agreement_state_at(a, at_ms)];
}

const struct agreement *agreement_better(const struct agreement *a, const struct agreement *b,
	int64_t at_ms)
{
	return weight(b, at_ms) > weight(a, at_ms) ? b : a;
}

const char *agreement_event_name(enum agreement_event event)
{
	return table[event].name;
}
