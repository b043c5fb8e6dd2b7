#include "client-sdk/src/options.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/tls.h"

rxc_options *rxc_options_new(void)
{
	rxc_options *options = calloc(1, sizeof(*options));

	if (!options)
		return NULL;
	options->deadline_ms = DEADLINE_MS_DEFAULT;
	options->retries = OPTIONS_RETRIES_DEFAULT;
	options->slot = calloc(1, sizeof(*options->slot));
	if (!options->slot) {
		free(options);
		return NULL;
	}
	return options;
}

void options_forget_context(rxc_options *options)
{
	SSL_CTX_free(options->slot->context); /* accepts NULL */
	options->slot->context = NULL;
}

void rxc_options_free(rxc_options *options)
{
	if (!options)
		return;
	options_forget_context(options);
	free(options->slot);
	free(options->host);
	free(options->certificate_file);
	free(options->key_file);
	free(options);
}

static bool text_fits(const char *text, size_t len_max)
{
	return text && text[0] && strnlen(text, len_max + 1) <= len_max;
}

int rxc_options_set_server(rxc_options *options, const char *host, uint16_t port)
{
	char *copy;

	if (!text_fits(host, OPTIONS_HOST_MAX) || port == 0)
		return RXC_ERR_ARGUMENT;
	copy = strdup(host);
	if (!copy)
		return RXC_ERR_MEMORY;
	free(options->host);
	options->host = copy;
	options->port = port;
	return 0;
}

int rxc_options_set_certificate(rxc_options *options, const char *certificate_file,
	const char *key_file)
{
	char *certificate_copy;
	char *key_copy;

	if (!text_fits(certificate_file, OPTIONS_PATH_MAX) || !text_fits(key_file, OPTIONS_PATH_MAX))
		return RXC_ERR_ARGUMENT;
	certificate_copy = strdup(certificate_file);
	key_copy = strdup(key_file);
	if (!certificate_copy || !key_copy) {
		free(certificate_copy);
		free(key_copy);
		return RXC_ERR_MEMORY;
	}
	free(options->certificate_file);
	free(options->key_file);
	options->certificate_file = certificate_copy;
	options->key_file = key_copy;
	options_forget_context(options);
	return 0;
}

int rxc_options_set_server_pin(rxc_options *options, const uint8_t spki_sha256[32])
{
	memcpy(options->server_pin, spki_sha256, SHA256_LEN);
	options->has_pin = true;
	options_forget_context(options);
	return 0;
}

int rxc_options_set_trust(rxc_options *options, const rxc_trust *trust)
{
	if (trust->count == 0)
		return RXC_ERR_ARGUMENT;
	options->trust = *trust;
	options->has_trust = true;
	return 0;
}

int rxc_options_add_receipt_key(rxc_options *options, const uint8_t public_key[RXC_PUBLIC_KEY_LEN])
{
	struct rxc_error err = {0};
	int r = receipt_keys_add(&options->receipt_keys, public_key, &err);

	error_clear(&err);
	return r;
}

void rxc_options_set_on_receipt(rxc_options *options, rxc_on_receipt on_receipt, void *user)
{
	options->on_receipt = on_receipt;
	options->on_receipt_user = user;
}

int rxc_options_set_deadline_ms(rxc_options *options, uint32_t deadline_ms)
{
	if (deadline_ms == 0 || deadline_ms > DEADLINE_MS_MAX)
		return RXC_ERR_ARGUMENT;
	options->deadline_ms = deadline_ms;
	return 0;
}

int rxc_options_set_retries(rxc_options *options, unsigned retries)
{
	if (retries > OPTIONS_RETRIES_MAX)
		return RXC_ERR_ARGUMENT;
	options->retries = retries;
	return 0;
}

int settings_take(struct settings *settings, const rxc_options *options, struct rxc_error *err)
{
	if (!options->host)
		return error_set(err, RXC_ERR_ARGUMENT, "", "the options name no server");
	if (!options->certificate_file)
		return error_set(err, RXC_ERR_ARGUMENT, "", "the options name no certificate");
	if (!options->has_pin)
		return error_set(err, RXC_ERR_ARGUMENT, "", "the options have no server pin");
	if (!options->slot->context &&
		tls_context_new(options->certificate_file, options->key_file, options->server_pin,
			&options->slot->context, err) < 0)
		return err->code;
	*settings = (struct settings){
		.port = options->port,
		.has_trust = options->has_trust,
		.trust = options->trust,
		.receipt_keys = options->receipt_keys,
		.on_receipt = options->on_receipt,
		.on_receipt_user = options->on_receipt_user,
		.deadline_ms = options->deadline_ms,
		.retries = options->retries,
		.context = options->slot->context,
	};
	memcpy(settings->host, options->host, strlen(options->host) + 1); /* text_fits() */
	(void)SSL_CTX_up_ref(settings->context); /* only adds one */
	return 0;
}

void settings_clear(struct settings *settings)
{
	SSL_CTX_free(settings->context);
	settings->context = NULL;
}

const struct rxc_trust *settings_trust(const struct settings *settings)
{
	return settings->has_trust ? &settings->trust : NULL;
}
