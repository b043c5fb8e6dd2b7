/* The load generator: prepares one kind of operation, runs it once, tells the figures as JSON.
 *
 *     bench_load upload|pull|dispense --province DIR --port N --count N [--tag TEXT] [--persons N]
 *         [--connections N] [--in-flight N] [--rate PER_S] [--warm S] [--seconds S]
 *         [--server-pid PID] [--postgres-pid PID] [--verify-every N] [--wait]
 *         [--may-refuse] [--accepted FILE]
 *     bench_load mixed ... --rate PER_S ...
 *     bench_load verify --province DIR
 *
 * Without --rate the loop is closed with --in-flight calls under way, else open at that rate.
 * With --may-refuse BUSY is counted apart and is no error; --accepted writes the id of every
 * prescription whose upload was answered OK into FILE, in hexadecimal.
 * `mixed` is the whole workflow (mixed.h); --count and --rate are of prescriptions.
 * --verify-every 1 verifies every pulled bundle (sampled_verify.h).
 * With --wait it says "ready" when all is prepared and goes on when it has read a line.
 * `verify` measures what one signature check of such documents costs, with nothing else around it.
 */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/dsse.h"
#include "test/bench/figures.h"
#include "test/bench/mixed.h"
#include "test/bench/proc.h"
#include "test/bench/sampled_verify.h"
#include "test/bench/stage.h"
#include "test/bench/stop.h"
#include "test/bench/work.h"

enum { CONNECTIONS_DEFAULT = 8, IN_FLIGHT_DEFAULT = 256, VERIFY_ROUNDS = 2000 };

struct arguments {
	const char *operation, *province, *tag, *accepted;
	uint16_t port;
	size_t count, persons;
	unsigned connections, in_flight, verify_every;
	double per_s, warm_s, seconds;
	pid_t server_pid, postgres_pid;
	bool wait, may_refuse;
};

static const struct option long_options[] = {
	{"province", required_argument, NULL, 'v'}, {"port", required_argument, NULL, 'p'},
	{"count", required_argument, NULL, 'n'}, {"tag", required_argument, NULL, 't'},
	{"persons", required_argument, NULL, 'P'}, {"connections", required_argument, NULL, 'c'},
	{"in-flight", required_argument, NULL, 'f'}, {"rate", required_argument, NULL, 'r'},
	{"warm", required_argument, NULL, 'w'}, {"seconds", required_argument, NULL, 's'},
	{"server-pid", required_argument, NULL, 'S'}, {"postgres-pid", required_argument, NULL, 'G'},
	{"verify-every", required_argument, NULL, 'e'}, {"accepted", required_argument, NULL, 'a'},
	{"may-refuse", no_argument, NULL, 'm'},
	{"wait", no_argument, NULL, 'W'}, {NULL, 0, NULL, 0},
};

static double number(const char *text, double max)
{
	char *end = NULL;
	double n = strtod(text, &end);

	stop_unless(end != text && *end == '\0' && isfinite(n) && n >= 0 && n <= max, text);
	return n;
}

static void take(struct arguments *a, int option, const char *text)
{
	if (option == 'v')
		a->province = text;
	else if (option == 't')
		a->tag = text;
	else if (option == 'p')
		a->port = (uint16_t)number(text, UINT16_MAX);
	else if (option == 'n')
		a->count = (size_t)number(text, STAGE_CALLS_MAX);
	else if (option == 'P')
		a->persons = (size_t)number(text, STAGE_CALLS_MAX);
	else if (option == 'c')
		a->connections = (unsigned)number(text, LINES_MAX);
	else if (option == 'f')
		a->in_flight = (unsigned)number(text, LINES_MAX * LINE_IN_FLIGHT_MAX);
	else if (option == 'r')
		a->per_s = number(text, 1e6);
	else if (option == 'w')
		a->warm_s = number(text, 60);
	else if (option == 's')
		a->seconds = number(text, 600);
	else if (option == 'S')
		a->server_pid = (pid_t)number(text, INT32_MAX);
	else if (option == 'G')
		a->postgres_pid = (pid_t)number(text, INT32_MAX);
	else if (option == 'e')
		a->verify_every = (unsigned)number(text, UINT16_MAX);
	else if (option == 'a')
		a->accepted = text;
	else if (option == 'm')
		a->may_refuse = true;
	else if (option == 'W')
		a->wait = true;
	else
		stop_unless(false, "no such option; the head of load.c tells them");
}

