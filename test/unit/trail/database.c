#include "test/unit/trail/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/grove.h"
#include "trail/follower.h"

void event_id_of(uint64_t place, uint8_t id[EVENT_ID_LEN])
{
	memset(id, 0xe1, EVENT_ID_LEN);
	memcpy(id + 4, &place, sizeof(place));
}

void database_publish(struct database *d, uint64_t size, const char *note, size_t len)
{
	ensure(len <= sizeof(d->note));
	d->published_size = size;
	memcpy(d->note, note, len);
	d->note_len = len;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void answer_sequence(struct database *d, const struct fake_unit *u)
{
	uint64_t added = d->queued, limit = (uint64_t)fake_number(u, 0, 0);

	d->sequences++;
	if (d->sequence_fails < 0) {
		fake_pg_answer_failure("log_sequence", d->sequence_fails, NULL);
		return;
	}
	if (added > limit)
		added = limit;
	d->queued -= added;
	d->size += added;

	const struct fake_cell row[] = {FAKE_BOOL(true), FAKE_I64((int64_t)d->size),
		FAKE_I64((int64_t)added)};

	fake_pg_answer("log_sequence", 3, row, 1);
}

static void answer_log(struct database *d, const struct fake_unit *u)
{
	uint64_t from = (uint64_t)fake_number(u, 1, 0), end = from + FOLLOWER_PAGE;

	if (d->read_fails < 0) {
		fake_pg_answer_failure("log_state", d->read_fails, NULL);
		return;
	}
	log_says(d->size, d->published_size, slice_of(d->note, d->note_len));
	if (end > d->size)
		end = d->size;
	if (from > end)
		from = end;
	if (d->liar >= (int64_t)from && d->liar < (int64_t)end)
		log_lies(from, end, (uint64_t)d->liar, d->lie);
	else
		log_tells(from, end);
}

static void answer_publish(struct database *d, const struct fake_unit *u)
{
	uint64_t size = (uint64_t)fake_number(u, 0, 0);
	struct slice note = fake_value(u, 0, 1);

	d->publishes++;
	if (d->publish_fails < 0) {
		fake_pg_answer_failure("log_publish", d->publish_fails, NULL);
		return;
	}
	if (size > d->published_size)
		database_publish(d, size, (const char *)note.data, note.len);
	fake_pg_answer_affected("log_publish", 1);
}

/* The ids stand in the array somewhere. */
static void answer_places(struct database *d, const struct fake_unit *u)
{
	struct slice ids = fake_value(u, 0, 1);
	struct fake_cell *cells = calloc((size_t)d->size + 1, 2 * sizeof(*cells));
	uint8_t (*rooms)[EVENT_ID_LEN] = calloc((size_t)d->size + 1, sizeof(*rooms));
	unsigned count = 0;

	ensure(cells != NULL && rooms != NULL);
	d->place_questions++;
	for (uint64_t i = 0; i < d->size; i++) {
		event_id_of(i, rooms[i]);
		if (memmem(ids.data, ids.len, rooms[i], EVENT_ID_LEN) == NULL)
			continue;
		cells[2 * count] = fake_bytes(slice_of(rooms[i], EVENT_ID_LEN));
		cells[2 * count + 1] = (struct fake_cell)FAKE_I64((int64_t)i);
		count++;
	}
	if (d->places_fail < 0)
		fake_pg_answer_failure("log_places", d->places_fail, NULL);
	else
		fake_pg_answer("log_places", 2, cells, count);
	free(cells);
	free(rooms);
}

static void answer(struct database *d, const struct fake_unit *u)
{
	static const struct {
		const char *statement;
		void (*answer)(struct database *d, const struct fake_unit *u);
	} known[] = {{"log_sequence", answer_sequence}, {"log_state", answer_log},
		{"log_publish", answer_publish}, {"log_places", answer_places}};

	for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].statement, u->queries[0].statement) == 0) {
			known[i].answer(d, u);
			return;
		}
	}
	ensure_never("a statement this database knows");
}

static void database_tick(struct loop_timer *timer)
{
	struct database *d = container_of(timer, struct database, timer);

	while (!d->holds && d->answered < fake_pg_sent_count()) {
		answer(d, fake_pg_sent(d->answered));
		d->answered++;
		ensure(fake_pg_step());
	}
	loop_timer_set(timer, 1);
}

void database_open(struct database *d, struct loop *loop)
{
	memset(d, 0, sizeof(*d));
	d->liar = -1;
	ensure(loop_timer_open(&d->timer, loop, database_tick) == 0);
	loop_timer_set(&d->timer, 0);
}

void database_close(struct database *d)
{
	loop_timer_close(&d->timer);
	fake_pg_reset();
}
