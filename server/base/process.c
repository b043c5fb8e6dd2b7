#include "base/process.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/ensure.h"
#include "base/log.h"

/* The leak checker of sanitized builds reads the process as a tracer does. */
#if defined(__SANITIZE_ADDRESS__)
#define PROCESS_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROCESS_IS_SANITIZED 1
#endif
#endif
#ifndef PROCESS_IS_SANITIZED
#define PROCESS_IS_SANITIZED 0
#endif

static void process_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void process_harden(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct rlimit none = {0, 0};
	sigset_t set;

	if (!PROCESS_IS_SANITIZED) {
		if (prctl(PR_SET_DUMPABLE, 0) < 0)
			log_warn("could not forbid core dumps: %s", strerror(errno));
		/* A second lock: a core helper ignores the first on some systems. */
		if (setrlimit(RLIMIT_CORE, &none) < 0)
			log_warn("could not limit core dumps: %s", strerror(errno));
	}
	ensure(sigaction(SIGPIPE, &ignore, NULL) == 0);
	process_signals(&set);
	ensure(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

void process_keep_memory(void)
{
	/* Bytes.  The last one is what the allocator would come to by itself if the others were not
	 * set: every buffer of a frame comes from the heap. */
	enum { KEPT = 8 * 1024 * 1024, AT_ONCE = 256 * 1024, OWN_MAPPING = 1024 * 1024 };

	if (mallopt(M_TRIM_THRESHOLD, KEPT) == 0 || mallopt(M_TOP_PAD, AT_ONCE) == 0 ||
		mallopt(M_MMAP_THRESHOLD, OWN_MAPPING) == 0)
		log_warn("could not tell the allocator to keep memory");
}

void process_raise_descriptors(int64_t needed)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		log_warn("could not learn the limit of descriptors: %s", strerror(errno));
		return;
	}
	if (limit.rlim_cur >= (rlim_t)needed)
		return;
	limit.rlim_cur = (rlim_t)needed;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur; /* works with the privilege for it */
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* as far as it goes */
	}
	log_warn("connections_max needs %lld descriptors, the system allows %llu; further connections"
		 " will have to wait", (long long)needed, (unsigned long long)limit.rlim_cur);
}

int process_signal_fd(void)
{
	sigset_t set;

	process_signals(&set);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
