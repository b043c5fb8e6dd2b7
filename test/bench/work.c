/* Uploads and pulls; what all operations share. */
#include "test/bench/work.h"

#include <stdlib.h>
#include <string.h>

#include "test/bench/stop.h"

static const struct work_kind kinds[] = {
	{"upload", 2, upload_prepare},
	{"pull", 1, pull_prepare},
	{"dispense", 1, dispense_prepare},
};

const struct work_kind *work_kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static void supply_open(struct supply *s, const char *method, struct lines *lines, size_t count)
{
	s->method = method;
	s->lines = lines;
	s->count = count;
	s->requests = calloc(count, sizeof(*s->requests));
	stop_unless(s->requests != NULL, "memory");
}

void supply_clear(struct supply *s)
{
	for (size_t i = 0; i < s->count; i++)
		protobuf_c_message_free_unpacked(s->requests[i], NULL);
	free(s->requests);
	*s = (struct supply){0};
}

void work_number(const struct work *w, size_t i, char ret[WORK_NAME_MAX])
{
	snprintf(ret, WORK_NAME_MAX, "BENCH-%.*s-%07zu", WORK_TAG_MAX, w->tag, i);
}

void work_person(const struct work *w, size_t i, char ret[WORK_NAME_MAX])
{
	snprintf(ret, WORK_NAME_MAX, "140100-EV-%.*s-%07zu", WORK_TAG_MAX, w->tag, i);
}

void upload_prepare(struct work *w, size_t count, struct supply *ret)
{
	char number[WORK_NAME_MAX], person[WORK_NAME_MAX];

	supply_open(ret, "rxcirc.v1.Hospital/UploadPrescription", w->hospital, count);
	for (size_t i = 0; i < count; i++) {
		work_number(w, i, number);
		work_person(w, i, person);
		ret->requests[i] = &papers_upload(&w->papers, number, person)->base;
	}
}

void pull_prepare(struct work *w, size_t count, struct supply *ret)
{
	char person[WORK_NAME_MAX];

	supply_open(ret, "rxcirc.v1.Pharmacy/PullPrescriptions", w->pharmacy, count);
	for (size_t i = 0; i < count; i++) {
		work_person(w, i % w->persons, person);
		ret->requests[i] = &papers_pull(&w->papers, person)->base;
	}
}
