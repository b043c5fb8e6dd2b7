/* The review of one line of a settlement: who may do what after what (TJ2-17c, SX15-8.4).
 *
 *     open --pay--> paid            refused --appeal--> appealed --uphold--> upheld
 *     open --refuse--> refused      refused, appealed --withdraw--> withdrawn --pay--> paid
 *
 * A line's state is its last step.  The table is constant.  Threads: any.
 */
#ifndef DOMAIN_SETTLEMENT_STEP_H
#define DOMAIN_SETTLEMENT_STEP_H

#include <stdbool.h>

/* The numbers are those of SettlementStep and of table settlement_step. */
enum settlement_step {
	SETTLEMENT_OPEN, /* nothing was decided yet */
	SETTLEMENT_PAY,
	SETTLEMENT_REFUSE,
	SETTLEMENT_APPEAL,
	SETTLEMENT_UPHOLD,
	SETTLEMENT_WITHDRAW,
	SETTLEMENT_STEPS,
};

struct settlement_step_row {
	unsigned from;        /* 1 << state: after which it may follow */
	bool by_payee;        /* else by an officer */
	bool by_another;      /* not by the officer who refused */
	bool refuses;         /* carries rule, ground, amount and consequence */
	const char *english, *chinese;
};

/* `step` is one of the enum. */
const struct settlement_step_row *settlement_step_row(enum settlement_step step);
bool settlement_step_may_follow(enum settlement_step state, enum settlement_step step);

#endif