static struct arguments read_arguments(int argc, char **argv)
{
	struct arguments a = {.tag = "run", .persons = 1, .connections = CONNECTIONS_DEFAULT,
		.in_flight = IN_FLIGHT_DEFAULT, .verify_every = SAMPLED_VERIFY_DEFAULT};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take(&a, option, optarg);
	stop_unless(optind == argc - 1 && a.province != NULL, "an operation and --province");
	a.operation = argv[optind];
	return a;
}

static int64_t thread_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void check_document(const Rxcirc__V1__SignedDocument *doc, const rxc_key *key)
{
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];

	rxc_key_public(key, public_key);
	stop_unless(dsse_verify(doc->signature.data, dsse_type_of(doc->kind),
			slice_of(doc->body.data, doc->body.len), public_key) == 0, "verify");
}

/* Mean of an upload's two documents. */
static void measure_verify(const char *province)
{
	Rxcirc__V1__UploadPrescriptionRequest *upload;
	struct papers papers;
	int64_t before;

	papers_open(&papers, province);
	upload = papers_upload(&papers, "BENCH-VERIFY", "140100-EV-verify");
	check_document(upload->prescription, papers.physician);
	before = thread_cpu_ns();
	for (unsigned i = 0; i < VERIFY_ROUNDS; i++) {
		check_document(upload->prescription, papers.physician);
		check_document(upload->hospital_review, papers.hospital_pharmacist);
	}
	printf("{\"verify_us\": %.2f}\n",
		(double)(thread_cpu_ns() - before) / 1000 / (2 * VERIFY_ROUNDS));
	protobuf_c_message_free_unpacked(&upload->base, NULL);
	papers_close(&papers);
}

static void print_end(const struct arguments *a)
{
	printf(", \"rss_bytes\": %lld, \"connections\": %u}\n",
		(long long)proc_rss_bytes(a->server_pid), 2 * a->connections);
}

static void print_result(const struct arguments *a, const struct work_kind *kind,
	const struct stage_result *r)
{
	printf("{\"sent\": %zu, \"errors\": %zu, \"answered\": %zu, \"refused\": %zu,"
		" \"sent_inside\": %zu, \"supply_ended\": %s, \"verifications\": %u, ", r->sent,
		r->errors, r->answered_inside, r->refused, r->sent_inside,
		r->sent == a->count ? "true" : "false", kind->verifications);
	figures_usage(&r->usage, r->answered_inside);
	printf(", ");
	figures_latency("", &r->us);
	printf(", ");
	figures_latency("refused_", &r->refused_us);
	print_end(a);
}

static void print_mixed(const struct arguments *a, const struct mixed_result *r)
{
	printf("{\"begun\": %zu, \"finished\": %zu, \"errors\": %zu, \"answered\": %zu, ", r->begun,
		r->finished, r->errors, r->answered_inside);
	figures_usage(&r->usage, r->answered_inside);
	printf(", ");
	figures_latency("", &r->us);
	printf(", \"methods\": {");
	for (unsigned i = 0; i < MIXED_STEPS; i++) {
		printf("%s\"%s\": {\"calls\": %llu, ", i > 0 ? ", " : "", mixed_step_name(i),
			(unsigned long long)r->step_us[i].count);
		figures_latency("", &r->step_us[i]);
		printf("}");
	}
	printf("}");
	print_end(a);
}

static struct lines *lines_of(const struct arguments *a, struct event_base *base,
	const char *institution)
{
	char *conf = papers_client_conf(a->province, institution);
	struct lines *lines = lines_open(base, conf, a->port, a->connections);

	free(conf);
	return lines;
}

/* Timers to the microsecond: the open loop sends by the clock. */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	stop_unless(config != NULL &&
		event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0, "memory");
	base = event_base_new_with_config(config);
	event_config_free(config);
	stop_unless(base != NULL, "memory");
	return base;
}

static void wait_for_word(void)
{
	int c;

	printf("ready\n");
	fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
	stop_unless(c == '\n', "nobody said that it may start");
}

