/* End-to-end verification of a bundle, and of whom or what it is about. */
#ifndef SDK_VERIFY_H
#define SDK_VERIFY_H

#include "client-sdk/src/error.h"
#include "client-sdk/src/signers.h"
#include "client-sdk/src/trust.h"
#include "proto/limits.h"

/* 0, or RXC_ERR_VERIFY (or _MEMORY) in `err`. */
MUST_CHECK int verify_bundle(const struct rxc_trust *trust,
	const Rxcirc__V1__PrescriptionBundle *bundle, struct rxc_error *err);
/* The same with the signers known already, and with the times at which the trail says that the
 * later documents were received, one for each; 0 = it does not say, then the signing time counts as
 * in a bundle. */
MUST_CHECK int verify_file(const struct signers *signers,
	const Rxcirc__V1__PrescriptionBundle *bundle, const int64_t *later_at_ms,
	struct rxc_error *err);
/* Of a bundle that verified: is it the prescription of the person with this e-voucher id? */
MUST_CHECK int verify_person(const Rxcirc__V1__PrescriptionBundle *bundle, const char *voucher_id,
	struct rxc_error *err);
/* Of a bundle that verified: is it this prescription? */
MUST_CHECK int verify_rx_id(const Rxcirc__V1__PrescriptionBundle *bundle,
	const uint8_t rx_id[RX_ID_LEN], struct rxc_error *err);

#endif
