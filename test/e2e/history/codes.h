/* What the histories know of every trace code: who may have sold it when, and when it came back.
 *
 * Each sale and each return happened at some moment of a window, from the first sending of the
 * call to its answer, told in the program's own count of events.  Two sales of one pack are
 * possible only if the windows let one of them have come back before the other was made.
 */
#ifndef TEST_E2E_HISTORY_CODES_H
#define TEST_E2E_HISTORY_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CODE_TEXT_LEN = 20 };

struct window {
	unsigned long from, until;
};

/* A line of a hand-over of a history. */
struct place {
	unsigned history, fill_no, line_no;
};

struct codes;

struct codes *codes_new(void);
void codes_free(struct codes *c);
/* 20 digits of the platform family. */
void codes_text(unsigned code, char text[CODE_TEXT_LEN + 1]);

/* It was sold; `flagged`: perhaps only let pass, although another sale stood. */
void codes_sold(struct codes *c, unsigned code, struct place place, bool split, bool flagged,
	struct window window);
void codes_back(struct codes *c, unsigned code, struct place place, struct window window);
/* Somebody was told in `window` that one of these codes was sold before, not at `place`. */
void codes_told(struct codes *c, const unsigned *codes, size_t count, struct place place,
	struct window window);
/* Everything was told: how much of it cannot be; each is written to stderr. */
unsigned long codes_violations(const struct codes *c);
/* Sales, one a line: code, history, fill, line, s|w, f|-, b|-. */
void codes_write(const struct codes *c, FILE *out);

#endif
