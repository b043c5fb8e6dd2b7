#include "service/trail/paging.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/page_token.h"
#include "service/trail/trail_filter.h"

int paging_bound(struct request *req, const ProtobufCMessage *message, struct slice *ret)
{
	struct slice asked = pbmsg_pack(message, &req->arena);
	size_t method_len = strlen(req->method) + 1, code_len = strlen(req->caller.code) + 1;
	size_t len = method_len + code_len + sizeof(req->caller.spki) + asked.len;
	uint8_t *bytes = arena_alloc(&req->arena, len);
	struct writer w;

	if (asked.data == NULL || bytes == NULL)
		return ERR_MEMORY;
	writer_init(&w, bytes, len);
	writer_slice(&w, slice_of(req->method, method_len));
	writer_slice(&w, slice_of(req->caller.code, code_len));
	writer_slice(&w, slice_of(req->caller.spki, sizeof(req->caller.spki)));
	writer_slice(&w, asked);
	*ret = writer_written(&w);
	return 0;
}

int paging_token(struct request *req, struct slice bound, struct slice place,
	ProtobufCBinaryData *ret)
{
	uint8_t *token = arena_alloc(&req->arena, PAGE_TOKEN_MAX);

	if (token == NULL)
		return ERR_MEMORY;
	if (place.len > PAGE_PLACE_MAX)
		return ERR_DAMAGED;
	ret->len = page_token_make(token, req->shop->keys, bound, place,
		req->received_at_ms + (int64_t)PAGE_TOKEN_S_MAX * 1000);
	ret->data = token;
	return 0;
}

enum status_reason paging_place(struct request *req, struct slice bound,
	ProtobufCBinaryData token, struct slice *ret)
{
	if (page_token_open(pbmsg_bytes(token), req->shop->keys, bound, req->received_at_ms, ret))
		return STATUS_OK;
	return trail_field(req, "page_token",
		"is not from an earlier answer to the same question, or older than an hour",
		"不是同一查询先前应答中的分页标记，或已超过一小时");
}
