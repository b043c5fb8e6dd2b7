/* What the peers of a crowd say, made once: all of them say the same. */
#ifndef TEST_BENCH_CROWD_WORDS_H
#define TEST_BENCH_CROWD_WORDS_H

#include <openssl/ssl.h>

#include "proto/bytes.h"

enum { CROWD_CALLS_MAX = 64, CROWD_CALL_LEN_MAX = 80, CROWD_HELLO_LEN_MAX = 2048 };

/* A client of TLS 1.3 with this institution's certificate, which believes any server; stops the
 * program when the files cannot be read. */
SSL_CTX *crowd_context(const char *province, const char *institution);
/* The first words of a handshake: a whole ClientHello.  Returns their length. */
size_t crowd_hello(SSL_CTX *context, uint8_t out[CROWD_HELLO_LEN_MAX]);
/* One frame that calls a method of the directory, without a body.  Returns its length. */
size_t crowd_call(uint8_t out[CROWD_CALL_LEN_MAX], uint64_t call_id, const char *method);

#endif
