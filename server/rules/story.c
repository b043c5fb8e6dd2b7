#include "rules/story.h"

bool story_has_gap(const struct story_fill *f, enum story_gap gap)
{
	bool is_fill = f->fill_no > 0;

	switch (gap) {
	case STORY_GAP_ENCOUNTER:
		return !is_fill && !f->has_encounter;
	case STORY_GAP_REAL_NAME:
		return !is_fill && f->needs_real_name && !f->has_real_name;
	case STORY_GAP_TRACE_CODES:
		return is_fill && f->untraced;
	case STORY_GAP_SETTLEMENT:
		return is_fill && f->kept && !f->settled;
	case STORY_GAP_REVERSAL:
		return is_fill && !f->kept && f->settled;
	case STORY_GAP_RECEIPT:
		return f->settled && !f->receipted;
	case STORY_GAP_DELIVERY_ORDER:
		return is_fill && f->kept && f->online && !f->ordered;
	case STORY_GAP_SIGNATURE:
		return is_fill && f->kept && f->ordered && !f->signed_for;
	case STORY_GAPS:
		break;
	}
	return false;
}
