/* agency ratings: how content insured persons were, counted per institution (SX15-8.5). */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

enum { PAGES_MAX = 1000, TOKEN_MAX = 64 };

struct ratings_args {
	const char *as, *by, *from, *until, *institution;
};

static int ratings_take(const struct ratings_args *args, Rxcirc__V1__QueryRatingsRequest *m)
{
	bool by_hospital = args->by && strcmp(args->by, "hospital") == 0;

	if (args->by && !by_hospital && strcmp(args->by, "pharmacy") != 0)
		return fail(EXIT_USAGE, "--by is hospital or pharmacy", "--by 须为 hospital 或 pharmacy");
	m->by = by_hospital ? RXCIRC__V1__RATED_BY__RATED_BY_HOSPITAL :
		RXCIRC__V1__RATED_BY__RATED_BY_PHARMACY;
	m->institution_code = pbtext(args->institution ? args->institution : "");
	if ((args->from && china_time_parse_loose(args->from, &m->from_ms) < 0) ||
		(args->until && china_time_parse_loose(args->until, &m->until_ms) < 0))
		return fail(EXIT_USAGE, "--from and --until are \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 与 --until 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return 0;
}

static json_t *line_show(const Rxcirc__V1__InstitutionRatings *m)
{
	json_t *counts = json_array();
	char mean[DECIMAL_TEXT_MAX];

	decimal_format(m->mean_e2, 2, 2, mean);
	for (size_t i = 0; i < m->n_counts; i++)
		json_array_append_new(counts, json_integer((json_int_t)m->counts[i]));
	say("%s %s  %s (%lu of %lu hand-overs rated)\n", "%s %s  %s 分（%lu / %lu 次调配有评价）\n",
		m->institution_code, m->institution_name, m->ratings == 0 ? "-" : mean,
		(unsigned long)m->ratings, (unsigned long)m->fills);
	return json_pack("{s:s, s:s, s:o, s:I, s:s, s:I}", "institution", m->institution_code, "name",
		m->institution_name, "counts", counts, "ratings", (json_int_t)m->ratings, "mean", mean,
		"fills", (json_int_t)m->fills);
}

/* One page; its token becomes the next one's, in space the request points into. */
static int page(const struct institution *office, Rxcirc__V1__QueryRatingsRequest *request,
	char token[TOKEN_MAX], json_t *list)
{
	Rxcirc__V1__QueryRatingsResponse *reply;
	rxc_error *error = NULL;

	if (rxc_agency_ratings(office->client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_institutions; i++)
		json_array_append_new(list, line_show(reply->institutions[i]));
	(void)snprintf(token, TOKEN_MAX, "%s", reply->next_page_token);
	request->page_token = token;
	rxcirc__v1__query_ratings_response__free_unpacked(reply, NULL);
	return 0;
}

static int ratings(const struct institution *office, Rxcirc__V1__QueryRatingsRequest *request)
{
	char token[TOKEN_MAX] = "";
	json_t *list = json_array();
	unsigned pages = 0;
	int r;

	do
		r = page(office, request, token, list);
	while (r == 0 && token[0] && ++pages < PAGES_MAX);
	if (r == 0)
		r = answer(json_pack("{s:b, s:i, s:O}", "ok", 1, "exit", EXIT_OK, "institutions", list));
	json_decref(list);
	return r;
}

int agency_ratings_run(int argc, char **argv)
{
	struct ratings_args args = {.as = NULL};
	const struct arg_option options[] = {{"as", ARG_TEXT, &args.as}, {"by", ARG_TEXT, &args.by},
		{"from", ARG_TEXT, &args.from}, {"until", ARG_TEXT, &args.until},
		{"institution", ARG_TEXT, &args.institution}};
	Rxcirc__V1__QueryRatingsRequest request = RXCIRC__V1__QUERY_RATINGS_REQUEST__INIT;
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 5, 0, 0);

	if (r == 0)
		r = ratings_take(&args, &request);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = ratings(&office, &request);
	institution_close(&office);
	return r;
}
