#include "client-sdk/cli/province_tables.h"

#include <string.h>

#include "client-sdk/cli/province_data.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(name, required, length, type, member) \
	{name, COLUMN_TEXT, required, length, offsetof(type, member), NULL}
#define YES_NO(name, type, member) {name, COLUMN_YES_NO, true, 3, offsetof(type, member), NULL}
#define MAYBE(name, type, member) {name, COLUMN_YES_NO, false, 3, offsetof(type, member), NULL}
#define CHOICE(name, type, member, choices) \
	{name, COLUMN_CHOICE, true, 40, offsetof(type, member), choices}

const struct column_choice province_institution_kinds[] = {
	{"hospital", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_HOSPITAL},
	{"internet-hospital", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL},
	{"pharmacy", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY},
	{"channel", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_CHANNEL},
	{"agency", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_AGENCY},
	{"chain", RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_CHAIN},
	{NULL, 0},
};

const struct column_choice province_institution_statuses[] = {
	{"active", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_ACTIVE},
	{"suspended", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_SUSPENDED},
	{"closed", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_CLOSED},
	{"applying", RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_APPLYING},
	{NULL, 0},
};

const struct column_choice province_roles[] = {
	{"physician", RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN},
	{"hospital-pharmacist",
		RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_HOSPITAL_PHARMACIST},
	{"pharmacy-pharmacist",
		RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHARMACY_PHARMACIST},
	{NULL, 0},
};

static const struct column region_columns[] = {
	TEXT("code", true, 6, Rxcirc__V1__Region, code),
	TEXT("name", true, 100, Rxcirc__V1__Region, name),
	TEXT("parent", false, 6, Rxcirc__V1__Region, parent),
};

static const struct column institution_columns[] = {
	TEXT("code", true, 12, Rxcirc__V1__Institution, code),
	TEXT("name", true, 200, Rxcirc__V1__Institution, name),
	CHOICE("kind", Rxcirc__V1__Institution, kind, province_institution_kinds),
	TEXT("region", true, 6, Rxcirc__V1__Institution, region),
	TEXT("host", false, 12, Rxcirc__V1__Institution, host_code),
	CHOICE("status", Rxcirc__V1__Institution, status, province_institution_statuses),
	TEXT("chain", false, 12, Rxcirc__V1__Institution, chain_code),
	TEXT("filing_no", false, 50, Rxcirc__V1__Institution, filing_no),
	MAYBE("published", Rxcirc__V1__Institution, published),
	TEXT("address", false, 200, Rxcirc__V1__Institution, address),
	MAYBE("non_public", Rxcirc__V1__Institution, non_public),
};

static const struct column officer_columns[] = {
	TEXT("id", true, 40, struct officer_row, id),
	TEXT("name", true, 50, struct officer_row, officer.name),
	TEXT("office", true, 12, struct officer_row, officer.office_code),
	YES_NO("provincial", struct officer_row, officer.provincial),
	TEXT("region", false, 6, struct officer_row, officer.region),
	TEXT("duties", true, 40, struct officer_row, duty_text),
};

static const struct column practitioner_columns[] = {
	TEXT("code", true, 20, struct practitioner_row, practitioner.code),
	TEXT("name", true, 50, struct practitioner_row, practitioner.name),
	CHOICE("role", struct practitioner_row, practitioner.role, province_roles),
	TEXT("institution", true, 12, struct practitioner_row, institution),
	TEXT("departments", false, 400, struct practitioner_row, department_text),
	TEXT("independent_since", false, 10, struct practitioner_row, practitioner.independent_since),
	TEXT("licence_no", false, 50, struct practitioner_row, practitioner.licence_no),
	TEXT("region", true, 6, struct practitioner_row, practitioner.registered_region),
	YES_NO("suspended", struct practitioner_row, practitioner.suspended),
};

const struct column_choice province_item_kinds[] = {
	{"licence", RXCIRC__V1__ITEM_KIND__ITEM_KIND_LICENCE},
	{"department", RXCIRC__V1__ITEM_KIND__ITEM_KIND_DEPARTMENT},
	{"internet-department", RXCIRC__V1__ITEM_KIND__ITEM_KIND_INTERNET_DEPARTMENT},
	{"service", RXCIRC__V1__ITEM_KIND__ITEM_KIND_SERVICE},
	{"capability", RXCIRC__V1__ITEM_KIND__ITEM_KIND_CAPABILITY},
	{"penalty", RXCIRC__V1__ITEM_KIND__ITEM_KIND_PENALTY},
	{"condition", RXCIRC__V1__ITEM_KIND__ITEM_KIND_CONDITION},
	{"additional-agreement", RXCIRC__V1__ITEM_KIND__ITEM_KIND_ADDITIONAL_AGREEMENT},
	{"suspension", RXCIRC__V1__ITEM_KIND__ITEM_KIND_SUSPENSION},
	{"supplier", RXCIRC__V1__ITEM_KIND__ITEM_KIND_SUPPLIER},
	{"not-renewed", RXCIRC__V1__ITEM_KIND__ITEM_KIND_NOT_RENEWED},
	{NULL, 0},
};

static const struct column item_columns[] = {
	TEXT("owner", true, 20, Rxcirc__V1__Item, owner_code),
	CHOICE("kind", Rxcirc__V1__Item, kind, province_item_kinds),
	TEXT("code", true, 50, Rxcirc__V1__Item, code),
	TEXT("name", false, 200, Rxcirc__V1__Item, name),
	TEXT("number", false, 200, Rxcirc__V1__Item, number),
	TEXT("authority", false, 200, Rxcirc__V1__Item, authority),
	{"from", COLUMN_DATE, true, 10, offsetof(Rxcirc__V1__Item, from_ms), NULL},
	{"until", COLUMN_DATE, false, 10, offsetof(Rxcirc__V1__Item, until_ms), NULL},
	{"amount", COLUMN_YUAN, false, 17, offsetof(Rxcirc__V1__Item, amount_fen), NULL},
	TEXT("note", false, 500, Rxcirc__V1__Item, note),
};

