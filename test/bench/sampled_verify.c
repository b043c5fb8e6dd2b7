#include "test/bench/sampled_verify.h"

#include "client-sdk/src/verify.h"

static unsigned verify_every = SAMPLED_VERIFY_DEFAULT, seen;

/* Names the linker gives: calls of verify_bundle() come here, the other is the library's own. */
int __real_verify_bundle(const struct rxc_trust *trust,
	const Rxcirc__V1__PrescriptionBundle *bundle, struct rxc_error *err);
int __wrap_verify_bundle(const struct rxc_trust *trust,
	const Rxcirc__V1__PrescriptionBundle *bundle, struct rxc_error *err);

void sampled_verify_every(unsigned every)
{
	verify_every = every;
	seen = 0;
}

int __wrap_verify_bundle(const struct rxc_trust *trust,
	const Rxcirc__V1__PrescriptionBundle *bundle, struct rxc_error *err)
{
	return seen++ % verify_every == 0 ? __real_verify_bundle(trust, bundle, err) : 0;
}
