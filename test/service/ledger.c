/* Parameters into a ledger, a ledger into rows. */
#include "test/service/ledger.h"

#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "domain/prescription.h"
#include "proto/rxid.h"

struct params {
	const struct fake_unit *unit;
	unsigned query;
};

static void take(uint8_t *out, size_t len, struct params p, unsigned param)
{
	struct slice v = fake_value(p.unit, p.query, param);

	assert_int_equal(v.len, len);
	memcpy(out, v.data, len);
}

static void take_text(char *out, size_t cap, struct params p, unsigned param)
{
	struct slice v = fake_value(p.unit, p.query, param);

	assert_true(v.len < cap);
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
}

static int64_t number(struct params p, unsigned param)
{
	return fake_number(p.unit, p.query, param);
}

static int64_t moment(struct params p, unsigned param)
{
	return fake_time(p.unit, p.query, param);
}

static struct slice keep(struct slice v)
{
	uint8_t *copy = papers_alloc(v.len + 1);

	memcpy(copy, v.data, v.len);
	return slice_of(copy, v.len);
}

static bool is_null(struct params p, unsigned param)
{
	return p.unit->queries[p.query].param[param].is_null;
}

/* Elements of an array parameter. */
static size_t elements(struct params p, unsigned param, struct slice *out, size_t cap)
{
	struct reader r;
	size_t count;

	reader_init(&r, fake_value(p.unit, p.query, param));
	if (reader_u32(&r) == 0)
		return 0;
	(void)reader_u64(&r);
	count = reader_u32(&r);
	(void)reader_u32(&r);
	assert_true(count <= cap);
	for (size_t i = 0; i < count; i++)
		out[i] = reader_slice(&r, reader_u32(&r));
	assert_true(reader_is_done(&r));
	return count;
}

static int64_t element_number(struct slice s)
{
	int64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.data[i];
	return v;
}

/* The event of a change: its leaf hangs on the one before and names what was sealed. */
static void check_leaf(struct ledger *l, struct params p, struct slice leaf,
	struct slice event_id, struct slice sealed)
{
	uint8_t hash[SHA256_LEN];
	const Rxcirc__V1__EventLeaf *m;

	(void)p;
	m = stage_unpack(&rxcirc__v1__event_leaf__descriptor, keep(leaf));
	assert_int_equal(m->format, 2);
	assert_true(slice_equal(slice_of(m->event_id.data, m->event_id.len), event_id));
	assert_int_equal(m->rx_id.len, RX_ID_LEN);
	assert_memory_equal(m->rx_id.data, l->rx_id, RX_ID_LEN);
	assert_int_equal(m->rx_seq, l->version + 1);
	assert_int_equal(m->at_ms, stage.now_ms);
	assert_string_equal(m->institution_code, stage.caller.code);
	if (l->version == 0) {
		assert_int_equal(m->previous_leaf.len, 0);
	} else {
		assert_int_equal(m->previous_leaf.len, SHA256_LEN);
		assert_memory_equal(m->previous_leaf.data, l->head_leaf, SHA256_LEN);
	}
	if (sealed.len == 0) {
		assert_int_equal(m->ciphertext_sha256.len, 0);
	} else {
		digest_sha256(hash, sealed);
		assert_int_equal(m->ciphertext_sha256.len, SHA256_LEN);
		assert_memory_equal(m->ciphertext_sha256.data, hash, SHA256_LEN);
	}
	l->leaf = m;
	digest_leaf(l->head_leaf, leaf);
}

static void check_place(struct ledger *l, struct params p)
{
	assert_int_equal(number(p, 0), rx_id_bucket(l->rx_id));
	assert_memory_equal(p.unit->row_key, l->rx_id, RX_ID_LEN);
	assert_int_equal(p.unit->deadline_mono_ms, 4711);
	assert_string_equal(p.unit->lane, "write");
}

static void take_document(struct ledger *l, int64_t seq, int16_t kind, struct slice sealed)
{
	assert_true(l->document_count < LEDGER_DOCUMENTS);
	l->documents[l->document_count++] = (struct ledger_document){seq, kind, keep(sealed)};
}

