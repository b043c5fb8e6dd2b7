#include "client-sdk/src/finding.h"

#include <stdarg.h>
#include <stdio.h>

void finding_tell(struct finding_desk *desk, struct rxc_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	/* A cut sentence is still one. */
	(void)vsnprintf(f->message, sizeof(f->message), format, args);
	va_end(args);
	desk->failed += f->verdict == RXC_FINDING_FAILED;
	if (desk->on_finding)
		desk->on_finding(f, desk->user);
}

int rxc_finding_verdict(const rxc_finding *finding)
{
	return finding->verdict;
}

const char *rxc_finding_kind(const rxc_finding *finding)
{
	return finding->kind;
}

const char *rxc_finding_message(const rxc_finding *finding)
{
	return finding->message;
}

bool rxc_finding_index(const rxc_finding *finding, uint64_t *ret_index)
{
	if (finding->has_index)
		*ret_index = finding->index;
	return finding->has_index;
}

const uint8_t *rxc_finding_rx_id(const rxc_finding *finding)
{
	return finding->rx_id;
}

uint64_t rxc_finding_seq(const rxc_finding *finding)
{
	return finding->seq;
}

uint64_t rxc_finding_count(const rxc_finding *finding)
{
	return finding->count;
}

const char *rxc_finding_reason(const rxc_finding *finding)
{
	return finding->reason;
}
