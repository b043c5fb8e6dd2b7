/* Directory/ListParameters: every parameter, as it stands in a region at a moment, and the switches
 * of rules that are set there.
 *
 * One step, no database: the registry snapshot knows them.
 */
#include "registry/registry.h"
#include "rules/upload.h"
#include "service/registry/directory.h"
#include "service/services.h"

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

static const char *severity_word(enum upload_severity severity)
{
	return severity == UPLOAD_REFUSE ? "refuse" : "flag";
}

/* The switch of a rule, when the region or one around it sets it. */
static bool list_switch(const struct request *req, const struct upload_rule *rule,
	const struct place_and_time *where, Rxcirc__V1__ParameterState *m)
{
	const struct parameter_row row = {.name = rule->setting, .source = rule->source,
		.standard = severity_word(rule->severity), .english = rule->english,
		.chinese = rule->chinese};

	if (registry_setting(req->registry, rule->setting, where->region, where->at_ms) == NULL)
		return false;
	directory_parameter(req, &row, where, m);
	return true;
}

static op_verdict list_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__ListParametersResponse reply = RXCIRC__V1__LIST_PARAMETERS_RESPONSE__INIT;
	const size_t most = PARAMETERS_NR + upload_rules_count;
	const Rxcirc__V1__ListParametersRequest *m;
	Rxcirc__V1__ParameterState *all;
	struct place_and_time where;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_parameters_request__descriptor, &m);

	if (status == STATUS_OK)
		status = directory_ask(req, m->region, m->at_ms, &where);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	all = arena_array(&req->arena, most, sizeof(*all));
	reply.parameters = arena_array(&req->arena, most, sizeof(*reply.parameters));
	if (all == NULL || reply.parameters == NULL)
		return request_fail(req, ERR_MEMORY);
	for (size_t i = 0; i < most; i++)
		reply.parameters[i] = &all[i];
	for (; reply.n_parameters < PARAMETERS_NR; reply.n_parameters++)
		directory_parameter(req, &parameter_rows[reply.n_parameters], &where,
			&all[reply.n_parameters]);
	for (size_t i = 0; i < upload_rules_count; i++)
		reply.n_parameters += list_switch(req, &upload_rules[i], &where,
			&all[reply.n_parameters]);
	reply.region = text(where.region);
	reply.at_ms = where.at_ms;
	return request_reply(req, &reply.base);
}

static const struct op_state list_states[] = {{"start", list_start, 0}};

void list_parameters_start(struct request *req)
{
	request_run(req, list_states, 1);
}
