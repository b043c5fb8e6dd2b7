/* How far a long command has come: a line on standard error, once a second, when people watch. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_on, has_line;
	int64_t told_at_ms;
};

/* On when standard error is a terminal and no JSON is wanted. */
void progress_begin(struct progress *p);
/* "checking events: 1234 of 5000"; `total` 0 = not known.  At most once a second. */
void progress_tell(struct progress *p, const char *en, const char *zh, uint64_t done,
	uint64_t total);
/* End the line. */
void progress_end(struct progress *p);

#endif
