/* The nouns of the registry as plain structs.  Times are ms since 1970 UTC. */
#ifndef DOMAIN_REGISTRY_H
#define DOMAIN_REGISTRY_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum institution_kind {
	INSTITUTION_HOSPITAL = 1,
	INSTITUTION_INTERNET_HOSPITAL,
	INSTITUTION_PHARMACY,
	INSTITUTION_CHANNEL,
	INSTITUTION_AGENCY,
};
enum institution_status { INSTITUTION_ACTIVE = 1, INSTITUTION_SUSPENDED, INSTITUTION_CLOSED };

struct institution {
	const char *code; /* ^[A-Z]\d{11}$ */
	const char *name;
	enum institution_kind kind;
	enum institution_status status;
	const char *region;    /* 6 digits */
	const char *host_code; /* internet hospitals; else "" */
};

/* A pinned client certificate of an institution or of an officer. */
struct certificate {
	uint8_t spki[SHA256_LEN];
	const char *owner_code; /* institution, or the officer's office */
	bool is_officer;
	bool is_provincial;     /* officers only */
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
};

struct practice {
	const char *practitioner_code;
	const char *institution_code;
	bool ended;
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

struct drug {
	const char *code;
	const char *generic_name;
	uint8_t kind; /* 11 western, 12 Chinese patent, 13 herbal pieces */
	bool special_control;
	bool dual_channel;
	bool long_excluded;
	bool withdrawn;
};

struct diagnosis_code {
	const char *code;
	const char *name;
	uint8_t type;
	bool chronic_or_common;
	bool withdrawn;
};

#endif
