/* Receipts of the calls made here, kept in the folder of who called:
 *
 *     FOLDER/receipts/<event id>.receipt      the platform's promise that the event is written
 *     FOLDER/receipts/<event id>.tlog-proof   with --proof: that it stands in the log
 *
 * Both are never overwritten; the folder is made with the first one.  `rxcirc verify` reads them.
 * Threads: any; what is kept is told one at a time.
 */
#ifndef CLI_RECEIPTS_H
#define CLI_RECEIPTS_H

#include <rxcirc/rxcirc.h>

/* Keep what clients made from these options are given.  `folder` is borrowed until they are freed.
 * A receipt that cannot be kept is told and does not stop the call, which has happened. */
void receipts_attend(rxc_options *options, const char *folder);

#endif
