#include "client-sdk/src/trust.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/init.h"
#include "proto/dsse.h"

rxc_trust *rxc_trust_new(void)
{
	return calloc(1, sizeof(struct rxc_trust));
}

void rxc_trust_free(rxc_trust *trust)
{
	free(trust);
}

const struct authority *trust_find(const struct rxc_trust *trust, ProtobufCBinaryData key_id)
{
	for (unsigned i = 0; i < trust->count; i++)
		if (key_id.len == KEY_ID_LEN &&
			memcmp(trust->authorities[i].id, key_id.data, KEY_ID_LEN) == 0)
			return &trust->authorities[i];
	return NULL;
}

int trust_add(struct rxc_trust *trust, const uint8_t public_key[PUBLIC_KEY_LEN],
	struct rxc_error *err)
{
	struct authority authority;

	if (init_crypto(err) < 0)
		return err->code;
	if (!dsse_key_is_sound(public_key))
		return error_set(err, RXC_ERR_ARGUMENT, "KEY_UNSOUND",
			"the authority's public key is not a sound Ed25519 point");
	memcpy(authority.public_key, public_key, PUBLIC_KEY_LEN);
	dsse_key_id(authority.id, public_key);
	if (trust_find(trust, (ProtobufCBinaryData){KEY_ID_LEN, authority.id}))
		return 0;
	if (trust->count == TRUST_AUTHORITIES_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "",
			"more than %d registry authorities", TRUST_AUTHORITIES_MAX);
	trust->authorities[trust->count++] = authority;
	return 0;
}

int rxc_trust_add_authority(rxc_trust *trust, const uint8_t public_key[RXC_PUBLIC_KEY_LEN],
	rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (trust_add(trust, public_key, &err) < 0)
		return error_give(&err, ret_error);
	return 0;
}
