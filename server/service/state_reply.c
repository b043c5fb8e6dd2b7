/* Rows into messages. */
#include "service/state_reply.h"

#include <string.h>

#include "domain/china_date.h"
#include "proto/rxid.h"

static Rxcirc__V1__LineState **line_states(struct request *req,
	const struct prescription_line *lines, size_t count, int16_t round)
{
	Rxcirc__V1__LineState **list = arena_array(&req->arena, count + 1, sizeof(*list));
	Rxcirc__V1__LineState *states = arena_array(&req->arena, count + 1, sizeof(*states));

	if (list == NULL || states == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		rxcirc__v1__line_state__init(&states[i]);
		states[i].line_no = (uint32_t)lines[i].line_no;
		states[i].drug_code = (char *)(uintptr_t)lines[i].drug_code;
		states[i].prescribed_e4 = lines[i].prescribed_e4;
		states[i].dispensed_e4 = lines[i].dispensed_e4;
		states[i].returned_e4 = lines[i].returned_e4;
		states[i].owed_e4 = prescription_owed_e4(&lines[i], round);
		list[i] = &states[i];
	}
	return list;
}

Rxcirc__V1__PrescriptionState *state_reply(struct request *req, const struct prescription *rx,
	const struct prescription_line *lines, size_t count)
{
	struct life life = prescription_life(rx, "", req->received_at_ms);
	bool turns = prescription_next_is_open(rx, req->received_at_ms);
	int16_t round = (int16_t)(rx->round + turns);
	Rxcirc__V1__PrescriptionState *s = arena_alloc(&req->arena, sizeof(*s));
	struct slice id = arena_copy(&req->arena, slice_of(rx->rx_id, RX_ID_LEN));
	char *code = arena_alloc(&req->arena, RX_CODE_LEN + 1);

	if (s == NULL || id.data == NULL || code == NULL)
		return NULL;
	rxcirc__v1__prescription_state__init(s);
	rx_code_format(code, rx->rx_id);
	s->rx_id = (ProtobufCBinaryData){id.len, (uint8_t *)(uintptr_t)id.data};
	s->rx_code = code;
	s->validity = (Rxcirc__V1__Validity)life.validity;
	s->review = (Rxcirc__V1__ReviewState)life.review;
	s->use = (Rxcirc__V1__UseState)life.use;
	s->version = (uint64_t)rx->version;
	s->received_at_ms = rx->received_at_ms;
	s->valid_until_ms = rx->valid_until_ms;
	if (life.hold != HOLD_FREE) {
		s->holder_code = arena_text(&req->arena, slice_of_text(rx->holder_code));
		s->held_until_ms = rx->held_until_ms;
	}
	s->fills_done = (uint32_t)rx->fills_done;
	s->fills_max = (uint32_t)rx->fills_max;
	s->round = (uint32_t)round;
	if (life.use == USE_DISPENSED && round < rx->fills_max)
		s->next_round_from_ms = rx->next_from_ms;
	s->lines = line_states(req, lines, count, round);
	s->n_lines = count;
	return s->lines == NULL || s->holder_code == NULL ? NULL : s;
}

/* Used up, or only until the next round opens: then when that is. */
static enum status_reason used_refusal(struct request *req, const struct prescription *rx)
{
	char *english, *chinese;
	long long days;

	if (rx->use != USE_DISPENSED || rx->round >= rx->fills_max)
		return STATUS_PRESCRIPTION_USED;
	days = (rx->next_from_ms - req->received_at_ms + DATE_DAY_MS - 1) / DATE_DAY_MS;
	english = arena_printf(&req->arena, "fill %d of %d opens in %lld days", rx->round + 1,
		rx->fills_max, days);
	chinese = arena_printf(&req->arena, "第 %d 次配药（共 %d 次）须再过 %lld 天", rx->round + 1,
		rx->fills_max, days);
	if (english != NULL && chinese != NULL)
		request_find(req, "ROUND", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "next_round_from_ms",
			"minInrvDays", english, chinese);
	return STATUS_ROUND_NOT_OPEN;
}

enum status_reason state_refusal(struct request *req, enum life_refusal why,
	const struct prescription *rx)
{
	switch (why) {
	case LIFE_IS_REVOKED:
		return STATUS_PRESCRIPTION_REVOKED;
	case LIFE_IS_USED:
		return used_refusal(req, rx);
	case LIFE_IS_EXPIRED:
		return STATUS_PRESCRIPTION_EXPIRED;
	case LIFE_IS_HELD_BY_OTHERS: {
		char *english = arena_printf(&req->arena, "held by %s for another %lld s", rx->holder_code,
			(long long)((rx->held_until_ms - req->received_at_ms + 999) / 1000));
		char *chinese = arena_printf(&req->arena, "由 %s 占用，剩余 %lld 秒", rx->holder_code,
			(long long)((rx->held_until_ms - req->received_at_ms + 999) / 1000));

		if (english != NULL && chinese != NULL)
			request_find(req, "HOLD", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "holder_code",
				"DOMAIN hold", english, chinese);
		return STATUS_CLAIM_HELD;
	}
	case LIFE_IS_NOT_HELD:
		return STATUS_CLAIM_NOT_HELD;
	case LIFE_NEEDS_REVIEW:
		return STATUS_REVIEW_MISSING;
	case LIFE_ALLOWED:
		break;
	}
	return STATUS_INTERNAL;
}
