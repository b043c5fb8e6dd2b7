#include "client-sdk/cli/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/say.h"

enum { TELL_MS = 1000 };

void progress_begin(struct progress *p)
{
	*p = (struct progress){.is_on = !say_is_json() && isatty(STDERR_FILENO)};
}

void progress_tell(struct progress *p, const char *en, const char *zh, uint64_t done,
	uint64_t total)
{
	int64_t now_ms = p->is_on ? clock_now_ms() : 0;

	if (!p->is_on || now_ms - p->told_at_ms < TELL_MS)
		return;
	p->told_at_ms = now_ms;
	p->has_line = true;
	if (total > 0)
		note("\r%s: %" PRIu64 " of %" PRIu64 "   ", "\r%s：%" PRIu64 " / %" PRIu64 "   ",
			say_pick(en, zh), done, total);
	else
		note("\r%s: %" PRIu64 "   ", "\r%s：%" PRIu64 "   ", say_pick(en, zh), done);
}

void progress_end(struct progress *p)
{
	if (p->has_line)
		note("\n", "\n");
	p->has_line = false;
}
