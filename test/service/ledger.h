/* What the database would hold: taken from the statements that were submitted, given back as rows.
 *
 * Taking checks what every change must keep: the guard on the version, the event of the same
 * change with its chained leaf, the sealed document's digest inside the leaf.
 */
#ifndef TEST_SERVICE_LEDGER_H
#define TEST_SERVICE_LEDGER_H

#include "rxcirc/v1/event.pb-c.h"
#include "test/service/promises.h"

enum { LEDGER_DOCUMENTS = LATER_DOCUMENTS_MAX + 4, LEDGER_CODE = 64 };

struct ledger_document {
	int64_t seq;
	int16_t kind;
	struct slice sealed;
};

struct ledger {
	uint8_t rx_id[RX_ID_LEN], person_key[PERSON_KEY_LEN];
	char hospital[16], holder[16];
	uint8_t upload_mac[32], head_leaf[32], row_mac[32], wrapped[72];
	int64_t issued_ms, valid_until_ms, received_ms, held_until_ms, token, version;
	int16_t validity, review, use, fills_done, fills_max, interval, mac_generation, key_generation;
	bool is_shredded, lines_are_gone;
	size_t line_count;
	char codes[RX_LINES_MAX + 1][LEDGER_CODE];
	int64_t prescribed[RX_LINES_MAX + 1], dispensed[RX_LINES_MAX + 1], returned[RX_LINES_MAX + 1];
	int64_t next_from_ms, held_from_ms;
	int16_t round;
	size_t document_count;
	struct ledger_document documents[LEDGER_DOCUMENTS];
	/* what was stored with the newest change, under which key */
	uint8_t reply_key[IDEMPOTENCY_KEY_LEN], reply_mac[32];
	struct slice reply;
	struct promise promise; /* that answer's */
	const Rxcirc__V1__EventLeaf *leaf;
	struct slice leaf_bytes;
	char told[16]; /* institution told of the newest change, or "" */
	/* the papers as they were sent */
	paper_doc *prescription, *hospital_review, *pharmacy_review, *dispense_record;
};

/* From the last upload that was submitted. */
void ledger_take_put(struct ledger *l);
/* From the last change or hand-over that was submitted. */
void ledger_take_change(struct ledger *l);
/* A document sealed for a place, as the server would. */
void ledger_add_document(struct ledger *l, const paper_doc *doc);
/* Sign the row anew, after a test changed it on the server's behalf. */
void ledger_sign(struct ledger *l);

/* Script the answers of a change's or a read's first unit. */
void ledger_answer_row(const struct ledger *l);
void ledger_answer_documents(const struct ledger *l);
void ledger_answer_load(const struct ledger *l);  /* row, no reply, documents */
void ledger_answer_replied(const struct ledger *l, const uint8_t *mac, struct slice reply);
/* The kept answer is given again. */
void ledger_answer_replay(const struct ledger *l);
void ledger_answer_nothing(void);                 /* no row, no reply, no documents */
void ledger_answer_search(const struct ledger *const *ls, unsigned count, bool open);
/* What an audit reads: the row with its documents' digests, and so many like it, the last two bytes
 * of whose ids count up. */
void ledger_answer_states(const char *statement, const struct ledger *l, unsigned count);
/* The change is written, or lost the race. */
void ledger_answer_written(const char *statement, bool changed);

#endif
