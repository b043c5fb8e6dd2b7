/* Prints every prepared statement of the server: name, parameters, text, one line each. */
#include <stdio.h>
#include <string.h>

#include "store/statements.h"

int main(void)
{
	for (size_t i = 0; store_statements[i] != NULL; i++) {
		const struct pg_statement *s = store_statements[i];

		if (strpbrk(s->sql, "\t\n") != NULL) {
			(void)fprintf(stderr, "\"%s\" holds a tab or a newline\n", s->name);
			return 1;
		}
		for (size_t k = 0; k < i; k++) {
			if (strcmp(store_statements[k]->name, s->name) == 0) {
				(void)fprintf(stderr, "\"%s\" is listed twice\n", s->name);
				return 1;
			}
		}
		(void)printf("%s\t%d\t%s\n", s->name, s->params, s->sql);
	}
	return 0;
}
