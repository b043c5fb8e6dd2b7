/* rxcirc-witness: cosigns the checkpoints of logs that only grow. */
#include <string.h>

#include "notary/program.h"
#include "notary/witness.h"

static enum notary_start open_witness(const struct options *o, const struct note_secret *secret,
	char problem[NOTARY_PROBLEM_MAX], void *self)
{
	struct witness *w = self;

	memset(w, 0, sizeof(*w));
	for (unsigned i = 0; i < o->logs_count; i++)
		if (!witness_add(w, o->logs[i], problem))
			return NOTARY_MISUSED;
	return witness_open(w, o->state, secret, o->begin, problem);
}

static void answer(const struct http_request *request, struct http_answer *a, void *self)
{
	witness_answer(self, request, a);
}

static void close_witness(void *self)
{
	witness_close(self);
}

int main(int argc, char **argv)
{
	static struct witness witness; /* large */
	const struct program program = {.name = "rxcirc-witness", .type = NOTE_COSIGNATURE,
		.open = open_witness, .answer = answer, .close = close_witness, .self = &witness};

	return program_main(&program, argc, argv);
}
