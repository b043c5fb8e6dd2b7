/* A small province: who may do what, with real keys and real key statements.
 *
 *     struct province p;
 *     province_init(&p);
 *     p.people[PHARMACIST].key.revoked_from_ms = 1;      ... spoil something ...
 *     registry = province_registry(&p);
 *
 * Keys come from fixed seeds.  Ownership: what province_registry() returns is the caller's.
 */
#ifndef TEST_SERVICE_PROVINCE_H
#define TEST_SERVICE_PROVINCE_H

#include "crypto/keyring.h"
#include "registry/registry.h"

#define HOSPITAL "H14010500321"        /* an internet hospital */
#define HOST "H14010500008"
#define OTHER_HOSPITAL "H14010600111"
#define PHARMACY "P14010500001"
#define OTHER_PHARMACY "P14010500002"
#define CHANNEL "A14010000007"
#define OFFICE "A14000000000"
#define PERSON "140100-EV-6F1D2A"      /* an e-voucher id */
#define HOME_REGION "140105"
#define DEPARTMENT "A03.04"

/* Noon of 2026-05-29 in China: the platform's time in all tests that do not move it. */
static const int64_t noon_ms = 1780027200000;
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

enum {
	PHYSICIAN,
	HOSPITAL_PHARMACIST,
	PHARMACIST,       /* at PHARMACY */
	OTHER_PHARMACIST, /* at OTHER_PHARMACY */
	OTHER_PHYSICIAN,  /* at OTHER_HOSPITAL */
	PEOPLE,
};
enum { AMLODIPINE, XINKESHU, METFORMIN, DIAZEPAM, ASTRAGALUS, DRUGS };
enum { PLACES = 10, DIAGNOSES = 2, ITEMS = 32, PARAMETERS = 128, BLOCKS = 4, AGREEMENTS = 4 };

/* A key pair: libsodium's 64 secret bytes and the public half. */
struct key_pair {
	uint8_t secret[64], public_key[PUBLIC_KEY_LEN], id[KEY_ID_LEN];
};
void key_pair_make(struct key_pair *k, const char *seed_text);

struct person {
	struct practitioner practitioner;
	struct practice practice;
	struct practitioner_key key;
	struct key_pair pair;
	bool is_absent, key_is_absent, practice_is_absent;
};

struct province {
	struct institution places[PLACES];
	struct person people[PEOPLE];
	struct code drugs[DRUGS];
	struct code diagnoses[DIAGNOSES];
	struct item items[ITEMS];             /* at first what an upload by HOSPITAL needs */
	struct parameter parameters[PARAMETERS];
	struct person_block blocks[BLOCKS];
	size_t item_count, parameter_count, block_count;
	struct agreement agreements[AGREEMENTS]; /* none at first */
	size_t agreement_count;
	const struct code *holidays;          /* none at first */
	const struct code *department, *frequency, *route; /* a table of this one code; none at first */
	size_t holiday_count;
	struct voucher_key voucher_key;
	struct key_pair voucher_pair, authority;
	bool voucher_key_is_absent;
};

void province_init(struct province *p);
struct institution *province_place(struct province *p, const char *code);
struct registry *province_registry(const struct province *p);
/* A dated fact that holds for a year around noon_ms; to be spoilt afterwards. */
struct item *province_item(struct province *p, const char *owner, enum item_kind kind,
	const char *code);
/* A signed designation, in force for a year around noon_ms. */
struct agreement *province_designation(struct province *p, const char *code);
/* A region's parameter, in force for a year already. */
struct parameter *province_parameter(struct province *p, const char *region, const char *name,
	const char *value);
/* The authority's word about a person's key, serialized. */
size_t province_key_statement(const struct province *p, const struct person *person,
	uint8_t *out, size_t cap);
/* Keys of the server: one generation of each purpose, two of kek and rowmac. */
struct keyring *province_keyring(void);

#endif
