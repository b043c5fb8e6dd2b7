#include "fake_floor.h"

#include <stdlib.h>
#include <string.h>

/* ---- registry ------------------------------------------------------------------------------ */

static atomic_int registries;

struct registry *fake_registry_new(void)
{
	struct registry *r = calloc(1, sizeof(*r));

	ensure(r != NULL);
	r->refs = 1;
	r->fallen_code = "";
	registries++;
	return r;
}

int fake_registries(void)
{
	return registries;
}

struct registry *registry_ref(struct registry *r)
{
	r->refs++;
	return r;
}

void registry_unref(struct registry *r)
{
	if (r == NULL || --r->refs > 0)
		return;
	registries--;
	free(r);
}

void fake_registry_institution(struct registry *r, const char *code, enum institution_kind kind,
	enum institution_status status)
{
	ensure(r->institutions_count < FAKE_ROWS);
	r->institutions[r->institutions_count++] = (struct institution){
		.code = code, .name = code, .kind = kind, .status = status, .region = "140100",
		.host_code = ""};
}

struct certificate *fake_registry_pinned(struct registry *r, const uint8_t spki[SHA256_LEN],
	const char *owner)
{
	struct certificate *c = &r->certificates[r->certificates_count++];

	ensure(r->certificates_count <= FAKE_ROWS);
	*c = (struct certificate){.owner_code = owner, .scope = "", .officer = "",
		.duties = DUTIES_ALL, .not_after_ms = INT64_MAX};
	memcpy(c->spki, spki, sizeof(c->spki));
	return c;
}

struct certificate *fake_registry_certificate(struct registry *r, uint8_t pin, const char *owner)
{
	uint8_t spki[SHA256_LEN];

	memset(spki, pin, sizeof(spki));
	return fake_registry_pinned(r, spki, owner);
}

const struct institution *registry_institution(const struct registry *r, const char *code)
{
	for (unsigned i = 0; i < r->institutions_count; i++)
		if (strcmp(r->institutions[i].code, code) == 0)
			return &r->institutions[i];
	return NULL;
}

const struct certificate *registry_certificate(const struct registry *r, const uint8_t spki[32])
{
	for (unsigned i = 0; i < r->certificates_count; i++)
		if (memcmp(r->certificates[i].spki, spki, SHA256_LEN) == 0)
			return &r->certificates[i];
	return NULL;
}

enum standing registry_standing(const struct registry *r, const struct institution *institution,
	int64_t at_ms)
{
	return strcmp(institution->code, r->fallen_code) == 0 && at_ms >= r->fallen_from_ms ?
		r->fallen : STANDING_GOOD;
}

struct registry *fake_registry_province(void)
{
	struct registry *r = fake_registry_new();
	struct certificate *c;

	fake_registry_institution(r, "H14010000001", INSTITUTION_HOSPITAL, INSTITUTION_ACTIVE);
	fake_registry_institution(r, "H14010000002", INSTITUTION_INTERNET_HOSPITAL,
		INSTITUTION_ACTIVE);
	fake_registry_institution(r, "P14010000003", INSTITUTION_PHARMACY, INSTITUTION_ACTIVE);
	fake_registry_institution(r, "C14010000004", INSTITUTION_CHANNEL, INSTITUTION_ACTIVE);
	fake_registry_institution(r, "A14000000000", INSTITUTION_AGENCY, INSTITUTION_ACTIVE);
	fake_registry_certificate(r, PIN_HOSPITAL, "H14010000001");
	fake_registry_certificate(r, PIN_INTERNET_HOSPITAL, "H14010000002");
	fake_registry_certificate(r, PIN_PHARMACY, "P14010000003");
	fake_registry_certificate(r, PIN_CHANNEL, "C14010000004");
	fake_registry_certificate(r, PIN_AGENCY, "A14000000000");
	c = fake_registry_certificate(r, PIN_CITY_OFFICER, "A14000000000");
	c->is_officer = true;
	c->scope = "140200";
	c = fake_registry_certificate(r, PIN_PROVINCE_OFFICER, "A14000000000");
	c->is_officer = true;
	c->is_provincial = true;
	c->scope = "140000";
	fake_registry_institution(r, "P14010000005", INSTITUTION_PHARMACY, INSTITUTION_APPLYING);
	fake_registry_certificate(r, PIN_APPLICANT, "P14010000005");
	return r;
}

/* ---- requests ------------------------------------------------------------------------------ */

