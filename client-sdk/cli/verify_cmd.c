/* rxcirc verify: a receipt, a proof or an export of the trail, offline, with nothing but public
 * keys. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/finding_show.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/trust_args.h"

#define PROOF_FIRST_LINE "c2sp.org/tlog-proof@v1\n"

enum { SMALL_FILE_MAX = 256 * 1024, CHUNK_LEN = 1024 * 1024, FIRST_LEN = 64 };

const char verify_help[] =
	"rxcirc verify FILE [--policy FILE] [--authority HEX|FILE] [--receipt-key HEX|FILE]\n"
	"        [--checkpoint FILE]\n\n"
	"Offline, with nothing but public keys, says what holds and what does not of\n"
	"  a receipt (.receipt): --receipt-key is the platform's receipt key;\n"
	"  a proof (.tlog-proof): --policy says which log and which witnesses to believe\n"
	"  (c2sp.org/tlog-policy);\n"
	"  an export of the trail (agency export): --policy, with documents also --authority;\n"
	"  --checkpoint gives one kept from before, which the log must continue.\n"
	"Keys are 64 hexadecimal digits or a file with lines \"authority HEX\" and \"receipt-key\n"
	"HEX\", such as client.conf.  All but --policy may be repeated.  Exit 0 when everything\n"
	"holds, 5 otherwise.  With --json one object per finding, then a summary.\n\n"
	"Examples:\n"
	"  rxcirc verify prov/institutions/H14010500321/receipts/6f1d....receipt \\\n"
	"      --receipt-key 8a5c...\n"
	"  rxcirc verify case.export --policy policy --authority prov/officers/registrar/client.conf";
const char verify_help_zh[] =
	"rxcirc verify 文件 [--policy 文件] [--authority 十六进制|文件]\n"
	"        [--receipt-key 十六进制|文件] [--checkpoint 文件]\n\n"
	"离线验证，只凭公钥，逐条说明哪些成立、哪些不成立：\n"
	"  回执（.receipt）：--receipt-key 为平台的回执公钥；\n"
	"  存证证明（.tlog-proof）：--policy 说明采信的日志与见证人（c2sp.org/tlog-policy）；\n"
	"  流水导出（agency export）：--policy，含文书时另须 --authority；--checkpoint 给出此前留\n"
	"  存的检查点，日志须在其后只增未改。\n"
	"公钥为 64 位十六进制，或含 “authority 十六进制”、“receipt-key 十六进制” 行的文件（如\n"
	"client.conf）。除 --policy 外均可重复。全部成立返回 0，否则返回 5。--json 时每条发现一个对\n"
	"象，最后为汇总。\n\n"
	"示例：\n"
	"  rxcirc verify prov/institutions/H14010500321/receipts/6f1d....receipt \\\n"
	"      --receipt-key 8a5c...\n"
	"  rxcirc verify case.export --policy policy --authority prov/officers/registrar/client.conf";

struct verify_args {
	const char *file, *policy;
	struct arg_list authorities, receipt_keys, checkpoints;
};

/* ---- receipts ---- */

static int receipt_tell(const Rxcirc__V1__ReceiptStatement *s)
{
	char event_id[2 * RXC_EVENT_ID_LEN + 1], leaf_hash[65], request[65], key[33] = "";
	char at[CHINA_TIME_LEN + 1];

	hex_format(s->event_id.data, s->event_id.len, event_id);
	hex_format(s->leaf_hash.data, s->leaf_hash.len, leaf_hash);
	hex_format(s->request_sha256.data, s->request_sha256.len, request);
	if (s->idempotency_key.len <= 16)
		hex_format(s->idempotency_key.data, s->idempotency_key.len, key);
	china_time_format(s->at_ms, at);
	say("the receipt holds: %s promised %s at %s that event %s\n"
		"  (leaf %s)\n  stands in its log\n",
		"回执有效：%s 向 %s 承诺，%s 的事件 %s\n  （叶散列 %s）\n  已写入日志\n", s->origin,
		s->institution_code, at, event_id, leaf_hash);
	return answer(json_pack("{s:b, s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "ok", 1, "exit",
		EXIT_OK, "what", "receipt", "event_id", event_id, "leaf_hash", leaf_hash, "origin",
		s->origin, "institution", s->institution_code, "at_ms", (json_int_t)s->at_ms,
		"request_sha256", request, "idempotency_key", key));
}

