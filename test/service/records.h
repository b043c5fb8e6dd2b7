/* One right registry record of every kind, to be spoilt and put.
 *
 *     records_begin();
 *     CHOOSE(region, REGION);
 *     record_answer("region_put", true);
 *     assert_int_equal(record_put(), STATUS_OK);
 */
#ifndef TEST_SERVICE_RECORDS_H
#define TEST_SERVICE_RECORDS_H

#include "rxcirc/v1/agency.pb-c.h"
#include "test/service/scene.h"

extern Rxcirc__V1__PutRegistryRecordRequest m;
extern Rxcirc__V1__RegistryRecord record;
extern Rxcirc__V1__Region region;
extern Rxcirc__V1__Institution institution;
extern Rxcirc__V1__Certificate certificate;
extern Rxcirc__V1__Practitioner practitioner;
extern Rxcirc__V1__Practice practice;
extern Rxcirc__V1__VoucherKey voucher_key;
extern Rxcirc__V1__Officer officer;
extern Rxcirc__V1__Item item;
extern Rxcirc__V1__Parameter parameter;
extern Rxcirc__V1__PersonBlock person_block;
extern Rxcirc__V1__OfficerDuty duties[5];
extern uint8_t digest[SHA256_LEN + 1];
extern struct key_pair pair;

#define CHOOSE(name, NAME) \
	(record.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_##NAME, record.name = &name)
#define FAULT(name, NAME, change, field) \
	do { \
		CHOOSE(name, NAME); \
		change; \
		record_expect_fault(field); \
	} while (0)

/* Their names in the trail, where these are longer than a code (service/record_form.h). */
#define RECORDS_NOON "1780027200000"
#define RECORDS_PIN "0100000000000000000000000000000000000000000000000000000000000000"
const char *records_voucher_key(void);

/* Every record right; none chosen yet; the caller a provincial officer with every duty. */
void records_begin(void);
/* Script what the database says to a put. */
void record_answer(const char *statement, bool changed);
enum status_reason record_put(void);
const Rxcirc__V1__EventLeaf *record_leaf(const char *statement);
/* The chosen record is written, with event and both answers; the event names it and its digest. */
void record_expect_written(const char *statement, const char *subject);
/* The chosen record is refused for exactly this field, and nothing was sent. */
void record_expect_fault(const char *field);

#endif
