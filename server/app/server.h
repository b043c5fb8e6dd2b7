/* The server: builds everything in order, runs, takes everything down in reverse.
 *
 * Threads: the main one.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "app/exit_code.h"
#include "app/settings.h"

/* Serve until SIGTERM or SIGINT.  `settings` may be changed by a reload, which reads `sources`
 * again. */
enum exit_code server_run(struct settings *settings, const struct settings_sources *sources);

#endif
