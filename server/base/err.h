/* Errors inside the server: 0 or a negative ERR_*, each with a class that says what to do.
 *
 * Out-parameters are written only on success.  Ground floors return, they do not log; the floor
 * that swallows an error logs it once.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "proto/bytes.h"

enum err_class {
	ERR_CLASS_CALLER,  /* the request is at fault */
	ERR_CLASS_RETRY,   /* nothing happened, may work later */
	ERR_CLASS_UNKNOWN, /* it may have happened; ask again with the same idempotency key */
	ERR_CLASS_FATAL,   /* an operator must act */
};

/* X(name, number, class, text) */
#define ERR_LIST(X) \
	X(MEMORY, -1, RETRY, "memory or a request's arena is exhausted") \
	X(FULL, -2, RETRY, "a queue has reached its limit") \
	X(TIMEOUT, -3, RETRY, "the deadline passed before it was started") \
	X(DB_AWAY, -4, RETRY, "the database could not be reached") \
	X(DB_CONFLICT, -5, RETRY, "a concurrent change won, or a deadlock was resolved") \
	X(DB_UNIQUE, -6, CALLER, "a unique constraint refused the row") \
	X(DB_REFUSED, -7, FATAL, "the database refused a statement") \
	X(OUTCOME_UNKNOWN, -8, UNKNOWN, "the connection ended after a commit was sent") \
	X(MALFORMED, -9, CALLER, "the bytes cannot be read") \
	X(TOO_LARGE, -10, CALLER, "a size is above its limit") \
	X(DAMAGED, -11, FATAL, "a stored record does not pass its integrity check") \
	X(NOT_FOUND, -12, CALLER, "there is no such thing") \
	X(CONFIG, -13, FATAL, "the configuration is not acceptable") \
	X(SYSTEM, -14, FATAL, "the operating system refused") \
	X(STALE, -15, RETRY, "the registry snapshot is too old") \
	X(DB_CHECK, -16, FATAL, "a check constraint refused the row")

enum {
#define X(name, number, class, text) ERR_##name = number,
	ERR_LIST(X)
#undef X
};

enum err_class err_class(int err);
/* The sentence of an ERR_*. */
const char *err_text(int err);

#endif
