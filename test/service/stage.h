/* Where a service is played: a request, a caller, a registry and the scripted database.
 *
 *     stage_as(CALLER_PHARMACY, PHARMACY, HOME_REGION);
 *     ledger_answer_load(&l);
 *     fake_pg_answer("rx_change", ...);
 *     assert_int_equal(stage_call(&claim_method, message), STATUS_OK);
 *     reply = stage_reply(&rxcirc__v1__claim_prescription_response__descriptor);
 *
 * stage_call() checks that the request ended exactly once and that every answer scripted for a
 * request that was not refused earlier was used, when asked (stage_used_all()).
 */
#ifndef TEST_SERVICE_STAGE_H
#define TEST_SERVICE_STAGE_H

#include "request/request.h"
#include "service/services.h"
#include "test/service/papers.h"
#include "test/service/strict_arena.h"
#include "test/support/fake_pg.h"
#include "test/support/tap.h"

enum { LEASE_MS = 30 * MINUTE_MS, GRANT_MS = HOUR_MS,
	OWN_GRANT_MS = 10 * MINUTE_MS };

struct stage {
	struct province province;
	struct registry *registry;
	struct keyring *keys;
	struct workshop shop;
	struct request req;
	struct caller caller;
	int64_t now_ms;
	uint8_t key[IDEMPOTENCY_KEY_LEN]; /* of the next call; moves on after each */
	bool keep_key;
	unsigned ends;
	unsigned fail_at; /* the n-th allocation inside the next call fails; 0 = none */
	bool fail_all;
	bool has_failed; /* in the last call */
};
extern struct stage stage;

struct method {
	const char *name;
	service_start start;
};
extern const struct method check_method, upload_method, revoke_method, get_method, pull_method,
	claim_method, renew_method, transfer_method, release_method, review_method, dispense_method,
	return_method, list_method, trail_method, put_method, explain_method, rules_method,
	parameters_method;

/* Group and test fixtures. */
int stage_open(void **state);
int stage_close(void **state);
int stage_set(void **state);
int stage_strike(void **state);
#define STAGED(fn) cmocka_unit_test_setup_teardown(fn, stage_set, stage_strike)
#define STAGED_PROVES(fn, ids) {#fn " [" ids "]", fn, stage_set, stage_strike, NULL}

/* Forget what was scripted and sent; the last request ends. */
void stage_clear(void);
/* The registry again, after stage.province was changed. */
void stage_rebuild(void);
void stage_as(enum caller_role role, const char *code, const char *region);
enum status_reason stage_call(const struct method *method, const void *message);
enum status_reason stage_call_bytes(const struct method *method, struct slice body);
/* The answer of the last call, unpacked; lives until papers_free(). */
void *stage_reply(const ProtobufCMessageDescriptor *type);
/* Unpack anything into the papers' memory. */
void *stage_unpack(const ProtobufCMessageDescriptor *type, struct slice bytes);
/* The last call was refused for this field (or rule). */
bool stage_found(const char *rule, const char *field);
void stage_expect_found(const char *rule, const char *field);
/* Nothing was sent to the database since stage_clear(). */
void stage_expect_nothing_sent(void);
/* What happened at the last submission of this statement, on which lane. */
void stage_expect_lane(const char *statement, const char *lane);

#endif
