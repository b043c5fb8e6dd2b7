/* The methods by name: rxc_client_call() with the types right. */
#include <rxcirc/rxcirc.h>

#define X(name, method, Message, mutating) \
	int rxc_##name(rxc_client *client, const Rxcirc__V1__##Message##Request *request, \
		const uint8_t *idempotency_key, Rxcirc__V1__##Message##Response **ret_reply, \
		rxc_error **ret_error) \
	{ \
		ProtobufCMessage *reply; \
		int r = rxc_client_call(client, method, request ? &request->base : NULL, \
			idempotency_key, &reply, ret_error); \
 \
		if (r == 0) \
			*ret_reply = (Rxcirc__V1__##Message##Response *)reply; \
		return r; \
	}
RXC_METHODS(X)
#undef X
