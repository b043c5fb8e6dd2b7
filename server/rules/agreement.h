/* What an agreement must be to be drafted, and to be signed: one row per rule.
 *
 * When an event is allowed in the first place is domain/agreement.h.  The facts are gathered by the
 * service; nothing here reads a clock, a database or a message.  All findings come at once.
 */
#ifndef RULES_AGREEMENT_H
#define RULES_AGREEMENT_H

#include "domain/agreement.h"
#include "domain/registry.h"

enum agreement_form { AGREEMENT_FORM_SEPARATE = 1, AGREEMENT_FORM_ANNEX };
enum agreement_licence { AGREEMENT_LICENCE_HOSPITAL = 1, AGREEMENT_LICENCE_DIAGNOSIS };

/* How the application stands that the agreement concludes (domain/application.h). */
enum agreement_application {
	AGREEMENT_APPLICATION_NONE,     /* none is named */
	AGREEMENT_APPLICATION_UNKNOWN,  /* named, but not there or another institution's */
	AGREEMENT_APPLICATION_OPEN,     /* not assessed yet */
	AGREEMENT_APPLICATION_PASSED,
	AGREEMENT_APPLICATION_OVER,     /* failed or withdrawn */
};

struct agreement_clause {
	const char *name, *text;
};

struct agreement_facts {
	const struct agreement *draft;       /* kind, institution, host's agreement, term */
	const struct institution *party;     /* NULL: not registered */
	const struct agreement *host;        /* the agreement it names as its host's; NULL: not there */
	int64_t now_ms;
	unsigned form, licence;              /* as they came */
	const char *template_version;        /* what it names, or took over */
	const char *template_in_force;       /* of the region; "" = it has none */
	enum agreement_application application;
	bool overlaps;                       /* one of its kind that is there */
	bool not_renewed, overridden;        /* an item says so; a reason in spite of it is given */
	const struct agreement_clause *clauses;
	size_t clause_count;
	const char *mandatory;               /* names of clauses, parted by one space */
};

struct agreement_finding {
	const char *rule, *source, *field, *english, *chinese;
	struct slice subject; /* the clause that is missing or repeated; else empty */
};

/* Judge a text that is laid down; how many findings there are, of which at most `cap` are
 * written. */
size_t agreement_judge_draft(const struct agreement_facts *facts, struct agreement_finding *ret,
	size_t cap);
/* Judge the same text before a signature: every mandatory clause is there, once, with a text. */
size_t agreement_judge_text(const struct agreement_facts *facts, struct agreement_finding *ret,
	size_t cap);

#endif
