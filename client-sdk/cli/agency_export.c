/* agency export: events with their proofs, and documents with their keys, into one file that
 * anybody can verify offline. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/finding_show.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/progress.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/trail_filter.h"
#include "client-sdk/cli/trust_args.h"
#include "proto/checkpoint.h"
#include "proto/frame.h"

enum { KNOWN_MAX = 16, TOKEN_LEN_MAX = 512, INDEX_DIGITS_MAX = 18 };

typedef Rxcirc__V1__ExportTrailResponse page;

struct export_args {
	const char *as, *purpose, *index, *out, *policy;
	struct trail_filter filter;
	struct arg_list known;
	bool documents;
	int64_t from_index, until_index; /* of a run; until 0 = none */
	uint64_t known_sizes[KNOWN_MAX];
	size_t known_count;
};

/* The file while it is written. */
struct export_file {
	const char *path;
	char *fresh; /* its name until it is whole */
	int fd;
	uint64_t bytes;
	rxc_trail_check *check; /* or NULL */
};

struct export_walk {
	Rxcirc__V1__ExportTrailRequest request;
	uint8_t token[TOKEN_LEN_MAX];
	page *held; /* read and not written: the next may turn out to be none */
	uint64_t events, documents;
	struct progress progress;
};

/* ---- what is asked ---- */

