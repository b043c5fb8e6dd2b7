/* rxcirc-signer: the holder of the log's checkpoint key. */
#include "notary/program.h"
#include "notary/signer.h"

static enum notary_start open_signer(const struct options *o, const struct note_secret *secret,
	char problem[NOTARY_PROBLEM_MAX], void *self)
{
	return signer_open(self, o->state, secret, o->begin, problem);
}

static void answer(const struct http_request *request, struct http_answer *a, void *self)
{
	signer_answer(self, request, a);
}

static void close_signer(void *self)
{
	signer_close(self);
}

int main(int argc, char **argv)
{
	struct signer signer;
	const struct program program = {.name = "rxcirc-signer", .type = NOTE_ED25519,
		.open = open_signer, .answer = answer, .close = close_signer, .self = &signer};

	return program_main(&program, argc, argv);
}