static const struct column parameter_columns[] = {
	TEXT("region", true, 6, Rxcirc__V1__Parameter, region),
	TEXT("name", true, 50, Rxcirc__V1__Parameter, name),
	{"from", COLUMN_DATE, true, 10, offsetof(Rxcirc__V1__Parameter, from_ms), NULL},
	TEXT("value", false, 2000, Rxcirc__V1__Parameter, value),
	TEXT("source", true, 200, Rxcirc__V1__Parameter, source),
};

const struct column_choice province_agreement_kinds[] = {
	{"designation", RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_DESIGNATION},
	{"supplementary", RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY},
	{NULL, 0},
};

const struct column_choice province_agreement_forms[] = {
	{"separate", RXCIRC__V1__AGREEMENT_FORM__AGREEMENT_FORM_SEPARATE},
	{"annex", RXCIRC__V1__AGREEMENT_FORM__AGREEMENT_FORM_ANNEX},
	{NULL, 0},
};

const struct column_choice province_licence_kinds[] = {
	{"internet-hospital", RXCIRC__V1__LICENCE_KIND__LICENCE_KIND_INTERNET_HOSPITAL},
	{"internet-diagnosis", RXCIRC__V1__LICENCE_KIND__LICENCE_KIND_INTERNET_DIAGNOSIS},
	{NULL, 0},
};

static const struct column agreement_columns[] = {
	TEXT("id", true, 16, struct agreement_row, id),
	CHOICE("kind", struct agreement_row, text.kind, province_agreement_kinds),
	TEXT("institution", true, 12, struct agreement_row, text.institution_code),
	TEXT("host_agreement", false, 16, struct agreement_row, text.host_agreement_id),
	{"from", COLUMN_DATE, false, 10, offsetof(struct agreement_row, text.starts_ms), NULL},
	{"until", COLUMN_DATE, false, 10, offsetof(struct agreement_row, text.ends_ms), NULL},
	{"form", COLUMN_CHOICE, false, 40, offsetof(struct agreement_row, text.form),
		province_agreement_forms},
	{"licence", COLUMN_CHOICE, false, 40, offsetof(struct agreement_row, text.licence),
		province_licence_kinds},
	TEXT("template", false, 50, struct agreement_row, text.template_version),
};

static void agreement_init(void *row)
{
	struct agreement_row *agreement = row;

	memset(agreement, 0, sizeof(*agreement));
	rxcirc__v1__agreement_text__init(&agreement->text);
}

static void region_init(void *row)
{
	rxcirc__v1__region__init(row);
}

static void institution_init(void *row)
{
	rxcirc__v1__institution__init(row);
}

static void officer_init(void *row)
{
	struct officer_row *officer = row;

	memset(officer, 0, sizeof(*officer));
	rxcirc__v1__officer__init(&officer->officer);
}

static void practitioner_init(void *row)
{
	struct practitioner_row *practitioner = row;

	memset(practitioner, 0, sizeof(*practitioner));
	rxcirc__v1__practitioner__init(&practitioner->practitioner);
}

static void item_init(void *row)
{
	rxcirc__v1__item__init(row);
}

static void parameter_init(void *row)
{
	rxcirc__v1__parameter__init(row);
}

/* The same fact about the same owner from the same day replaces itself: it may stand there once. */
static int item_compare(const void *one, const void *other)
{
	const Rxcirc__V1__Item *a = one;
	const Rxcirc__V1__Item *b = other;
	int r = strcmp(a->owner_code, b->owner_code);

	if (r == 0)
		r = (a->kind > b->kind) - (a->kind < b->kind);
	if (r == 0)
		r = strcmp(a->code, b->code);
	return r ? r : (a->from_ms > b->from_ms) - (a->from_ms < b->from_ms);
}

static int parameter_compare(const void *one, const void *other)
{
	const Rxcirc__V1__Parameter *a = one;
	const Rxcirc__V1__Parameter *b = other;
	int r = strcmp(a->region, b->region);

	if (r == 0)
		r = strcmp(a->name, b->name);
	return r ? r : (a->from_ms > b->from_ms) - (a->from_ms < b->from_ms);
}

const struct table_form province_region_form = {"regions.csv", region_columns,
	COUNT_OF(region_columns), sizeof(Rxcirc__V1__Region), region_init, NULL};
const struct table_form province_institution_form = {"institutions.csv", institution_columns,
	COUNT_OF(institution_columns), sizeof(Rxcirc__V1__Institution), institution_init, NULL};
const struct table_form province_officer_form = {"officers.csv", officer_columns,
	COUNT_OF(officer_columns), sizeof(struct officer_row), officer_init, NULL};
const struct table_form province_practitioner_form = {"practitioners.csv", practitioner_columns,
	COUNT_OF(practitioner_columns), sizeof(struct practitioner_row), practitioner_init, NULL};
const struct table_form province_item_form = {"items.csv", item_columns, COUNT_OF(item_columns),
	sizeof(Rxcirc__V1__Item), item_init, item_compare};
const struct table_form province_parameter_form = {"parameters.csv", parameter_columns,
	COUNT_OF(parameter_columns), sizeof(Rxcirc__V1__Parameter), parameter_init, parameter_compare};
const struct table_form province_agreement_form = {"agreements.csv", agreement_columns,
	COUNT_OF(agreement_columns), sizeof(struct agreement_row), agreement_init, NULL};
