/* What is brought for an application, from a JSON file: names as in onboarding.proto; instead of
 * digests the files themselves ("file": "form.pdf", beside the JSON file), which are only hashed.
 *
 * Times are "yyyy-MM-dd HH:mm:ss" in China or milliseconds; "now" is now.
 */
#ifndef CLI_APPLICATION_FILE_H
#define CLI_APPLICATION_FILE_H

#include <protobuf-c/protobuf-c.h>

#include "client-sdk/cli/file.h"

enum { APPLICATION_FILE_MAX = 1024 * 1024 };

/* 0, or an exit code after saying why.  *ret is released with
 * protobuf_c_message_free_unpacked(m, NULL). */
CLI_CHECK int application_file_load(const char *path, const ProtobufCMessageDescriptor *type,
	ProtobufCMessage **ret);

#endif
