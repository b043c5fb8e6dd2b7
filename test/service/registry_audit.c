#include "test/service/registry_audit.h"

static const struct method audit_method = {"rxcirc.v1.Agency/AuditRegistry",
	audit_registry_start};
Rxcirc__V1__AuditRegistryRequest audit_asked;

const struct audit_table audit_tables[REGISTRY_TABLES] = {
	{"regions_page", 3}, {"institutions_page", 12}, {"certificates_page", 9},
	{"practitioners_page", 7}, {"practices_page", 4}, {"practitioner_keys_page", 10},
	{"voucher_keys_page", 5}, {"items_page", 11}, {"parameters_page", 5},
	{"person_blocks_page", 5},
};

void audit_begin(void)
{
	rxcirc__v1__audit_registry_request__init(&audit_asked);
	audit_asked.purpose = paper_text("季度核对 2026-2");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

void audit_answer_from(unsigned first, unsigned table, const struct fake_cell *cells,
	unsigned rows)
{
	for (unsigned i = first; i < REGISTRY_TABLES; i++)
		fake_pg_answer(audit_tables[i].statement, audit_tables[i].columns,
			i == table ? cells : NULL, i == table ? rows : 0);
}

enum status_reason audit_ask(void)
{
	return stage_call(&audit_method, &audit_asked);
}

const Rxcirc__V1__AuditRegistryResponse *audit_reply(void)
{
	assert_int_equal(fake_pg_unused(), 0);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	return stage_reply(&rxcirc__v1__audit_registry_response__descriptor);
}
