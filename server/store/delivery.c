/* Both statements say from the rows as they stand whether the entry fits; what is written goes to
 * the next number.  No ON CONFLICT: of two at one moment the second meets the key, is tried again
 * and is told what stands then. */
#include "store/delivery.h"

#include "base/err.h"
#include "domain/registry.h"

#define OF_FILL(t) t ".bucket = $1 AND " t ".rx_id = $13 AND " t ".fill_no = $14"
#define PERSON \
	"coalesce((SELECT p.person_key FROM prescription p" \
	" WHERE p.bucket = $1 AND p.rx_id = $13), $12::bytea)"
/* Who is told of it: the issuing hospital, unless it delivers itself. */
#define HOSPITAL \
	"(SELECT nullif(p.hospital_code, $3::text) FROM prescription p" \
	" WHERE p.bucket = $1 AND p.rx_id = $13)"
static_assert(DELIVERIES_MAX == 20 && DELIVERY_STEPS_MAX == 60, "the texts below say 20 and 60");

/* ---- an order ------------------------------------------------------------------------------- */

#define ITS_FILL " FROM fill f WHERE " OF_FILL("f") " AND f.pharmacy_code = $3"
#define ITS_NUMBER " FROM delivery d WHERE " OF_FILL("d") " AND d.delivery_no = $15"
#define LAST " FROM delivery_step s WHERE " OF_FILL("s") \
	" ORDER BY s.order_no DESC, s.step_no DESC LIMIT 1"
#define NOT_SENT \
	"EXISTS (SELECT FROM fill_line l JOIN code c ON c.code = l.drug_code" \
	" WHERE " OF_FILL("l") " AND c.version = $21::int8 AND c.flags & 1 = 1)"
static_assert(CODE_SPECIAL_CONTROL == 1, "the text above says 1");

const struct pg_statement delivery_order_sql = {"delivery_order",
	ENTRY_TOLD("EXISTS (SELECT" ITS_FILL ") AND CASE WHEN EXISTS (SELECT" ITS_NUMBER ")"
	" THEN EXISTS (SELECT" ITS_NUMBER " AND (d.carrier_code, d.carrier_name, d.region,"
	"  d.ordered_at) = ($16::text, $17::text, $18::text, $19::timestamptz))"
	" ELSE NOT " NOT_SENT " AND coalesce("
	"  (SELECT ($20::int4 >> s.event) & 1 = 1 AND s.order_no < 20" LAST "), true) END",
	"$13::bytea", PERSON, HOSPITAL)
	", new AS (SELECT coalesce((SELECT s.order_no" LAST "), 0) + 1 AS order_no FROM key"
	" WHERE NOT EXISTS (SELECT" ITS_NUMBER ")"
	"), put AS ("
	" INSERT INTO delivery (bucket, rx_id, fill_no, order_no, delivery_no, pharmacy_code,"
	"  carrier_code, carrier_name, region, ordered_at, received_at)"
	" SELECT $1, $13, $14, new.order_no, $15, $3, $16, $17, $18, $19, $2 FROM new"
	"), step AS ("
	" INSERT INTO delivery_step (bucket, rx_id, fill_no, order_no, step_no, event, at,"
	"  received_at, signer, reason)"
	" SELECT $1, $13, $14, new.order_no, 1, 1, $19, $2, 0, 0 FROM new)"
	ENTRY_END ", CASE WHEN NOT EXISTS (SELECT" ITS_FILL ") THEN 1"
	" WHEN EXISTS (SELECT" ITS_NUMBER ") THEN 2 WHEN " NOT_SENT " THEN 3 ELSE 4 END::int2,"
	" coalesce((SELECT s.event" LAST "), 0)::int2", 21};

/* ---- a step --------------------------------------------------------------------------------- */

#define ITS_STEPS \
	" FROM delivery d JOIN delivery_step s ON " OF_FILL("s") " AND s.order_no = d.order_no" \
	" WHERE " OF_FILL("d") " AND d.delivery_no = $15 AND d.pharmacy_code = $3"
