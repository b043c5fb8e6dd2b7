/* What a reader of the public list asks for: the query string of an address, and what it may hold.
 *
 *     region=140100 & kind=pharmacy & q=TEXT & page=2 & lang=en
 *
 * Each at most once; an empty value is as if it were not there; other names are passed over, since
 * search engines and links add their own.
 * Threads: any.
 */
#ifndef APP_PUBLIC_QUERY_H
#define APP_PUBLIC_QUERY_H

#include "domain/registry.h"

enum {
	PUBLIC_QUERY_LEN_MAX = 1000, /* of the whole query string, still encoded */
	PUBLIC_TEXT_MAX = 90,        /* bytes of q: 30 Chinese characters */
	PUBLIC_PAGE_MAX = 10000,
};

struct public_query {
	char region[6 + 1];             /* "" = everywhere */
	int kind;                       /* enum institution_kind; 0 = all that are listed */
	char text[PUBLIC_TEXT_MAX + 1]; /* UTF-8 without control characters; "" = anything */
	unsigned page;                  /* 1 .. PUBLIC_PAGE_MAX */
	bool english;
};

/* NULL when *ret is filled, else the name of what cannot be taken ("region", "query", ...).
 * `text` may be NULL: no query. */
const char *public_query_parse(struct public_query *ret, const char *text);

/* The word of a kind that can be listed ("internet-hospital"), or NULL. */
const char *public_kind_word(int kind);
/* Whether these bytes are UTF-8 as RFC 3629 has it, without control characters. */
bool public_text_is_sound(const char *text);

#endif
