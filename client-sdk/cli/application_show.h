/* Applications on the screen, and their standard forms to be printed. */
#ifndef CLI_APPLICATION_SHOW_H
#define CLI_APPLICATION_SHOW_H

#include <rxcirc/rxcirc.h>

const char *application_state_word(Rxcirc__V1__ApplicationState state);
/* One line of a list. */
void application_show_line(const Rxcirc__V1__Application *a);
/* The whole: deadlines, documents, findings, history. */
void application_show(const Rxcirc__V1__Application *a);
/* The forms (JIN15-A.1) as plain text to print: the application form, the physicians' list and what
 * else was filled in as data. */
void application_print(const Rxcirc__V1__Application *a);

#endif