static int receipt_verify_file(const struct verify_args *args, const struct buffer *file)
{
	uint8_t keys[RXC_RECEIPT_KEYS_MAX][RXC_PUBLIC_KEY_LEN];
	size_t count = 0;
	rxc_error *error = NULL;
	int r = trust_args_keys(&args->receipt_keys, "receipt-key", keys, RXC_RECEIPT_KEYS_MAX,
		&count);

	if (r != 0)
		return r;
	if (count == 0)
		return args_need(NULL, "receipt-key");
	for (size_t i = 0; i < count; i++) {
		Rxcirc__V1__ReceiptStatement *statement;

		rxc_error_free(error);
		error = NULL;
		if (rxc_receipt_verify(file->data, file->len, keys[i], &statement, &error) < 0)
			continue;
		r = receipt_tell(statement);
		rxcirc__v1__receipt_statement__free_unpacked(statement, NULL);
		return r;
	}
	return report_call(error, false);
}

/* ---- proofs ---- */

static int proof_tell(const rxc_tlog_proof *proof, const Rxcirc__V1__EventLeaf *leaf)
{
	char event_id[65] = "", leaf_hash[65], code[RXC_RX_CODE_LEN + 1] = "";
	char at[CHINA_TIME_LEN + 1], seen[CHINA_TIME_LEN + 1];
	int64_t seen_ms = (int64_t)rxc_tlog_proof_time_s(proof) * 1000;
	uint8_t hash[RXC_SHA256_LEN];

	rxc_tlog_proof_leaf_hash(proof, hash);
	hex_format(hash, sizeof(hash), leaf_hash);
	if (leaf->event_id.len <= 32)
		hex_format(leaf->event_id.data, leaf->event_id.len, event_id);
	if (leaf->rx_id.len == RXC_RX_ID_LEN)
		rxc_rx_code_format(leaf->rx_id.data, code);
	china_time_format(leaf->at_ms, at);
	china_time_format(seen_ms, seen);
	say("the proof holds: place %" PRIu64 " of %" PRIu64 " events in the log %s, witnessed %s\n"
		"  %s  %s %s  %s %s\n",
		"存证证明有效：位置 %" PRIu64 "（共 %" PRIu64 " 条事件），日志 %s，见证时间 %s\n"
		"  %s  %s %s  %s %s\n", rxc_tlog_proof_index(proof), rxc_tlog_proof_size(proof),
		rxc_tlog_proof_origin(proof), seen_ms ? seen : "-", at,
		show_event_kind(leaf->kind, say_is_chinese()), leaf->institution_code,
		leaf->practitioner_code, code);
	return answer(json_pack("{s:b, s:i, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:I}",
		"ok", 1, "exit", EXIT_OK, "what", "tlog-proof", "event_id", event_id, "leaf_hash",
		leaf_hash, "index", (json_int_t)rxc_tlog_proof_index(proof), "size",
		(json_int_t)rxc_tlog_proof_size(proof), "origin", rxc_tlog_proof_origin(proof),
		"witnessed_at_ms", (json_int_t)seen_ms, "kind", show_event_kind(leaf->kind, false),
		"institution", leaf->institution_code, "rx", code, "at_ms", (json_int_t)leaf->at_ms));
}

static int proof_verify_file(const struct verify_args *args, const struct buffer *file)
{
	struct buffer policy = {NULL, 0};
	Rxcirc__V1__EventLeaf *leaf;
	rxc_tlog_proof *proof;
	rxc_error *error = NULL;
	const uint8_t *bytes;
	size_t len;
	int r = trust_args_policy(args->policy, &policy);

	if (r != 0)
		return r;
	r = rxc_tlog_proof_verify(file->data, file->len, policy.data, policy.len, &proof, &error);
	buffer_clear(&policy);
	if (r < 0)
		return report_call(error, false);
	bytes = rxc_tlog_proof_leaf(proof, &len);
	leaf = rxcirc__v1__event_leaf__unpack(NULL, len, bytes);
	r = leaf ? proof_tell(proof, leaf) : fail(EXIT_UNVERIFIED,
		"the proof holds, but what it proves is not an event", "存证证明有效，但所证明的不是事件");
	if (leaf)
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
	rxc_tlog_proof_free(proof);
	return r;
}

/* ---- exports ---- */

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* both are always there */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How long it took, on the wall and of the processor. */
struct stopwatch {
	double wall_s, cpu_s;
};

