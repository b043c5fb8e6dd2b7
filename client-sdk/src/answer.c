#include "client-sdk/src/answer.h"

#include "client-sdk/src/pb.h"

int answer_read(const struct call *call, const struct settings *settings,
	const struct engine_event *event, struct kept *kept, ProtobufCMessage **ret_reply,
	struct rxc_error *err)
{
	ProtobufCMessage *reply;

	kept_clear(kept);
	if (call_read_reply(call, settings_trust(settings), event->body, &reply, err) < 0)
		return err->code;
	if (receipt_take(call, &settings->receipt_keys, event->frame, reply, kept, err) < 0) {
		pb_free(reply);
		return err->code;
	}
	if (kept->receipt && settings->on_receipt)
		settings->on_receipt(call_method_name(call), kept->receipt, kept->receipt_len, kept->proof,
			kept->proof_len, settings->on_receipt_user);
	*ret_reply = reply;
	return 0;
}
