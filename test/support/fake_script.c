#include <stdio.h>
#include <stdlib.h>

#include "base/ensure.h"
#include "test/support/fake_script.h"

static struct {
	struct list answers;
	bool is_ready;
	struct fake_unit *sent[FAKE_UNITS_MAX];
	unsigned sent_count;
	void *arrays[256];
	unsigned array_count;
} fake_script;

static void fake_script_start(void)
{
	if (fake_script.is_ready)
		return;
	list_init(&fake_script.answers);
	fake_script.is_ready = true;
}

static _Noreturn void fake_fail(const char *what, const char *name)
{
	(void)fprintf(stderr, "scripted database: %s \"%s\"\n", what, name);
	abort();
}

void *fake_zalloc(size_t size)
{
	void *p = calloc(1, size);

	ensure(p != NULL);
	return p;
}

static struct slice fake_copy(struct slice in)
{
	uint8_t *p = fake_zalloc(in.len + 1);

	if (in.len > 0)
		memcpy(p, in.data, in.len);
	return slice_of(p, in.len);
}

static void fake_free(const void *p)
{
	free((void *)(uintptr_t)p);
}

/* The script. */

void fake_answer_unref(struct fake_answer *a)
{
	size_t i;

	if (a == NULL || --a->holders > 0)
		return;
	for (i = 0; i < (size_t)a->columns * a->rows; i++)
		fake_free(a->cells[i].bytes.data);
	free(a->cells);
	free(a);
}

static struct fake_answer *fake_answer_new(const char *statement)
{
	struct fake_answer *a = fake_zalloc(sizeof(*a));

	fake_script_start();
	ensure(strlen(statement) < sizeof(a->statement));
	(void)snprintf(a->statement, sizeof(a->statement), "%s", statement);
	a->holders = 1;
	list_append(&fake_script.answers, &a->link);
	return a;
}

void fake_pg_answer(const char *statement, unsigned columns, const struct fake_cell *cells,
	unsigned rows)
{
	struct fake_answer *a = fake_answer_new(statement);
	size_t i;

	a->columns = columns;
	a->rows = rows;
	a->affected = rows;
	a->cells = fake_zalloc(((size_t)columns * rows + 1) * sizeof(*cells));
	for (i = 0; i < (size_t)columns * rows; i++) {
		a->cells[i] = cells[i];
		a->cells[i].bytes = fake_copy(cells[i].bytes);
	}
}

void fake_pg_answer_affected(const char *statement, int64_t affected)
{
	fake_answer_new(statement)->affected = affected;
}

void fake_pg_answer_failure(const char *statement, int status, const char *sqlstate)
{
	struct fake_answer *a = fake_answer_new(statement);

	ensure(status < 0);
	a->status = status;
	(void)snprintf(a->sqlstate, sizeof(a->sqlstate), "%s", sqlstate != NULL ? sqlstate : "");
}

static struct fake_answer *fake_find(const char *statement, bool last)
{
	struct fake_answer *found = NULL;
	struct list *link;

	for (link = fake_script.answers.next; link != &fake_script.answers; link = link->next) {
		struct fake_answer *a = container_of(link, struct fake_answer, link);

		if (strcmp(a->statement, statement) == 0 && (found == NULL || last))
			found = a;
	}
	if (found == NULL)
		fake_fail("no answer is scripted for", statement);
	return found;
}

void fake_pg_always(const char *statement)
{
	fake_find(statement, true)->is_always = true;
}

unsigned fake_pg_unused(void)
{
	struct list *link;
	unsigned count = 0;

	fake_script_start();
	for (link = fake_script.answers.next; link != &fake_script.answers; link = link->next)
		if (!container_of(link, struct fake_answer, link)->is_always)
			count++;
	return count;
}

/* Take the next answer of a statement; the caller holds it afterwards. */
struct fake_answer *fake_take(const char *statement)
{
	struct fake_answer *a = fake_find(statement, false);

	if (a->is_always)
		a->holders++;
	else
		list_remove(&a->link);
	return a;
}

