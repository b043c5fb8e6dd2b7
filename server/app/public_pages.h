/* The public lists behind the side door: no login, GET only, from the newest registry.
 *
 *     /public/institutions        search form and list; .json the same for programs
 *     /public/institution/CODE    one institution; .json likewise
 *     /public/interface.json      the interface specification in force (TJ2-14a)
 *
 * What is shown depends on the address, the registry and what is in force at the moment alone, so
 * that every node gives the same page the same etag.
 * Threads: any.
 */
#ifndef APP_PUBLIC_PAGES_H
#define APP_PUBLIC_PAGES_H

#include "net/side_door.h"
#include "registry/registry.h"

enum { PUBLIC_AGE_S = 30 };

/* False when there is no such page.  `registry` is NULL when none can be confirmed: then 503 rather
 * than a list that may show as open what was suspended. */
bool public_pages_answer(const char *path, const char *query, const struct registry *registry,
	int64_t now_ms, struct side_door_page *page);

#endif
