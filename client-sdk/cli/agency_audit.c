/* agency audit: the log checked as it is published, then the tables held against it.
 *
 *     checkpoint: signatures, quorum, continues the remembered one
 *     leaves and tiles up to its root  -->  fold  <--  rows of the tables
 *     rows newer than the log: the log is read on, for a while
 *     verdict; what agreed is remembered
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/audit_log.h"
#include "client-sdk/cli/audit_memory.h"
#include "client-sdk/cli/audit_show.h"
#include "client-sdk/cli/audit_tables.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/trust_args.h"

enum { WAIT_S_DEFAULT = 30, WAIT_DIGITS_MAX = 4, LOOK_MS = 1000 };

struct audit_args {
	const char *as, *trail, *policy, *state, *purpose, *detached, *wait;
	bool full;
	int64_t detached_ms, wait_s;
};

struct audit {
	const struct audit_args *args;
	struct audit_memory memory;
	struct trail_source *source;
	struct policy policy;
	struct audit_fold fold;
	struct audit_log log;
	struct audit_tables tables;
	struct progress progress;
	bool is_full;
	uint64_t states_size, records_size; /* of the log when these tables were read */
	uint64_t whole_size; /* so long, it has everything that stood in any of them */
};

/* ---- the log ---- */

static int64_t leaf_time(struct slice leaf)
{
	Rxcirc__V1__EventLeaf *m = rxcirc__v1__event_leaf__unpack(NULL, leaf.len, leaf.data);
	int64_t at_ms = m ? m->at_ms : 0;

	if (m)
		rxcirc__v1__event_leaf__free_unpacked(m, NULL);
	return at_ms;
}

static int on_leaves(const struct audit_leaves *leaves, void *user)
{
	struct audit *a = user;

	for (unsigned i = 0; i < leaves->count; i++) {
		uint64_t index = leaves->first + i;
		int r;

		if (index < a->fold.size)
			continue;
		r = leaves->is_good[i] ?
			audit_fold_leaf(&a->fold, leaves->leaves[i], &leaves->hashes[i]) :
			audit_fold_spoiled(&a->fold, leaves->leaves[i]);
		if (r < 0)
			return fail(EXIT_FAULT, "memory is short", "内存不足");
		/* what only the tables can say is asked for whether the file was spoiled or not */
		r = audit_tables_event(&a->tables, index, &leaves->hashes[i],
			a->args->detached_ms > 0 ? leaf_time(leaves->leaves[i]) : 0);
		if (r != 0)
			return r;
	}
	progress_tell(&a->progress, "events checked", "已核对事件", a->fold.size,
		a->log.checkpoint.size);
	return 0;
}

/* The two notes that do not go together, for whoever has to judge. */
static int keep_evidence(struct audit *a)
{
	char *name = NULL;
	int r = audit_memory_evidence(&a->memory, slice_of(a->log.note, a->log.note_len), &name);

	if (r == 0)
		note("both checkpoints are kept: %s-remembered and %s-offered\n",
			"两个检查点均已保存：%s-remembered 与 %s-offered\n", name, name);
	free(name);
	return r;
}

/* The checkpoint as it is now.  *ret_good: it is vouched for and continues what was remembered. */
static int checkpoint_take(struct audit *a, bool *ret_good)
{
	uint64_t before = a->fold.discrepancies;
	int r = audit_log_checkpoint(&a->log, ret_good);

	if (r != 0 || !*ret_good)
		return r;
	if (a->memory.has_checkpoint) {
		r = audit_log_continues(&a->log, &a->memory.checkpoint, ret_good);
		if (r == 0 && !*ret_good && a->fold.discrepancies > before)
			r = keep_evidence(a);
		if (r != 0 || !*ret_good)
			return r;
	}
	return 0;
}

