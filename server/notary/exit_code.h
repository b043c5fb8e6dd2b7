/* What the exit status of a signer or witness says. */
#ifndef NOTARY_EXIT_CODE_H
#define NOTARY_EXIT_CODE_H

/* X(name, number, meaning) */
#define EXIT_CODES(X) \
	X(DONE, 0, "done, or stopped in order") \
	X(CONFIG, 2, "the command line or the key file is not acceptable") \
	X(START, 3, "could not start") \
	X(MEMORY, 5, "the memory of what was signed is missing or damaged")

enum exit_code {
#define X(name, number, meaning) EXIT_##name = number,
	EXIT_CODES(X)
#undef X
};

#endif
