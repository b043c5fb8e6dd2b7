/* Messages from JSON and to JSON, by their descriptors.
 *
 * Names are those of the .proto files; bytes are hexadecimal; enums their words in lower case
 * without the enum's name ("on-site"), or numbers.  Fields that are not given keep their defaults.
 * Ownership: what is read is released with protobuf_c_message_free_unpacked(m, NULL).
 */
#ifndef CLI_PBJSON_H
#define CLI_PBJSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

enum { PBJSON_WHERE_MAX = 200 };

/* NULL when something in it is not of the message; `where` then says what, as "documents[1].name".
 */
ProtobufCMessage *pbjson_read(const json_t *json, const ProtobufCMessageDescriptor *type,
	char where[PBJSON_WHERE_MAX]);
/* Fields with a value only; NULL when memory is short. */
json_t *pbjson_write(const ProtobufCMessage *message);

#endif
