/* The text both parties sign: taken in, checked, and laid down as bytes with their digest. */
#ifndef SERVICE_AGREEMENT_TEXT_H
#define SERVICE_AGREEMENT_TEXT_H

#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_desk.h"

/* What of a text can be judged without the database, with the name the request gives it. */
void agreement_text_want(struct want *w, const Rxcirc__V1__AgreementText *text);
/* The row a text makes: pack it, with its digest, under this id.  0 or ERR_MEMORY. */
MUST_CHECK int agreement_text_lay(struct request *req, const Rxcirc__V1__AgreementText *text,
	const char *id, struct agreement_row *ret);
/* The facts the rules judge a text by, as far as text and region tell them.  STATUS_OK or BUSY. */
MUST_CHECK enum status_reason agreement_text_facts(struct request *req,
	const Rxcirc__V1__AgreementText *text, const char *region, struct agreement_facts *ret);
/* Before a signature: every mandatory clause of the region is there.  STATUS_OK,
 * AGREEMENT_REFUSED with a finding for each, BUSY. */
MUST_CHECK enum status_reason agreement_text_check(struct request *req,
	const struct agreement_row *row);
/* Another agreement of the house, by another id, is of that kind, institution and time. */
bool agreement_text_overlaps(const struct agreement_desk *d, const struct agreement *a);

#endif
