/* The folder of an institution or officer: who we are when we call.
 *
 *     FOLDER/client.conf   server, certificate, key, pin, authority, receipt-key
 *     FOLDER/state/        what must outlive one command, mode 0700, files 0600
 *     FOLDER/receipts/     the platform's promises (receipts.h)
 *
 * Ownership: institution_open() fills it, institution_close() empties it; closing an empty one is
 * good.
 */
#ifndef CLI_INSTITUTION_H
#define CLI_INSTITUTION_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/file.h"

struct institution {
	char *folder;
	char *state;         /* folder of what must outlive a command */
	const char *code;    /* last part of the folder; points into `folder` */
	rxc_client *client;
	rxc_trust *trust;    /* the authorities of client.conf */
};

/* 0, or an exit code after saying why.  Does not connect yet. */
CLI_CHECK int institution_open(struct institution *ret, const char *folder);
void institution_close(struct institution *institution);
/* FOLDER/../.. , where the province folder lies unless --province says otherwise; heap or NULL. */
char *institution_province(const struct institution *institution);
/* "ADDR:PORT" or "[ADDR]:PORT"; 0 or -1.  *ret_host is heap. */
CLI_CHECK int server_parse(const char *text, char **ret_host, uint16_t *ret_port);

#endif
