/* A record of the snapshot, or of a table's row, as the message it once came as.
 *
 * Ownership: the message lies in the arena and points into the record; NULL when the arena is
 * exhausted.
 */
#ifndef SERVICE_RECORD_SHOW_H
#define SERVICE_RECORD_SHOW_H

#include "base/arena.h"
#include "domain/registry.h"
#include "rxcirc/v1/registry.pb-c.h"

Rxcirc__V1__RegistryRecord *record_show_region(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_institution(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_certificate(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_officer(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_practitioner(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_practice(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_key(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_voucher_key(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_item(struct arena *a, const void *record);
Rxcirc__V1__RegistryRecord *record_show_parameter(struct arena *a, const void *record);
/* Without the voucher id, which only the asker knows. */
Rxcirc__V1__RegistryRecord *record_show_person_block(struct arena *a, const void *record);

#endif
