/* insured accesses: who looked at the person's prescriptions or changed them, and why (C27). */
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/visit.h"

enum { PAGES_MAX = 1000 };

static json_t *access_show(const Rxcirc__V1__OwnAccess *m)
{
	json_t *codes = json_array();
	char at[CHINA_TIME_LEN + 1];

	china_time_format(m->at_ms, at);
	say("%s  %s  %s %s  %s\n", "%s  %s  %s %s  %s\n", at,
		show_event_kind(m->kind, say_is_chinese()), m->institution_code, m->institution_name,
		m->reason);
	for (size_t i = 0; i < m->n_rx_ids; i++) {
		char code[RXC_RX_CODE_LEN + 1];

		if (m->rx_ids[i].len != RXC_RX_ID_LEN)
			continue;
		rxc_rx_code_format(m->rx_ids[i].data, code);
		say("    %s\n", "    %s\n", code);
		json_array_append_new(codes, json_string(code));
	}
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o}", "at_ms", (json_int_t)m->at_ms, "kind",
		show_event_kind(m->kind, false), "institution", m->institution_code, "name",
		m->institution_name, "reason", m->reason, "rx", codes);
}

/* One page; its token becomes the next one's, in space the request points into. */
static int page(const struct institution *channel, Rxcirc__V1__ListOwnAccessesRequest *request,
	uint8_t token[VISIT_GRANT_MAX], json_t *list)
{
	Rxcirc__V1__ListOwnAccessesResponse *reply;
	rxc_error *error = NULL;
	int r = 0;

	if (rxc_insured_accesses(channel->client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; i < reply->n_accesses; i++)
		json_array_append_new(list, access_show(reply->accesses[i]));
	if (reply->next_page_token.len > VISIT_GRANT_MAX)
		r = fail(EXIT_FAULT, "the server's answer holds too long a token",
			"服务器应答中的分页标记过长");
	else if (reply->next_page_token.len > 0)
		memcpy(token, reply->next_page_token.data, reply->next_page_token.len);
	request->page_token = pbdata(token, reply->next_page_token.len);
	rxcirc__v1__list_own_accesses_response__free_unpacked(reply, NULL);
	return r;
}

static int accesses(const struct institution *channel)
{
	Rxcirc__V1__ListOwnAccessesRequest request = RXCIRC__V1__LIST_OWN_ACCESSES_REQUEST__INIT;
	uint8_t token[VISIT_GRANT_MAX];
	json_t *list = json_array();
	struct visit visit;
	unsigned pages = 0;
	int r = visit_load(channel, &visit);

	request.own_grant = visit_grant(&visit);
	do {
		if (r == 0)
			r = page(channel, &request, token, list);
	} while (r == 0 && request.page_token.len > 0 && ++pages < PAGES_MAX);
	if (r == 0)
		r = answer(json_pack("{s:b, s:i, s:O}", "ok", 1, "exit", EXIT_OK, "accesses", list));
	json_decref(list);
	return r;
}

int insured_accesses_run(int argc, char **argv)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution channel;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 0, 0);

	if (r != 0 || (r = institution_open(&channel, as)) != 0)
		return r;
	r = accesses(&channel);
	institution_close(&channel);
	return r;
}
