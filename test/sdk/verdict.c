#include "test/sdk/verdict.h"

#include <string.h>

#include "test/support/tap.h"

void assert_verdict(const char *what, const struct plan *plan,
	const Rxcirc__V1__PrescriptionBundle *bundle, const char *reason, const char *document)
{
	rxc_error *error = NULL;
	int r = rxc_verify_bundle(plan->trust, bundle, &error);

	if (!reason) {
		if (r != 0)
			fail_msg("%s: %s", what, rxc_error_message(error));
		return;
	}
	if (r != RXC_ERR_VERIFY)
		fail_msg("%s: verified, expected %s", what, reason);
	if (strcmp(rxc_error_reason(error), reason) != 0)
		fail_msg("%s: %s (%s), expected %s", what, rxc_error_reason(error),
			rxc_error_message(error), reason);
	if (document && !strstr(rxc_error_message(error), document))
		fail_msg("%s: \"%s\" does not name the %s", what, rxc_error_message(error),
			document);
	assert_false(rxc_error_is_retryable(error));
	rxc_error_free(error);
}

void assert_each_found(const struct spoiled *spoileds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct spoiled *s = &spoileds[i];
		Rxcirc__V1__PrescriptionBundle *bundle;
		struct plan plan;

		plan_init(&plan);
		if (s->spoil)
			s->spoil(&plan);
		bundle = plan_build(&plan);
		if (s->tamper)
			s->tamper(bundle);
		assert_verdict(s->what, &plan, bundle, s->reason, s->document);
		rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
		plan_clear(&plan);
	}
}
