/* The numbers of the whole process as Prometheus text: the workers' added up.
 *
 * Threads: any, as long as what the sources point to is there.
 */
#ifndef APP_METRICS_PAGE_H
#define APP_METRICS_PAGE_H

#include "app/steward.h"
#include "net/listener.h"
#include "net/page.h"
#include "proto/tlog_policy.h"
#include "trail/trail.h"

struct metrics_sources {
	bool ready;
	struct worker *const *workers;
	unsigned workers_count;
	const struct steward *steward;    /* NULL: not running */
	const struct trail *trail;        /* NULL: not running */
	const struct policy *policy;      /* the trail's */
	const struct listener *listener;  /* NULL: not running */
	const struct gate *gate;
	const struct freshness *freshness;
};

void metrics_page_write(struct page *page, const struct metrics_sources *sources);

#endif
