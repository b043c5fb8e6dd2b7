#include "app/notify.h"

#ifdef HAVE_SYSTEMD

#include <systemd/sd-daemon.h>

#include "base/clock.h"

/* Nobody may be listening, and then there is nobody to tell. */

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=finishing running calls");
}

void notify_status(const char *line)
{
	(void)sd_notifyf(0, "STATUS=%s", line);
}

#else

void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *line)
{
	(void)line;
}

#endif
