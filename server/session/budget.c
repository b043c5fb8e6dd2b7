#include "session/budget.h"

#include "base/ensure.h"

static const char *const budget_words[BUDGETS] = {
	[BUDGET_CALLS] = "budget_calls_per_s",
	[BUDGET_POLLS] = "poll_per_day",
};
static const char *const budget_classes[CALLER_ROLES] = {
	"hospital", "pharmacy", "channel", "city-officer", "province-officer", "applicant"};

/* protobuf-c has no const in its messages; packing changes nothing. */
static char budget_rule[] = "BUDGET", budget_source[] = "";
static char budget_field_calls[] = "budget_calls_per_s", budget_field_polls[] = "poll_per_day";
static char budget_calls[] = "more calls in this moment than the institution's pace allows";
static char budget_calls_zh[] = "机构瞬时调用次数超出允许的速率";
static char budget_polls[] =
	"more polls and queries than the institution's day allows; from here on they are answered at an"
	" even pace, the next one after retry_after_ms; a watch needs none of them";
static char budget_polls_zh[] =
	"机构当日轮询与查询次数已超出配额，此后按均匀间隔应答，请在 retry_after_ms 之后再次查询；"
	"使用订阅（Watch）无需轮询";

Rxcirc__V1__Finding **budget_finding(enum budget budget)
{
	static Rxcirc__V1__Finding findings[BUDGETS] = {
		[BUDGET_CALLS] = {
			.base = PROTOBUF_C_MESSAGE_INIT(&rxcirc__v1__finding__descriptor),
			.rule = budget_rule,
			.severity = RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			.field = budget_field_calls,
			.source = budget_source,
			.message = budget_calls,
			.message_zh = budget_calls_zh,
		},
		[BUDGET_POLLS] = {
			.base = PROTOBUF_C_MESSAGE_INIT(&rxcirc__v1__finding__descriptor),
			.rule = budget_rule,
			.severity = RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			.field = budget_field_polls,
			.source = budget_source,
			.message = budget_polls,
			.message_zh = budget_polls_zh,
		},
	};
	static Rxcirc__V1__Finding *const lists[BUDGETS][1] = {
		[BUDGET_CALLS] = {&findings[BUDGET_CALLS]},
		[BUDGET_POLLS] = {&findings[BUDGET_POLLS]},
	};

	return (Rxcirc__V1__Finding **)(uintptr_t)lists[budget];
}

unsigned budget_class(enum caller_role role)
{
	unsigned class = 0;

	while (1u << class != (unsigned)role)
		class++;
	ensure(class < CALLER_ROLES);
	return class;
}

const char *budget_class_word(unsigned class)
{
	return budget_classes[class];
}

const char *budget_word(enum budget budget)
{
	return budget_words[budget];
}
