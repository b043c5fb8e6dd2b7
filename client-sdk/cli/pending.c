#include "client-sdk/cli/pending.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/report.h"

enum { PENDING_FILE_MAX = 512 * 1024, SUBJECT_SHOWN_LEN = 12 };

static char *pending_path(const struct institution *institution, const char *what,
	const char *subject)
{
	uint8_t digest[DIGEST_LEN];
	char shown[2 * SUBJECT_SHOWN_LEN + 1];
	char *path = NULL;

	if (digest_sha256(subject, strlen(subject), digest) < 0)
		return NULL;
	hex_format(digest, SUBJECT_SHOWN_LEN, shown);
	return asprintf(&path, "%s/pending-%s-%s", institution->state, what, shown) < 0 ? NULL : path;
}

static int pending_resume(struct pending *pending, const struct buffer *file,
	const ProtobufCMessageDescriptor *descriptor)
{
	if (file->len < sizeof(pending->key))
		return -EBADMSG;
	memcpy(pending->key, file->data, sizeof(pending->key));
	pending->stored = protobuf_c_message_unpack(descriptor, NULL,
		file->len - sizeof(pending->key), (const uint8_t *)file->data + sizeof(pending->key));
	if (!pending->stored)
		return -EBADMSG;
	pending->request = pending->stored;
	pending->resumed = true;
	note("finishing an earlier attempt whose outcome was not known\n",
		"正在补完此前结果未知的调用\n");
	return 0;
}

static int pending_store(struct pending *pending, const ProtobufCMessage *request,
	const uint8_t *key)
{
	size_t len = sizeof(pending->key) + protobuf_c_message_get_packed_size(request);
	uint8_t *bytes = len <= PENDING_FILE_MAX ? malloc(len) : NULL;

	if (!bytes)
		return -ENOMEM;
	if (key)
		memcpy(pending->key, key, sizeof(pending->key));
	else
		rxc_idempotency_key_new(pending->key);
	memcpy(bytes, pending->key, sizeof(pending->key));
	protobuf_c_message_pack(request, bytes + sizeof(pending->key));
	int r = file_replace(pending->path, bytes, len);

	free(bytes);
	pending->request = request;
	return r;
}

int pending_open(struct pending *ret, const struct institution *institution, const char *what,
	const char *subject, const ProtobufCMessage *request)
{
	return pending_open_keyed(ret, institution, what, subject, request, NULL);
}

int pending_open_keyed(struct pending *ret, const struct institution *institution,
	const char *what, const char *subject, const ProtobufCMessage *request, const uint8_t *key)
{
	struct buffer file = {NULL, 0};

	*ret = (struct pending){.path = pending_path(institution, what, subject)};
	if (!ret->path)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = file_read(ret->path, PENDING_FILE_MAX, &file);

	if (r == 0)
		r = pending_resume(ret, &file, request->descriptor);
	else if (r == -ENOENT)
		r = pending_store(ret, request, key);
	buffer_clear(&file);
	if (r < 0) {
		r = fail_file(ret->path, r);
		free(ret->path);
		ret->path = NULL;
	}
	return r;
}

int pending_close(struct pending *pending, int outcome)
{
	/* a resumed call that did not get through says nothing about the first attempt */
	bool keep = outcome == EXIT_UNKNOWN ||
		(outcome == EXIT_UNVERIFIED && report_lacked_receipt()) ||
		(pending->resumed && (outcome == EXIT_RETRY || outcome == EXIT_UNVERIFIED));

	if (pending->path && !keep)
		(void)unlink(pending->path); /* a file left over only makes the next run ask again */
	if (pending->resumed && outcome == EXIT_REFUSED)
		note("the earlier attempt did not take effect; run the command again to start afresh\n",
			"此前的调用未生效，请重新执行命令\n");
	if (pending->stored)
		protobuf_c_message_free_unpacked(pending->stored, NULL);
	free(pending->path);
	*pending = (struct pending){.path = NULL};
	return outcome;
}
