/* Every limit of the wire, once.  Each has a test at it and one above it.
 *
 * Units stand last in the names; counts have none.
 */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

#include <assert.h>

enum {
	FRAME_BODY_MAX = 256 * 1024,    /* bytes of one frame after its length prefix */
	FRAME_PREFIX_MAX = 5,           /* bytes read of the varint before it */
	ANSWER_TAIL_MAX = 8 * 1024,     /* bytes of receipt and proof beside an answer's body */
	RECEIPTS_MAX = 256,             /* signed together */
	METHOD_NAME_MAX = 64,           /* bytes */
	TRACEPARENT_LEN = 55,           /* bytes, W3C trace context version 00 */
	IDEMPOTENCY_KEY_LEN = 16,       /* bytes */
	DEADLINE_MS_DEFAULT = 10 * 1000, /* of a call that names none */
	DEADLINE_MS_MAX = 60 * 1000,    /* of a call; more is lowered to this */
	CALLS_IN_FLIGHT_MAX = 64,       /* per connection */
	STREAMS_MAX = 4,                /* per connection, beside the calls */
	STREAM_MS_MAX = 60 * 60 * 1000, /* of a stream, also of one that names no deadline */

	DOCUMENT_BODY_MAX = 48 * 1024,  /* bytes of one signed document */
	UPLOAD_BODY_MAX = 100 * 1024,   /* bytes: two documents and their envelope */
	SMALL_BODY_MAX = 2 * 1024,      /* bytes: requests without a document */
	REGISTRY_BODY_MAX = 200 * 1024, /* bytes: one registry record or batch */

