/* Fields of a registry record by their names: from words on the command line or JSON, and back.
 *
 * A word per type: texts as they are; numbers as decimal digits; "yes" or "no"; enums as the last
 * part of their name ("internet-hospital"); bytes as hexadecimal; fields that end with _ms as
 * "yyyy-MM-dd[ HH:mm:ss]" (China time) or milliseconds; repeated fields parted by ';'.
 * The messages are heap and may be freed with protobuf_c_message_free_unpacked().
 */
#ifndef CLI_FIELD_H
#define CLI_FIELD_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "client-sdk/cli/file.h"

enum { FIELD_TEXT_MAX = 8000 };

/* NULL when memory is short. */
ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *type);
/* Set one field; 0, or EXIT_USAGE after saying why. */
CLI_CHECK int field_set(ProtobufCMessage *message, const char *name, const char *word);
/* Set every member of a JSON object; arrays for repeated fields. */
CLI_CHECK int fields_set(ProtobufCMessage *message, const json_t *object);
/* The field as its word; "" when it is not set.  Cut at `size`. */
void field_word(const ProtobufCMessage *message, const char *name, char *text, size_t size);
bool field_exists(const ProtobufCMessage *message, const char *name);
/* All fields but messages, as JSON: numbers and booleans as such, the rest as words. */
json_t *fields_json(const ProtobufCMessage *message);

#endif
