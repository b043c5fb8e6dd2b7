/* What a client is told before it connects.
 *
 * Ownership: handles copy what they need, so options may be changed or freed afterwards.  The TLS
 * context is made at first use and shared by all handles made from the same options, because
 * reading the institution's key once is enough for thousands of connections.
 * Threads: one at a time.
 */
#ifndef SDK_OPTIONS_H
#define SDK_OPTIONS_H

#include <openssl/ssl.h>

#include "client-sdk/src/error.h"
#include "client-sdk/src/receipt.h"
#include "client-sdk/src/trust.h"
#include "proto/limits.h"

enum {
	OPTIONS_HOST_MAX = 253,  /* bytes of a name or address */
	OPTIONS_PATH_MAX = 4095, /* bytes of a file name */
	OPTIONS_RETRIES_MAX = 100,
	OPTIONS_RETRIES_DEFAULT = 4,
};

struct context_slot {
	SSL_CTX *context; /* or NULL */
};

struct rxc_options {
	char *host;
	uint16_t port; /* 0 = not set */
	char *certificate_file;
	char *key_file;
	bool has_pin;
	uint8_t server_pin[SHA256_LEN];
	bool has_trust;
	struct rxc_trust trust;
	struct receipt_keys receipt_keys;
	rxc_on_receipt on_receipt; /* or NULL */
	void *on_receipt_user;
	uint32_t deadline_ms;
	unsigned retries;
	struct context_slot *slot;
};

/* The next handle reads the files again. */
void options_forget_context(rxc_options *options);

/* What a handle keeps of its options. */
struct settings {
	char host[OPTIONS_HOST_MAX + 1];
	uint16_t port;
	bool has_trust;
	struct rxc_trust trust;
	struct receipt_keys receipt_keys;
	rxc_on_receipt on_receipt; /* or NULL */
	void *on_receipt_user;
	uint32_t deadline_ms;
	unsigned retries;
	SSL_CTX *context; /* a reference of its own */
};

/* Check that everything mandatory is there and copy it. */
MUST_CHECK int settings_take(struct settings *settings, const rxc_options *options,
	struct rxc_error *err);
void settings_clear(struct settings *settings);
/* The trust, or NULL when none was set. */
const struct rxc_trust *settings_trust(const struct settings *settings);

#endif
