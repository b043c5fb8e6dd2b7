#include "client-sdk/src/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/pb.h"

/* Given out when there is no memory for an error object; never freed, never written. */
static struct rxc_error error_no_memory = {
	.code = RXC_ERR_MEMORY,
	.message = "memory is exhausted",
};

int error_set(struct rxc_error *err, int code, const char *reason, const char *format, ...)
{
	va_list args;

	error_clear(err);
	err->code = code;
	/* A cut text is still a text. */
	(void)snprintf(err->reason, sizeof(err->reason), "%s", reason);
	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return code;
}

int error_set_memory(struct rxc_error *err)
{
	return error_set(err, RXC_ERR_MEMORY, "", "%s", error_no_memory.message);
}

int error_set_status(struct rxc_error *err, Rxcirc__V1__Status *status)
{
	error_set(err, RXC_ERR_STATUS, status->reason, "%s", status->message);
	err->status = status;
	return RXC_ERR_STATUS;
}

int error_copy(struct rxc_error *to, const struct rxc_error *from)
{
	Rxcirc__V1__Status *status = NULL;

	if (from->status) {
		status = (Rxcirc__V1__Status *)pb_copy(&from->status->base);
		if (!status)
			return error_set_memory(to);
	}
	error_clear(to);
	*to = *from;
	to->status = status;
	return to->code;
}

void error_clear(struct rxc_error *err)
{
	pb_free(err->status);
	*err = (struct rxc_error){0};
}

int error_give(struct rxc_error *err, rxc_error **ret_error)
{
	int code = err->code;
	struct rxc_error *given;

	if (!ret_error) {
		error_clear(err);
		return code;
	}
	given = malloc(sizeof(*given));
	if (!given) {
		error_clear(err);
		*ret_error = &error_no_memory;
		return RXC_ERR_MEMORY;
	}
	*given = *err;
	*err = (struct rxc_error){0};
	*ret_error = given;
	return code;
}

void rxc_error_free(rxc_error *error)
{
	if (!error || error == &error_no_memory)
		return;
	error_clear(error);
	free(error);
}

int rxc_error_code(const rxc_error *error)
{
	return error ? error->code : 0;
}

const char *rxc_error_message(const rxc_error *error)
{
	return error ? error->message : "";
}

const Rxcirc__V1__Status *rxc_error_status(const rxc_error *error)
{
	return error ? error->status : NULL;
}

const char *rxc_error_reason(const rxc_error *error)
{
	return error ? error->reason : "";
}

bool rxc_error_is_retryable(const rxc_error *error)
{
	switch (rxc_error_code(error)) {
	case RXC_ERR_CONNECT:
	case RXC_ERR_TIMEOUT:
	case RXC_ERR_CLOSED:
	case RXC_ERR_FULL:
		return true;
	case RXC_ERR_STATUS:
		return error->status->retry_class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY ||
			error->status->retry_class ==
				RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN;
	default:
		return false;
	}
}
