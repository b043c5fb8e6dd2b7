/* What rxcirc-signer and rxcirc-witness have in common as programs: command line, key, loop. */
#ifndef NOTARY_PROGRAM_H
#define NOTARY_PROGRAM_H

#include "notary/options.h"

struct program {
	const char *name;
	enum note_key_type type; /* of its key */
	/* The three functions of a signer or witness, with itself last. */
	enum notary_start (*open)(const struct options *o, const struct note_secret *secret,
		char problem[NOTARY_PROBLEM_MAX], void *self);
	void (*answer)(const struct http_request *request, struct http_answer *a, void *self);
	void (*close)(void *self);
	void *self;
};

/* Everything from the command line to the exit status. */
int program_main(const struct program *program, int argc, char **argv);

#endif