/* The leaves that were not read yet; the log is remembered once they lead to its root. */
static int log_read(struct audit *a, bool *ret_good)
{
	struct slice signed_note = slice_of(a->log.note, a->log.note_len);
	int r = audit_log_walk(&a->log, a->fold.size, on_leaves, a);

	if (r == 0)
		r = audit_tables_flush(&a->tables);
	progress_end(&a->progress);
	*ret_good = a->log.is_sound;
	if (r != 0 || !a->log.is_sound)
		return r;
	r = audit_memory_keep(&a->memory, signed_note);
	if (r != 0)
		return r;
	buffer_clear(&a->memory.note);
	a->memory.has_checkpoint = true;
	a->memory.checkpoint = a->log.checkpoint;
	if (buffer_append(&a->memory.note, signed_note.data, signed_note.len, NOTE_MAX) < 0)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	return 0;
}

/* ---- the tables ---- */

static void tables_size_check(struct audit *a)
{
	struct discrepancy d = {.kind = "tables-rolled-back", .subject = ""};

	if (a->tables.events == 0 || a->tables.log_size >= a->log.checkpoint.size)
		return;
	(void)snprintf(d.expected, sizeof(d.expected), "%llu places or more",
		(unsigned long long)a->log.checkpoint.size);
	(void)snprintf(d.found, sizeof(d.found), "%llu", (unsigned long long)a->tables.log_size);
	audit_tell(&a->fold, &d);
}

static int tables_read(struct audit *a)
{
	int r;

	tables_size_check(a);
	a->states_size = a->fold.size;
	r = audit_tables_states(&a->tables, a->is_full);
	a->records_size = a->fold.size;
	if (r == 0)
		r = audit_tables_records(&a->tables);
	if (r == 0)
		r = audit_tables_unplaced(&a->tables, a->fold.size);
	a->whole_size = a->tables.log_size + a->tables.queued;
	progress_end(&a->progress);
	return r;
}

/* Rows that are newer than the log: it is read on until it has come to them, or long enough. */
static int log_read_on(struct audit *a)
{
	int64_t until_ms = clock_now_ms() + a->args->wait_s * 1000;
	const struct timespec pause = {.tv_sec = LOOK_MS / 1000};
	bool good = true;
	int r = 0;

	while (r == 0 && good && a->fold.aside > 0 && a->fold.size < a->whole_size &&
		clock_now_ms() < until_ms) {
		progress_tell(&a->progress, "rows newer than the log, waiting for it",
			"部分记录比日志新，等待日志发布", a->fold.aside, 0);
		(void)nanosleep(&pause, NULL); /* a signal only shortens it */
		r = checkpoint_take(a, &good);
		if (r == 0 && good && a->log.checkpoint.size > a->fold.size)
			r = log_read(a, &good);
	}
	progress_end(&a->progress);
	return r;
}

/* ---- the verdict ---- */

static void verdict_people(const struct audit *a, bool complete)
{
	say("log %s: %llu events, %u witnesses\n", "日志 %s：%llu 条事件，%u 名见证人\n",
		a->log.checkpoint.origin, (unsigned long long)a->log.checkpoint.size, a->log.witnesses);
	say("compared: %llu events, %llu prescriptions, %llu registry records (%s)\n",
		"已比对：%llu 条事件、%llu 张处方、%llu 条登记事项（%s）\n",
		(unsigned long long)a->tables.events, (unsigned long long)a->tables.states,
		(unsigned long long)a->tables.records, a->is_full ? say_pick("full", "全量") :
			say_pick("since the last audit", "自上次审计以来"));
	if (a->fold.unprovable > 0 && a->is_full)
		say("%llu registry records are older than the log and cannot be held against it\n",
			"%llu 条登记事项早于日志，无从比对\n", (unsigned long long)a->fold.unprovable);
	if (a->fold.discrepancies > 0)
		say("%llu DISCREPANCIES\n", "共 %llu 处不符\n",
			(unsigned long long)a->fold.discrepancies);
	else if (complete)
		say("everything agrees\n", "全部相符\n");
}

static int verdict(struct audit *a, bool complete)
{
	bool good = complete && a->fold.discrepancies == 0;
	int code = good ? EXIT_OK : EXIT_UNVERIFIED;
	int r = good ? audit_memory_audited(&a->memory, slice_of(a->log.note, a->log.note_len)) : 0;

	if (r != 0)
		return r;
	verdict_people(a, complete);
	(void)answer(json_pack("{s:b, s:i, s:s, s:I, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I}",
		"ok", good, "exit", code, "origin", a->log.checkpoint.origin, "size",
		(json_int_t)a->log.checkpoint.size, "witnesses", (json_int_t)a->log.witnesses, "full",
		a->is_full, "complete", complete, "events", (json_int_t)a->tables.events,
		"prescriptions", (json_int_t)a->tables.states, "records",
		(json_int_t)a->tables.records, "unprovable_records", (json_int_t)a->fold.unprovable,
		"discrepancies", (json_int_t)a->fold.discrepancies, "queued",
		(json_int_t)a->tables.queued));
	return code;
}

