/* One table says what a row of each kind may hold. */
#include "service/codes/code_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"

enum { VERSION_DIGITS_MAX = 18 };
static const uint64_t VERSION_IDS = UINT64_C(1000000000000000000); /* of so many digits */

static const struct kind_rules {
	const char *word;
	int class_min, class_max;
	uint32_t flags;
	bool has_form;  /* dosage form and specification */
	bool has_price;
	bool is_day;    /* the code is a day */
} rules[CODE_KINDS] = {
	[CODE_DRUG] = {"drug", 11, 13, CODE_SPECIAL_CONTROL | CODE_DUAL_CHANNEL | CODE_LONG_EXCLUDED |
		CODE_WITHDRAWN | CODE_SUPPLY_WATCHED, true, true, false},
	[CODE_DIAGNOSIS] = {"diagnosis", 1, 3, CODE_WITHDRAWN | CODE_CHRONIC | CODE_COMMON |
		CODE_CHRONIC_SPECIAL, false, false, false},
	[CODE_DEPARTMENT] = {"department", 0, 0, CODE_WITHDRAWN, false, false, false},
	[CODE_CONSULTATION_ITEM] = {"consultation-item", 0, 0, CODE_WITHDRAWN, false, true, false},
	[CODE_FREQUENCY] = {"frequency", 0, 0, CODE_WITHDRAWN, false, false, false},
	[CODE_ROUTE] = {"route", 0, 0, CODE_WITHDRAWN, false, false, false},
	[CODE_CALENDAR] = {"calendar", 1, 2, 0, false, false, true},
};

const char *code_kind_word(enum code_kind kind)
{
	ensure(kind > 0 && kind < CODE_KINDS);
	return rules[kind].word;
}

void want_code_kind(struct want *w, const char *field, Rxcirc__V1__CodeKind kind)
{
	want_within(w, field, (int)kind, CODE_DRUG, CODE_KINDS - 1);
}

static bool digits_read(const char *text, size_t count, unsigned *ret)
{
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(text[i] - '0');
	}
	return true;
}

/* yyyy-MM-dd, and a day that exists. */
static bool is_day(const char *code)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year, month, day;
	bool leap;

	if (strlen(code) != 10 || code[4] != '-' || code[7] != '-' || !digits_read(code, 4, &year) ||
		!digits_read(code + 5, 2, &month) || !digits_read(code + 8, 2, &day))
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month >= 1 && month <= 12 && day >= 1 &&
		day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* "codes[7].name" */
static const char *place(struct want *w, size_t index, const char *member)
{
	const char *field = arena_printf(&w->req->arena, "codes[%zu].%s", index, member);

	w->exhausted = w->exhausted || field == NULL;
	return field == NULL ? member : field;
}

/* Characters, not bytes: that is what the table counts. */
static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void want_row(struct want *w, const struct kind_rules *k, const Rxcirc__V1__Code *c,
	size_t i)
{
	if (c->code[0] == '\0' || characters(c->code) > CODE_MAX)
		want_fault(w, place(w, i, "code"), "must have 1 to 50 characters", "须为 1 至 50 个字符");
	else if (k->is_day && !is_day(c->code))
		want_fault(w, place(w, i, "code"), "must be a day, yyyy-MM-dd", "须为日期 yyyy-MM-dd");
	if (c->name[0] == '\0' || strlen(c->name) > CODE_NAME_MAX)
		want_fault(w, place(w, i, "name"), "must have 1 to 300 bytes", "须为 1 至 300 字节");
	if (c->class_no < (unsigned)k->class_min || c->class_no > (unsigned)k->class_max)
		want_fault(w, place(w, i, "class_no"), "is not a class of this kind",
			"不在该类编码的类别范围内");
	if ((c->flags & ~k->flags) != 0)
		want_fault(w, place(w, i, "flags"), "has a bit that this kind does not have",
			"含有该类编码没有的标志位");
	if (strlen(c->dosage_form) > (k->has_form ? CODE_DOSAGE_FORM_MAX : 0))
		want_fault(w, place(w, i, "dosage_form"), "is too long, or not of this kind",
			"过长，或该类编码没有此项");
	if (strlen(c->specification) > (k->has_form ? CODE_SPECIFICATION_MAX : 0))
		want_fault(w, place(w, i, "specification"), "is too long, or not of this kind",
			"过长，或该类编码没有此项");
	if (c->price_e6 < 0 || (c->price_e6 > 0 && !k->has_price))
		want_fault(w, place(w, i, "price_e6"), "is negative, or not of this kind",
			"为负，或该类编码没有此项");
}

