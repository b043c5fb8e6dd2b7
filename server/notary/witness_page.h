/* The numbers of a witness, as /metrics tells them: size, signatures and refusals of each log. */
#ifndef NOTARY_WITNESS_PAGE_H
#define NOTARY_WITNESS_PAGE_H

#include "notary/witness.h"

void witness_page(const struct witness *w, struct http_answer *a);

#endif