static struct fake_cell fake_array(const struct slice *v, size_t count,
	void (*put)(struct pg_param *p, struct writer *out, const struct slice *v, size_t count))
{
	struct pg_param p;
	struct writer out;
	size_t room, bytes = 0, i;
	uint8_t *start;

	for (i = 0; i < count; i++)
		bytes += v[i].len;
	room = pg_array_room(count, bytes);
	start = fake_zalloc(room);
	ensure(fake_script.array_count < ARRAY_LEN(fake_script.arrays));
	fake_script.arrays[fake_script.array_count++] = start;
	writer_init(&out, start, room);
	put(&p, &out, v, count);
	return fake_bytes(p.value);
}

struct fake_cell fake_array_text(const struct slice *v, size_t count)
{
	return fake_array(v, count, pg_param_array_text);
}

struct fake_cell fake_array_bytes(const struct slice *v, size_t count)
{
	return fake_array(v, count, pg_param_array_bytes);
}

/* What was submitted. */

void fake_record(const char *lane, const struct pg_unit *unit)
{
	struct fake_unit *u = fake_zalloc(sizeof(*u));
	unsigned i;
	int j;

	ensure(fake_script.sent_count < FAKE_UNITS_MAX);
	fake_script.sent[fake_script.sent_count++] = u;
	u->lane = lane;
	memcpy(u->row_key, unit->row_key, sizeof(u->row_key));
	u->deadline_mono_ms = unit->deadline_mono_ms;
	u->count = unit->count;
	for (i = 0; i < unit->count; i++) {
		const struct pg_query *q = &unit->queries[i];

		u->queries[i].statement = q->statement->name;
		u->queries[i].params = q->statement->params;
		for (j = 0; j < q->statement->params; j++) {
			u->queries[i].param[j].is_null = q->params[j].is_null;
			u->queries[i].param[j].value = fake_copy(
				q->params[j].is_null ? slice_of(NULL, 0) : q->params[j].value);
		}
	}
}

static void fake_unit_free(struct fake_unit *u)
{
	unsigned i;
	int j;

	for (i = 0; i < u->count; i++)
		for (j = 0; j < u->queries[i].params; j++)
			fake_free(u->queries[i].param[j].value.data);
	free(u);
}

unsigned fake_pg_sent_count(void)
{
	return fake_script.sent_count;
}

const struct fake_unit *fake_pg_sent(unsigned index)
{
	ensure(index < fake_script.sent_count);
	return fake_script.sent[index];
}

const struct fake_unit *fake_pg_last(const char *statement, unsigned *ret_query)
{
	unsigned i, j;

	for (i = fake_script.sent_count; i-- > 0;) {
		for (j = 0; j < fake_script.sent[i]->count; j++) {
			if (strcmp(fake_script.sent[i]->queries[j].statement, statement) == 0) {
				*ret_query = j;
				return fake_script.sent[i];
			}
		}
	}
	fake_fail("nobody has sent", statement);
}

struct slice fake_value(const struct fake_unit *u, unsigned query, unsigned param)
{
	ensure(query < u->count && (int)param < u->queries[query].params);
	ensure(!u->queries[query].param[param].is_null);
	return u->queries[query].param[param].value;
}

int64_t fake_number(const struct fake_unit *u, unsigned query, unsigned param)
{
	struct slice s = fake_value(u, query, param);
	uint64_t v;
	size_t i;

	ensure(s.len == 1 || s.len == 2 || s.len == 4 || s.len == 8);
	v = s.len > 1 && (s.data[0] & 0x80) != 0 ? UINT64_MAX : 0;
	for (i = 0; i < s.len; i++)
		v = v << 8 | s.data[i];
	return (int64_t)v;
}

int64_t fake_time(const struct fake_unit *u, unsigned query, unsigned param)
{
	return fake_number(u, query, param) / 1000 + fake_epoch_ms;
}

void fake_script_reset(void)
{
	struct list *link;

	fake_script_start();
	while ((link = list_pop(&fake_script.answers)) != NULL)
		fake_answer_unref(container_of(link, struct fake_answer, link));
	while (fake_script.sent_count > 0)
		fake_unit_free(fake_script.sent[--fake_script.sent_count]);
	while (fake_script.array_count > 0)
		free(fake_script.arrays[--fake_script.array_count]);
}
