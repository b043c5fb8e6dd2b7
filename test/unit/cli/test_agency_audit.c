/* agency audit, agency export and verify as commands, against a server that follows a script. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/exit_code.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/say.h"
#include "test/sdk/scripted_server.h"
#include "test/support/tap.h"
#include "test/unit/cli/log_files.h"

#define READ {SCRIPT_READ}
#define ANSWER(m) {SCRIPT_ANSWER, NULL, &(m).base, 0, NULL, NULL}

enum { SAID_MAX = 64 * 1024, ARGUMENTS_MAX = 24, LEAVES = 300 };

static struct plan plan;
static Rxcirc__V1__PrescriptionBundle *bundle;
static struct log_draft the_log;
static struct draft_story story;

/* A folder with an officer, a log, a policy; and the platform. */
struct scene {
	struct scripted_server server;
	char folder[64], officer[128], trail[128], policy[128], state[128], out[128];
	char said[SAID_MAX]; /* by the last command, one JSON object a line */
};

static void file_put(const char *folder, const char *name, const char *text)
{
	char path[LOG_FILES_PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_true(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void conf_write(struct scene *s)
{
	char pin[65], authority[65], text[600], certificate[160], key[160];
	uint8_t public_key[32];

	(void)snprintf(certificate, sizeof(certificate), "%s/auditor.pem", s->officer);
	(void)snprintf(key, sizeof(key), "%s/auditor.key", s->officer);
	scripted_certificate(certificate, key);
	rxc_key_public(plan.authority, public_key);
	hex_format(s->server.pin, 32, pin);
	hex_format(public_key, 32, authority);
	(void)snprintf(text, sizeof(text), "server 127.0.0.1\nport %u\ncertificate auditor.pem\n"
		"key auditor.key\nserver-pin %s\nauthority %s\n", (unsigned)s->server.port, pin,
		authority);
	file_put(s->officer, "client.conf", text);
}

static void scene_open(struct scene *s, const struct script_connection *script, size_t count)
{
	(void)snprintf(s->folder, sizeof(s->folder), "%s", folder_fresh());
	(void)snprintf(s->officer, sizeof(s->officer), "%s/auditor", s->folder);
	(void)snprintf(s->trail, sizeof(s->trail), "%s/trail", s->folder);
	(void)snprintf(s->policy, sizeof(s->policy), "%s/policy", s->folder);
	(void)snprintf(s->state, sizeof(s->state), "%s/memory", s->folder);
	(void)snprintf(s->out, sizeof(s->out), "%s/case.export", s->folder);
	assert_int_equal(mkdir(s->officer, 0700), 0);
	assert_int_equal(mkdir(s->trail, 0700), 0);
	file_put(s->folder, "policy", the_log.policy);
	log_files_write(&the_log, the_log.count, 2, s->trail);
	scripted_server_start(&s->server, NULL, script, count);
	conf_write(s);
}

static void scene_close(struct scene *s)
{
	scripted_server_stop(&s->server);
	scripted_server_clear(&s->server);
	folder_drop(s->folder);
}

/* Run a command with what it says caught. */
static int run(struct scene *s, int (*command)(int argc, char **argv), const char *const *words)
{
	char *argv[ARGUMENTS_MAX + 1];
	char path[160];
	int argc = 0, kept = dup(STDOUT_FILENO), caught, code;
	ssize_t len;

	for (; words[argc] && argc < ARGUMENTS_MAX; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	(void)snprintf(path, sizeof(path), "%s/said", s->folder);
	caught = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(kept >= 0 && caught >= 0);
	(void)fflush(stdout);
	assert_true(dup2(caught, STDOUT_FILENO) >= 0);
	say_set_json(true);
	code = command(argc, argv);
	(void)fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	len = pread(caught, s->said, sizeof(s->said) - 1, 0);
	assert_true(len >= 0);
	s->said[len] = '\0';
	(void)close(kept);
	(void)close(caught);
	return code;
}

static void assert_says(const struct scene *s, const char *text)
{
	if (!strstr(s->said, text))
		fail_msg("\"%s\" is not in: %s", text, s->said);
}

/* ---- what the tables say ---- */

static struct {
	Rxcirc__V1__AuditEventsResponse events, since;
	uint8_t hashes[LEAVES * 2][32];
	Rxcirc__V1__AuditStatesResponse states;
	Rxcirc__V1__AuditedState state, *list;
	Rxcirc__V1__AuditedDocument documents[DRAFT_DOCUMENTS_MAX], *document_list[DRAFT_DOCUMENTS_MAX];
	uint8_t shas[DRAFT_DOCUMENTS_MAX][32];
	Rxcirc__V1__AuditRegistryResponse registry;
} tables;

static ProtobufCBinaryData data_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static void tables_fill(void)
{
	rxcirc__v1__audit_events_response__init(&tables.events);
	rxcirc__v1__audit_events_response__init(&tables.since);
	rxcirc__v1__audit_states_response__init(&tables.states);
	rxcirc__v1__audit_registry_response__init(&tables.registry);
	rxcirc__v1__audited_state__init(&tables.state);
	for (size_t i = 0; i < the_log.count; i++)
		memcpy(tables.hashes[i], the_log.leaves[i].hash.bytes, 32);
	tables.events.hashes = data_of(tables.hashes, the_log.count * 32);
	tables.events.log_size = the_log.count;
	tables.since.log_size = the_log.count;
	tables.state.rx_id = data_of(story.rx_id, 16);
	tables.state.version = story.events;
	tables.state.head_leaf =
		data_of(the_log.leaves[story.indexes[story.events - 1]].hash.bytes, 32);
	tables.state.row_is_sealed = true;
	tables.state.has_key = true;
	for (size_t i = 0; i < story.count; i++) {
		Rxcirc__V1__EventLeaf *leaf = rxcirc__v1__event_leaf__unpack(NULL,
			the_log.leaves[story.indexes[i]].len, the_log.leaves[story.indexes[i]].bytes);

		rxcirc__v1__audited_document__init(&tables.documents[i]);
		memcpy(tables.shas[i], leaf->ciphertext_sha256.data, 32);
		rxcirc__v1__event_leaf__free_unpacked(leaf, NULL);
		tables.documents[i].seq = story.documents[i].seq;
		tables.documents[i].sealed_sha256 = data_of(tables.shas[i], 32);
		tables.document_list[i] = &tables.documents[i];
	}
	/* log_draft.c calls every later event a review; the kinds that go with that */
	for (size_t i = 0; i < story.count; i++)
		tables.documents[i].kind = i == 0 ? RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION :
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW;
	tables.state.documents = tables.document_list;
	tables.state.n_documents = story.count;
	tables.list = &tables.state;
	tables.states.states = &tables.list;
	tables.states.n_states = 1;
}

static const struct script_step audit_steps[] = {READ, ANSWER(tables.events), READ,
	ANSWER(tables.states), READ, ANSWER(tables.registry), READ, ANSWER(tables.since),
	{SCRIPT_WAIT_GONE}, {SCRIPT_END}};
static const struct script_connection one_audit[] = {{SCRIPT_TLS, audit_steps}};
static const struct script_connection two_audits[] = {{SCRIPT_TLS, audit_steps},
	{SCRIPT_TLS, audit_steps}};

static int audit_waiting(struct scene *s, const char *wait, const char *more)
{
	const char *words[] = {"--trail", s->trail, "--policy", s->policy, "--state", s->state,
		"--purpose", "test", "--as", s->officer, "--wait", wait, more, NULL};

	return run(s, agency_audit_run, words);
}

static int audit(struct scene *s, const char *more)
{
	return audit_waiting(s, "0", more);
}

static void an_audit_agrees_and_is_remembered(void **state)
{
	char path[160];
	struct scene s;

	(void)state;
	tables_fill();
	scene_open(&s, two_audits, 2);
	assert_int_equal(audit(&s, NULL), EXIT_OK);
	assert_says(&s, "\"ok\":true");
	assert_says(&s, "\"full\":true");
	assert_says(&s, "\"discrepancies\":0");
	(void)snprintf(path, sizeof(path), "%s/audited", s.state);
	assert_int_equal(access(path, F_OK), 0);
	/* Again, with nothing new but the tile at the edge: everything is asked with --full only. */
	assert_int_equal(audit(&s, "--full"), EXIT_OK);
	assert_int_equal(s.server.calls_count, 8);
	assert_string_equal(s.server.calls[0]->method, "rxcirc.v1.Agency/AuditEvents");
	assert_string_equal(s.server.calls[1]->method, "rxcirc.v1.Agency/AuditStates");
	assert_string_equal(s.server.calls[2]->method, "rxcirc.v1.Agency/AuditRegistry");
	assert_string_equal(s.server.calls[3]->method, "rxcirc.v1.Agency/AuditEvents");
	scene_close(&s);
}

static void what_the_tables_say_otherwise_is_told(void **state)
{
	uint64_t forged[] = {7, 10};
	char path[160];
	struct scene s;

	(void)state;
	tables_fill();
	tables.hashes[10][0] ^= 1;
	memset(tables.hashes[11], 0, 32);
	tables.events.not_ours = forged;
	tables.events.n_not_ours = 2;
	tables.shas[2][5] ^= 1;
	tables.state.has_key = false;
	scene_open(&s, one_audit, 1);
	assert_int_equal(audit(&s, NULL), EXIT_UNVERIFIED);
	assert_says(&s, "\"discrepancy\":\"event-altered\"");
	assert_says(&s, "\"index\":10");
	assert_says(&s, "\"discrepancy\":\"event-missing\"");
	assert_null(strstr(s.said, "event-forged")); /* all of format 1: from before there was a log */
	assert_says(&s, "\"discrepancy\":\"document-altered\"");
	assert_says(&s, "\"discrepancy\":\"key-missing\"");
	assert_says(&s, "\"discrepancies\":4");
	(void)snprintf(path, sizeof(path), "%s/audited", s.state);
	assert_int_not_equal(access(path, F_OK), 0); /* it is compared again the next time */
	(void)snprintf(path, sizeof(path), "%s/checkpoint", s.state);
	assert_int_equal(access(path, F_OK), 0); /* but the log may only go on from here */
	scene_close(&s);
}

/* Nothing is on its way that could explain the row, and nobody waits an hour for it. */
static void what_no_later_event_can_explain_is_told_at_once(void **state)
{
	struct scene s;

	(void)state;
	tables_fill();
	tables.state.version++;
	scene_open(&s, one_audit, 1);
	assert_int_equal(audit_waiting(&s, "3600", NULL), EXIT_UNVERIFIED);
	assert_says(&s, "\"discrepancies\":1");
	scene_close(&s);
}

/* The times that are looked at leave no gap: from the beginning on, and from the last leaf on. */
static void what_never_came_into_the_log_is_told(void **state)
{
	uint8_t early[16] = {1}, late[16] = {2};
	ProtobufCBinaryData ids[] = {data_of(early, 16), data_of(late, 16)};
	Rxcirc__V1__AuditEventsRequest *asked[2];
	struct scene s;

	(void)state;
	tables_fill();
	tables.events.unplaced = &ids[0];
	tables.events.n_unplaced = 1;
	tables.since.unplaced = &ids[1];
	tables.since.n_unplaced = 1;
	scene_open(&s, one_audit, 1);
	assert_int_equal(audit(&s, NULL), EXIT_UNVERIFIED);
	assert_says(&s, "\"discrepancy\":\"event-unplaced\"");
	assert_says(&s, "\"subject\":\"event/01000000000000000000000000000000\"");
	assert_says(&s, "\"subject\":\"event/02000000000000000000000000000000\"");
	assert_says(&s, "\"discrepancies\":2");
	for (size_t i = 0; i < 2; i++) {
		const ProtobufCBinaryData *body = &s.server.calls[3 * i]->body;

		asked[i] = rxcirc__v1__audit_events_request__unpack(NULL, body->len, body->data);
		assert_non_null(asked[i]);
	}
	assert_int_equal(asked[0]->unplaced_from_ms, 0);
	assert_int_equal(asked[0]->unplaced_to_ms, asked[1]->unplaced_from_ms);
	assert_true(asked[1]->unplaced_to_ms > asked[1]->unplaced_from_ms);
	for (size_t i = 0; i < 2; i++)
		rxcirc__v1__audit_events_request__free_unpacked(asked[i], NULL);
	scene_close(&s);
}

static void a_log_that_went_back_is_told_with_evidence(void **state)
{
	const struct dirent *entry;
	struct scene s;
	size_t found = 0;
	DIR *names;

	(void)state;
	tables_fill();
	scene_open(&s, one_audit, 1);
	assert_int_equal(audit(&s, NULL), EXIT_OK);
	log_files_write(&the_log, 200, 2, s.trail);
	assert_int_equal(audit(&s, NULL), EXIT_UNVERIFIED);
	assert_says(&s, "\"discrepancy\":\"log-rolled-back\"");
	assert_says(&s, "\"complete\":false");
	names = opendir(s.state);
	assert_non_null(names);
	while ((entry = readdir(names)))
		found += strncmp(entry->d_name, "evidence-", 9) == 0;
	(void)closedir(names);
	assert_int_equal(found, 2);
	scene_close(&s);
}

/* ---- exports ---- */

/* What export_draft() makes, as answers. */
static Rxcirc__V1__ExportTrailResponse *pages[8];
static size_t pages_count;

static void page_catch(size_t page_no, Rxcirc__V1__ExportTrailResponse *page)
{
	size_t len = rxcirc__v1__export_trail_response__get_packed_size(page);
	uint8_t *bytes = malloc(len + 1);

	assert_true(bytes && page_no < 8);
	rxcirc__v1__export_trail_response__pack(page, bytes);
	pages[page_no] = rxcirc__v1__export_trail_response__unpack(NULL, len, bytes);
	pages_count = page_no + 1;
	free(bytes);
}

static void pages_make(void)
{
	struct wire w = {0};

	export_draft(&(struct export_plan){.log = &the_log, .witnesses = 2, .until = the_log.count,
		.page_events = 150, .story = &story, .statements = bundle, .spoil = page_catch}, &w);
	wire_clear(&w);
}

static void pages_free(void)
{
	for (size_t i = 0; i < pages_count; i++)
		rxcirc__v1__export_trail_response__free_unpacked(pages[i], NULL);
}

static void an_export_is_written_whole_and_verifies_anywhere(void **state)
{
	static struct script_step steps[12];
	const struct script_connection script[] = {{SCRIPT_TLS, steps}};
	Rxcirc__V1__ExportTrailResponse empty = RXCIRC__V1__EXPORT_TRAIL_RESPONSE__INIT;
	char conf[160], range[32];
	struct scene s;
	size_t at = 0;

	(void)state;
	pages_make();
	assert_int_equal(pages_count, 3);
	/* A server may say only afterwards that there is nothing more. */
	pages[2]->next_page_token = data_of(strdup("x"), 1);
	for (size_t i = 0; i < pages_count; i++) {
		steps[at++] = (struct script_step)READ;
		steps[at++] = (struct script_step)ANSWER(*pages[i]);
	}
	steps[at++] = (struct script_step)READ;
	steps[at++] = (struct script_step)ANSWER(empty);
	steps[at++] = (struct script_step){SCRIPT_WAIT_GONE};
	scene_open(&s, script, 1);
	(void)snprintf(range, sizeof(range), "0..%zu", the_log.count);
	const char *words[] = {"--index", range, "--documents", "--purpose", "test", "--policy",
		s.policy, "--out", s.out, "--as", s.officer, NULL};

	assert_int_equal(run(&s, agency_export_run, words), EXIT_OK);
	assert_says(&s, "\"holds\":true");
	(void)snprintf(conf, sizeof(conf), "%s/client.conf", s.officer);
	const char *again[] = {s.out, "--policy", s.policy, "--authority", conf, NULL};

	assert_int_equal(run(&s, verify_run, again), EXIT_OK);
	assert_says(&s, "\"finding\":\"run-proved\"");
	assert_says(&s, "\"finding\":\"documents-verified\"");
	const char *blind[] = {s.out, "--policy", s.policy, NULL};

	assert_int_equal(run(&s, verify_run, blind), EXIT_UNVERIFIED);
	assert_says(&s, "\"finding\":\"documents-unchecked\"");
	assert_int_equal(run(&s, agency_export_run, words), EXIT_LOCAL_FILE); /* never overwritten */
	log_files_flip(s.folder, "case.export", 6000);
	assert_int_equal(run(&s, verify_run, again), EXIT_UNVERIFIED);
	assert_says(&s, "\"ok\":false");
	scene_close(&s);
	pages_free();
}

/* ---- receipts and proofs ---- */

static void receipts_and_proofs_are_verified_as_files(void **state)
{
	Rxcirc__V1__ClientFrame call = RXCIRC__V1__CLIENT_FRAME__INIT;
	struct receipts receipts, others;
	struct receipt_made made = {0};
	char path[160], key[65], wrong[65];
	struct wire_tail tail = {0};
	uint8_t id[16] = {5};
	struct wire w = {0};
	struct scene s;
	FILE *file;
	size_t len;

	(void)state;
	scene_open(&s, one_audit, 0);
	receipts_init(&receipts);
	receipts_init(&others);
	hex_format(receipts.public_key, 32, key);
	hex_format(others.public_key, 32, wrong);
	call.method = (char *)(uintptr_t)"a/b";
	call.idempotency_key = data_of(id, sizeof(id));
	receipts_make(&receipts, &call, &made, &tail);
	uint8_t *bytes = receipt_pack(&made, &len);

	(void)snprintf(path, sizeof(path), "%s/one.receipt", s.folder);
	file = fopen(path, "we");
	assert_true(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
	free(bytes);
	const char *good[] = {path, "--receipt-key", wrong, "--receipt-key", key, NULL};
	const char *bad[] = {path, "--receipt-key", wrong, NULL};
	const char *none[] = {path, NULL};

	assert_int_equal(run(&s, verify_run, good), EXIT_OK);
	assert_says(&s, "\"what\":\"receipt\"");
	assert_says(&s, "\"event_id\":\"05000000000000000000000000000000\"");
	assert_int_equal(run(&s, verify_run, bad), EXIT_UNVERIFIED);
	assert_int_equal(run(&s, verify_run, none), EXIT_USAGE);

	log_draft_tlog_proof(&the_log, 42, the_log.count, 2, &w);
	(void)snprintf(path, sizeof(path), "%s/one.tlog-proof", s.folder);
	file = fopen(path, "we");
	assert_true(file && fwrite(w.bytes, 1, w.len, file) == w.len && fclose(file) == 0);
	const char *proof[] = {path, "--policy", s.policy, NULL};

	assert_int_equal(run(&s, verify_run, proof), EXIT_OK);
	assert_says(&s, "\"index\":42");
	log_files_flip(s.folder, "one.tlog-proof", 60);
	assert_int_equal(run(&s, verify_run, proof), EXIT_UNVERIFIED);
	wire_clear(&w);
	scene_close(&s);
}

static bool is_there(const struct scene *s, const char *suffix)
{
	char path[LOG_FILES_PATH_MAX];
	const char *at = strstr(s->said, "\"event_id\":\"");

	if (!at)
		return false;
	(void)snprintf(path, sizeof(path), "%s/receipts/%.32s%s", s->officer, at + 12, suffix);
	return access(path, F_OK) == 0;
}

static void changing_commands_keep_their_receipts(void **state)
{
	static Rxcirc__V1__PutRegistryRecordResponse changed =
		RXCIRC__V1__PUT_REGISTRY_RECORD_RESPONSE__INIT;
	struct receipts receipts;
	const struct script_step steps[] = {READ,
		{SCRIPT_ANSWER, NULL, &changed.base, 0, NULL, &receipts}, {SCRIPT_WAIT_GONE},
		{SCRIPT_END}};
	const struct script_step bare[] = {READ, ANSWER(changed), {SCRIPT_WAIT_GONE}, {SCRIPT_END}};
	const struct script_connection script[] = {{SCRIPT_TLS, steps}, {SCRIPT_TLS, steps},
		{SCRIPT_TLS, bare}};
	struct scene s;

	(void)state;
	changed.changed = true;
	receipts_init(&receipts);
	receipts.proof = "c2sp.org/tlog-proof@v1\n";
	scene_open(&s, script, 3);
	const char *words[] = {"parameter", "region=140100", "name=two-person", "from_ms=2026-12-01",
		"value=key", "source=test", "--as", s.officer, NULL};

	assert_int_equal(run(&s, agency_put_run, words), EXIT_OK);
	assert_says(&s, "\"leaf_hash\":\"");
	assert_true(is_there(&s, ".receipt"));
	assert_false(is_there(&s, ".tlog-proof"));
	cli_globals.proof = true;
	assert_int_equal(run(&s, agency_put_run, words), EXIT_OK);
	assert_true(is_there(&s, ".receipt"));
	assert_true(is_there(&s, ".tlog-proof"));
	/* A server without receipts is as it always was. */
	cli_globals.proof = false;
	assert_int_equal(run(&s, agency_put_run, words), EXIT_OK);
	assert_null(strstr(s.said, "event_id"));
	assert_false(s.server.calls[0]->want_proof);
	assert_true(s.server.calls[1]->want_proof);
	scene_close(&s);
}

static int begin(void **state)
{
	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	log_draft_init(&the_log, "log.test");
	for (unsigned i = 0; i < LEAVES; i++) {
		log_draft_fill(&the_log, i);
		if (i == 100)
			draft_story_init(&story, &the_log, &plan, bundle);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	draft_story_clear(&story);
	log_draft_clear(&the_log);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_audit_agrees_and_is_remembered),
		TEST(what_the_tables_say_otherwise_is_told),
		TEST(what_no_later_event_can_explain_is_told_at_once),
		TEST(what_never_came_into_the_log_is_told),
		TEST(a_log_that_went_back_is_told_with_evidence),
		TEST(an_export_is_written_whole_and_verifies_anywhere),
		TEST(receipts_and_proofs_are_verified_as_files),
		TEST(changing_commands_keep_their_receipts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("agency audit", tests, begin, end);
}
