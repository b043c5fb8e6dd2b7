#include "domain/settlement_step.h"

#define AFTER(state) (1u << SETTLEMENT_##state)

static const struct settlement_step_row rows[SETTLEMENT_STEPS] = {
	[SETTLEMENT_OPEN] = {0, false, false, false, "open", "未审核"},
	[SETTLEMENT_PAY] = {AFTER(OPEN) | AFTER(WITHDRAW), false, false, false, "paid", "予以支付"},
	[SETTLEMENT_REFUSE] = {AFTER(OPEN), false, false, true, "refused", "拒付"},
	[SETTLEMENT_APPEAL] = {AFTER(REFUSE), true, false, false, "appealed", "已申诉"},
	[SETTLEMENT_UPHOLD] = {AFTER(APPEAL), false, true, false, "upheld", "维持拒付"},
	[SETTLEMENT_WITHDRAW] = {AFTER(REFUSE) | AFTER(APPEAL), false, true, false, "withdrawn",
		"撤销拒付"},
};

const struct settlement_step_row *settlement_step_row(enum settlement_step step)
{
	return &rows[step];
}

bool settlement_step_may_follow(enum settlement_step state, enum settlement_step step)
{
	return (rows[step].from >> state & 1) != 0;
}
