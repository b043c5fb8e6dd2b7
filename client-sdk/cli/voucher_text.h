/* The --voucher option: a code on the command line, or "-" for standard input. */
#ifndef CLI_VOUCHER_TEXT_H
#define CLI_VOUCHER_TEXT_H

/* More than a good code has, so that the server can say what is wrong with a longer one. */
enum { VOUCHER_TEXT_READ_MAX = 1000 };

/* 0, or an exit code after saying why; `given` may be NULL when the option is missing. */
int voucher_text_read(const char *given, char text[VOUCHER_TEXT_READ_MAX + 1])
	__attribute__((warn_unused_result));

#endif
