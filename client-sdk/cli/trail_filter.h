/* Which events of the trail, from the command line; for reading it and for exporting it. */
#ifndef CLI_TRAIL_FILTER_H
#define CLI_TRAIL_FILTER_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/file.h"

struct trail_filter {
	const char *rx, *person, *institution, *practitioner, *kind, *from, *until;
	/* of them */
	uint8_t rx_id[RXC_RX_ID_LEN];
	Rxcirc__V1__EventKind event_kind; /* 0 = all */
	int64_t from_ms, until_ms;        /* until 0 = now */
};

/* The options of the texts above. */
#define TRAIL_FILTER_OPTIONS(f) \
	{"rx", ARG_TEXT, &(f)->rx}, {"person", ARG_TEXT, &(f)->person}, \
		{"institution", ARG_TEXT, &(f)->institution}, \
		{"practitioner", ARG_TEXT, &(f)->practitioner}, {"kind", ARG_TEXT, &(f)->kind}, \
		{"from", ARG_TEXT, &(f)->from}, {"until", ARG_TEXT, &(f)->until}
enum { TRAIL_FILTER_OPTIONS_COUNT = 7 };

/* Read the texts.  0, or EXIT_USAGE after saying why. */
CLI_CHECK int trail_filter_read(struct trail_filter *f);
/* Whether anything was given. */
bool trail_filter_is_set(const struct trail_filter *f);

#endif
