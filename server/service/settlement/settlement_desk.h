/* What the request kinds about settlements have in common: names, moments, hosts. */
#ifndef SERVICE_SETTLEMENT_SETTLEMENT_DESK_H
#define SERVICE_SETTLEMENT_SETTLEMENT_DESK_H

#include "domain/registry.h"
#include "request/request.h"
#include "store/settlement.h"

/* At most so many characters, and at least one when it is needed; a finding otherwise. */
void desk_check_text(struct request *req, const char *field, const char *text, size_t max,
	bool needed);
/* At most so many bytes, and at least one. */
void desk_check_note(struct request *req, const char *field, const char *text);
/* Not missing and not in the future. */
void desk_check_moment(struct request *req, const char *field, int64_t at_ms);
/* Prescription, fill and settlement id; *ret is filled, sound or not. */
void desk_check_key(struct request *req, ProtobufCBinaryData rx_id, uint32_t fill_no,
	const char *settlement_id, struct settlement_key *ret);
/* FIELD_INVALID when there are more findings than before. */
enum status_reason desk_found(const struct request *req, size_t before);

/* The institution the agency settles with for this one: an internet hospital's host (SX15-8.6). */
const char *desk_host_of(const struct request *req, const char *code);
/* A period of at most SETTLEMENT_PERIOD_DAYS_MAX days; findings otherwise. */
void desk_check_period(struct request *req, int64_t from_ms, int64_t until_ms);

#endif