/* ---- all of it ---- */

static int audit_run(struct audit *a)
{
	bool good;
	int r = checkpoint_take(a, &good);

	if (r == 0 && good)
		r = log_read(a, &good);
	if (r != 0 || !good)
		return r != 0 ? r : verdict(a, false);
	r = tables_read(a);
	if (r == 0)
		r = log_read_on(a);
	if (r != 0)
		return r;
	audit_compare_end(&a->fold, a->states_size, a->records_size);
	return verdict(a, true);
}

static int policy_load(struct audit *a)
{
	struct buffer text = {NULL, 0};
	char problem[POLICY_PROBLEM_MAX];
	int r = trust_args_policy(a->args->policy, &text);

	if (r == 0 && !policy_parse(&a->policy, slice_of(text.data, text.len), problem))
		r = fail(EXIT_LOCAL_FILE, "%s: %s", "%s：%s", a->args->policy, problem);
	buffer_clear(&text);
	return r;
}

static int audit_begin(struct audit *a, const struct institution *office)
{
	uint64_t from;
	int r = policy_load(a);

	if (r == 0)
		r = audit_memory_open(&a->memory, a->args->state);
	if (r == 0)
		r = trail_source_open(a->args->trail, &a->source);
	if (r != 0)
		return r;
	a->is_full = a->args->full || !a->memory.has_audited;
	from = a->is_full ? 0 : a->memory.audited_size;
	audit_fold_init(&a->fold, from, audit_show, NULL);
	progress_begin(&a->progress);
	a->tables = (struct audit_tables){.client = office->client, .purpose = a->args->purpose,
		.fold = &a->fold, .progress = &a->progress, .detached_ms = a->args->detached_ms,
		.unplaced_ms = a->is_full ? 0 : -1};
	return audit_log_open(&a->log, a->source, &a->policy, &a->fold);
}

static int audit(const struct audit_args *args, const struct institution *office)
{
	struct audit *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	a->args = args;
	a->memory.lock = -1;
	r = audit_begin(a, office);
	if (r == 0)
		r = audit_run(a);
	audit_log_close(&a->log);
	audit_fold_clear(&a->fold);
	trail_source_close(a->source);
	audit_memory_close(&a->memory);
	free(a);
	return r;
}

static int audit_args_check(struct audit_args *args)
{
	int r = args_need(args->trail, "trail");

	if (r == 0)
		r = args_need(args->policy, "policy");
	if (r == 0)
		r = args_need(args->state, "state");
	if (r == 0)
		r = args_need(args->purpose, "purpose");
	if (r != 0)
		return r;
	if (args->detached && china_time_parse_loose(args->detached, &args->detached_ms) < 0)
		return fail(EXIT_USAGE, "--detached-before is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--detached-before 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	args->wait_s = WAIT_S_DEFAULT;
	if (args->wait && decimal_parse(args->wait, WAIT_DIGITS_MAX, 0, 0, &args->wait_s) !=
		DECIMAL_OK)
		return fail(EXIT_USAGE, "--wait is a number of seconds", "--wait 须为秒数");
	return 0;
}

int agency_audit_run(int argc, char **argv)
{
	struct audit_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"trail", ARG_TEXT, &args.trail},
		{"policy", ARG_TEXT, &args.policy}, {"state", ARG_TEXT, &args.state},
		{"purpose", ARG_TEXT, &args.purpose}, {"full", ARG_FLAG, &args.full},
		{"detached-before", ARG_TEXT, &args.detached}, {"wait", ARG_TEXT, &args.wait},
	};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 8, 0, 0);

	if (r == 0)
		r = audit_args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = audit(&args, &office);
	institution_close(&office);
	return r;
}
