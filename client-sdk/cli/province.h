/* The folder of a province, as `rxcirc province init` makes it and everything else reads it.
 *
 *     DIR/data/                     the plain files, copied once, edited by hand afterwards
 *     DIR/authority.key             the registry authority
 *     DIR/voucher.key               the demo e-voucher authority
 *     DIR/made-at                   when the folder was founded, ms; fixes dates over re-runs
 *     DIR/server/{cert,key}.pem     TLS of rxcircd
 *     DIR/server.conf               what rxcircd must be told about this province
 *     DIR/institutions/<code>/      cert.pem key.pem client.conf state/
 *     DIR/officers/<id>/            the same for officers
 *     DIR/practitioners/<code>.key  signing keys
 *     DIR/statements/<code>.statement  key statements, signed once and kept
 */
#ifndef CLI_PROVINCE_H
#define CLI_PROVINCE_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/certificate.h"
#include "client-sdk/cli/province_data.h"

#define STATEMENT_AHEAD_MS (5 * INT64_C(60000)) /* a key is good for clocks this much behind */

struct province {
	char *folder;
	struct province_data data;
	int64_t made_at_ms;
};

/* Load DIR/data and DIR/made-at.  0, or an exit code after saying why. */
CLI_CHECK int province_open(struct province *ret, const char *folder);
void province_close(struct province *province);
/* "DIR/<what>/<name><suffix>"; heap, or NULL when memory is short. */
char *province_path(const struct province *province, const char *what, const char *name,
	const char *suffix);
/* Facts of DIR/<what>/<name>/cert.pem.  0, or an exit code after saying why. */
CLI_CHECK int province_certificate(const struct province *province, const char *what,
	const char *name, struct certificate_facts *ret);
/* The public key of DIR/<name>.  0, or an exit code after saying why. */
CLI_CHECK int province_public_key(const struct province *province, const char *name,
	uint8_t public_key[RXC_PUBLIC_KEY_LEN]);

#endif
