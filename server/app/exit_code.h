/* What rxcircd's exit status says. */
#ifndef APP_EXIT_CODE_H
#define APP_EXIT_CODE_H

/* X(name, number, meaning) */
#define EXIT_CODES(X) \
	X(DONE, 0, "done, or stopped in order") \
	X(CONFIG, 2, "the command line or a setting is not acceptable") \
	X(START, 3, "could not start") \
	X(UNFINISHED, 4, "stopped, but calls were still running when drain_s was over")

enum exit_code {
#define X(name, number, meaning) EXIT_##name = number,
	EXIT_CODES(X)
#undef X
};

static const struct {
	int code;
	const char *meaning;
} exit_code_words[] = {
#define X(name, number, meaning) {number, meaning},
	EXIT_CODES(X)
#undef X
};

#endif