static int index_read(struct export_args *args)
{
	const char *dots = strstr(args->index, "..");
	char *from = dots ? strndup(args->index, (size_t)(dots - args->index)) : NULL;
	bool good = from && decimal_parse(from, INDEX_DIGITS_MAX, 0, 0, &args->from_index) ==
		DECIMAL_OK && decimal_parse(dots + 2, INDEX_DIGITS_MAX, 0, 0, &args->until_index) ==
		DECIMAL_OK && args->from_index < args->until_index;

	free(from);
	return good ? 0 : fail(EXIT_USAGE, "--index is A..B: places of the log, B not included",
		"--index 形如 A..B：日志中的位置，不含 B");
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The sizes of the checkpoints kept, ascending and each once. */
static int known_read(struct export_args *args)
{
	if (args->known.count > KNOWN_MAX)
		return fail(EXIT_USAGE, "--known: at most %d", "--known：至多 %d 个", KNOWN_MAX);
	for (size_t i = 0; i < args->known.count; i++) {
		struct buffer file = {NULL, 0};
		struct checkpoint checkpoint;
		struct note note;
		int r = file_read(args->known.items[i], CHECKPOINT_FILE_MAX, &file);

		if (r < 0)
			return fail_file(args->known.items[i], r);
		if (!note_parse(&note, slice_of(file.data, file.len)) ||
			!checkpoint_parse(&checkpoint, note.text))
			r = fail(EXIT_LOCAL_FILE, "\"%s\" is not a checkpoint", "“%s”不是检查点",
				args->known.items[i]);
		else
			args->known_sizes[args->known_count++] = checkpoint.size;
		buffer_clear(&file);
		if (r != 0)
			return r;
	}
	qsort(args->known_sizes, args->known_count, sizeof(args->known_sizes[0]), compare_sizes);
	size_t kept = 0;

	for (size_t i = 0; i < args->known_count; i++)
		if (i == 0 || args->known_sizes[i] != args->known_sizes[kept - 1])
			args->known_sizes[kept++] = args->known_sizes[i];
	args->known_count = kept;
	return 0;
}

static int export_args_check(struct export_args *args)
{
	int r = args_need(args->purpose, "purpose");

	if (r == 0)
		r = args_need(args->out, "out");
	if (r == 0)
		r = trail_filter_read(&args->filter);
	if (r == 0 && args->index)
		r = index_read(args);
	if (r == 0 && args->index && trail_filter_is_set(&args->filter))
		r = fail(EXIT_USAGE, "--index is a run of the log; it goes with no filter",
			"--index 为日志区间，不能与筛选条件同用");
	if (r == 0)
		r = known_read(args);
	if (r == 0 && file_exists(args->out))
		r = fail(EXIT_LOCAL_FILE, "\"%s\" is there already", "“%s”已存在", args->out);
	return r;
}

static void request_fill(Rxcirc__V1__ExportTrailRequest *request, struct export_args *args)
{
	const struct trail_filter *f = &args->filter;

	rxcirc__v1__export_trail_request__init(request);
	request->from_index = (uint64_t)args->from_index;
	request->until_index = (uint64_t)args->until_index;
	if (f->rx)
		request->rx_id = pbdata(f->rx_id, sizeof(f->rx_id));
	request->voucher_id = pbtext(f->person ? f->person : "");
	request->institution_code = pbtext(f->institution ? f->institution : "");
	request->practitioner_code = pbtext(f->practitioner ? f->practitioner : "");
	request->kind = f->event_kind;
	request->from_ms = f->from_ms;
	request->until_ms = f->until_ms;
	request->documents = args->documents;
	request->known_sizes = args->known_sizes;
	request->n_known_sizes = args->known_count;
	request->purpose = pbtext(args->purpose);
}

/* ---- the file ---- */

static int file_begin(struct export_file *f, const char *path)
{
	f->path = path;
	f->fd = -1;
	if (asprintf(&f->fresh, "%s.new-%ld", path, (long)getpid()) < 0) {
		f->fresh = NULL;
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	}
	f->fd = open(f->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return f->fd < 0 ? fail_file(f->fresh, -errno) : 0;
}

static int file_put(struct export_file *f, const void *data, size_t len)
{
	const char *at = data;
	rxc_error *error = NULL;

	for (size_t left = len; left > 0;) {
		ssize_t put = write(f->fd, at, left);

		if (put < 0 && errno != EINTR)
			return fail_file(f->fresh, -errno);
		at += put > 0 ? put : 0;
		left -= put > 0 ? (size_t)put : 0;
	}
	f->bytes += len;
	if (f->check && rxc_trail_check_feed(f->check, data, len, &error) < 0)
		return report_call(error, false);
	return 0;
}

/* On disk, and under its name at once or not at all. */
static int file_finish(struct export_file *f)
{
	int r = fsync(f->fd) < 0 ? -errno : 0;

	if (close(f->fd) < 0 && r == 0)
		r = -errno;
	f->fd = -1;
	if (r == 0 && link(f->fresh, f->path) < 0)
		r = -errno;
	return r < 0 ? fail_file(f->path, r) : 0;
}

static void file_end(struct export_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd); /* given up */
	if (f->fresh)
		(void)unlink(f->fresh); /* one left over only takes room */
	free(f->fresh);
	rxc_trail_check_free(f->check);
}

static int page_put(struct export_file *f, const page *p)
{
	size_t len = rxcirc__v1__export_trail_response__get_packed_size(p);
	uint8_t prefix[FRAME_PREFIX_MAX];
	uint8_t *bytes = malloc(len + 1);
	int r = bytes ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	if (r == 0 && len > FRAME_BODY_MAX)
		r = fail(EXIT_FAULT, "the server's page is too large", "服务器的分页过大");
	if (r == 0) {
		(void)rxcirc__v1__export_trail_response__pack(p, bytes);
		r = file_put(f, prefix, frame_prefix(prefix, len));
	}
	if (r == 0)
		r = file_put(f, bytes, len);
	free(bytes);
	return r;
}

/* ---- the pages ---- */

static int token_take(struct export_walk *walk, const page *p, bool *ret_more)
{
	*ret_more = p->next_page_token.len > 0;
	if (p->next_page_token.len > sizeof(walk->token))
		return fail(EXIT_FAULT, "the server's page token is too long", "服务器的分页标记过长");
	if (*ret_more)
		memcpy(walk->token, p->next_page_token.data, p->next_page_token.len);
	walk->request.page_token = pbdata(walk->token, p->next_page_token.len);
	return 0;
}

/* Write the page that is held, and hold the next one.  A last page with nothing on it is left out;
 * then the one before it is the last. */
static int page_hold(struct export_walk *walk, struct export_file *file, page *next)
{
	int r = 0;

	if (walk->held && next &&
		rxcirc__v1__export_trail_response__get_packed_size(next) == 0) {
		rxcirc__v1__export_trail_response__free_unpacked(next, NULL);
		next = NULL;
		walk->held->next_page_token.len = 0;
	}
	if (walk->held)
		r = page_put(file, walk->held);
	if (walk->held)
		rxcirc__v1__export_trail_response__free_unpacked(walk->held, NULL);
	walk->held = next;
	return r;
}

static int pages_read(struct export_walk *walk, struct export_file *file, rxc_client *client)
{
	bool more = true;
	int r = 0;

	while (r == 0 && more) {
		rxc_error *error = NULL;
		page *reply;

		if (rxc_agency_export(client, &walk->request, NULL, &reply, &error) < 0)
			return report_call(error, false);
		walk->events += reply->n_events;
		walk->documents += reply->n_documents;
		r = token_take(walk, reply, &more);
		progress_tell(&walk->progress, "events exported", "已导出事件", walk->events,
			walk->request.until_index ? walk->request.until_index - walk->request.from_index : 0);
		/* it has taken `reply` whatever it returns */
		int held = page_hold(walk, file, reply);

		r = r ? r : held;
	}
	return r;
}

static int pages_write(struct export_args *args, struct export_file *file,
	struct export_walk *walk, rxc_client *client)
{
	int r = file_put(file, RXC_EXPORT_FIRST_LINE, strlen(RXC_EXPORT_FIRST_LINE));

	request_fill(&walk->request, args);
	progress_begin(&walk->progress);
	if (r == 0)
		r = pages_read(walk, file, client);
	progress_end(&walk->progress);
	if (r == 0)
		return page_hold(walk, file, NULL);
	if (walk->held)
		rxcirc__v1__export_trail_response__free_unpacked(walk->held, NULL);
	return r;
}

/* ---- all of it ---- */

/* The file stays also when it does not verify: it is the evidence. */
static int export_end(struct export_file *file, const struct export_walk *walk,
	const struct finding_tally *tally)
{
	rxc_error *error = NULL;
	bool holds = true;
	int r = file_finish(file);

	if (r == 0 && file->check && rxc_trail_check_end(file->check, &holds, &error) < 0)
		r = report_call(error, false);
	if (r != 0)
		return r;
	finding_show_rest(tally);
	r = holds ? EXIT_OK : EXIT_UNVERIFIED;
	say("%" PRIu64 " events and %" PRIu64 " documents in %s (%" PRIu64 " bytes)%s\n",
		"共 %" PRIu64 " 条事件、%" PRIu64 " 份文书，写入 %s（%" PRIu64 " 字节）%s\n", walk->events,
		walk->documents, file->path, file->bytes, !file->check ? "" :
		holds ? say_pick("; everything holds", "；全部成立") :
			say_pick("; NOT everything holds", "；有不成立之处"));
	(void)answer(json_pack("{s:b, s:i, s:s, s:I, s:I, s:I, s:o}", "ok", r == EXIT_OK, "exit", r,
		"file", file->path, "events", (json_int_t)walk->events, "documents",
		(json_int_t)walk->documents, "bytes", (json_int_t)file->bytes, "holds",
		file->check ? json_boolean(holds) : json_null()));
	return r;
}

static int export_run(struct export_args *args, const struct institution *office)
{
	struct finding_tally tally = {.count = 0};
	struct export_walk walk = {.held = NULL};
	struct export_file file = {.fd = -1};
	int r = 0;

	if (args->policy)
		r = trust_args_check(&(struct trust_args){.policy = args->policy,
			.trust = office->trust, .checkpoints = &args->known}, finding_show, &tally,
			&file.check);
	if (r == 0)
		r = file_begin(&file, args->out);
	if (r == 0)
		r = pages_write(args, &file, &walk, office->client);
	if (r == 0)
		r = export_end(&file, &walk, &tally);
	file_end(&file);
	return r;
}

int agency_export_run(int argc, char **argv)
{
	struct export_args args = {.as = NULL};
	const struct arg_option options[] = {
		TRAIL_FILTER_OPTIONS(&args.filter),
		{"as", ARG_TEXT, &args.as}, {"purpose", ARG_TEXT, &args.purpose},
		{"index", ARG_TEXT, &args.index}, {"documents", ARG_FLAG, &args.documents},
		{"known", ARG_LIST, &args.known}, {"out", ARG_TEXT, &args.out},
		{"policy", ARG_TEXT, &args.policy},
	};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, TRAIL_FILTER_OPTIONS_COUNT + 7, 0, 0);

	if (r == 0)
		r = export_args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = export_run(&args, &office);
	institution_close(&office);
	return r;
}
