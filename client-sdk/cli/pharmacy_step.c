#include "client-sdk/cli/pharmacy_step.h"

#include <stdlib.h>

#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/say.h"

static int pharmacist_open(struct pharmacy_step *step)
{
	char *derived = step->province ? NULL : institution_province(&step->pharmacy);

	if (!step->province && !derived)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = practitioner_open(&step->pharmacist, step->province ? step->province : derived,
		step->by, step->key);

	free(derived);
	return r;
}

static int step_open(struct pharmacy_step *step, bool needs_claim)
{
	int r = args_need(step->by, "by");

	if (r == 0)
		r = institution_open(&step->pharmacy, step->as);
	if (r == 0)
		r = rx_state_load(&step->rx, &step->pharmacy, step->rest.positional[0]);
	if (r == 0 && needs_claim && !step->rx.claimed)
		r = fail(EXIT_LOCAL_FILE, "%s was not claimed here; run pharmacy claim first",
			"本机构尚未占用处方 %s，请先执行 pharmacy claim", step->rx.code);
	if (r == 0)
		r = pharmacist_open(step);
	return r;
}

int pharmacy_step_open(struct pharmacy_step *step)
{
	return step_open(step, true);
}

int pharmacy_step_open_unclaimed(struct pharmacy_step *step)
{
	return step_open(step, false);
}

int pharmacy_step_close(struct pharmacy_step *step, int code)
{
	practitioner_close(&step->pharmacist);
	rx_state_clear(&step->rx);
	institution_close(&step->pharmacy);
	return code;
}

void named_document_fill(struct named_document *ret, const Rxcirc__V1__SignedDocument *document)
{
	rxcirc__v1__document_digest__init(&ret->digest);
	rxc_document_digest(document, ret->document_sha256, ret->signature_sha256);
	ret->digest.document_sha256 = pbdata(ret->document_sha256, sizeof(ret->document_sha256));
	ret->digest.signature_sha256 = pbdata(ret->signature_sha256, sizeof(ret->signature_sha256));
}
