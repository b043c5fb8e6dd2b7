/* What the calls about agreements have in common: who may, the house as it stands, an event with
 * all that follows from it, and how a refusal is told.
 *
 * A house is loaded whole, decided on purely (domain/agreement.h), and written behind its version.
 */
#ifndef SERVICE_AGREEMENT_DESK_H
#define SERVICE_AGREEMENT_DESK_H

#include "rules/agreement.h"
#include "service/registry_change.h"
#include "service/want.h"
#include "store/agreement.h"

enum { AGREEMENT_ID_LEN = 16 }; /* AG-<year>-<8 hexadecimal digits> */

struct agreement_desk {
	struct registry_change change;  /* first */
	struct agreement_house house;   /* in the arena */
	/* what the event changed, the agreement that was meant first, each with its step */
	const struct agreement **changed;
	struct agreement_step_row *steps;
	size_t changed_count;
	struct agreement_actor actor;
};

/* An officer's region covers it: the province all, a city its own. */
bool agreement_in_scope(const struct request *req, const char *region);
/* Well formed: "AG-2026-0a1b2c3d"; or "TK-..." for tasks. */
bool agreement_id_is_sound(const char *id, const char *prefix);
/* A new one, in the arena; NULL when that is exhausted. */
const char *agreement_id_new(struct request *req, const char *prefix);

/* The house from that query into the desk.  STATUS_OK, BUSY, or AGREEMENT_NOT_FOUND. */
MUST_CHECK enum status_reason agreement_desk_load(struct request *req, struct agreement_desk *d,
	unsigned query);
/* The row of that id in the house, or NULL. */
struct agreement_row *agreement_desk_find(struct agreement_desk *d, const char *id);
/* The row a supplementary agreement hangs on; NULL when it has none, or that is not there. */
struct agreement_row *agreement_desk_host(struct agreement_desk *d, const struct agreement *a);

/* The event and everything that follows from it, in desk->changed.  STATUS_OK; AGREEMENT_REFUSED
 * with the reason as a finding; BUSY. */
MUST_CHECK enum status_reason agreement_desk_apply(struct request *req, struct agreement_desk *d,
	struct agreement_row *row, struct agreement_act *act);
/* Ids of those that followed (all changed but the first); NULL when memory is short. */
MUST_CHECK char **agreement_desk_followed(struct request *req, const struct agreement_desk *d);

/* What a first officer is told, and a second one may look for: the digest both agree about. */
MUST_CHECK char *agreement_proposal_id(struct request *req, const struct registry_change *c);
/* FIELD_INVALID when a field is not what it must be. */
enum status_reason agreement_want_status(const struct want *w);

/* Findings of the rules as the request's. */
void agreement_tell(struct request *req, const struct agreement_finding *found, size_t count);

/* The institution stands on the list of those not renewed (JIN15-4.10g). */
bool agreement_not_renewed(const struct request *req, const char *institution_code);

#endif
