/* The examples, run as programs against a server that follows a script: what they print, what they
 * sent, and that what they signed verifies. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "client-sdk/src/trust.h"
#include "proto/document.h"
#include "test/sdk/plan.h"
#include "test/sdk/scratch.h"
#include "test/sdk/scripted_server.h"
#include "test/support/tap.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define READ {SCRIPT_READ}
#define ANSWER(m) {SCRIPT_ANSWER, NULL, (m), 0, NULL}
#define CODE "RX-00000-00000-00000-00000-000000-1"

enum { OUTPUT_MAX = 4096, HEX_MAX = 64 };

extern char **environ;

static struct plan plan;
static struct scripted_server server;
static char voucher[RXC_VOUCHER_TEXT_MAX + 1];

/* Write the client.conf of this server and authority. */
static const char *conf_write(void)
{
	char text[1024];
	char pin[HEX_MAX + 1];
	char authority[HEX_MAX + 1];

	sodium_bin2hex(pin, sizeof(pin), server.pin, 32);
	sodium_bin2hex(authority, sizeof(authority), plan.trust->authorities[0].public_key, 32);
	snprintf(text, sizeof(text), "server 127.0.0.1\nport %u\ncertificate client.pem\n"
		"key client.key\nserver-pin %s\nauthority %s\n", server.port, pin, authority);
	return scratch_write("client.conf", text, 0600);
}

