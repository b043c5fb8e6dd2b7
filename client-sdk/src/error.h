/* The error object: a code, a stable reason word, one sentence, and the server's status, if any.
 *
 * Ownership: a struct rxc_error may live on the stack or inside another object; it starts zeroed
 * and ends with error_clear().  error_give() moves it to the heap for the caller of the library.
 * Threads: any; one object belongs to one thread at a time.
 */
#ifndef SDK_ERROR_H
#define SDK_ERROR_H

#include <rxcirc/rxcirc.h>

#include "proto/bytes.h"

enum {
	ERROR_REASON_MAX = 63,   /* bytes; a longer reason word of a server is cut */
	ERROR_MESSAGE_MAX = 399, /* bytes; a longer sentence is cut */
};

struct rxc_error {
	int code; /* RXC_ERR_*, 0 = no error */
	char reason[ERROR_REASON_MAX + 1];
	char message[ERROR_MESSAGE_MAX + 1];
	Rxcirc__V1__Status *status; /* owned, or NULL */
};

/* Replace what `err` holds.  Returns `code`. */
int error_set(struct rxc_error *err, int code, const char *reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int error_set_memory(struct rxc_error *err);
/* The server answered with `status`, which becomes the error's.  Returns RXC_ERR_STATUS. */
int error_set_status(struct rxc_error *err, Rxcirc__V1__Status *status);
/* Replace `to` by a copy; when memory is short it becomes RXC_ERR_MEMORY.  Returns its code. */
int error_copy(struct rxc_error *to, const struct rxc_error *from);
void error_clear(struct rxc_error *err);

/* End of a public function that failed: hand `err` to the caller, or drop it.  Clears `err` and
 * returns the code to return: RXC_ERR_MEMORY when there is no memory for the object itself. */
int error_give(struct rxc_error *err, rxc_error **ret_error);

#endif