static void take_lines(struct ledger *l, struct params p)
{
	struct slice codes[RX_LINES_MAX], quantities[RX_LINES_MAX];

	l->line_count = elements(p, 13, codes, RX_LINES_MAX);
	assert_int_equal(elements(p, 14, quantities, RX_LINES_MAX), l->line_count);
	for (size_t i = 0; i < l->line_count; i++) {
		assert_true(codes[i].len < LEDGER_CODE);
		memcpy(l->codes[i], codes[i].data, codes[i].len);
		l->codes[i][codes[i].len] = '\0';
		l->prescribed[i] = element_number(quantities[i]);
		l->dispensed[i] = 0;
		l->returned[i] = 0;
	}
}

void ledger_take_put(struct ledger *l)
{
	struct params p;
	uint8_t head[32];

	memset(l, 0, sizeof(*l));
	p.unit = fake_pg_last("prescription_put", &p.query);
	take(l->rx_id, RX_ID_LEN, p, 1);
	take(l->person_key, PERSON_KEY_LEN, p, 2);
	take_text(l->hospital, sizeof(l->hospital), p, 3);
	take(l->upload_mac, 32, p, 4);
	l->issued_ms = moment(p, 5);
	l->valid_until_ms = moment(p, 6);
	l->received_ms = l->held_until_ms = moment(p, 7);
	l->next_from_ms = l->held_from_ms = l->received_ms;
	l->round = 1;
	l->fills_max = (int16_t)number(p, 8);
	l->interval = (int16_t)number(p, 9);
	take(head, sizeof(head), p, 10);
	l->mac_generation = (int16_t)number(p, 11);
	take(l->row_mac, 32, p, 12);
	take_lines(l, p);
	l->key_generation = (int16_t)number(p, 15);
	take(l->wrapped, sizeof(l->wrapped), p, 16);
	take_document(l, 1, 1, fake_value(p.unit, p.query, 17));
	assert_int_equal(moment(p, 18), stage.now_ms);
	check_leaf(l, p, fake_value(p.unit, p.query, 23), fake_value(p.unit, p.query, 19),
		fake_value(p.unit, p.query, 17));
	assert_int_equal(number(p, 20), l->leaf->kind);
	assert_memory_equal(l->head_leaf, head, sizeof(head));
	l->leaf_bytes = keep(fake_value(p.unit, p.query, 23));
	l->validity = l->review = l->use = 1;
	l->version = 1;
	take(l->reply_key, IDEMPOTENCY_KEY_LEN, p, 24);
	take(l->reply_mac, 32, p, 25);
	l->reply = keep(fake_value(p.unit, p.query, 26));
	check_place(l, p);
	l->promise = promise_written("prescription_put", &promise_of_upload);
	promise_expect(&l->promise);
}

static void take_fills(struct ledger *l, struct params p)
{
	struct slice numbers[RX_LINES_MAX], quantities[RX_LINES_MAX], others[RX_LINES_MAX];
	size_t count = elements(p, 32, numbers, RX_LINES_MAX);

	assert_int_equal(elements(p, 34, quantities, RX_LINES_MAX), count);
	for (unsigned param = 33; param <= 36; param++)
		assert_int_equal(elements(p, param, others, RX_LINES_MAX), count);
	for (size_t i = 0; i < count; i++) {
		int64_t line = element_number(numbers[i]);

		assert_true(line >= 1 && line <= (int64_t)l->line_count);
		l->dispensed[line - 1] += element_number(quantities[i]);
	}
}

/* A return notes the quantity, a reversal takes it out again. */
static void take_returns(struct ledger *l, struct params p)
{
	struct slice numbers[RX_LINES_MAX], quantities[RX_LINES_MAX];
	size_t count = elements(p, 35, numbers, RX_LINES_MAX);
	bool is_reversal = number(p, 31) == 2;

	assert_int_equal(elements(p, 36, quantities, RX_LINES_MAX), count);
	for (size_t i = 0; i < count; i++) {
		int64_t line = element_number(numbers[i]), quantity = element_number(quantities[i]);

		assert_true(line >= 1 && line <= (int64_t)l->line_count);
		if (is_reversal)
			l->dispensed[line - 1] -= quantity;
		else
			l->returned[line - 1] += quantity;
	}
}

static struct params last_change(void)
{
	const struct fake_unit *u = fake_pg_sent(fake_pg_sent_count() - 1);
	const char *name = u->queries[0].statement;

	assert_true(strcmp(name, "rx_change") == 0 || strcmp(name, "fill_put") == 0 ||
		strcmp(name, "fill_put_traced") == 0 || strcmp(name, "fill_return") == 0);
	return (struct params){u, 0};
}

