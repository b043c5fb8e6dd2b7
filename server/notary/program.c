#include "notary/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/ensure.h"
#include "base/log.h"
#include "base/process.h"
#include "loop/loop.h"
#include "notary/door.h"
#include "notary/exit_code.h"
#include "proto/dsse.h"

static enum exit_code program_fail(const struct program *program, enum exit_code code,
	const char *problem)
{
	fprintf(stderr, "%s: %s\n", program->name, problem);
	return code;
}

static enum exit_code program_printed(const struct program *program)
{
	return fflush(stdout) == 0 ? EXIT_DONE : program_fail(program, EXIT_START, "could not print");
}

/* ---- keys ---------------------------------------------------------------------------------- */

static enum exit_code program_show_key(const struct program *program, const char *path)
{
	char problem[NOTE_SECRET_PROBLEM_MAX], text[NOTE_KEY_TEXT_MAX];
	struct note_secret *secret;

	if (note_secret_load(&secret, path, program->type, problem) < 0)
		return program_fail(program, EXIT_CONFIG, problem);
	note_key_format(text, note_secret_key(secret));
	note_secret_free(secret);
	printf("%s\n", text);
	return program_printed(program);
}

/* The file is read again, so what is printed is what it holds. */
static enum exit_code program_generate_key(const struct program *program, const struct options *o)
{
	char problem[NOTE_SECRET_PROBLEM_MAX];

	if (note_secret_generate(o->key, o->name, program->type, problem) < 0)
		return program_fail(program, EXIT_START, problem);
	return program_show_key(program, o->key);
}

/* ---- serving ------------------------------------------------------------------------------- */

struct service {
	struct loop *loop;
	struct loop_watch signals;
	int signal_fd;
	struct door *door;
};

static void service_on_signal(struct loop_watch *watch, int what)
{
	struct service *s = container_of(watch, struct service, signals);
	struct signalfd_siginfo info;

	(void)what;
	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			continue; /* there is nothing to read again */
		log_info("stopping signal=%u", info.ssi_signo);
		loop_stop(s->loop);
	}
}

static int service_start(struct service *s, const struct program *program, const char *at,
	char problem[DOOR_PROBLEM_MAX])
{
	const struct door_options options = {.at = at, .answer = program->answer,
		.arg = program->self};

	s->loop = loop_new();
	s->signal_fd = process_signal_fd();
	if (s->loop == NULL || s->signal_fd < 0 ||
		loop_watch_open(&s->signals, s->loop, s->signal_fd, service_on_signal) < 0) {
		snprintf(problem, DOOR_PROBLEM_MAX, "could not wait for signals: %s", strerror(errno));
		return -1;
	}
	loop_watch_want(&s->signals, LOOP_READ);
	return door_open(&s->door, s->loop, &options, problem);
}

static void service_stop(struct service *s)
{
	door_close(s->door);
	loop_watch_close(&s->signals);
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd); /* nothing is lost with it */
	if (s->loop != NULL)
		loop_free(s->loop);
}

static void tell_ready(void)
{
#ifdef HAVE_SYSTEMD
	(void)sd_notify(0, "READY=1"); /* nobody may be listening */
#endif
}

static enum exit_code program_listen(const struct program *program, const char *at)
{
	struct service service = {.signal_fd = -1};
	char problem[DOOR_PROBLEM_MAX];
	enum exit_code code = EXIT_DONE;

	if (service_start(&service, program, at, problem) < 0) {
		code = program_fail(program, EXIT_START, problem);
	} else {
		log_info("listening at=%s", door_at(service.door));
		tell_ready();
		loop_run(service.loop);
		log_info("stopped");
	}
	service_stop(&service);
	return code;
}

static enum exit_code program_with_secret(const struct program *program, const struct options *o,
	const struct note_secret *secret)
{
	static const enum exit_code codes[] = {
		[NOTARY_STARTED] = EXIT_DONE,
		[NOTARY_MISUSED] = EXIT_CONFIG,
		[NOTARY_NO_MEMORY] = EXIT_MEMORY,
		[NOTARY_NO_PLACE] = EXIT_START,
	};
	char problem[NOTARY_PROBLEM_MAX];
	enum notary_start start = program->open(o, secret, problem, program->self);
	enum exit_code code = codes[start];

	if (start != NOTARY_STARTED)
		return program_fail(program, code, problem);
	if (o->action == OPTIONS_SERVE)
		code = program_listen(program, o->listen);
	program->close(program->self);
	return code;
}

static enum exit_code program_serve(const struct program *program, const struct options *o)
{
	char problem[NOTE_SECRET_PROBLEM_MAX];
	struct note_secret *secret;
	enum exit_code code;

	if (o->debug)
		log_set_level(LOG_LEVEL_DEBUG);
	if (note_secret_load(&secret, o->key, program->type, problem) < 0)
		return program_fail(program, EXIT_CONFIG, problem);
	code = program_with_secret(program, o, secret);
	note_secret_free(secret);
	return code;
}

int program_main(const struct program *program, int argc, char **argv)
{
	char problem[OPTIONS_PROBLEM_MAX];
	struct options options;

	if (options_read(&options, program->type, argc, argv, problem) < 0) {
		fprintf(stderr, "%s: %s\nTry \"%s --help\".\n", program->name, problem, program->name);
		return EXIT_CONFIG;
	}
	process_harden();
	if (dsse_self_test() < 0)
		return (int)program_fail(program, EXIT_START,
			"cannot use this libsodium: its self-test failed");
	switch (options.action) {
	case OPTIONS_HELP:
		options_print_help(stdout, program->type);
		return (int)program_printed(program);
	case OPTIONS_VERSION:
		printf("%s %s\n", program->name, RXCIRC_VERSION);
		return (int)program_printed(program);
	case OPTIONS_GENERATE_KEY:
		return (int)program_generate_key(program, &options);
	case OPTIONS_SHOW_KEY:
		return (int)program_show_key(program, options.key);
	case OPTIONS_BEGIN:
	case OPTIONS_SERVE:
		return (int)program_serve(program, &options);
	}
	ensure_never("an action that does not exist");
}