static int compare_codes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A code twice in one batch would touch one row twice in one statement. */
static void want_each_once(struct want *w, Rxcirc__V1__Code *const *codes, size_t count)
{
	const char **sorted = arena_array(&w->req->arena, count, sizeof(*sorted));

	w->exhausted = w->exhausted || sorted == NULL;
	if (sorted == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = codes[i]->code;
	qsort(sorted, count, sizeof(*sorted), compare_codes);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			want_fault(w, "codes[].code", "stands twice in this batch", "同一批次内编码重复");
}

void want_codes(struct want *w, enum code_kind kind, Rxcirc__V1__Code *const *codes,
	size_t count)
{
	ensure(kind > 0 && kind < CODE_KINDS);
	if (count < 1 || count > REGISTRY_BATCH_MAX) {
		want_fault(w, "codes", "1 to 500 codes a batch", "每批须为 1 至 500 条编码");
		return;
	}
	for (size_t i = 0; i < count && w->faults < FINDINGS_MAX; i++)
		want_row(w, &rules[kind], codes[i], i);
	want_each_once(w, codes, count);
}

enum status_reason want_status_asking(const struct want *w)
{
	enum status_reason status = want_status(w);

	return status == STATUS_REGISTRY_RECORD_INVALID ? STATUS_FIELD_INVALID : status;
}

int64_t code_version_id(enum code_kind kind, const char *label, struct slice content_sha256)
{
	uint8_t text[4 * CODE_MAX + SHA256_LEN + 2], hash[SHA256_LEN];
	struct writer w;
	struct reader r;

	writer_init(&w, text, sizeof(text));
	writer_u8(&w, (uint8_t)kind);
	writer_slice(&w, content_sha256);
	writer_text(&w, label);
	ensure(!w.failed);
	digest_sha256(hash, writer_written(&w));
	reader_init(&r, slice_of(hash, sizeof(hash)));
	return (int64_t)(reader_u64(&r) % (VERSION_IDS - 1)) + 1;
}

char *code_version_by(struct request *req)
{
	return arena_printf(&req->arena, "%s %s", req->caller.code, req->caller.officer);
}

/* ---- rows as messages ----------------------------------------------------------------------- */

static bool keep(struct request *req, char **ret, const char *text)
{
	*ret = arena_text(&req->arena, slice_of_text(text));
	return *ret != NULL;
}

Rxcirc__V1__Code *code_message(struct request *req, const struct code *code)
{
	Rxcirc__V1__Code *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__code__init(m);
	m->class_no = code->class_no;
	m->flags = code->flags;
	m->price_e6 = code->price_e6;
	return keep(req, &m->code, code->code) && keep(req, &m->name, code->name) &&
		keep(req, &m->dosage_form, code->dosage_form) &&
		keep(req, &m->specification, code->specification) ? m : NULL;
}

Rxcirc__V1__CodeChange *code_change_message(struct request *req, const struct code_change *c)
{
	Rxcirc__V1__CodeChange *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__code_change__init(m);
	if (c->before.code != NULL && (m->before = code_message(req, &c->before)) == NULL)
		return NULL;
	if (c->after.code != NULL && (m->after = code_message(req, &c->after)) == NULL)
		return NULL;
	return m;
}

/* ---- places --------------------------------------------------------------------------------- */

char *code_token_make(struct request *req, int64_t version_id, const char *code)
{
	return arena_printf(&req->arena, "%lld:%s", (long long)version_id, code);
}

bool code_token_read(const char *token, int64_t *ret_version_id, const char **ret_code)
{
	size_t digits = strspn(token, "0123456789");
	const char *code = token + digits + 1;

	if (digits < 1 || digits > VERSION_DIGITS_MAX || token[digits] != ':' || code[0] == '\0' ||
		characters(code) > CODE_MAX)
		return false;
	*ret_version_id = strtoll(token, NULL, 10);
	*ret_code = code;
	return *ret_version_id > 0;
}
