/* The last answer of a call: its reply checked, and what came beside it. */
#ifndef SDK_ANSWER_H
#define SDK_ANSWER_H

#include "client-sdk/src/call.h"
#include "client-sdk/src/engine.h"
#include "client-sdk/src/options.h"
#include "client-sdk/src/receipt.h"

/* Read an ENGINE_ANSWER.  `kept` is replaced by what this answer brought, and told to the taker of
 * receipts the options name.  After a failure there is no reply and `kept` is empty. */
MUST_CHECK int answer_read(const struct call *call, const struct settings *settings,
	const struct engine_event *event, struct kept *kept, ProtobufCMessage **ret_reply,
	struct rxc_error *err);

#endif
