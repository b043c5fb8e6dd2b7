/* Borrow a text for a message that is about to be packed: protobuf-c's strings are not const, but
 * packing only reads them. */
#ifndef CLI_PBTEXT_H
#define CLI_PBTEXT_H

#include <stdint.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

static inline char *pbtext(const char *text)
{
	char *borrowed;

	memcpy(&borrowed, &text, sizeof(borrowed));
	return borrowed;
}

static inline ProtobufCBinaryData pbdata(const void *data, size_t len)
{
	ProtobufCBinaryData borrowed = {.len = len};

	memcpy(&borrowed.data, &data, sizeof(borrowed.data));
	return borrowed;
}

#endif
