/* A door that is open in a thread of its own, and visitors with real sockets. */
#ifndef TEST_UNIT_NOTARY_OPEN_HOUSE_H
#define TEST_UNIT_NOTARY_OPEN_HOUSE_H

#include "test/unit/notary/fixture.h"

#include "notary/door.h"

#define GET_SMALL "GET /small HTTP/1.1\r\nHost: d\r\n\r\n" /* answered with "0 0" and a newline */
#define GET_LARGE "GET /large HTTP/1.1\r\nHost: d\r\n\r\n" /* with as much as there may be */

enum { SOON_MS = 5000 };

extern char house_folder[FOLDER_MAX];
extern struct door *house_door;

/* For cmocka: a folder and a loop, and their end. */
int house_begin(void **state);
int house_end(void **state);
int house_try(const char *at, char problem[DOOR_PROBLEM_MAX]);
void house_open(const char *at);
void house_close(void);
const char *house_socket(void); /* a path in the folder */
unsigned house_port(void);

int visit(void); /* over house_socket() */
int visit_tcp(void); /* takes little at a time */
void say(int fd, const char *text);
bool is_readable(int fd, int ms);
/* What arrives until these words or the end; fails when nothing comes. */
const char *hear(int fd, const char *until);
void assert_served(int fd);
void assert_closed(int fd); /* and closes it here */

#endif
