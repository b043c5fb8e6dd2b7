/* What a test expects of a verification. */
#ifndef TEST_SDK_VERDICT_H
#define TEST_SDK_VERDICT_H

#include "test/sdk/plan.h"

/* Verify; `reason` NULL = it must verify.  Otherwise it must be refused with that reason word, and
 * the sentence must name `document`, unless that is NULL.  `what` names the case when it fails. */
void assert_verdict(const char *what, const struct plan *plan,
	const Rxcirc__V1__PrescriptionBundle *bundle, const char *reason, const char *document);

/* One thing wrong at a time. */
struct spoiled {
	const char *what;
	void (*spoil)(struct plan *plan);     /* before the documents are signed; or NULL */
	void (*tamper)(Rxcirc__V1__PrescriptionBundle *bundle); /* after; or NULL */
	const char *reason;                   /* NULL = still verifies */
	const char *document;
};

/* Build each, and compare the verdict. */
void assert_each_found(const struct spoiled *spoileds, size_t count);

#endif
