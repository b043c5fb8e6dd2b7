/* What a failed call means for the person at the keyboard and for the exit code. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/say.h"

/* Say what went wrong, with every finding, and free the error.  Returns the exit code; `changing`
 * tells whether the call may have changed something. */
int report_call(rxc_error *error, bool changing);
/* Did the call reported last happen, and only its receipt is missing or wrong?  Then the same call
 * with the same key asks for it again. */
bool report_lacked_receipt(void);

#endif
