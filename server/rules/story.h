/* What of a prescription's three streams is missing: information, money, goods (SX15-3.4,
 * NT33-N5.2).  Pure.
 */
#ifndef RULES_STORY_H
#define RULES_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are those of StoryGapKind. */
enum story_gap {
	STORY_GAP_ENCOUNTER = 1,
	STORY_GAP_REAL_NAME,
	STORY_GAP_TRACE_CODES,
	STORY_GAP_SETTLEMENT,
	STORY_GAP_REVERSAL,
	STORY_GAP_RECEIPT,
	STORY_GAP_DELIVERY_ORDER,
	STORY_GAP_SIGNATURE,
	STORY_GAPS, /* one more than the last */
};

/* What is known of one hand-over, or (fill_no 0) of the prescription and its consultation. */
struct story_fill {
	uint32_t fill_no;
	bool has_encounter, needs_real_name, has_real_name; /* fill_no 0 only */
	bool kept;      /* something of it is with the person still */
	bool online;
	bool untraced;  /* fewer trace codes than whole packs */
	bool settled, receipted;
	bool ordered, signed_for;
};

/* Whether it has this gap. */
bool story_has_gap(const struct story_fill *fill, enum story_gap gap);

#endif
