/* The columns of a province's plain files, and the words they may hold. */
#ifndef CLI_PROVINCE_TABLES_H
#define CLI_PROVINCE_TABLES_H

#include "client-sdk/cli/table.h"

/* Rows: Rxcirc__V1__Region, ..Institution, struct officer_row, struct practitioner_row,
 * ..Item, ..Parameter, struct agreement_row (province_data.h).  Code tables: code_table.h. */
extern const struct table_form province_region_form, province_institution_form,
	province_officer_form, province_practitioner_form, province_item_form, province_parameter_form,
	province_agreement_form;

/* Words and the numbers they stand for; each ends with a NULL word. */
extern const struct column_choice province_institution_kinds[], province_institution_statuses[],
	province_roles[], province_item_kinds[], province_agreement_kinds[],
	province_agreement_forms[], province_licence_kinds[];

#endif
