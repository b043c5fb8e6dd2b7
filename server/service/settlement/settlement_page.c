#include "service/settlement/settlement_page.h"

#include "base/ensure.h"

enum { MARK_LEN = 2 + RX_ID_LEN + 2 + 2 };

static int16_t read_i16(const uint8_t *at)
{
	return (int16_t)(at[0] << 8 | at[1]);
}

bool page_mark_read(struct request *req, ProtobufCBinaryData after, struct page_mark *ret)
{
	*ret = (struct page_mark){0, slice_of(NULL, 0), 0, 0};
	if (after.len == 0)
		return true;
	if (after.len != MARK_LEN) {
		request_find_field(req, "after", "is not from an earlier answer", "不是先前应答中的分页标记");
		return false;
	}
	ret->first = read_i16(after.data);
	ret->rx_id = slice_of(after.data + 2, RX_ID_LEN);
	ret->fill_no = read_i16(after.data + 2 + RX_ID_LEN);
	ret->last = read_i16(after.data + 4 + RX_ID_LEN);
	return true;
}

static void write_i16(struct writer *w, int16_t v)
{
	const uint8_t bytes[2] = {(uint8_t)((uint16_t)v >> 8), (uint8_t)v};

	writer_slice(w, slice_of(bytes, sizeof(bytes)));
}

ProtobufCBinaryData page_mark_make(struct request *req, const struct page_mark *mark)
{
	uint8_t *bytes = arena_alloc(&req->arena, MARK_LEN);
	struct writer w;

	ensure(mark->rx_id.len == RX_ID_LEN);
	if (bytes == NULL)
		return (ProtobufCBinaryData){0, NULL};
	writer_init(&w, bytes, MARK_LEN);
	write_i16(&w, mark->first);
	writer_slice(&w, mark->rx_id);
	write_i16(&w, mark->fill_no);
	write_i16(&w, mark->last);
	return (ProtobufCBinaryData){w.used, bytes};
}

int32_t page_size_of(struct request *req, uint32_t asked)
{
	if (asked > SETTLEMENT_PAGE_MAX) {
		request_find_field(req, "page_size", "at most 100", "至多 100");
		return 0;
	}
	return asked == 0 ? SETTLEMENT_PAGE_MAX : (int32_t)asked;
}
