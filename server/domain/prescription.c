/* What follows from a prescription's row and the time. */
#include "domain/prescription.h"

#include <string.h>

bool prescription_is_held(const struct prescription *p, int64_t now_ms)
{
	return p->holder_code[0] != '\0' && now_ms < p->held_until_ms;
}

bool prescription_next_is_open(const struct prescription *p, int64_t now_ms)
{
	return p->use == USE_DISPENSED && p->round < p->fills_max && now_ms >= p->next_from_ms;
}

void prescription_turn(struct prescription *p, int64_t now_ms)
{
	if (!prescription_next_is_open(p, now_ms))
		return;
	p->round++;
	p->use = USE_UNUSED;
	p->review = REVIEW_HOSPITAL_PASSED;
}

int64_t prescription_owed_e4(const struct prescription_line *line, int16_t round)
{
	return line->prescribed_e4 * round - line->dispensed_e4;
}

struct life prescription_life(const struct prescription *p, const char *actor, int64_t now_ms)
{
	struct life life = {p->validity, p->review, p->use, HOLD_FREE};

	if (life.validity == VALIDITY_VALID && now_ms >= p->valid_until_ms)
		life.validity = VALIDITY_EXPIRED;
	if (prescription_next_is_open(p, now_ms)) {
		life.use = USE_UNUSED;
		life.review = REVIEW_HOSPITAL_PASSED;
	}
	if (prescription_is_held(p, now_ms))
		life.hold = strcmp(p->holder_code, actor) == 0 ? HOLD_MINE : HOLD_OTHERS;
	return life;
}

static void write_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	writer_u16(w, (uint16_t)len);
	writer_slice(w, slice_of(text, len));
}

static bool is_past_its_beginning(const struct prescription *p,
	const struct prescription_line *lines, size_t count)
{
	bool returned = false;

	for (size_t i = 0; i < count; i++)
		returned = returned || lines[i].returned_e4 != 0;
	return returned || p->round != 1 || p->next_from_ms != p->received_at_ms ||
		p->held_from_ms != p->received_at_ms;
}

bool prescription_mac_bytes(struct writer *w, const struct prescription *p,
	const struct prescription_line *lines, size_t count)
{
	writer_slice(w, slice_of(p->rx_id, sizeof(p->rx_id)));
	writer_slice(w, slice_of(p->person_key, sizeof(p->person_key)));
	write_text(w, p->hospital_code);
	writer_slice(w, slice_of(p->upload_mac, sizeof(p->upload_mac)));
	writer_u64(w, (uint64_t)p->issued_at_ms);
	writer_u64(w, (uint64_t)p->valid_until_ms);
	writer_u64(w, (uint64_t)p->received_at_ms);
	writer_u8(w, (uint8_t)p->validity);
	writer_u8(w, (uint8_t)p->review);
	writer_u8(w, (uint8_t)p->use);
	write_text(w, p->holder_code);
	writer_u64(w, (uint64_t)p->held_until_ms);
	writer_u64(w, (uint64_t)p->fencing_token);
	writer_u16(w, (uint16_t)p->fills_done);
	writer_u16(w, (uint16_t)p->fills_max);
	writer_u16(w, (uint16_t)p->interval_days);
	writer_u64(w, (uint64_t)p->version);
	writer_slice(w, slice_of(p->head_leaf, sizeof(p->head_leaf)));
	writer_u16(w, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		writer_u16(w, (uint16_t)lines[i].line_no);
		write_text(w, lines[i].drug_code);
		writer_u64(w, (uint64_t)lines[i].prescribed_e4);
		writer_u64(w, (uint64_t)lines[i].dispensed_e4);
	}
	if (is_past_its_beginning(p, lines, count)) {
		writer_u16(w, (uint16_t)p->round);
		writer_u64(w, (uint64_t)p->next_from_ms);
		writer_u64(w, (uint64_t)p->held_from_ms);
		for (size_t i = 0; i < count; i++)
			writer_u64(w, (uint64_t)lines[i].returned_e4);
	}
	return !w->failed;
}
