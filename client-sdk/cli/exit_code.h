/* How the command ends; part of its interface (rxcirc(1)), never renumbered. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,      /* the rules or the platform refuse; change the request first */
	EXIT_USAGE = 2,        /* the command line cannot be understood */
	EXIT_RETRY = 3,        /* no connection, timeout, busy: nothing happened, repeat later */
	EXIT_UNKNOWN = 4,      /* it may have happened; repeat the same command to learn */
	EXIT_UNVERIFIED = 5,   /* what the server showed does not verify; do not use it */
	EXIT_LOCAL_FILE = 6,   /* a file here is missing, unreadable, malformed or in the way */
	EXIT_FAULT = 7,        /* the server or this program is at fault; call the operator */
};

#endif