/* The last parameter of every change. */
static void take_told(struct ledger *l, struct params p)
{
	unsigned last = (unsigned)p.unit->queries[0].params - 1;

	l->told[0] = '\0';
	if (!is_null(p, last))
		take_text(l->told, sizeof(l->told), p, last);
	l->leaf_bytes = keep(fake_value(p.unit, p.query, 21));
}

void ledger_take_change(struct ledger *l)
{
	struct params p = last_change();
	struct slice sealed = {NULL, 0};
	uint8_t head[32];

	check_place(l, p);
	assert_int_equal(number(p, 2), l->version);
	l->validity = (int16_t)number(p, 3);
	l->review = (int16_t)number(p, 4);
	l->use = (int16_t)number(p, 5);
	take_text(l->holder, sizeof(l->holder), p, 6);
	l->held_until_ms = moment(p, 7);
	l->token = number(p, 8);
	take(head, sizeof(head), p, 9);
	l->mac_generation = (int16_t)number(p, 10);
	take(l->row_mac, 32, p, 11);
	if (!is_null(p, 12)) {
		sealed = fake_value(p.unit, p.query, 13);
		take_document(l, l->version + 1, (int16_t)number(p, 12), sealed);
	}
	check_leaf(l, p, fake_value(p.unit, p.query, 21), fake_value(p.unit, p.query, 14), sealed);
	assert_int_equal(number(p, 15), l->leaf->kind);
	assert_int_equal(moment(p, 16), stage.now_ms);
	assert_memory_equal(l->head_leaf, head, sizeof(head));
	l->fills_done = (int16_t)number(p, 25);
	l->round = (int16_t)number(p, 26);
	l->next_from_ms = moment(p, 27);
	l->held_from_ms = moment(p, 28);
	if (strcmp(p.unit->queries[0].statement, "fill_return") == 0)
		take_returns(l, p);
	else if (strcmp(p.unit->queries[0].statement, "rx_change") != 0)
		take_fills(l, p);
	take_told(l, p);
	l->version++;
	take(l->reply_key, IDEMPOTENCY_KEY_LEN, p, 22);
	take(l->reply_mac, 32, p, 23);
	l->reply = keep(fake_value(p.unit, p.query, 24));
	l->promise = promise_written(p.unit->queries[0].statement, &promise_of_change);
	promise_expect(&l->promise);
}

void ledger_add_document(struct ledger *l, const paper_doc *doc)
{
	struct data_key key = {.generation = (uint16_t)l->key_generation};
	size_t len = rxcirc__v1__signed_document__get_packed_size(doc);
	uint8_t *plain = papers_alloc(len), *sealed = papers_alloc(seal_len(len));
	const struct seal_place place = {l->rx_id, (uint64_t)l->version + 1, (uint16_t)doc->kind};

	memcpy(key.wrapped, l->wrapped, sizeof(key.wrapped));
	ensure(data_key_unwrap(&key, stage.keys, l->rx_id) == 0);
	rxcirc__v1__signed_document__pack(doc, plain);
	seal(sealed, &key, &place, slice_of(plain, len));
	take_document(l, ++l->version, (int16_t)doc->kind, slice_of(sealed, seal_len(len)));
	ledger_sign(l);
}

void ledger_sign(struct ledger *l)
{
	struct prescription p = {.issued_at_ms = l->issued_ms, .valid_until_ms = l->valid_until_ms,
		.received_at_ms = l->received_ms, .validity = (enum validity)l->validity,
		.review = (enum review)l->review, .use = (enum use)l->use,
		.held_until_ms = l->held_until_ms, .fencing_token = l->token,
		.fills_done = l->fills_done, .fills_max = l->fills_max, .interval_days = l->interval,
		.version = l->version, .round = l->round, .next_from_ms = l->next_from_ms,
		.held_from_ms = l->held_from_ms};
	struct prescription_line lines[RX_LINES_MAX];
	uint8_t bytes[PRESCRIPTION_MAC_BYTES_MAX];
	uint16_t generation;
	struct writer w;

	memcpy(p.rx_id, l->rx_id, sizeof(p.rx_id));
	memcpy(p.person_key, l->person_key, sizeof(p.person_key));
	memcpy(p.hospital_code, l->hospital, sizeof(p.hospital_code));
	memcpy(p.upload_mac, l->upload_mac, sizeof(p.upload_mac));
	memcpy(p.holder_code, l->holder, sizeof(p.holder_code));
	memcpy(p.head_leaf, l->head_leaf, sizeof(p.head_leaf));
	for (size_t i = 0; i < l->line_count; i++)
		lines[i] = (struct prescription_line){(int16_t)(i + 1), l->codes[i], l->prescribed[i],
			l->dispensed[i], l->returned[i]};
	writer_init(&w, bytes, sizeof(bytes));
	ensure(prescription_mac_bytes(&w, &p, lines, l->line_count));
	digest_row(l->row_mac, &generation, stage.keys, writer_written(&w));
	l->mac_generation = (int16_t)generation;
}

