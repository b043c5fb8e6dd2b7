/* agency reconcile: which hospitals declared a day, and what is missing (JIN15-1.3a). */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/day.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"

int agency_reconcile_run(int argc, char **argv)
{
	const char *as = NULL, *day = NULL, *business = NULL, *hospital = NULL;
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &as}, {"day", ARG_TEXT, &day}, {"business", ARG_TEXT, &business},
		{"hospital", ARG_TEXT, &hospital}};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 4, 0, 0);

	if (r == 0)
		r = day_check(day);
	if (r != 0 || (r = institution_open(&office, as)) != 0)
		return r;
	r = day_reconcile(&office, true, day, business, hospital);
	institution_close(&office);
	return r;
}
