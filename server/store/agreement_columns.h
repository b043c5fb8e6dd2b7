/* Columns of agreements, in the one order in which they are selected and read. */
#ifndef STORE_AGREEMENT_COLUMNS_H
#define STORE_AGREEMENT_COLUMNS_H

#include "store/agreement.h"

#define AGREEMENT_FACTS \
	"a.id, a.kind, a.institution_code, COALESCE(a.host_agreement_id, ''), a.starts, a.ends," \
	" a.institution_signed, a.agency_signed, a.own_from, a.own_until, a.host_from, a.host_until," \
	" a.ended_from, COALESCE(a.ended_by, 0::int2)"
#define AGREEMENT_REST \
	"a.region, a.form, a.licence, a.template_version, a.application_id, a.legacy, a.sign_due," \
	" a.body_sha256"
#define AGREEMENT_TASK_COLUMNS \
	"t.id, t.agreement_id, t.cause_agreement_id, t.cause_event, t.opened_at, t.decided_at," \
	" COALESCE(t.decision, 0::int2), t.reason"

enum { AGREEMENT_FACTS_NR = 14, AGREEMENT_REST_NR = 8 };

/* The row whose facts begin at `column` and whose rest follows; no text, no task. */
void store_agreement_row(const struct pg_unit *u, unsigned q, int row, int column,
	struct agreement_row *ret);

#endif