	DIAGNOSES_MAX = 20,             /* per prescription */
	RX_LINES_MAX = 64,              /* per prescription; herbal prescriptions have many */
	TRACE_CODES_MAX = 200,          /* per dispensed line */
	TRACE_RECORD_MAX = 400,         /* per dispense or return record */
	TRACE_CODE_LEN_MAX = 100,       /* bytes of a drug trace code; nat: drug_trac_codg C100 */
	RETURN_NOTE_MAX = 200,          /* characters of a return's note, a line refusal's reason */
	TEXT_MAX = 8000,                /* bytes of any text field; 2000 Chinese characters and more */
	CODE_MAX = 50,                  /* characters of any code */
	HOSPITAL_NUMBER_MAX = 40,       /* characters; nat: hospRxno C40 */
	SERIAL_MAX = 100,               /* characters; nat: authNo C100 */
	SETTLEMENT_ID_MAX = 30,         /* characters; nat: setl_id C30 */
	PAYMENT_ORDER_MAX = 64,         /* characters; nat: payOrdId C64 */
	PAY_CHANNEL_MAX = 30,           /* characters of what a payment went through */
	RECEIPT_NUMBER_MAX = 64,        /* characters */
	SETTLEMENT_NOTE_MAX = 600,      /* bytes of a reason; 200 Chinese characters */
	SETTLEMENT_PAGE_MAX = 100,      /* settlements or gaps per answer */
	SETTLEMENT_PERIOD_DAYS_MAX = 93, /* of one review or reconciliation */
	CHARGE_TOTALS_MAX = 16,         /* of one declared month: kinds x business x region flag */
	FINDINGS_MAX = 64,              /* per answer */
	PULL_PRESCRIPTIONS_MAX = 16,    /* per answer */
	OWN_ACCESSES_MAX = 100,         /* accesses per answer to the person */
	RATING_SCORE_MAX = 5,           /* of a hand-over; 1 is the least */
	RATING_COMMENT_MAX = 200,       /* characters */
	RATING_REVISIONS_MAX = 20,      /* times a hand-over may be rated, the first included */
	RATINGS_PAGE_MAX = 200,         /* institutions per answer */
	OWN_GRANT_S_MAX = 10 * 60,      /* life of the grant that a list brings the person */
	LATER_DOCUMENTS_MAX = 64,       /* reviews, fills, revocation of one prescription */
	TRAIL_PAGE_MAX = 200,           /* events per answer */
	EXPORT_PAGE_MAX = 100,          /* events with a proof each, per answer of an export */
	EXPORT_RUN_MAX = 512,           /* events of a run, per answer of an export */
	EXPORT_DOCUMENTS_MAX = 32,      /* events, per answer of an export with documents */
	EXPORT_SIZES_MAX = 16,          /* checkpoints an auditor kept, per export */
	AUDIT_BODY_MAX = 8 * 1024,      /* bytes: AUDIT_RX_IDS_MAX ids and their envelope */
	AUDIT_RX_IDS_MAX = 256,         /* prescriptions asked for in one audit call */
	AUDIT_STATES_MAX = 256,         /* prescriptions per answer */
	AUDIT_EVENTS_MAX = 4096,        /* hashes per answer */
	AUDIT_UNPLACED_MAX = 64,        /* events without a place, per answer */
	PROMISE_MS = 10 * 1000,         /* until an event stands in a published checkpoint */
	AUDIT_RECORDS_MAX = 500,        /* registry records per answer */
	PAGE_TOKEN_S_MAX = 60 * 60,     /* life of the page token of an export or audit */
	BUNDLE_BYTES_MAX = 200 * 1024,  /* bodies of one prescription's documents together */
	STORY_EVENTS_MAX = 200,         /* events in one prescription's story */
	STORY_ROWS_MAX = 200,           /* payments, receipts, decisions, delivery steps of it, each */
	SHRED_MAX = 256,                /* prescriptions whose keys one call destroys */
	SHRED_BASIS_MAX = 600,          /* bytes; 200 Chinese characters */
	PURPOSE_MAX = 200,              /* bytes of an audit read's purpose */
	REGISTRY_BATCH_MAX = 500,       /* codes per registry batch */
	CODE_ROWS_MAX = 500 * 1000,     /* rows of one version of a code table */
	CODES_PAGE_MAX = 250,           /* codes per answer */
	CODE_CHANGES_PAGE_MAX = 120,    /* differences between two code tables per answer */
	CODE_VERSIONS_MAX = 200,        /* versions of a code table per answer */
	CODE_VERSIONS_AHEAD_MAX = 2,    /* published versions of a code table not in effect yet */
	REGISTRY_PAGE_MAX = 200,        /* records per answer */
	REGISTRY_TEXT_MAX = 100,        /* bytes that a record is searched for */
	SERVICE_PRICE_FEN_MAX = 100000000, /* one million yuan */
	DAY_NUMBERS_MAX = 5000,         /* hospital numbers of one declared day */
	DAY_PAGE_MAX = 500,             /* numbers or hospitals per page of a day */
	DAY_RX_IDS_MAX = 8,             /* prescriptions named per number of a day */
	DAY_BODY_MAX = 96 * 1024,       /* bytes: one page of a declared day */
	NEWS_PAGE_MAX = 500,            /* events per poll */
	PLACE_LEN = 40,                 /* bytes of a place in the order of events */
	WATCH_HEARTBEAT_MS_MIN = 100,   /* a frame of a watch comes at least so often */
	WATCH_HEARTBEAT_MS_DEFAULT = 10 * 1000, /* the same, of a watch that does not say */
	WATCH_HEARTBEAT_MS_MAX = 60 * 1000, /* the same, at most */

	DELIVERY_NO_MAX = 40,           /* characters of a delivery's number */
	CARRIER_CODE_MAX = 20,          /* characters */
	CARRIER_NAME_MAX = 90,          /* bytes; 30 Chinese characters */
	DELIVERIES_MAX = 20,            /* orders of one fill, one after the other */
	DELIVERY_STEPS_MAX = 60,        /* things told of one order, the order included */
	DELIVERY_PERIOD_DAYS_MAX = 92,  /* of one reconciliation */
	DELIVERY_PAGE_MAX = 200,        /* disagreements per answer */
	STOCK_ROWS_MAX = 500,           /* drugs per page of an inventory */
	STOCK_PAGES_MAX = 400,          /* of one inventory */
	STOCK_UNIT_MAX = 30,            /* bytes; 10 Chinese characters */
	STOCK_BODY_MAX = 96 * 1024,     /* bytes: one page of an inventory */
	STOCK_FIND_BODY_MAX = 16 * 1024, /* bytes: a search for RX_LINES_MAX drugs */
	STOCK_SEARCH_MAX = 6000,        /* institutions one search goes through */
	STOCK_PLACES_PAGE_MAX = 50,     /* institutions per answer of a search */
	STOCK_FEEDS_PAGE_MAX = 100,     /* pharmacies per answer */

