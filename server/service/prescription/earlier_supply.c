/* Stored prescriptions into supplies. */
#include "service/prescription/earlier_supply.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "service/bundle.h"
#include "store/prescription.h"

enum { QUERY_ROWS, QUERY_DOCUMENTS, DAY_E4 = 10000 };
static const int64_t day_ms = INT64_C(24) * 3600 * 1000, china_offset_ms = INT64_C(8) * 3600 * 1000;

int earlier_supply_ask(struct request *req, const uint8_t *person_key)
{
	const struct prescription_search search = {.person_key = person_key, .is_paged = true,
		.now_ms = req->received_at_ms, .limit = EARLIER_SUPPLY_MAX, .after_ms = MOMENT_MS_MAX};
	struct pg_unit *unit = request_unit(req, person_key);
	int r = store_prescriptions_search(unit, &req->arena, &search);

	return r < 0 ? r : store_documents_search(unit, &req->arena, &search);
}

static int64_t china_day(int64_t at_ms)
{
	return (at_ms + china_offset_ms) / day_ms;
}

/* Revoked, or never dispensed and too late for it: nothing was supplied. */
static bool supplies_nothing(const struct request *req, const struct prescription *rx)
{
	return rx->validity == VALIDITY_REVOKED ||
		(rx->use == USE_UNUSED && rx->valid_until_ms <= req->received_at_ms);
}

static int take_lines(struct request *req, const struct bundle *b,
	const Rxcirc__V1__Prescription *now, struct upload_facts *f)
{
	Rxcirc__V1__Prescription *then;
	struct upload_supply *all = (struct upload_supply *)(uintptr_t)f->supplies;
	bool same_visit;
	int r = pbmsg_open(&then, &rxcirc__v1__prescription__descriptor, &req->arena,
		pbmsg_bytes(b->prescription->body));

	if (r < 0)
		return r == ERR_MALFORMED ? ERR_DAMAGED : r;
	same_visit = then->physician != NULL &&
		strcmp(then->physician->code, now->physician->code) == 0 &&
		china_day(then->issued_at_ms) == china_day(now->issued_at_ms);
	for (size_t i = 0; i < then->n_lines; i++)
		all[f->supply_count++] = (struct upload_supply){then->lines[i]->drug_code,
			then->lines[i]->generic_name,
			then->issued_at_ms + then->lines[i]->days_e4 * (day_ms / DAY_E4), same_visit};
	return 0;
}

static int take_one(struct request *req, int row, const Rxcirc__V1__Prescription *now,
	const uint8_t *rx_id, struct upload_facts *f)
{
	struct bundle *b = arena_alloc(&req->arena, sizeof(*b));
	int r;

	if (b == NULL)
		return ERR_MEMORY;
	r = bundle_read(req, QUERY_ROWS, row, b);
	if (r < 0 || b->shredded || memcmp(b->rx.rx_id, rx_id, RX_ID_LEN) == 0 ||
		supplies_nothing(req, &b->rx))
		return r;
	r = bundle_open_documents(req, QUERY_DOCUMENTS, b);
	return r < 0 ? r : take_lines(req, b, now, f);
}

int earlier_supply_read(struct request *req, const Rxcirc__V1__Prescription *rx,
	const uint8_t *rx_id, struct upload_facts *f)
{
	int rows = pg_rows(&req->unit, QUERY_ROWS);

	if (rows > EARLIER_SUPPLY_MAX)
		rows = EARLIER_SUPPLY_MAX;
	f->supplies = arena_array(&req->arena, (size_t)rows * RX_LINES_MAX + 1,
		sizeof(*f->supplies));
	if (f->supplies == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows; row++) {
		int r = take_one(req, row, rx, rx_id, f);

		if (r < 0)
			return r;
	}
	return 0;
}
