/* The transition table, and the one function that reads it. */
#include "domain/application.h"

#include "base/ensure.h"

#define IS(state) (1u << APPLICATION_##state)
#define UNDECIDED \
	(IS(ACCEPTED) | IS(SUPPLEMENTING) | IS(CHECKED) | IS(VERIFIED) | IS(ASSESSED))

struct transition {
	const char *name, *chinese;
	unsigned from;               /* a set of states */
	unsigned who;                /* a set of ACTOR_* */
	enum application_state to;   /* 0 keeps the state */
};

static const struct transition table[APPLICATION_EVENT_LAST + 1] = {
	[APPLICATION_SUBMIT] = {"submit", "申请", 0, ACTOR_APPLICANT, APPLICATION_ACCEPTED},
	[APPLICATION_NOTIFY] = {"notify", "一次性补正告知", IS(ACCEPTED), ACTOR_OFFICE,
		APPLICATION_SUPPLEMENTING},
	[APPLICATION_SUPPLEMENT] = {"supplement", "补正材料", IS(SUPPLEMENTING), ACTOR_APPLICANT,
		APPLICATION_ACCEPTED},
	[APPLICATION_CHECK] = {"check", "核对材料", IS(ACCEPTED), ACTOR_OFFICE, APPLICATION_CHECKED},
	/* Also while papers are missing: the systems need not wait for them. */
	[APPLICATION_CONFORM] = {"conform", "接口测试",
		IS(ACCEPTED) | IS(SUPPLEMENTING) | IS(CHECKED), ACTOR_APPLICANT, 0},
	[APPLICATION_VERIFY] = {"verify", "系统核验", IS(CHECKED), ACTOR_OFFICE,
		APPLICATION_VERIFIED},
	[APPLICATION_FORM_GROUP] = {"form-group", "组织评估小组",
		IS(ACCEPTED) | IS(SUPPLEMENTING) | IS(CHECKED) | IS(VERIFIED), ACTOR_OFFICE, 0},
	[APPLICATION_NOTE_AGREEMENT] = {"note-agreement", "记录定点协议签订", UNDECIDED, ACTOR_OFFICE,
		0},
	[APPLICATION_OVERRIDE] = {"override", "人工解除限制", UNDECIDED, ACTOR_OFFICE, 0},
	[APPLICATION_ASSESS] = {"assess", "评估合格", IS(VERIFIED), ACTOR_OFFICE,
		APPLICATION_ASSESSED},
	/* Documents, systems or the assessment: whatever fails, reasons and suggestions are told. */
	[APPLICATION_FAIL] = {"fail", "评估不合格", IS(ACCEPTED) | IS(CHECKED) | IS(VERIFIED),
		ACTOR_OFFICE, APPLICATION_FAILED},
	[APPLICATION_APPROVE] = {"approve", "核准纳入", IS(ASSESSED), ACTOR_OFFICE,
		APPLICATION_APPROVED},
	[APPLICATION_FILE] = {"file", "报省级备案", IS(APPROVED), ACTOR_OFFICE, APPLICATION_FILED},
	[APPLICATION_ACTIVATE] = {"activate", "正式开通", IS(FILED), ACTOR_ACTIVATOR,
		APPLICATION_ACTIVATED},
	[APPLICATION_PUBLISH] = {"publish", "公布", IS(ACTIVATED), ACTOR_PROVINCE,
		APPLICATION_PUBLISHED},
	/* Voluntary to the end: nobody is admitted who no longer wants it. */
	[APPLICATION_WITHDRAW] = {"withdraw", "撤回申请", UNDECIDED, ACTOR_APPLICANT,
		APPLICATION_WITHDRAWN},
};

static const struct {
	const char *name, *chinese;
} states[APPLICATION_STATE_LAST + 1] = {
	[APPLICATION_ACCEPTED] = {"accepted", "已受理"},
	[APPLICATION_SUPPLEMENTING] = {"supplementing", "补正中"},
	[APPLICATION_CHECKED] = {"checked", "材料核对通过"},
	[APPLICATION_VERIFIED] = {"verified", "系统核验通过"},
	[APPLICATION_ASSESSED] = {"assessed", "评估合格"},
	[APPLICATION_APPROVED] = {"approved", "已核准"},
	[APPLICATION_FILED] = {"filed", "已报省级备案"},
	[APPLICATION_ACTIVATED] = {"activated", "已开通"},
	[APPLICATION_PUBLISHED] = {"published", "已公布"},
	[APPLICATION_FAILED] = {"failed", "评估不合格"},
	[APPLICATION_WITHDRAWN] = {"withdrawn", "已撤回"},
};

static const struct transition *transition_of(enum application_event event)
{
	ensure(event >= APPLICATION_EVENT_FIRST && event <= APPLICATION_EVENT_LAST);
	return &table[event];
}

enum application_refusal application_apply(enum application_state *state,
	enum application_event event, unsigned actors)
{
	const struct transition *t = transition_of(event);

	ensure(*state >= APPLICATION_STATE_FIRST && *state <= APPLICATION_STATE_LAST);
	if (!(t->who & actors))
		return APPLICATION_WRONG_ACTOR;
	if (!(t->from & (1u << *state)))
		return APPLICATION_WRONG_STATE;
	if (t->to != 0)
		*state = t->to;
	return APPLICATION_ALLOWED;
}

unsigned application_who(enum application_event event)
{
	return transition_of(event)->who;
}

bool application_is_over(enum application_state state)
{
	return state == APPLICATION_PUBLISHED || state == APPLICATION_FAILED ||
		state == APPLICATION_WITHDRAWN;
}

const char *application_state_name(enum application_state state)
{
	ensure(state >= APPLICATION_STATE_FIRST && state <= APPLICATION_STATE_LAST);
	return states[state].name;
}

const char *application_state_chinese(enum application_state state)
{
	ensure(state >= APPLICATION_STATE_FIRST && state <= APPLICATION_STATE_LAST);
	return states[state].chinese;
}

const char *application_event_name(enum application_event event)
{
	return transition_of(event)->name;
}

const char *application_event_chinese(enum application_event event)
{
	return transition_of(event)->chinese;
}
