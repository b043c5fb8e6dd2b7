#include "client-sdk/cli/trail_filter.h"

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/show.h"

int trail_filter_read(struct trail_filter *f)
{
	int subjects = (f->rx != NULL) + (f->person != NULL) + (f->institution != NULL) +
		(f->practitioner != NULL);
	rxc_error *error = NULL;

	if (subjects > 1)
		return fail(EXIT_USAGE, "only one of --rx, --person, --institution, --practitioner",
			"--rx、--person、--institution、--practitioner 只能选一个");
	if (f->rx && rxc_rx_code_parse(f->rx, f->rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号",
			f->rx);
	}
	if (f->kind && !show_event_kind_parse(f->kind, &f->event_kind))
		return fail(EXIT_USAGE, "--kind: there is no kind of event \"%.40s\"; e.g. dispensed",
			"--kind：没有“%.40s”这类事件；例如 dispensed", f->kind);
	if ((f->from && china_time_parse_loose(f->from, &f->from_ms) < 0) ||
		(f->until && china_time_parse_loose(f->until, &f->until_ms) < 0))
		return fail(EXIT_USAGE, "--from and --until are \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 与 --until 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return 0;
}

bool trail_filter_is_set(const struct trail_filter *f)
{
	return f->rx || f->person || f->institution || f->practitioner || f->kind || f->from ||
		f->until;
}
