/* A TLS server in a thread of its own that follows a script, one connection after the other.
 *
 * Ownership: the script is borrowed until scripted_server_stop(); what was called is the server's
 * and may be read after that.
 * Threads: start and stop from the test's thread.
 */
#ifndef TEST_SDK_SCRIPTED_SERVER_H
#define TEST_SDK_SCRIPTED_SERVER_H

#include <pthread.h>

#include <openssl/ssl.h>

#include "test/sdk/receipts.h"
#include "test/sdk/wire.h"

enum { SCRIPT_CALLS_MAX = 128 };

enum script_action {
	SCRIPT_END = 0,       /* of the connection: close it with a goodbye */
	SCRIPT_READ,          /* wait for the next call and note it */
	SCRIPT_ANSWER,        /* the `back`-th last call that was read, with status and message */
	SCRIPT_ANSWER_PART,   /* the same, with `more` set */
	SCRIPT_ANSWER_HALF,   /* the same, but only the first half of the frame */
	SCRIPT_ANSWER_ALL,    /* the `back` + 1 last calls, oldest first, in one piece */
	SCRIPT_NOTICE,        /* a frame about the connection: status */
	SCRIPT_RAW,           /* the bytes of `text` */
	SCRIPT_ABORT,         /* close with a reset */
	SCRIPT_WAIT_GONE,     /* until the client closes */
	SCRIPT_PAUSE,         /* `back` milliseconds */
};

struct script_step {
	enum script_action action;
	const struct wire_status *status;
	const ProtobufCMessage *message;
	unsigned back;
	const char *text;
	const struct receipts *receipts; /* given out with the answer; or NULL */
};

enum script_manner {
	SCRIPT_TLS = 0,
	SCRIPT_HANG_UP,         /* close before the handshake */
	SCRIPT_SILENT,          /* accept and say nothing until the client is gone */
};

struct script_connection {
	enum script_manner manner;
	const struct script_step *steps; /* ends with SCRIPT_END or SCRIPT_ABORT */
};

struct scripted_server {
	uint16_t port;
	uint8_t pin[32];
	unsigned connections;       /* accepted */
	unsigned certificates;      /* of them with a client certificate */
	size_t calls_count;
	Rxcirc__V1__ClientFrame *calls[SCRIPT_CALLS_MAX];

	const struct script_connection *script;
	size_t script_count;
	SSL_CTX *context;
	int listener;
	int stop_pipe[2];
	pthread_t thread;
	struct wire in;
};

/* What the server is like; zero = as ours. */
struct scripted_manner {
	int tls_version_max;  /* e.g. TLS1_2_VERSION */
	bool no_alpn;
};

/* Write a fresh certificate and its key as PEM files. */
void scripted_certificate(const char *certificate_file, const char *key_file);
void scripted_server_start(struct scripted_server *server, const struct scripted_manner *manner,
	const struct script_connection *script, size_t script_count);
/* End it, if it has not finished its script, and join the thread. */
void scripted_server_stop(struct scripted_server *server);
void scripted_server_clear(struct scripted_server *server);

#endif
