/* The trail for anybody: /trail/checkpoint and /trail/tile/... as C2SP tlog-tiles wants them, and
 * /trail/policy, which says by whose signatures to believe them.
 *
 * Leaves name no person.  Threads: any.
 */
#ifndef APP_TRAIL_PAGES_H
#define APP_TRAIL_PAGES_H

#include "net/side_door.h"

/* False: there is no such page. */
bool trail_pages_answer(const char *directory, const char *policy, const char *path,
	struct side_door_page *page);

#endif
