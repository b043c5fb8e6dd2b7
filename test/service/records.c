#include "test/service/records.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"

Rxcirc__V1__PutRegistryRecordRequest m;
Rxcirc__V1__RegistryRecord record;
Rxcirc__V1__Region region;
Rxcirc__V1__Institution institution;
Rxcirc__V1__Certificate certificate;
Rxcirc__V1__Practitioner practitioner;
Rxcirc__V1__Practice practice;
Rxcirc__V1__VoucherKey voucher_key;
Rxcirc__V1__Officer officer;
Rxcirc__V1__Item item;
Rxcirc__V1__Parameter parameter;
Rxcirc__V1__PersonBlock person_block;
Rxcirc__V1__OfficerDuty duties[5];
uint8_t digest[SHA256_LEN + 1];
struct key_pair pair;

static void people_init(void)
{
	rxcirc__v1__practitioner__init(&practitioner);
	practitioner.code = paper_text("D140105003299");
	practitioner.name = paper_text("新医师");
	practitioner.role = RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_PHYSICIAN;
	practitioner.independent_since = paper_text("2015-01-31");
	practitioner.registered_region = paper_text("140105");
	rxcirc__v1__practice__init(&practice);
	practice.practitioner_code = paper_text("HY140105000199");
	practice.institution_code = paper_text(HOSPITAL);
	rxcirc__v1__voucher_key__init(&voucher_key);
	key_pair_make(&pair, "new e-voucher key");
	voucher_key.public_key = paper_bytes(pair.public_key, PUBLIC_KEY_LEN);
	voucher_key.not_before_ms = noon_ms;
	voucher_key.not_after_ms = noon_ms + DAY_MS;
	rxcirc__v1__officer__init(&officer);
	digest[0] = 1; /* not the caller's own */
	officer.spki_sha256 = paper_bytes(digest, SHA256_LEN);
	officer.office_code = paper_text(OFFICE);
	officer.name = paper_text("王处长");
	duties[0] = RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_REGISTRAR;
	officer.duties = duties;
	officer.n_duties = 1;
	officer.region = paper_text("140100");
	officer.not_before_ms = noon_ms;
	officer.not_after_ms = noon_ms + DAY_MS;
}

static void facts_init(void)
{
	rxcirc__v1__item__init(&item);
	item.owner_code = paper_text(HOSPITAL);
	item.kind = RXCIRC__V1__ITEM_KIND__ITEM_KIND_LICENCE;
	item.code = paper_text("internet-hospital");
	item.name = paper_text("设置互联网医院批准书");
	item.number = paper_text("晋卫医〔2024〕12号");
	item.from_ms = noon_ms;
	rxcirc__v1__parameter__init(&parameter);
	parameter.region = paper_text("140100");
	parameter.name = paper_text("supply-days-max");
	parameter.from_ms = noon_ms;
	parameter.value = paper_text("14");
	parameter.source = paper_text("并医保发〔2026〕3号");
	rxcirc__v1__person_block__init(&person_block);
	person_block.voucher_id = paper_text(PERSON);
	person_block.scope = RXCIRC__V1__BLOCK_SCOPE__BLOCK_SCOPE_INTERNET;
	person_block.from_ms = noon_ms;
	person_block.until_ms = noon_ms + DAY_MS;
	person_block.reason = paper_text("欺诈骗保，决定书 2026-7");
}

const char *records_voucher_key(void)
{
	static char subject[sizeof("voucher-key/") + 2 * KEY_ID_LEN];
	size_t len = (size_t)snprintf(subject, sizeof(subject), "voucher-key/");

	for (unsigned i = 0; i < KEY_ID_LEN; i++)
		len += (size_t)snprintf(subject + len, sizeof(subject) - len, "%02x", pair.id[i]);
	return subject;
}

/* Every record right; none chosen yet. */
void records_begin(void)
{
	stage_clear();
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	rxcirc__v1__put_registry_record_request__init(&m);
	rxcirc__v1__registry_record__init(&record);
	m.record = &record;
	rxcirc__v1__region__init(&region);
	region.code = paper_text("140105");
	region.name = paper_text("小店区");
	region.parent = paper_text("140100");
	rxcirc__v1__institution__init(&institution);
	institution.code = paper_text("H14010500999");
	institution.name = paper_text("新医院");
	institution.kind = RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_HOSPITAL;
	institution.status = RXCIRC__V1__INSTITUTION_STATUS__INSTITUTION_STATUS_ACTIVE;
	institution.region = paper_text("140105");
	rxcirc__v1__certificate__init(&certificate);
	certificate.spki_sha256 = paper_bytes(digest, SHA256_LEN);
	certificate.institution_code = paper_text(PHARMACY);
	certificate.not_before_ms = noon_ms;
	certificate.not_after_ms = noon_ms + DAY_MS;
	people_init();
	facts_init();
}

void record_answer(const char *statement, bool changed)
{
	const struct fake_cell cells[] = {FAKE_BOOL(changed), FAKE_I64(changed)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer(statement, 2, cells, 1);
}

enum status_reason record_put(void)
{
	return stage_call(&put_method, &m);
}

const Rxcirc__V1__EventLeaf *record_leaf(const char *statement)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
}

void record_expect_written(const char *statement, const char *subject)
{
	const Rxcirc__V1__PutRegistryRecordResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	uint8_t hash[SHA256_LEN];
	const struct fake_unit *u;
	struct promise wrote;
	unsigned q;

	record_answer(statement, true);
	if (record_put() != STATUS_OK)
		fail_msg("%s: %s about %s", subject, status_row_of(stage.req.status)->reason,
			stage.req.findings_count ? stage.req.findings[0]->field : "nothing");
	reply = stage_reply(&rxcirc__v1__put_registry_record_response__descriptor);
	assert_true(reply->changed);
	u = fake_pg_last(statement, &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_pg_sent_count(), 2);
	leaf = record_leaf(statement);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REGISTRY_CHANGED);
	assert_string_equal(leaf->subject, subject);
	assert_int_equal(leaf->record_sha256.len, SHA256_LEN);
	digest_sha256(hash, stage.req.body);
	assert_memory_equal(leaf->subject_sha256.data, hash, sizeof(hash));
	digest_leaf(hash, fake_value(u, q, 6));
	assert_true(slice_equal(fake_value(u, q, 7), slice_of(hash, sizeof(hash))));
	wrote = promise_written(statement, &promise_of_registry);
	promise_expect(&wrote);
	/* answers to both outcomes are stored with it */
	assert_true(slice_equal(fake_value(u, q, 10), stage.req.reply));
	assert_int_equal(fake_value(u, q, 11).len, 0);
	assert_int_equal(fake_pg_unused(), 0);
	records_begin();
}

void record_expect_fault(const char *field)
{
	assert_int_equal(record_put(), STATUS_REGISTRY_RECORD_INVALID);
	stage_expect_found("FIELD", field);
	if (stage.req.findings_count != 1)
		fail_msg("%s: %zu findings", field, stage.req.findings_count);
	stage_expect_nothing_sent();
	records_begin();
}
