/* What a check of an export finds, told line by line, in Chinese or English or as JSON. */
#ifndef CLI_FINDING_SHOW_H
#define CLI_FINDING_SHOW_H

#include <rxcirc/rxcirc.h>

enum { FINDING_KINDS_MAX = 64 };

/* What was told so far; starts zeroed.  Of one kind only the first lines are shown to people, the
 * others counted. */
struct finding_tally {
	struct {
		char kind[32];
		uint64_t count;
	} kinds[FINDING_KINDS_MAX];
	unsigned count;
	uint64_t failed;
};

/* An rxc_on_finding; `user` is a struct finding_tally. */
void finding_show(const rxc_finding *finding, void *user);
/* What was counted and not shown. */
void finding_show_rest(const struct finding_tally *tally);

#endif
