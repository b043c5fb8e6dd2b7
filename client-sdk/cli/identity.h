/* Ways to show who one is, as words: voucher, id-card, social-card, face. */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/file.h"

/* 0, or EXIT_USAGE after saying why. */
CLI_CHECK int identity_mode_parse(const char *word, Rxcirc__V1__IdentityMode *ret);
/* "" for none. */
const char *identity_mode_show(Rxcirc__V1__IdentityMode mode, bool chinese);

#endif
