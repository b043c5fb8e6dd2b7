/* client.conf and the setters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/options.h"
#include "test/sdk/scratch.h"
#include "test/support/tap.h"

#define HEX32 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define PIN "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void reads_every_setting(void **state)
{
	static const char text[] =
		"# written by hand\r\n"
		"\n"
		"server 10.0.0.7\n"
		"  port\t7443  \n"
		"certificate tls/hospital.pem\n"
		"key /etc/keys/hospital.key\n"
		"server-pin " PIN "\n"
		"\t# twice during a change of keys\n"
		"authority " HEX32 "\n"
		"authority " HEX32; /* the last line may lack its end */
	const char *path = scratch_write("client.conf", text, 0644);
	rxc_options *options = rxc_options_new();

	(void)state;
	assert_int_equal(rxc_options_load(options, path, NULL), 0);
	assert_string_equal(options->host, "10.0.0.7");
	assert_int_equal(options->port, 7443);
	assert_string_equal(options->certificate_file, scratch_path("tls/hospital.pem"));
	assert_string_equal(options->key_file, "/etc/keys/hospital.key");
	assert_true(options->has_pin);
	assert_int_equal(options->server_pin[1], 0x11);
	assert_int_equal(options->server_pin[31], 0xff);
	assert_true(options->has_trust);
	assert_int_equal(options->trust.count, 1);
	assert_int_equal(options->deadline_ms, 10000);
	assert_int_equal(options->retries, 4);
	rxc_options_free(options);
	rxc_options_free(NULL);
}

/* Line 2 of the file is `line`; it is refused and named, and the options stay as they were. */
static void assert_line_refused(const char *line, const char *said)
{
	char text[8192];
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;
	const char *path;

	assert_int_equal(rxc_options_set_server(options, "before", 1), 0);
	assert_true((size_t)snprintf(text, sizeof(text), "port 7443\n%s\n", line) < sizeof(text));
	path = scratch_write("wrong.conf", text, 0644);
	assert_int_equal(rxc_options_load(options, path, &error), RXC_ERR_FILE);
	if (!strstr(rxc_error_message(error), "wrong.conf line 2: ") ||
		!strstr(rxc_error_message(error), said))
		fail_msg("\"%s\": %s", line, rxc_error_message(error));
	assert_string_equal(rxc_error_reason(error), "OPTIONS_MALFORMED");
	assert_string_equal(options->host, "before");
	assert_int_equal(options->port, 1);
	rxc_error_free(error);
	rxc_options_free(options);
}

static void names_the_line_that_is_wrong(void **state)
{
	char line[5000];

	(void)state;
	assert_line_refused("colour blue", "no such setting");
	assert_line_refused("server", "value is missing");
	assert_line_refused("server   ", "value is missing");
	assert_line_refused("port 7444", "already given");
	assert_line_refused("server-pin " HEX32 "0", "64 hexadecimal digits");
	assert_line_refused("server-pin xyz", "64 hexadecimal digits");
	assert_line_refused("authority " HEX32 "00", "64 hexadecimal digits");
	assert_line_refused("authority "
		"0000000000000000000000000000000000000000000000000000000000000000", "not a sound");
	memset(line, 'x', sizeof(line));
	memcpy(line, "server ", 7);
	line[7 + OPTIONS_HOST_MAX + 1] = '\0';
	assert_line_refused(line, "too long");
	memset(line, 'x', sizeof(line));
	line[4999] = '\0';
	assert_line_refused(line, "too long");
}

static void refuses_ports_that_are_none(void **state)
{
	static const char *const ports[] = {"0", "65536", "-1", "+5", "7443x", "0x10",
		"99999999999999999999", " "};

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		char text[64];
		rxc_options *options = rxc_options_new();

		snprintf(text, sizeof(text), "port %s\n", ports[i]);
		assert_int_equal(rxc_options_load(options, scratch_write("p.conf", text, 0644),
			NULL), RXC_ERR_FILE);
		rxc_options_free(options);
	}
}

static void wants_what_belongs_together(void **state)
{
	static const char *const texts[] = {"server a\n", "port 5\n", "key k\n", "certificate c\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		rxc_options *options = rxc_options_new();
		rxc_error *error = NULL;

		assert_int_equal(rxc_options_load(options, scratch_write("half.conf", texts[i],
			0644), &error), RXC_ERR_FILE);
		assert_non_null(strstr(rxc_error_message(error), "belong together"));
		rxc_error_free(error);
		rxc_options_free(options);
	}
}

