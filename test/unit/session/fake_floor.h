/* What lies under and beside the sessions, made of glass: a registry of a few rows, services that
 * do what the test says, requests without a database.  Takes the place of the real ones at link
 * time.
 */
#ifndef TEST_UNIT_SESSION_FAKE_FLOOR_H
#define TEST_UNIT_SESSION_FAKE_FLOOR_H

#include <stdatomic.h>

#include "registry/registry.h"
#include "session/dispatch.h"

enum { FAKE_ROWS = 16, FAKE_HELD = 4096 };

/* Defined here, opaque to the sessions. */
struct registry {
	atomic_int refs;
	struct institution institutions[FAKE_ROWS];
	unsigned institutions_count;
	struct certificate certificates[FAKE_ROWS];
	unsigned certificates_count;
	/* one institution that may do no business from a moment on, and why */
	const char *fallen_code;
	int64_t fallen_from_ms;
	enum standing fallen;
};

/* Empty, with one reference. */
struct registry *fake_registry_new(void);
/* How many registries exist; 0 when every reference was given back. */
int fake_registries(void);
void fake_registry_institution(struct registry *r, const char *code, enum institution_kind kind,
	enum institution_status status);
/* A certificate whose pin is `pin` repeated, valid for ever.  Returned for further change. */
struct certificate *fake_registry_certificate(struct registry *r, uint8_t pin, const char *owner);
struct certificate *fake_registry_pinned(struct registry *r, const uint8_t spki[SHA256_LEN],
	const char *owner);

/* One registry with an institution of every kind and two officers. */
enum {
	PIN_HOSPITAL = 1,
	PIN_INTERNET_HOSPITAL,
	PIN_PHARMACY,
	PIN_CHANNEL,
	PIN_AGENCY,
	PIN_CITY_OFFICER,
	PIN_PROVINCE_OFFICER,
	PIN_APPLICANT, /* of a pharmacy that is not opened yet */
	PIN_NR,
	PIN_UNKNOWN = 99,
};
struct registry *fake_registry_province(void);

enum fake_behaviour {
	FAKE_HOLD,  /* keep the request until the test ends it */
	FAKE_ECHO,  /* answer at once with the body */
	FAKE_SWELL, /* answer at once with fake_swell_len bytes */
};
extern enum fake_behaviour fake_behaviour;
extern size_t fake_swell_len;

/* Requests being held, oldest first, and how many were started in all. */
extern struct request *fake_held[FAKE_HELD];
extern unsigned fake_held_count;
extern atomic_uint fake_started;
/* The method the last start belongs to, by its function. */
extern service_start fake_last_start;

/* End a held request. */
void fake_finish(struct request *req, enum status_reason status, struct slice reply);
void fake_finish_all(void);
/* Forget everything; nothing may be held. */
void fake_reset(void);

#endif