void request_init(struct request *req)
{
	memset(req, 0, offsetof(struct request, arena));
	arena_init(&req->arena);
}

void request_end(struct request *req)
{
	arena_reset(&req->arena);
	memset(req, 0, offsetof(struct request, arena));
}

/* ---- services ------------------------------------------------------------------------------ */

enum fake_behaviour fake_behaviour;
size_t fake_swell_len;
struct request *fake_held[FAKE_HELD];
unsigned fake_held_count;
atomic_uint fake_started;
service_start fake_last_start;

void fake_finish(struct request *req, enum status_reason status, struct slice reply)
{
	for (unsigned i = 0; i < fake_held_count; i++) {
		if (fake_held[i] != req)
			continue;
		memmove(&fake_held[i], &fake_held[i + 1],
			(fake_held_count - i - 1) * sizeof(fake_held[0]));
		fake_held_count--;
		break;
	}
	req->status = status;
	req->reply = reply;
	req->finished(req);
}

void fake_finish_all(void)
{
	while (fake_held_count > 0)
		fake_finish(fake_held[0], STATUS_OK, slice_of(NULL, 0));
}

void fake_reset(void)
{
	ensure(fake_held_count == 0);
	fake_behaviour = FAKE_HOLD;
	fake_started = 0;
	fake_last_start = NULL;
}

static void fake_start(struct request *req, service_start start)
{
	uint8_t *room;

	fake_started++;
	fake_last_start = start;
	switch (fake_behaviour) {
	case FAKE_HOLD:
		ensure(fake_held_count < FAKE_HELD);
		fake_held[fake_held_count++] = req;
		break;
	case FAKE_ECHO:
		fake_finish(req, STATUS_OK, req->body);
		break;
	case FAKE_SWELL:
		room = arena_zalloc(&req->arena, fake_swell_len);
		ensure(room != NULL);
		fake_finish(req, STATUS_OK, slice_of(room, fake_swell_len));
		break;
	}
}

#define FAKE(name) \
	void name(struct request *req) { fake_start(req, name); }
FAKE(check_prescription_start)
FAKE(upload_prescription_start)
FAKE(revoke_prescription_start)
FAKE(get_prescription_start)
FAKE(pull_prescriptions_start)
FAKE(claim_prescription_start)
FAKE(renew_claim_start)
FAKE(transfer_claim_start)
FAKE(release_claim_start)
FAKE(submit_review_start)
FAKE(dispense_prescription_start)
FAKE(return_dispensed_start)
FAKE(list_own_prescriptions_start)
FAKE(query_trail_start)
FAKE(shred_records_start)
FAKE(audit_registry_start)
FAKE(audit_events_start)
FAKE(audit_states_start)
FAKE(export_trail_start)
FAKE(stream_trail_start)
FAKE(show_prescription_start)
FAKE(put_registry_record_start)
FAKE(submit_application_start)
FAKE(advance_application_start)
FAKE(record_conformance_start)
FAKE(query_applications_start)
FAKE(draft_agreement_start)
FAKE(enter_agreement_start)
FAKE(advance_agreement_start)
FAKE(query_agreements_start)
FAKE(decide_task_start)
FAKE(explain_decision_start)
FAKE(list_rules_start)
FAKE(list_parameters_start)
FAKE(begin_code_version_start)
FAKE(put_codes_start)
FAKE(publish_code_version_start)
FAKE(withdraw_code_version_start)
FAKE(query_codes_start)
FAKE(diff_code_versions_start)
FAKE(list_code_versions_start)
FAKE(query_registry_start)
FAKE(put_service_start)
FAKE(declare_day_start)
FAKE(reconcile_day_start)
FAKE(report_identity_check_start)
FAKE(report_settlement_start)
FAKE(reverse_settlement_start)
FAKE(report_receipt_start)
FAKE(decide_settlement_start)
FAKE(declare_charges_start)
FAKE(query_charges_start)
FAKE(review_settlements_start)
FAKE(reconcile_settlements_start)
FAKE(download_prescription_start)
FAKE(show_own_prescription_start)
FAKE(list_own_accesses_start)
FAKE(rate_fill_start)
FAKE(check_trace_code_start)
FAKE(query_ratings_start)
FAKE(poll_prescriptions_start)
FAKE(watch_prescriptions_start)
FAKE(report_delivery_start)
FAKE(reconcile_deliveries_start)
FAKE(put_stock_start)
FAKE(find_stock_start)
FAKE(list_stock_feeds_start)