#define LAST_OF_ITS ITS_STEPS " ORDER BY s.step_no DESC LIMIT 1"
#define SAME_STEP \
	"EXISTS (SELECT" ITS_STEPS " AND (s.event, s.at, s.signer, s.reason) =" \
	" ($16::int2, $17::timestamptz, $18::int2, $19::int2))"

const struct pg_statement delivery_step_sql = {"delivery_step",
	ENTRY_TOLD(SAME_STEP " OR (SELECT ($20::int4 >> s.event) & 1 = 1 AND s.at <= $17"
	" AND s.step_no < 60" LAST_OF_ITS ")", "$13::bytea", PERSON, HOSPITAL)
	", step AS ("
	" INSERT INTO delivery_step (bucket, rx_id, fill_no, order_no, step_no, event, at,"
	"  received_at, signer, reason)"
	" SELECT $1, $13, $14, l.order_no, l.step_no + 1, $16, $17, $2, $18, $19"
	" FROM key, (SELECT s.order_no, s.step_no" LAST_OF_ITS ") l WHERE NOT " SAME_STEP ")"
	ENTRY_END ", coalesce((SELECT CASE WHEN ($20 >> s.event) & 1 = 0 THEN 4"
	" WHEN s.at > $17 THEN 5 ELSE 6 END" LAST_OF_ITS "), 1)::int2,"
	" coalesce((SELECT s.event" LAST_OF_ITS "), 0)::int2", 20};

/* ---- filling -------------------------------------------------------------------------------- */

static void bind_fill(struct binder *b, const struct stored_delivery *d,
	const struct entry_write *w)
{
	entry_bind(b, w);
	pg_param_bytes(binder_next(b), slice_of(d->rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(b), d->fill_no);
	pg_param_text(binder_next(b), d->delivery_no);
}

static void bind_order(struct binder *b, const struct stored_delivery *d)
{
	pg_param_text(binder_next(b), d->carrier_code);
	pg_param_text(binder_next(b), d->carrier_name);
	pg_param_text(binder_next(b), d->region);
	pg_param_time(binder_next(b), d->at_ms);
	pg_param_i32(binder_next(b), (int32_t)delivery_follows(d->event));
	pg_param_i64(binder_next(b), d->drugs_version);
}

static void bind_step(struct binder *b, const struct stored_delivery *d)
{
	pg_param_i16(binder_next(b), (int16_t)d->event);
	pg_param_time(binder_next(b), d->at_ms);
	pg_param_i16(binder_next(b), d->signer);
	pg_param_i16(binder_next(b), d->reason);
	pg_param_i32(binder_next(b), (int32_t)delivery_follows(d->event));
}

int store_delivery_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_delivery *delivery, const struct entry_write *w)
{
	bool is_order = delivery->event == DELIVERY_ORDERED;
	struct binder b;

	if (!binder_open(&b, arena, is_order ? &delivery_order_sql : &delivery_step_sql))
		return ERR_MEMORY;
	bind_fill(&b, delivery, w);
	if (is_order)
		bind_order(&b, delivery);
	else
		bind_step(&b, delivery);
	binder_close(&b, unit);
	return 0;
}

enum delivery_misfit store_delivery_misfit(const struct pg_unit *unit,
	const struct stored_delivery *delivery, enum delivery_event *ret_stands)
{
	enum delivery_misfit why = (enum delivery_misfit)pg_i16(unit, 0, 0, 2);
	enum delivery_event stands = (enum delivery_event)pg_i16(unit, 0, 0, 3);

	*ret_stands = stands;
	/* An order that could follow what stands is one too many. */
	if (delivery->event == DELIVERY_ORDERED && why == DELIVERY_OUT_OF_ORDER &&
		delivery_is_lost(stands))
		return DELIVERY_TOO_MANY;
	return why;
}
