/* A hospital's day at the command line: declared, reconciled, and noted while it goes on. */
#ifndef CLI_DAY_H
#define CLI_DAY_H

#include "client-sdk/cli/institution.h"

/* "internet" (also NULL) or "offline"; 0, or an exit code after saying why. */
CLI_CHECK int day_business(const char *word, Rxcirc__V1__BusinessType *ret);
/* --day: exactly yyyy-MM-dd; 0 or an exit code. */
CLI_CHECK int day_check(const char *day);

/* Note a prescription under its day in the state folder before it is uploaded, so that one that
 * got lost on the way is declared, and missed.  0 or an exit code. */
CLI_CHECK int day_note(const struct institution *hospital, const Rxcirc__V1__Prescription *rx);
/* The notes of a day; heap.  NULL when memory is short. */
char *day_notes_path(const struct institution *hospital, const char *day,
	Rxcirc__V1__BusinessType business);

/* Ask page after page and tell.  EXIT_REFUSED when anything gives alarm. */
int day_reconcile(const struct institution *who, bool is_officer, const char *day,
	const char *business, const char *hospital);

#endif
