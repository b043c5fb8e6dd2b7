#include "session/envelope.h"

#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "codec/pbmsg.h"
#include "proto/frame.h"

int envelope_read(struct arena *arena, struct slice body, Rxcirc__V1__ClientFrame **ret_frame)
{
	Rxcirc__V1__ClientFrame *frame =
		pbmsg_unpack(&rxcirc__v1__client_frame__descriptor, arena, body);

	if (frame == NULL)
		return ERR_MALFORMED;
	*ret_frame = frame;
	return 0;
}

/* protobuf-c has no const in its messages; packing changes nothing. */
static char *envelope_text(const char *text)
{
	union {
		const char *in;
		char *out;
	} cast = {.in = text};

	return cast.out;
}

static uint8_t *envelope_bytes(struct slice s)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} cast = {.in = s.data};

	return cast.out;
}

/* The one finding about the envelope itself. */
static void envelope_finding(Rxcirc__V1__Finding *finding, const char *field)
{
	rxcirc__v1__finding__init(finding);
	finding->rule = envelope_text("FIELD");
	finding->severity = RXCIRC__V1__SEVERITY__SEVERITY_REFUSE;
	finding->field = envelope_text(field);
	finding->message = envelope_text("this field of the envelope has not the form it needs");
	finding->message_zh = envelope_text("信封中该字段的格式不符合要求");
}

static void envelope_status(Rxcirc__V1__Status *status, const struct envelope_answer *answer)
{
	const struct status_row *row = status_row_of(answer->status);

	rxcirc__v1__status__init(status);
	if (answer->status == STATUS_OK)
		return;
	status->code = (int32_t)row->code;
	status->reason = envelope_text(row->reason);
	status->retry_class = row->retry_class;
	status->message = envelope_text(row->english);
	status->message_zh = envelope_text(row->chinese);
	status->n_findings = answer->findings_count;
	status->findings = answer->findings;
	status->retry_after_ms = answer->retry_after_ms;
}

int envelope_write(uint8_t room[ENVELOPE_FRAME_MAX], const struct envelope_answer *answer,
	struct slice *ret_frame)
{
	Rxcirc__V1__ServerFrame frame;
	Rxcirc__V1__Status status;
	Rxcirc__V1__Finding finding, *findings[] = {&finding};
	size_t len, prefix_len;

	envelope_status(&status, answer);
	if (answer->field != NULL) {
		ensure(answer->status != STATUS_OK && answer->findings_count == 0);
		envelope_finding(&finding, answer->field);
		status.findings = findings;
		status.n_findings = 1;
	}
	rxcirc__v1__server_frame__init(&frame);
	frame.call_id = answer->call_id;
	frame.status = &status;
	frame.more = answer->more;
	if (answer->status == STATUS_OK) {
		frame.body.data = envelope_bytes(answer->reply);
		frame.body.len = answer->reply.len;
	}
	frame.receipt = answer->receipt;
	frame.proof.data = envelope_bytes(answer->proof);
	frame.proof.len = answer->proof.len;
	len = rxcirc__v1__server_frame__get_packed_size(&frame);
	if (len > FRAME_BODY_MAX && frame.proof.len > 0) {
		frame.proof.len = 0; /* what was promised is in the receipt */
		len = rxcirc__v1__server_frame__get_packed_size(&frame);
	}
	if (len > FRAME_BODY_MAX)
		return ERR_TOO_LARGE;
	/* Never empty: the status is always present, with two bytes at least. */
	prefix_len = frame_prefix(room, len);
	ensure(prefix_len > 0);
	ensure(rxcirc__v1__server_frame__pack(&frame, room + prefix_len) == len);
	*ret_frame = slice_of(room, prefix_len + len);
	return 0;
}

static bool envelope_is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdef") >= len;
}

bool envelope_is_traceparent(const char *text)
{
	enum { TRACE = 3, TRACE_LEN = 32, SPAN = 36, SPAN_LEN = 16, FLAGS = 53, FLAGS_LEN = 2 };

	return strlen(text) == TRACEPARENT_LEN && memcmp(text, "00-", TRACE) == 0 &&
		envelope_is_hex(text + TRACE, TRACE_LEN) && text[SPAN - 1] == '-' &&
		envelope_is_hex(text + SPAN, SPAN_LEN) && text[FLAGS - 1] == '-' &&
		envelope_is_hex(text + FLAGS, FLAGS_LEN);
}