/* Run the example; `argv` begins with its name and ends with NULL.  Returns its exit code. */
static int run(const char **argv, char output[OUTPUT_MAX])
{
	posix_spawn_file_actions_t actions;
	char program[4096];
	int pipe_fds[2];
	int status;
	pid_t pid;
	size_t len = 0;
	ssize_t n;

	snprintf(program, sizeof(program), "%s/%s", getenv("RXCIRC_EXAMPLES"), argv[0]);
	assert_int_equal(pipe(pipe_fds), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
	posix_spawn_file_actions_addclose(&actions, pipe_fds[0]);
	assert_int_equal(posix_spawn(&pid, program, &actions, NULL, (char **)(uintptr_t)argv,
		environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], output + len, OUTPUT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void begin(const struct script_connection *script)
{
	plan_init(&plan);
	plan.later_count = 0; /* nothing has happened to it yet */
	assert_int_equal(rxc_voucher_issue(plan.authority, PLAN_VOUCHER_ID, RXC_PURPOSE_PULL, 1, 60,
		voucher, NULL), 0);
	scripted_server_start(&server, NULL, script, 1);
	for (size_t i = 0; i < PLAN_PERSONS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%zu.key", i);
		unlink(scratch_path(name));
		assert_int_equal(rxc_key_save(plan.keys[i], scratch_path(name), NULL), 0);
	}
}

static void end(void)
{
	scripted_server_clear(&server);
	plan_clear(&plan);
}

/* The request of the call with that number. */
static void *request_of(size_t number, const ProtobufCMessageDescriptor *type)
{
	assert_true(number < server.calls_count);
	return protobuf_c_message_unpack(type, NULL, server.calls[number]->body.len,
		server.calls[number]->body.data);
}

/* A bundle of plan with a line still owed and its grant. */
static Rxcirc__V1__PrescriptionBundle *open_bundle(void)
{
	static Rxcirc__V1__LineState line = RXCIRC__V1__LINE_STATE__INIT;
	static Rxcirc__V1__LineState *lines[] = {&line};

	line.line_no = 1;
	line.drug_code = plan_text(PLAN_DRUG);
	line.prescribed_e4 = 30000;
	line.dispensed_e4 = 10000;
	line.owed_e4 = 20000;
	plan.state.round = 1;
	plan.state.rx_code = plan_text(CODE);
	plan.state.n_lines = 1;
	plan.state.lines = lines;
	return plan_build(&plan);
}

static void the_evented_pull_lists_what_verifies(void **state)
{
	Rxcirc__V1__PullPrescriptionsResponse pulled = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	struct script_step steps[] = {READ, ANSWER(&pulled.base), {SCRIPT_WAIT_GONE}};
	struct script_connection script[] = {{0, steps}};
	Rxcirc__V1__PrescriptionBundle *bundle;
	char output[OUTPUT_MAX];

	(void)state;
	begin(script);
	bundle = open_bundle();
	pulled.n_prescriptions = 1;
	pulled.prescriptions = &bundle;
	assert_int_equal(run((const char *[]){"evented_pull", conf_write(), voucher, NULL}, output),
		0);
	assert_string_equal(output, CODE ", 1 lines\n");
	scripted_server_stop(&server);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	end();
}

static void the_evented_pull_fails_on_what_does_not_verify(void **state)
{
	Rxcirc__V1__PullPrescriptionsResponse pulled = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	struct script_step steps[] = {READ, ANSWER(&pulled.base), {SCRIPT_WAIT_GONE}};
	struct script_connection script[] = {{0, steps}};
	Rxcirc__V1__PrescriptionBundle *bundle;
	char output[OUTPUT_MAX];

	(void)state;
	begin(script);
	bundle = open_bundle();
	bundle->prescription->signature.data[0] ^= 1;
	pulled.n_prescriptions = 1;
	pulled.prescriptions = &bundle;
	assert_int_equal(run((const char *[]){"evented_pull", conf_write(), voucher, NULL}, output),
		1);
	assert_string_equal(output, "");
	scripted_server_stop(&server);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	end();
}

/* What the example reported last as a document, and with the history before it. */
static void assert_continues(const Rxcirc__V1__PrescriptionBundle *bundle,
	Rxcirc__V1__SignedDocument **later, size_t count)
{
	Rxcirc__V1__PrescriptionBundle whole = *bundle;
	rxc_error *error = NULL;

	whole.later = later;
	whole.n_later = count;
	if (rxc_verify_bundle(plan.trust, &whole, &error) < 0)
		fail_msg("%s", rxc_error_message(error));
}

static void assert_returned(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	Rxcirc__V1__SubmitReviewRequest *review = request_of(2,
		&rxcirc__v1__submit_review_request__descriptor);
	Rxcirc__V1__DispensePrescriptionRequest *dispense = request_of(3,
		&rxcirc__v1__dispense_prescription_request__descriptor);
	Rxcirc__V1__ReturnDispensedRequest *back = request_of(4,
		&rxcirc__v1__return_dispensed_request__descriptor);
	Rxcirc__V1__SignedDocument *later[] = {review->review, dispense->dispense_record,
		back->return_record};
	Rxcirc__V1__ReturnRecord *record;

	assert_string_equal(server.calls[4]->method, "rxcirc.v1.Pharmacy/ReturnDispensed");
	assert_memory_equal(back->rx_id.data, plan.rx_id, 16);
	assert_continues(bundle, later, 3);
	record = rxcirc__v1__return_record__unpack(NULL, back->return_record->body.len,
		back->return_record->body.data);
	assert_int_equal(record->n_lines, 1);
	assert_int_equal(record->lines[0]->quantity_e4, 20000);
	assert_int_equal(record->kind, RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN);
	rxcirc__v1__return_record__free_unpacked(record, NULL);
	rxcirc__v1__submit_review_request__free_unpacked(review, NULL);
	rxcirc__v1__dispense_prescription_request__free_unpacked(dispense, NULL);
	rxcirc__v1__return_dispensed_request__free_unpacked(back, NULL);
}

static void assert_dispensed(const Rxcirc__V1__PrescriptionBundle *bundle)
{
	Rxcirc__V1__ClaimPrescriptionRequest *claim = request_of(1,
		&rxcirc__v1__claim_prescription_request__descriptor);
	Rxcirc__V1__SubmitReviewRequest *review = request_of(2,
		&rxcirc__v1__submit_review_request__descriptor);
	Rxcirc__V1__DispensePrescriptionRequest *dispense = request_of(3,
		&rxcirc__v1__dispense_prescription_request__descriptor);
	Rxcirc__V1__SignedDocument *later[] = {review->review, dispense->dispense_record};
	Rxcirc__V1__DispenseRecord *record;

	assert_memory_equal(claim->rx_id.data, plan.rx_id, 16);
	assert_int_equal(review->fencing_token, 42);
	assert_int_equal(dispense->fencing_token, 42);
	assert_continues(bundle, later, 2);
	record = rxcirc__v1__dispense_record__unpack(NULL, dispense->dispense_record->body.len,
		dispense->dispense_record->body.data);
	assert_int_equal(record->n_lines, 1);
	assert_int_equal(record->lines[0]->quantity_e4, 20000);
	rxcirc__v1__dispense_record__free_unpacked(record, NULL);
	rxcirc__v1__claim_prescription_request__free_unpacked(claim, NULL);
	rxcirc__v1__submit_review_request__free_unpacked(review, NULL);
	rxcirc__v1__dispense_prescription_request__free_unpacked(dispense, NULL);
}

static void pull_and_dispense_continues_the_history_to_the_return(void **state)
{
	Rxcirc__V1__PullPrescriptionsResponse pulled = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__ClaimPrescriptionResponse claimed = RXCIRC__V1__CLAIM_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__SubmitReviewResponse reviewed = RXCIRC__V1__SUBMIT_REVIEW_RESPONSE__INIT;
	Rxcirc__V1__DispensePrescriptionResponse dispensed =
		RXCIRC__V1__DISPENSE_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__ReturnDispensedResponse returned = RXCIRC__V1__RETURN_DISPENSED_RESPONSE__INIT;
	struct script_step steps[] = {READ, ANSWER(&pulled.base), READ, ANSWER(&claimed.base),
		READ, ANSWER(&reviewed.base), READ, ANSWER(&dispensed.base), READ, ANSWER(&returned.base),
		{SCRIPT_WAIT_GONE}};
	struct script_connection script[] = {{0, steps}};
	Rxcirc__V1__PrescriptionBundle *bundle;
	char output[OUTPUT_MAX];

	(void)state;
	begin(script);
	/* The example signs today, whenever that is. */
	plan.statements[PLAN_PHARMACIST].message.not_before_ms = 0;
	plan.statements[PLAN_PHARMACIST].message.not_after_ms = INT64_MAX;
	bundle = open_bundle();
	pulled.n_prescriptions = 1;
	pulled.prescriptions = &bundle;
	claimed.fencing_token = 42;
	dispensed.fill_no = 1;
	returned.return_no = 1;
	assert_int_equal(run((const char *[]){"pull_and_dispense", conf_write(), PLAN_PHARMACY,
		plan.review.pharmacist_code, scratch_path("2.key"), voucher, "return", NULL}, output), 0);
	assert_string_equal(output, "dispensed " CODE ", fill 1\nreturned " CODE ", return 1\n");
	scripted_server_stop(&server);
	assert_int_equal(server.calls_count, 5);
	assert_dispensed(bundle);
	assert_returned(bundle);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	end();
}

static void sign_and_upload_sends_two_documents_that_belong_together(void **state)
{
	Rxcirc__V1__UploadPrescriptionResponse uploaded =
		RXCIRC__V1__UPLOAD_PRESCRIPTION_RESPONSE__INIT;
	Rxcirc__V1__PrescriptionState st = RXCIRC__V1__PRESCRIPTION_STATE__INIT;
	struct script_step steps[] = {READ, ANSWER(&uploaded.base), {SCRIPT_WAIT_GONE}};
	struct script_connection script[] = {{0, steps}};
	Rxcirc__V1__UploadPrescriptionRequest *request;
	Rxcirc__V1__HospitalReview *review;
	char output[OUTPUT_MAX];

	(void)state;
	begin(script);
	st.rx_code = plan_text(CODE);
	uploaded.state = &st;
	assert_int_equal(run((const char *[]){"sign_and_upload", conf_write(), PLAN_HOSPITAL,
		"A03", plan.physician.code, scratch_path("0.key"), plan.hospital_review.pharmacist_code,
		scratch_path("1.key"), PLAN_VOUCHER_ID, "王某", "RX1", "XC09CAL064A001010100001",
		"缬沙坦片", "I10.x00x002", "高血压病", NULL}, output), 0);
	assert_string_equal(output, CODE "\n");
	scripted_server_stop(&server);
	request = request_of(0, &rxcirc__v1__upload_prescription_request__descriptor);
	assert_int_equal(document_verify(request->prescription, KIND(PRESCRIPTION),
		plan.public_keys[PLAN_PHYSICIAN]), 0);
	assert_int_equal(document_verify(request->hospital_review, KIND(HOSPITAL_REVIEW),
		plan.public_keys[PLAN_HOSPITAL_PHARMACIST]), 0);
	review = rxcirc__v1__hospital_review__unpack(NULL, request->hospital_review->body.len,
		request->hospital_review->body.data);
	assert_true(document_is_named_by(request->prescription, review->prescription));
	rxcirc__v1__hospital_review__free_unpacked(review, NULL);
	rxcirc__v1__upload_prescription_request__free_unpacked(request, NULL);
	end();
}

static void each_tells_how_it_is_used(void **state)
{
	static const char *const names[] = {"evented_pull", "pull_and_dispense", "sign_and_upload"};
	char output[OUTPUT_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(run((const char *[]){names[i], NULL}, output), 2);
}

static int setup(void **state)
{
	int r = scratch_setup(state);

	if (r == 0)
		scripted_certificate(scratch_path("client.pem"), scratch_path("client.key"));
	return r;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_evented_pull_lists_what_verifies),
		TEST(the_evented_pull_fails_on_what_does_not_verify),
		TEST(pull_and_dispense_continues_the_history_to_the_return),
		TEST(sign_and_upload_sends_two_documents_that_belong_together),
		TEST(each_tells_how_it_is_used),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("examples", tests, setup, scratch_teardown);
}
