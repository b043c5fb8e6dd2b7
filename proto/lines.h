/* What signed notes and their like are written in: lines, decimals, base64, UTF-8.
 *
 * One way to write each thing: a decimal has no leading zero and no sign; base64 is that of RFC
 * 4648 section 4 with its padding, without spaces and without bits left over.
 *
 * Ownership: nothing here owns memory.  Threads: any.
 */
#ifndef PROTO_LINES_H
#define PROTO_LINES_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum {
	LINE_DECIMAL_MAX = 21,  /* bytes of a decimal, with the NUL */
	LINE_CHAR_FIRST = 0x20, /* the characters below are control characters */
};

/* Take the next line off the front, without its newline; false when there is no newline left. */
MUST_CHECK bool line_next(struct slice *rest, struct slice *ret_line);
/* Take `word` off the front; false when it does not stand there. */
MUST_CHECK bool line_skip(struct slice *line, const char *word);
/* Take one character off the front; false at the end and when it is not valid UTF-8. */
MUST_CHECK bool line_char(struct slice *rest, uint32_t *ret_char);

/* The whole of `s`, or false. */
MUST_CHECK bool line_decimal(struct slice s, uint64_t *ret);
MUST_CHECK bool line_base64(struct slice s, uint8_t *out, size_t cap, size_t *ret_len);
/* Base64 of exactly SHA256_LEN bytes. */
MUST_CHECK bool line_hash(struct slice s, uint8_t hash[SHA256_LEN]);

void line_put_decimal(struct writer *w, uint64_t v);
void line_put_base64(struct writer *w, struct slice bytes);

#endif
