#include "test/e2e/history/codes.h"

#include <stdlib.h>

enum { TOLD_MAX = 12, FIRST_ROOM = 1024 };

struct sale {
	unsigned code;
	struct place place;
	bool split, flagged, back;
	struct window sold, returned;
	size_t next; /* earlier sale of the code, plus one; 0 = none */
};

struct told {
	unsigned codes[TOLD_MAX];
	size_t count;
	struct place place;
	struct window window;
};

struct codes {
	struct sale *sales;
	size_t sale_count, sale_room;
	struct told *told;
	size_t told_count, told_room;
	size_t *newest; /* per code: its newest sale, plus one */
	size_t code_room;
};

/* Room for one more; new room is zero. */
static void *grow(void *list, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room == 0 ? FIRST_ROOM : *room * 2;
	char *grown;

	if (count < *room)
		return list;
	while (wanted <= count)
		wanted *= 2;
	grown = realloc(list, wanted * size);
	if (grown == NULL)
		abort();
	for (size_t i = *room * size; i < wanted * size; i++)
		grown[i] = 0;
	*room = wanted;
	return grown;
}

struct codes *codes_new(void)
{
	struct codes *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	return c;
}

void codes_free(struct codes *c)
{
	free(c->sales);
	free(c->told);
	free(c->newest);
	free(c);
}

void codes_text(unsigned code, char text[CODE_TEXT_LEN + 1])
{
	snprintf(text, CODE_TEXT_LEN + 1, "8123456%013u", code);
}

void codes_sold(struct codes *c, unsigned code, struct place place, bool split, bool flagged,
	struct window window)
{
	c->sales = grow(c->sales, c->sale_count, &c->sale_room, sizeof(*c->sales));
	c->newest = grow(c->newest, code, &c->code_room, sizeof(*c->newest));
	c->sales[c->sale_count] = (struct sale){code, place, split, flagged, false, window, {0, 0},
		c->newest[code]};
	c->newest[code] = ++c->sale_count;
}

static struct sale *newest_of(const struct codes *c, unsigned code)
{
	return code < c->code_room && c->newest[code] > 0 ? &c->sales[c->newest[code] - 1] : NULL;
}

static struct sale *before(const struct codes *c, const struct sale *s)
{
	return s->next > 0 ? &c->sales[s->next - 1] : NULL;
}

static bool same_place(struct place a, struct place b)
{
	return a.history == b.history && a.fill_no == b.fill_no && a.line_no == b.line_no;
}

void codes_back(struct codes *c, unsigned code, struct place place, struct window window)
{
	for (struct sale *s = newest_of(c, code); s != NULL; s = before(c, s)) {
		if (!same_place(s->place, place))
			continue;
		s->back = true;
		s->returned = window;
	}
}

void codes_told(struct codes *c, const unsigned *codes, size_t count, struct place place,
	struct window window)
{
	struct told *t;

	c->told = grow(c->told, c->told_count, &c->told_room, sizeof(*c->told));
	t = &c->told[c->told_count++];
	if (count > TOLD_MAX)
		abort();
	*t = (struct told){.count = count, .place = place, .window = window};
	for (size_t i = 0; i < t->count; i++)
		t->codes[i] = codes[i];
}

/* Could `first` have been sold and have come back before `second` was sold? */
static bool could_be_over(const struct sale *first, const struct sale *second)
{
	return first->back && first->returned.from < second->sold.until;
}

static unsigned long sale_violations(const struct codes *c, const struct sale *s)
{
	unsigned long found = 0;

	for (const struct sale *o = before(c, s); o != NULL; o = before(c, o)) {
		if (s->flagged || o->flagged || (s->split && o->split) || could_be_over(o, s) ||
			could_be_over(s, o))
			continue;
		fprintf(stderr, "code %u stands sold twice: histories %u and %u\n", s->code,
			o->place.history, s->place.history);
		found++;
	}
	return found;
}

static bool may_stand(const struct sale *s, struct window w)
{
	return s->sold.from <= w.until && (!s->back || s->returned.until >= w.from);
}

static bool was_true(const struct codes *c, const struct told *t)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct sale *s = newest_of(c, t->codes[i]); s != NULL; s = before(c, s))
			if (!same_place(s->place, t->place) && may_stand(s, t->window))
				return true;
	return false;
}

unsigned long codes_violations(const struct codes *c)
{
	unsigned long found = 0;

	for (size_t i = 0; i < c->sale_count; i++)
		found += sale_violations(c, &c->sales[i]);
	for (size_t i = 0; i < c->told_count; i++) {
		if (was_true(c, &c->told[i]))
			continue;
		fprintf(stderr, "history %u was told that code %u stands sold; nobody had sold it\n",
			c->told[i].place.history, c->told[i].codes[0]);
		found++;
	}
	return found;
}

void codes_write(const struct codes *c, FILE *out)
{
	char text[CODE_TEXT_LEN + 1];

	for (size_t i = 0; i < c->sale_count; i++) {
		const struct sale *s = &c->sales[i];

		codes_text(s->code, text);
		fprintf(out, "sale\t%s\t%u\t%u\t%u\t%c\t%c\t%c\n", text, s->place.history, s->place.fill_no,
			s->place.line_no, s->split ? 's' : 'w', s->flagged ? 'f' : '-', s->back ? 'b' : '-');
	}
}