static void takes_names_and_paths_up_to_their_limits(void **state)
{
	char text[OPTIONS_PATH_MAX + 2];
	rxc_options *options = rxc_options_new();

	(void)state;
	memset(text, 'h', sizeof(text));
	text[OPTIONS_HOST_MAX + 1] = '\0';
	assert_int_equal(rxc_options_set_server(options, text, 1), RXC_ERR_ARGUMENT);
	text[OPTIONS_HOST_MAX] = '\0';
	assert_int_equal(rxc_options_set_server(options, text, 1), 0);
	assert_int_equal(rxc_options_set_server(options, "h", 0), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_options_set_server(options, "", 1), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_options_set_server(options, NULL, 1), RXC_ERR_ARGUMENT);
	memset(text, 'p', sizeof(text));
	text[OPTIONS_PATH_MAX + 1] = '\0';
	assert_int_equal(rxc_options_set_certificate(options, "c", text), RXC_ERR_ARGUMENT);
	text[OPTIONS_PATH_MAX] = '\0';
	assert_int_equal(rxc_options_set_certificate(options, "c", text), 0);
	rxc_options_free(options);
}

static void takes_numbers_up_to_their_limits(void **state)
{
	rxc_options *options = rxc_options_new();
	rxc_trust *trust = rxc_trust_new();

	(void)state;
	assert_int_equal(rxc_options_set_deadline_ms(options, 60000), 0);
	assert_int_equal(rxc_options_set_deadline_ms(options, 60001), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_options_set_deadline_ms(options, 0), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_options_set_retries(options, 0), 0);
	assert_int_equal(rxc_options_set_retries(options, 100), 0);
	assert_int_equal(rxc_options_set_retries(options, 101), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_options_set_trust(options, trust), RXC_ERR_ARGUMENT);
	rxc_trust_free(trust);
	rxc_options_free(options);
}

static void bounds_the_file(void **state)
{
	char *text = calloc(1, 4096);
	rxc_options *options = rxc_options_new();
	rxc_error *error = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', 1000);
	assert_int_equal(rxc_options_load(options, scratch_write("long.conf", text, 0644), NULL), 0);
	memset(text, '\n', 1001);
	assert_int_equal(rxc_options_load(options, scratch_write("long.conf", text, 0644), &error),
		RXC_ERR_FILE);
	assert_non_null(strstr(rxc_error_message(error), "too many lines"));
	rxc_error_free(error);
	assert_int_equal(rxc_options_load(options, scratch_path("absent.conf"), &error),
		RXC_ERR_FILE);
	assert_string_equal(rxc_error_reason(error), "OPTIONS_UNREADABLE");
	rxc_error_free(error);
	assert_int_equal(rxc_options_load(options, "/", &error), RXC_ERR_FILE);
	assert_string_equal(rxc_error_reason(error), "OPTIONS_UNREADABLE");
	rxc_error_free(error);
	rxc_options_free(options);
	free(text);
}

static void a_client_wants_everything_mandatory(void **state)
{
	rxc_options *options = rxc_options_new();
	rxc_client *client;
	rxc_error *error = NULL;
	static const char *const missing[] = {"server", "certificate", "pin"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rxc_client_new(options, &client, &error), RXC_ERR_ARGUMENT);
		assert_non_null(strstr(rxc_error_message(error), missing[i]));
		rxc_error_free(error);
		if (i == 0)
			rxc_options_set_server(options, "127.0.0.1", 1);
		else
			rxc_options_set_certificate(options, scratch_path("no.pem"), "no.key");
	}
	rxc_options_set_server_pin(options, (const uint8_t *)PIN);
	assert_int_equal(rxc_client_new(options, &client, &error), RXC_ERR_FILE);
	assert_non_null(strstr(rxc_error_message(error), "no.pem"));
	rxc_error_free(error);
	rxc_options_free(options);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(reads_every_setting),
		TEST(names_the_line_that_is_wrong),
		TEST(refuses_ports_that_are_none),
		TEST(wants_what_belongs_together),
		TEST(takes_names_and_paths_up_to_their_limits),
		TEST(takes_numbers_up_to_their_limits),
		TEST(bounds_the_file),
		TEST(a_client_wants_everything_mandatory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("options", tests, scratch_setup, scratch_teardown);
}
