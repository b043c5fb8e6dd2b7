/* What an institution is to the public at a moment: in service, suspended or ended; and what it can
 * do there.
 *
 * Threads: any.
 */
#ifndef REGISTRY_SERVICE_STATE_H
#define REGISTRY_SERVICE_STATE_H

#include "registry/registry.h"

enum service_state { SERVICE_NONE, SERVICE_OPEN, SERVICE_SUSPENDED, SERVICE_ENDED };

/* Two digits per level that says something: "14" for 140000, "1401" for 140100, else all six. */
enum { REGION_DIGITS_MAX = 6 };
size_t region_digits(const char *region);
/* Whether `region` lies in `within`, or is it. */
bool region_lies_in(const char *region, const char *within);

/* As domain/standing.h has it, in the public's words.  SERVICE_NONE: not opened, or without an
 * agreement.  An internet hospital goes with its host (SX15-2.6). */
enum service_state registry_service_state(const struct registry *r, const struct institution *i,
	int64_t at_ms);

/* Whether it may do `code` ("outpatient-pooling", "online-rx", "online-otc") at that moment.  A
 * pharmacy in service is connected (its opening needs that) and designated, and pools outpatient
 * care by that alone (JIN15-2.0a); the others are items. */
bool registry_capability(const struct registry *r, const struct institution *i, const char *code,
	int64_t at_ms);

#endif
