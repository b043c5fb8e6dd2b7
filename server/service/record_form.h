/* The one form of a registry record: as QueryRegistry shows it.  The trail has its digest with each
 * change, so that the tables can be compared with the trail.
 *
 * What the registry does not keep (a proof of possession, the digest of an item's evidence, the
 * region of a provincial officer) is not in it.  The subject names exactly one record for ever:
 *
 *     region/140105                        institution/H14010500321
 *     practitioner/D140105003217           practice/<practitioner>/<institution>
 *     certificate/<pin> (officers' too)    voucher-key/<key id>
 *     key/<practitioner>/<key id>
 *     item/<owner>/<kind>/<from_ms>/<code> parameter/<name>/<region>/<from_ms>
 *     person-block/<8 bytes of a keyed digest>
 *
 * Pins, key ids and digests in lower-case hexadecimal.  Of a person's block the record's digest is
 * keyed, too: whom it is about cannot be found out by trying.
 *
 * Ownership: what is made lies in the arena and points into what it is made from.
 */
#ifndef SERVICE_RECORD_FORM_H
#define SERVICE_RECORD_FORM_H

#include "base/arena.h"
#include "rxcirc/v1/registry.pb-c.h"

struct keyring; /* crypto/keyring.h */

struct record_form {
	const char *subject;
	uint8_t sha256[SHA256_LEN];
};

/* A record that passed its checks, as it will be shown once it stands in its table.  NULL: no
 * memory. */
MUST_CHECK Rxcirc__V1__RegistryRecord *record_form_of_put(struct arena *a,
	const Rxcirc__V1__RegistryRecord *put);
/* Of a record as it is shown; `person_key` is whose block it is, else NULL.  0, ERR_MEMORY, or
 * ERR_MALFORMED: a key's statement cannot be read. */
MUST_CHECK int record_form_make(struct arena *a, const struct keyring *keys,
	const Rxcirc__V1__RegistryRecord *shown, const uint8_t *person_key, struct record_form *ret);

#endif
