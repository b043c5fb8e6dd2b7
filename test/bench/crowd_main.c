/* A crowd as a program (crowd.h tells what it is).
 *
 *     bench_crowd idle|mute|hello|half|deaf --province DIR --port N --count N
 *         [--first-address N] [--calls N]
 *
 * It begins at once, and does what lines of its input say:
 *
 *     tell  print one line of JSON: how many are up, and what happened so far
 *     ask   every idle peer that is up makes one call
 *     end   everybody leaves, as at the end of the input
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test/bench/crowd.h"
#include "test/bench/stop.h"

enum { WORD_LEN_MAX = 63, CALLS_DEFAULT = 6 };

static const char *const kinds[CROWD_KINDS] = {
	[CROWD_IDLE] = "idle",
	[CROWD_MUTE] = "mute",
	[CROWD_HELLO] = "hello",
	[CROWD_HALF] = "half",
	[CROWD_DEAF] = "deaf",
};

static const struct option long_options[] = {
	{"province", required_argument, NULL, 'v'}, {"port", required_argument, NULL, 'p'},
	{"count", required_argument, NULL, 'n'}, {"first-address", required_argument, NULL, 'a'},
	{"calls", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0},
};

static unsigned number(const char *text, unsigned long max)
{
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	stop_unless(errno == 0 && end != text && *end == '\0' && n <= max, text);
	return (unsigned)n;
}

static enum crowd_kind kind_of(const char *word)
{
	for (unsigned i = 0; i < CROWD_KINDS; i++)
		if (strcmp(kinds[i], word) == 0)
			return (enum crowd_kind)i;
	stop_unless(false, "the kind is none of idle, mute, hello, half, deaf");
	return CROWD_KINDS;
}

static struct crowd_options read_options(int argc, char **argv)
{
	struct crowd_options o = {.calls = CALLS_DEFAULT};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'v')
			o.province = optarg;
		else if (option == 'p')
			o.port = (uint16_t)number(optarg, UINT16_MAX);
		else if (option == 'n')
			o.count = number(optarg, UINT32_MAX);
		else if (option == 'a')
			o.first_address = number(optarg, UINT16_MAX);
		else if (option == 'c')
			o.calls = number(optarg, UINT32_MAX);
		else
			stop_unless(false, "no such option; the head of crowd_main.c tells them");
	}
	stop_unless(optind == argc - 1 && o.province != NULL && o.port != 0,
		"a kind, --province and --port");
	o.kind = kind_of(argv[optind]);
	return o;
}

static void tell(const struct crowd *c)
{
	const struct crowd_counts *n = crowd_counts(c);

	printf("{\"up\": %" PRIu64 ", \"opened\": %" PRIu64 ", \"ended\": %" PRIu64
		", \"refused\": %" PRIu64 ", \"asked\": %" PRIu64 ", \"answered\": %" PRIu64 "}\n",
		n->up, n->opened, n->ended, n->refused, n->asked, n->answered);
	fflush(stdout);
}

struct mouth {
	char word[WORD_LEN_MAX + 1];
	size_t len;
};

/* False when everybody shall leave. */
static bool obey(struct crowd *c, const char *word)
{
	if (strcmp(word, "tell") == 0)
		tell(c);
	else if (strcmp(word, "ask") == 0)
		crowd_ask(c);
	else
		stop_unless(strcmp(word, "end") == 0, "a word of tell, ask, end");
	return strcmp(word, "end") != 0;
}

/* Byte by byte: a word is rare, and none must be left over in a buffer poll() does not know. */
static bool listen_to(struct mouth *m, struct crowd *c)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return false;
	if (byte != '\n') {
		stop_unless(m->len < WORD_LEN_MAX, "a word that is too long");
		m->word[m->len++] = byte;
		return true;
	}
	m->word[m->len] = '\0';
	m->len = 0;
	return obey(c, m->word);
}

int main(int argc, char **argv)
{
	struct crowd_options options = read_options(argc, argv);
	struct crowd *crowd = crowd_new(&options);
	struct mouth mouth = {.len = 0};
	bool goes_on = true;

	signal(SIGPIPE, SIG_IGN);
	while (goes_on) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = crowd_fd(crowd), .events = POLLIN}};

		stop_unless(poll(fds, 2, CROWD_TURN_MS) >= 0, "poll");
		crowd_turn(crowd);
		if (fds[0].revents != 0)
			goes_on = listen_to(&mouth, crowd);
	}
	crowd_free(crowd);
	return 0;
}