static void work_open(const struct arguments *a, struct work *ret)
{
	stop_unless(a->count >= 1 && a->persons >= 1 && a->in_flight >= 1 && a->verify_every >= 1 &&
		a->connections >= 1, "a number is 0");
	sampled_verify_every(a->verify_every);
	*ret = (struct work){.base = base_new(), .tag = a->tag, .persons = a->persons,
		.in_flight = a->in_flight};
	papers_open(&ret->papers, a->province);
	ret->hospital = lines_of(a, ret->base, HOSPITAL);
	ret->pharmacy = lines_of(a, ret->base, PHARMACY_A);
}

static void work_close(struct work *w)
{
	lines_close(w->hospital);
	lines_close(w->pharmacy);
	papers_close(&w->papers);
	event_base_free(w->base);
}

static struct window_options window_of(const struct arguments *a)
{
	return (struct window_options){.warm_s = a->warm_s, .seconds = a->seconds,
		.server_pid = a->server_pid, .postgres_pid = a->postgres_pid};
}

static void note_accepted(void *user, size_t i, ProtobufCMessage *reply)
{
	const Rxcirc__V1__PrescriptionState *state =
		((Rxcirc__V1__UploadPrescriptionResponse *)(void *)reply)->state;
	FILE *file = user;

	(void)i;
	for (size_t at = 0; at < state->rx_id.len; at++)
		fprintf(file, "%02x", state->rx_id.data[at]);
	fputc('\n', file);
	protobuf_c_message_free_unpacked(reply, NULL);
}

static FILE *accepted_open(const struct arguments *a)
{
	FILE *file;

	if (a->accepted == NULL)
		return NULL;
	stop_unless(strcmp(a->operation, "upload") == 0, "--accepted is of uploads");
	file = fopen(a->accepted, "we");
	stop_unless(file != NULL, a->accepted);
	return file;
}

static void accepted_close(FILE *file)
{
	stop_unless(file == NULL || fclose(file) == 0, "the accepted ids could not be written");
}

static int measure(const struct arguments *a, const struct work_kind *kind)
{
	struct stage_result *result = malloc(sizeof(*result));
	FILE *accepted = accepted_open(a);
	struct stage_options options;
	struct supply supply;
	struct work work;
	int code;

	stop_unless(result != NULL, "memory");
	work_open(a, &work);
	kind->prepare(&work, a->count, &supply);
	if (a->wait)
		wait_for_word();
	options = (struct stage_options){.base = work.base, .lines = supply.lines,
		.method = supply.method, .requests = supply.requests, .count = supply.count,
		.in_flight = a->in_flight, .per_s = a->per_s, .window = window_of(a),
		.may_refuse = a->may_refuse, .on_reply = accepted != NULL ? note_accepted : NULL,
		.user = accepted};
	stage_run(&options, result);
	print_result(a, kind, result);
	code = result->errors == 0 ? 0 : 1;
	accepted_close(accepted);
	supply_clear(&supply);
	work_close(&work);
	free(result);
	return code;
}

static int measure_mixed(const struct arguments *a)
{
	struct mixed_result *result = malloc(sizeof(*result));
	struct mixed_options options;
	struct mixed *mixed;
	struct work work;
	int code;

	stop_unless(result != NULL, "memory");
	work_open(a, &work);
	options = (struct mixed_options){.work = &work, .count = a->count, .per_s = a->per_s,
		.window = window_of(a)};
	mixed = mixed_prepare(&options);
	if (a->wait)
		wait_for_word();
	mixed_run(mixed, result);
	print_mixed(a, result);
	code = result->errors == 0 ? 0 : 1;
	mixed_free(mixed);
	work_close(&work);
	free(result);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments a = read_arguments(argc, argv);
	const struct work_kind *kind = work_kind_of(a.operation);

	if (strcmp(a.operation, "verify") == 0) {
		measure_verify(a.province);
		return 0;
	}
	if (strcmp(a.operation, "mixed") == 0)
		return measure_mixed(&a);
	stop_unless(kind != NULL, "the operation is none of upload, pull, dispense, mixed, verify");
	return measure(&a, kind);
}
