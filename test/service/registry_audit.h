/* A call of AuditRegistry: its tables in the order in which they are read, and their answers. */
#ifndef TEST_SERVICE_REGISTRY_AUDIT_H
#define TEST_SERVICE_REGISTRY_AUDIT_H

#include "test/service/records.h"

#include "rxcirc/v1/trail.pb-c.h"
#include "store/registry_page.h"

enum { COLUMNS_MAX = 12 };

extern const struct audit_table {
	const char *statement;
	unsigned columns;
} audit_tables[REGISTRY_TABLES];
extern Rxcirc__V1__AuditRegistryRequest audit_asked;

void audit_begin(void);
/* One table has rows, from this one on all others are empty. */
void audit_answer_from(unsigned first, unsigned table, const struct fake_cell *cells,
	unsigned rows);
enum status_reason audit_ask(void);
const Rxcirc__V1__AuditRegistryResponse *audit_reply(void);

#endif
