/* The nouns of the registry as plain structs.  Times are ms since 1970 UTC. */
#ifndef DOMAIN_REGISTRY_H
#define DOMAIN_REGISTRY_H

#include "proto/bytes.h"
#include "proto/limits.h"

struct region {
	const char *code; /* 6 digits */
	const char *name;
	const char *parent; /* "" = none */
};

enum institution_kind {
	INSTITUTION_HOSPITAL = 1,
	INSTITUTION_INTERNET_HOSPITAL,
	INSTITUTION_PHARMACY,
	INSTITUTION_CHANNEL,
	INSTITUTION_AGENCY,
	INSTITUTION_CHAIN,
};
enum institution_status {
	INSTITUTION_ACTIVE = 1,
	INSTITUTION_SUSPENDED,
	INSTITUTION_CLOSED,
	INSTITUTION_APPLYING, /* may apply, nothing else */
};

struct institution {
	const char *code; /* ^[A-Z]\d{11}$ */
	const char *name;
	enum institution_kind kind;
	enum institution_status status;
	const char *region;     /* 6 digits */
	const char *region_name; /* as the public list shows it; "" = not told */
	const char *host_code;  /* internet hospitals; else "" */
	const char *chain_code; /* pharmacies of a chain; else "" */
	const char *filing_no;  /* with the province; "" = not filed */
	const char *address;    /* "" = not told */
	bool non_public;        /* hospitals not publicly owned */
	bool published;         /* on the public list */
};

/* What an officer may do; the numbers are those of OfficerDuty. */
enum duty { DUTY_REGISTRAR = 1, DUTY_SYSTEM, DUTY_SECURITY, DUTY_AUDIT };
#define DUTY_BIT(duty) (1u << (duty))
enum { DUTIES_ALL = 0x1e };

/* A pinned client certificate of an institution or of an officer. */
struct certificate {
	uint8_t spki[SHA256_LEN];
	const char *owner_code; /* institution, or the officer's office */
	bool is_officer;
	bool is_provincial;     /* officers only */
	unsigned duties;        /* officers: DUTY_BIT()s */
	const char *officer;    /* officers: name; else "" */
	const char *scope;      /* officers: region; else "" */
	int64_t not_before_ms, not_after_ms;
	bool revoked;
};

enum practitioner_role {
	ROLE_PHYSICIAN = 1,
	ROLE_HOSPITAL_PHARMACIST,
	ROLE_PHARMACY_PHARMACIST,
};

struct practitioner {
	const char *code;
	const char *name;
	enum practitioner_role role;
	bool suspended;
	const char *independent_since; /* yyyy-MM-dd or "" */
	const char *region;
	const char *licence_no; /* "" = not told */
};

struct practice {
	const char *practitioner_code;
	const char *institution_code;
	bool ended;
	const char *departments; /* codes parted by one space; "" = all */
};

struct practitioner_key {
	uint8_t key_id[KEY_ID_LEN];
	uint8_t public_key[PUBLIC_KEY_LEN];
	const char *practitioner_code;
	const char *institution_code;
	enum practitioner_role role;
	int64_t not_before_ms, not_after_ms;
	int64_t revoked_from_ms; /* 0 = not revoked */
	struct slice statement;  /* serialized SignedDocument of kind KEY_STATEMENT */
};

struct voucher_key {
	uint8_t key_id[KEY_ID_LEN];
	uint8_t public_key[PUBLIC_KEY_LEN];
	int64_t not_before_ms, not_after_ms;
	bool revoked;
};

/* A dated fact about an institution or practitioner; the numbers are those of ItemKind. */
enum item_kind {
	ITEM_LICENCE = 1,
	ITEM_DEPARTMENT,
	ITEM_INTERNET_DEPARTMENT,
	ITEM_SERVICE,
	ITEM_CAPABILITY,
	ITEM_PENALTY,
	ITEM_CONDITION,
	ITEM_ADDITIONAL_AGREEMENT,
	ITEM_SUSPENSION,
	ITEM_SUPPLIER,
	ITEM_NOT_RENEWED,
	ITEM_KINDS,
};

struct item {
	const char *owner_code;
	enum item_kind kind;
	const char *code;
	const char *name;
	const char *number;
	const char *authority;
	const char *note;
	int64_t from_ms, until_ms; /* until 0 = no end known */
	int64_t amount_fen;
	bool withdrawn;
};

/* Counts at that moment. */
static inline bool item_holds(const struct item *i, int64_t at_ms)
{
	return !i->withdrawn && at_ms >= i->from_ms && (i->until_ms == 0 || at_ms < i->until_ms);
}

/* A rule's parameter or a switch, of one region from a moment on (domain/parameter.h). */
struct parameter {
	const char *region;
	const char *name;
	int64_t from_ms;
	const char *value;
	const char *source;
};

enum block_scope { BLOCK_INTERNET = 1, BLOCK_SETTLEMENT, BLOCK_ALL };

struct person_block {
	uint8_t person_key[PERSON_KEY_LEN];
	enum block_scope scope;
	int64_t from_ms, until_ms;
	const char *reason;
};

/* ---- code tables ---------------------------------------------------------------------------- */

enum code_kind {
	CODE_DRUG = 1,
	CODE_DIAGNOSIS,
	CODE_DEPARTMENT,
	CODE_CONSULTATION_ITEM,
	CODE_FREQUENCY,
	CODE_ROUTE,
	CODE_CALENDAR, /* code yyyy-MM-dd, class 1 holiday, 2 working weekend */
	CODE_KINDS,
};

enum code_flag {
	CODE_SPECIAL_CONTROL = 1 << 0, /* drugs: narcotic, psychotropic, other special control (C7) */
	CODE_DUAL_CHANNEL = 1 << 1,    /* drugs: 双通道 */
	CODE_LONG_EXCLUDED = 1 << 2,   /* drugs: not on long prescriptions (C16) */
	CODE_WITHDRAWN = 1 << 3,       /* no longer to be used */
	CODE_CHRONIC = 1 << 4,         /* diagnoses: chronic disease */
	CODE_COMMON = 1 << 5,          /* diagnoses: common disease */
	CODE_CHRONIC_SPECIAL = 1 << 6, /* diagnoses: 门诊慢特病 */
	CODE_SUPPLY_WATCHED = 1 << 7,  /* drugs: remaining supply is checked (C24) */
};

/* One row of one version of a code table. */
struct code {
	const char *code;
	const char *name;          /* drugs: generic name */
	uint8_t class_no;          /* drugs 11, 12, 13; diagnoses 1, 2, 3; calendar 1, 2; else 0 */
	uint32_t flags;            /* CODE_* */
	const char *dosage_form;   /* drugs; else "" */
	const char *specification; /* drugs; else "" */
	int64_t price_e6;          /* drugs: reference price, items: price; 0 = none; 1e-6 yuan */
};

#endif
