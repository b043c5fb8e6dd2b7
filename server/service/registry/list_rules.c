/* Directory/ListRules: every rule at upload, as it stands in a region at a moment.
 *
 * One step, no database: the registry snapshot knows the switches and parameters.
 */
#include <string.h>

#include "registry/registry.h"
#include "rules/upload.h"
#include "service/registry/directory.h"
#include "service/services.h"

enum { RULE_PARAMETERS_MAX = 4 };

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

static Rxcirc__V1__Severity severity_of(enum upload_severity severity)
{
	switch (severity) {
	case UPLOAD_REFUSE:
		return RXCIRC__V1__SEVERITY__SEVERITY_REFUSE;
	case UPLOAD_FLAG:
		return RXCIRC__V1__SEVERITY__SEVERITY_FLAG;
	case UPLOAD_OFF:
		break;
	}
	return RXCIRC__V1__SEVERITY__SEVERITY_UNSPECIFIED;
}

/* The parameters a rule names, each as it stands. */
static int list_parameters(struct request *req, const struct upload_rule *rule,
	const struct place_and_time *where, Rxcirc__V1__RuleState *m)
{
	Rxcirc__V1__ParameterState *all = arena_array(&req->arena, RULE_PARAMETERS_MAX, sizeof(*all));

	m->parameters = arena_array(&req->arena, RULE_PARAMETERS_MAX, sizeof(*m->parameters));
	if (all == NULL || m->parameters == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < PARAMETERS_NR; i++) {
		const struct parameter_row *row = &parameter_rows[i];

		if (!parameter_has_word(rule->parameters, row->name))
			continue;
		ensure(m->n_parameters < RULE_PARAMETERS_MAX);
		directory_parameter(req, row, where, &all[m->n_parameters]);
		m->parameters[m->n_parameters] = &all[m->n_parameters];
		m->n_parameters++;
	}
	return 0;
}

static int list_one(struct request *req, const struct upload_rule *rule,
	const struct place_and_time *where, Rxcirc__V1__RuleState *m)
{
	rxcirc__v1__rule_state__init(m);
	m->id = text(rule->id);
	m->severity = severity_of(upload_rule_severity(rule,
		registry_setting(req->registry, rule->setting, where->region, where->at_ms)));
	m->standard = severity_of(rule->severity);
	m->source = text(rule->source);
	m->field = text(rule->field);
	m->message = text(rule->english);
	m->message_zh = text(rule->chinese);
	m->explanation = text(rule->explanation);
	m->explanation_zh = text(rule->explanation_zh);
	return list_parameters(req, rule, where, m);
}

static op_verdict list_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__ListRulesResponse reply = RXCIRC__V1__LIST_RULES_RESPONSE__INIT;
	const Rxcirc__V1__ListRulesRequest *m;
	Rxcirc__V1__RuleState *all;
	struct place_and_time where;
	enum status_reason status = request_unpack(req, &rxcirc__v1__list_rules_request__descriptor,
		&m);

	if (status == STATUS_OK)
		status = directory_ask(req, m->region, m->at_ms, &where);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	all = arena_array(&req->arena, upload_rules_count, sizeof(*all));
	reply.rules = arena_array(&req->arena, upload_rules_count, sizeof(*reply.rules));
	if (all == NULL || reply.rules == NULL)
		return request_fail(req, ERR_MEMORY);
	for (size_t i = 0; i < upload_rules_count; i++) {
		if (list_one(req, &upload_rules[i], &where, &all[i]) < 0)
			return request_fail(req, ERR_MEMORY);
		reply.rules[reply.n_rules++] = &all[i];
	}
	reply.region = text(where.region);
	reply.at_ms = where.at_ms;
	return request_reply(req, &reply.base);
}

static const struct op_state list_states[] = {{"start", list_start, 0}};

void list_rules_start(struct request *req)
{
	request_run(req, list_states, 1);
}
