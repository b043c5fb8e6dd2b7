#include "service/feed_head.h"

#include "codec/pbmsg.h"
#include "domain/moment.h"

enum status_reason feed_head_read(struct request *req, ProtobufCBinaryData cursor,
	int64_t from_ms, struct feed_place *ret, bool *ret_from_now)
{
	if (!moment_is_sound(from_ms)) {
		request_find_field(req, "from_ms", "must be milliseconds since 1970, not negative",
			"须为 1970 年以来的毫秒数");
		return STATUS_FIELD_INVALID;
	}
	if (cursor.len > 0 && from_ms != 0) {
		request_find_field(req, "from_ms", "a cursor says already where to go on",
			"已指定游标时不得再指定起始时间");
		return STATUS_FIELD_INVALID;
	}
	if (!news_place_read(ret, pbmsg_bytes(cursor), from_ms)) {
		request_find_field(req, "cursor", "is not from an earlier answer", "不是先前应答中的游标");
		return STATUS_FIELD_INVALID;
	}
	*ret_from_now = cursor.len == 0 && from_ms == 0;
	return STATUS_OK;
}

/* Without any row everything to come is new; it is stamped about now. */
void feed_head_now(struct request *req, struct feed_place *place)
{
	if (!store_feed_last_read(&req->unit, place))
		*place = (struct feed_place){.floor_ms = 0};
	news_place_rest(place, req->received_at_ms);
}
