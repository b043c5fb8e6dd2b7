#include "test/support/death.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool death_of(void (*fn)(void *arg), void *arg)
{
	struct rlimit no_core = {0, 0};
	int status = 0, quiet;
	pid_t pid = fork();

	if (pid == 0) {
		/* cmocka and the sanitizers catch it otherwise. */
		(void)signal(SIGABRT, SIG_DFL);
		(void)setrlimit(RLIMIT_CORE, &no_core);
		quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(quiet, STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGABRT;
}
