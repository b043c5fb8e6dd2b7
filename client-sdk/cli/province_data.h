/* The plain files a province is made from, loaded and checked against each other.
 *
 *     province.json     name, region, founding_office, founding_officer, certificate_days, key_days
 *     regions.csv       code,name,parent
 *     institutions.csv  code,name,kind,region,host,status,chain,filing_no,published,address,
 *                       non_public
 *     officers.csv      id,name,office,provincial,region,duties
 *     practitioners.csv code,name,role,institution,departments,independent_since,licence_no,
 *                       region,suspended
 *     drugs.csv, diagnoses.csv, departments.csv, consultation-items.csv, frequencies.csv,
 *     routes.csv, calendar.csv          code tables (code_table.h)
 *     items.csv         owner,kind,code,name,number,authority,from,until,amount,note
 *     parameters.csv    region,name,from,value,source
 *     agreements.csv    id,kind,institution,host_agreement,from,until,form,licence,template
 *
 * Departments and duties are parted by ';'.  A practitioner has one institution here, because a key
 * speaks for one institution.
 */
#ifndef CLI_PROVINCE_DATA_H
#define CLI_PROVINCE_DATA_H

#include <jansson.h>

#include <rxcirc/v1/agency.pb-c.h>
#include <rxcirc/v1/agreement.pb-c.h>

#include "client-sdk/cli/code_table.h"

enum { PROVINCE_FILES = 15, DEPARTMENTS_MAX = 32, DUTIES_MAX = 4, PROVINCE_DAYS_MAX = 3650 };

struct officer_row {
	char *id; /* name of the folder */
	Rxcirc__V1__Officer officer;
	char *duty_text; /* cut apart in place at ';' */
	Rxcirc__V1__OfficerDuty duties[DUTIES_MAX];
};

struct practitioner_row {
	Rxcirc__V1__Practitioner practitioner;
	char *institution;
	char *department_text; /* cut apart in place at ';' */
	char *departments[DEPARTMENTS_MAX];
	size_t department_count;
};

/* One that was concluded before the platform came. */
struct agreement_row {
	char *id;
	Rxcirc__V1__AgreementText text;
};

struct province_data {
	json_t *root; /* of province.json */
	const char *name, *founding_office, *founding_officer;
	unsigned certificate_days, key_days;
	struct table regions;       /* Rxcirc__V1__Region */
	struct table institutions;  /* Rxcirc__V1__Institution */
	struct table officers;      /* struct officer_row */
	struct table practitioners; /* struct practitioner_row */
	struct code_table codes[CODE_TABLE_KINDS]; /* in the order of code_table_kinds */
	struct table items;         /* Rxcirc__V1__Item */
	struct table parameters;    /* Rxcirc__V1__Parameter */
	struct table agreements;    /* struct agreement_row */
};

/* The names of the files above. */
extern const char *const province_files[PROVINCE_FILES];

/* 0, or an exit code after saying why. */
CLI_CHECK int province_data_load(struct province_data *ret, const char *folder);
void province_data_clear(struct province_data *data);

#endif