enum { ROW_COLUMNS = 29, DOCUMENT_COLUMNS = 4 };

static struct fake_cell array_i64(const int64_t *v, size_t count)
{
	uint8_t bytes[RX_LINES_MAX + 1][8];
	struct slice slices[RX_LINES_MAX + 1];

	for (size_t i = 0; i < count; i++) {
		struct writer w;

		writer_init(&w, bytes[i], 8);
		writer_u64(&w, (uint64_t)v[i]);
		slices[i] = slice_of(bytes[i], 8);
	}
	return fake_array_bytes(slices, count);
}

static void fill_lines(const struct ledger *l, struct fake_cell *c)
{
	struct slice codes[RX_LINES_MAX + 1];

	if (l->lines_are_gone) {
		c[0] = c[1] = c[2] = c[5] = (struct fake_cell)FAKE_NULL;
		return;
	}
	for (size_t i = 0; i < l->line_count; i++)
		codes[i] = slice_of_text(l->codes[i]);
	c[0] = fake_array_text(codes, l->line_count);
	c[1] = array_i64(l->prescribed, l->line_count);
	c[2] = array_i64(l->dispensed, l->line_count);
	c[5] = array_i64(l->returned, l->line_count);
}

static void fill_row(const struct ledger *l, struct fake_cell c[ROW_COLUMNS])
{
	const struct fake_cell cells[] = {
		FAKE_BYTES(l->rx_id, RX_ID_LEN), FAKE_BYTES(l->person_key, PERSON_KEY_LEN),
		fake_text(l->hospital), FAKE_BYTES(l->upload_mac, 32), FAKE_TIME(l->issued_ms),
		FAKE_TIME(l->valid_until_ms), FAKE_TIME(l->received_ms), FAKE_I16(l->validity),
		FAKE_I16(l->review), FAKE_I16(l->use), fake_text(l->holder), FAKE_TIME(l->held_until_ms),
		FAKE_I64(l->token), FAKE_I16(l->fills_done), FAKE_I16(l->fills_max),
		FAKE_I16(l->interval), FAKE_I64(l->version), FAKE_BYTES(l->head_leaf, 32),
		FAKE_I16(l->mac_generation), FAKE_BYTES(l->row_mac, 32),
	};

	memcpy(c, cells, sizeof(cells));
	fill_lines(l, c + 20);
	c[26] = (struct fake_cell)FAKE_I16(l->round);
	c[27] = (struct fake_cell)FAKE_TIME(l->next_from_ms);
	c[28] = (struct fake_cell)FAKE_TIME(l->held_from_ms);
	c[23] = (struct fake_cell)FAKE_NULL;
	c[24] = (struct fake_cell)FAKE_NULL;
	if (l->is_shredded)
		return;
	c[23] = (struct fake_cell)FAKE_I16(l->key_generation);
	c[24] = (struct fake_cell)FAKE_BYTES(l->wrapped, sizeof(l->wrapped));
}

static unsigned fill_documents(const struct ledger *l, struct fake_cell *c)
{
	for (size_t i = 0; i < l->document_count; i++) {
		const struct ledger_document *d = &l->documents[i];

		c[DOCUMENT_COLUMNS * i] = (struct fake_cell)FAKE_I64(d->seq);
		c[DOCUMENT_COLUMNS * i + 1] = (struct fake_cell)FAKE_I16(d->kind);
		c[DOCUMENT_COLUMNS * i + 2] = fake_bytes(d->sealed);
		c[DOCUMENT_COLUMNS * i + 3] = (struct fake_cell)FAKE_BYTES(l->rx_id, RX_ID_LEN);
	}
	return (unsigned)l->document_count;
}

