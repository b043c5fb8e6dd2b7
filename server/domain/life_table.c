/* Prints what is generated from the life's table: `life_table sql` the list of the database's
 * constraint, `life_table page` the page LIFE.md.  A program of the build, not of the server.
 */
#include <stdio.h>
#include <string.h>

#include "domain/life.h"

static const char *const validities[] = {"", "valid", "revoked", "expired"};
static const char *const reviews[] = {"", "hospital-passed", "pharmacy-passed",
	"pharmacy-rejected"};
static const char *const uses[] = {"", "unused", "partly-dispensed", "dispensed", "returned"};
static const char *const holds[] = {"", "free", "mine", "anothers"};

static int print_sql(void)
{
	int words[LIFE_WORDS_MAX];
	size_t count = life_words(words);

	for (size_t i = 0; i < count; i++)
		printf("%s%d", i == 0 ? "" : ", ", words[i]);
	return putchar('\n') == EOF;
}

/* The arrows of one fact, others being whatever lets the event happen: each once. */
static void print_arrows(const char *title, const char *const *names, int values,
	int (*fact)(const struct life *life))
{
	printf("\n### %s\n\n```mermaid\nstateDiagram-v2\n", title);
	for (int from = 1; from <= values; from++) {
		for (int e = 0; e < LIFE_EVENTS; e++) {
			unsigned told = 0;

			for (int n = 0; n < 3 * 3 * 4 * 3; n++) {
				struct life before = {(enum validity)(1 + n % 3), (enum review)(1 + n / 3 % 3),
					(enum use)(1 + n / 9 % 4), (enum hold)(1 + n / 36)};
				struct life after = before;

				if (fact(&before) != from ||
					life_apply(&after, (enum life_event)e) != LIFE_ALLOWED ||
					fact(&after) == from || (told & 1u << fact(&after)) != 0)
					continue;
				told |= 1u << fact(&after);
				printf("    %s --> %s: %s\n", names[from], names[fact(&after)],
					life_event_name((enum life_event)e));
			}
		}
	}
	puts("```");
}

static int validity_of(const struct life *life)
{
	return (int)life->validity;
}

static int review_of(const struct life *life)
{
	return (int)life->review;
}

static int use_of(const struct life *life)
{
	return (int)life->use;
}

static int hold_of(const struct life *life)
{
	return (int)life->hold;
}

/* For each event the values of one fact under which it can happen. */
static void print_values(const char *const *names, int values, enum life_event event,
	int (*fact)(const struct life *life))
{
	unsigned in = 0;
	const char *comma = "";

	for (int n = 0; n < 3 * 3 * 4 * 3; n++) {
		struct life life = {(enum validity)(1 + n % 3), (enum review)(1 + n / 3 % 3),
			(enum use)(1 + n / 9 % 4), (enum hold)(1 + n / 36)};
		unsigned bit = 1u << fact(&life);

		in |= life_apply(&life, event) == LIFE_ALLOWED ? bit : 0;
	}
	printf(" |");
	for (int v = 1; v <= values; v++) {
		if ((in & 1u << v) == 0)
			continue;
		printf("%s %s", comma, names[v]);
		comma = ",";
	}
}

static int print_page(void)
{
	puts("# The life of a prescription\n\n"
		"Made by `life_table page` from the table in `life.c`; a test compares. Three facts\n"
		"and who holds it; an event happens when each fact is in its column. \"mine\" is the\n"
		"caller's own hold, \"anothers\" another institution's.\n\n"
		"Computed from time, never stored: expiry at the end of validity; the end of a lease;\n"
		"and of a repeat prescription the next round, which opens unused and unreviewed when\n"
		"the interval after a complete round has passed.\n\n"
		"| event | validity | review | use | hold |\n|---|---|---|---|---|");
	for (int e = 0; e < LIFE_EVENTS; e++) {
		printf("| %s", life_event_name((enum life_event)e));
		print_values(validities, 3, (enum life_event)e, validity_of);
		print_values(reviews, 3, (enum life_event)e, review_of);
		print_values(uses, 4, (enum life_event)e, use_of);
		print_values(holds, 3, (enum life_event)e, hold_of);
		puts(" |");
	}
	print_arrows("validity", validities, 3, validity_of);
	print_arrows("review", reviews, 3, review_of);
	print_arrows("use, of the round that is open", uses, 4, use_of);
	print_arrows("hold", holds, 3, hold_of);
	puts("\n## What can be stored\n\n"
		"Validity, review, use and whether somebody holds it, as four digits; the database\n"
		"refuses any other (`prescription_life_ck`):\n");
	printf("    ");
	return print_sql();
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sql") == 0)
		return print_sql();
	if (argc == 2 && strcmp(argv[1], "page") == 0)
		return print_page();
	fputs("usage: life_table sql | page\n", stderr);
	return 2;
}
