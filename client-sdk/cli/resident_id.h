/* The resident identity number, GB 11643-1999: 17 digits and a check character. */
#ifndef CLI_RESIDENT_ID_H
#define CLI_RESIDENT_ID_H

#include "client-sdk/cli/file.h"

struct resident_id {
	char birth_date[11]; /* yyyy-MM-dd */
	bool male;
	bool check_agrees;   /* the last character is what ISO 7064 MOD 11-2 makes of the others */
};

/* 0, or -1 when it is not 17 digits and a digit or X, or carries no day that exists. */
CLI_CHECK int resident_id_parse(const char *text, struct resident_id *ret);

#endif