static struct stopwatch stopwatch_now(void)
{
	return (struct stopwatch){seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

static int export_feed(rxc_trail_check *check, const char *path, int fd)
{
	char *chunk = malloc(CHUNK_LEN);
	rxc_error *error = NULL;
	ssize_t got = 1;
	int r = chunk ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	while (r == 0 && got > 0) {
		got = read(fd, chunk, CHUNK_LEN);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			r = fail_file(path, -errno);
		else if (rxc_trail_check_feed(check, chunk, (size_t)got, &error) < 0)
			r = report_call(error, false);
	}
	free(chunk);
	return r;
}

static void export_head_tell(const rxc_trail_check *check)
{
	const Rxcirc__V1__ExportHead *head = rxc_trail_check_head(check);
	char at[CHINA_TIME_LEN + 1];

	if (!head)
		return;
	china_time_format(head->at_ms, at);
	say("exported %s by %s for \"%s\" (as the file says)\n",
		"导出时间 %s，导出机构 %s，用途“%s”（文件自述）\n", at, head->office, head->purpose);
}

static int export_end(rxc_trail_check *check, const struct finding_tally *tally,
	struct stopwatch start)
{
	struct stopwatch now = stopwatch_now();
	double wall_s = now.wall_s - start.wall_s, cpu_s = now.cpu_s - start.cpu_s;
	uint64_t events = rxc_trail_check_events(check);
	double rate = cpu_s > 0 ? (double)events / cpu_s : 0;
	int code = tally->failed > 0 ? EXIT_UNVERIFIED : EXIT_OK;

	finding_show_rest(tally);
	export_head_tell(check);
	say("%" PRIu64 " events in %.2f s, %.0f per second of the processor: %s\n",
		"共 %" PRIu64 " 条事件，用时 %.2f 秒，处理器每秒 %.0f 条：%s\n", events, wall_s, rate,
		code == EXIT_OK ? say_pick("everything holds", "全部成立") :
			say_pick("NOT everything holds", "有不成立之处"));
	(void)answer(json_pack("{s:b, s:i, s:s, s:I, s:I, s:f, s:f}", "ok", code == EXIT_OK, "exit",
		code, "what", "export", "events", (json_int_t)events, "failed",
		(json_int_t)tally->failed, "seconds", wall_s, "events_per_cpu_s", rate));
	return code;
}

static int export_verify_file(const struct verify_args *args, int fd)
{
	struct finding_tally tally = {.count = 0};
	rxc_trail_check *check = NULL;
	rxc_error *error = NULL;
	struct stopwatch start = stopwatch_now();
	bool holds;
	int r = trust_args_check(&(struct trust_args){.policy = args->policy,
		.authorities = &args->authorities, .checkpoints = &args->checkpoints}, finding_show,
		&tally, &check);

	if (r == 0)
		r = export_feed(check, args->file, fd);
	if (r == 0 && rxc_trail_check_end(check, &holds, &error) < 0)
		r = report_call(error, false);
	if (r == 0)
		r = export_end(check, &tally, start);
	rxc_trail_check_free(check);
	return r;
}

/* ---- any of them ---- */

static int small_verify(const struct verify_args *args, bool is_proof)
{
	struct buffer file = {NULL, 0};
	int r = file_read(args->file, SMALL_FILE_MAX, &file);

	r = r < 0 ? fail_file(args->file, r) :
		is_proof ? proof_verify_file(args, &file) : receipt_verify_file(args, &file);
	buffer_clear(&file);
	return r;
}

static int file_verify(const struct verify_args *args, int fd)
{
	char first[FIRST_LEN] = {0};
	ssize_t got = pread(fd, first, sizeof(first), 0);

	if (got < 0)
		return fail_file(args->file, -errno);
	if (strncmp(first, RXC_EXPORT_FIRST_LINE, strlen(RXC_EXPORT_FIRST_LINE)) == 0)
		return export_verify_file(args, fd);
	return small_verify(args, strncmp(first, PROOF_FIRST_LINE, strlen(PROOF_FIRST_LINE)) == 0);
}

int verify_run(int argc, char **argv)
{
	struct verify_args args = {.file = NULL};
	const struct arg_option options[] = {
		{"policy", ARG_TEXT, &args.policy}, {"authority", ARG_LIST, &args.authorities},
		{"receipt-key", ARG_LIST, &args.receipt_keys},
		{"checkpoint", ARG_LIST, &args.checkpoints},
	};
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 4, 1, 1);

	if (r != 0)
		return r;
	args.file = rest.positional[0];
	int fd = open(args.file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_file(args.file, -errno);
	r = file_verify(&args, fd);
	(void)close(fd); /* only read */
	return r;
}