	APPLICATION_BODY_MAX = 100 * 1024,  /* bytes: a request about an application */
	APPLICATION_BYTES_MAX = 180 * 1024, /* of a whole application, with all it was given */
	APPLICATION_PAGE_MAX = 50,      /* applications per answer */
	APPLICATION_DOCUMENTS_MAX = 32, /* per application */
	APPLICATION_ITEMS_MAX = 32,     /* of one checklist */
	APPLICATION_GROUP_MAX = 16,     /* members of an assessment group */
	APPLICATION_OVERRIDES_MAX = 16, /* blocks lifted by hand, per application */
	APPLICATION_STEPS_MAX = 64,     /* per application */
	APPLICATION_REPEATS_MAX = 40,   /* steps after which only what leads on is done */
	CONFORMANCE_STEPS_MAX = 8,      /* requests per conformance call */
	FORM_FIELDS_MAX = 64,           /* of one standard form */
	FORM_ROWS_MAX = 300,            /* of one standard list */
	FORM_CELLS_MAX = 16,            /* of one row */

	AGREEMENT_CLAUSES_MAX = 32,     /* per agreement */
	AGREEMENT_REASON_MAX = 600,     /* bytes of a reason or legal basis; 200 Chinese characters */
	AGREEMENTS_PAGE_MAX = 50,       /* agreements or tasks per answer */

	SIGNED_AT_SKEW_MS_MAX = 5 * 60 * 1000, /* between signing and receipt */

	VOUCHER_ID_MAX = 50,            /* bytes; nat: mdtrtCertNo C50 */
	VOUCHER_NONCE_LEN = 16,         /* bytes */
	VOUCHER_LIFE_S_DEFAULT = 60,    /* of an e-voucher code */
	VOUCHER_LIFE_S_MAX = 300,       /* of an e-voucher code */
	VOUCHER_SKEW_MS = 5 * 1000,     /* authority's and platform's clocks may differ so much */
	VOUCHER_REPEAT_S_MAX = 15 * 60, /* after a code's end its one use may still be repeated */
	VOUCHER_TEXT_MAX = 320,         /* characters; fits a QR of version 10 */

	KEY_ID_LEN = 32,                /* bytes, SHA-256 of the public key */
	PUBLIC_KEY_LEN = 32,            /* bytes, Ed25519 */
	SIGNATURE_LEN = 64,             /* bytes, Ed25519 */
	SHA256_LEN = 32,                /* bytes */
	RX_ID_LEN = 16,                 /* bytes of a prescription id */
	PERSON_KEY_LEN = 32,            /* bytes, blind index of an e-voucher id */
	EVENT_ID_LEN = 16,              /* bytes of a trail event's id */
};

static_assert(UPLOAD_BODY_MAX >= 2 * DOCUMENT_BODY_MAX, "an upload carries two documents");
static_assert(FRAME_BODY_MAX >= REGISTRY_BODY_MAX + 1024, "a body and its envelope fit a frame");
static_assert(FRAME_BODY_MAX >= BUNDLE_BYTES_MAX + 40 * 1024 + ANSWER_TAIL_MAX,
	"one prescription with its signatures, key statements and receipt fits a frame");
static_assert(FRAME_BODY_MAX >= APPLICATION_BYTES_MAX + 1024,
	"a whole application and its envelope fit a frame");
static_assert(AUDIT_BODY_MAX >= AUDIT_RX_IDS_MAX * (RX_ID_LEN + 2) + 1024,
	"all ids that may be asked for, a purpose and a token fit an audit's body");
static_assert(
	FRAME_BODY_MAX >= AUDIT_EVENTS_MAX * (SHA256_LEN + 9) + AUDIT_UNPLACED_MAX * 18 + 1024,
	"as many hashes as may be asked for fit a frame, as many places that are not ours, and ids");
static_assert(FRAME_BODY_MAX < 1 << 21, "a minimal prefix has at most three bytes");

#endif