void ledger_answer_row(const struct ledger *l)
{
	struct fake_cell row[ROW_COLUMNS];

	fill_row(l, row);
	fake_pg_answer("prescription_load", ROW_COLUMNS, row, 1);
}

void ledger_answer_documents(const struct ledger *l)
{
	struct fake_cell cells[DOCUMENT_COLUMNS * LEDGER_DOCUMENTS];
	unsigned rows = fill_documents(l, cells);

	fake_pg_answer("documents_load", DOCUMENT_COLUMNS, cells, rows);
}

void ledger_answer_load(const struct ledger *l)
{
	ledger_answer_row(l);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	ledger_answer_documents(l);
}

void ledger_answer_replied(const struct ledger *l, const uint8_t *mac, struct slice reply)
{
	ledger_answer_row(l);
	promise_answer_kept("reply_load", mac, reply, &l->promise);
	ledger_answer_documents(l);
}

void ledger_answer_replay(const struct ledger *l)
{
	promise_answer_kept("reply_replay", l->reply_mac, l->reply, &l->promise);
}

void ledger_answer_nothing(void)
{
	fake_pg_answer("prescription_load", ROW_COLUMNS, NULL, 0);
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("documents_load", DOCUMENT_COLUMNS, NULL, 0);
}

void ledger_answer_search(const struct ledger *const *ls, unsigned count, bool open)
{
	struct fake_cell *rows = papers_alloc((count + 1) * ROW_COLUMNS * sizeof(*rows));
	struct fake_cell *papers = papers_alloc(
		(count + 1) * (size_t)DOCUMENT_COLUMNS * LEDGER_DOCUMENTS * sizeof(*papers));
	unsigned documents = 0;

	for (unsigned i = 0; i < count; i++) {
		fill_row(ls[i], &rows[i * ROW_COLUMNS]);
		documents += fill_documents(ls[i], &papers[documents * DOCUMENT_COLUMNS]);
	}
	fake_pg_answer(open ? "prescriptions_open" : "prescriptions_all", ROW_COLUMNS, rows, count);
	fake_pg_answer(open ? "documents_open" : "documents_all", DOCUMENT_COLUMNS, papers, documents);
}

void ledger_answer_written(const char *statement, bool changed)
{
	const struct fake_cell cell = FAKE_BOOL(changed);

	fake_pg_answer(statement, 1, &cell, 1);
}

static void fill_digests(const struct ledger *l, struct fake_cell c[3])
{
	struct slice digests[LEDGER_DOCUMENTS];
	uint8_t hashes[LEDGER_DOCUMENTS][SHA256_LEN];
	int64_t seqs[LEDGER_DOCUMENTS], kinds[LEDGER_DOCUMENTS];

	c[0] = c[1] = c[2] = (struct fake_cell)FAKE_NULL;
	if (l->document_count == 0)
		return;
	for (size_t i = 0; i < l->document_count; i++) {
		seqs[i] = l->documents[i].seq;
		kinds[i] = l->documents[i].kind;
		digest_sha256(hashes[i], l->documents[i].sealed);
		digests[i] = slice_of(hashes[i], SHA256_LEN);
	}
	c[0] = array_i64(seqs, l->document_count);
	c[1] = array_i64(kinds, l->document_count);
	c[2] = fake_array_bytes(digests, l->document_count);
}

void ledger_answer_states(const char *statement, const struct ledger *l, unsigned count)
{
	enum { STATE_COLUMNS = ROW_COLUMNS + 3 };
	struct fake_cell *cells = papers_alloc((count + 1) * STATE_COLUMNS * sizeof(*cells));

	for (unsigned i = 0; i < count; i++) {
		uint8_t *id = papers_alloc(RX_ID_LEN);

		if (i == 0) {
			fill_row(l, cells);
			fill_digests(l, cells + ROW_COLUMNS);
		} else {
			memcpy(cells + i * STATE_COLUMNS, cells, STATE_COLUMNS * sizeof(*cells));
		}
		memcpy(id, l->rx_id, RX_ID_LEN);
		id[RX_ID_LEN - 2] = (uint8_t)(id[RX_ID_LEN - 2] + i / 256);
		id[RX_ID_LEN - 1] = (uint8_t)(id[RX_ID_LEN - 1] + i);
		cells[i * STATE_COLUMNS] = (struct fake_cell)FAKE_BYTES(id, RX_ID_LEN);
	}
	fake_pg_answer(statement, STATE_COLUMNS, cells, count);
}
