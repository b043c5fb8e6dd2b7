/* One application in a scripted database: the acts of its life, and what was stored by each.
 *
 *     dossier_open();                  ... a hospital and a pharmacy, the former not opened yet ...
 *     dossier_submit_hospital();
 *     dossier_to(APPLICATION_FILED);
 *     dossier_as_province();
 *     assert_int_equal(dossier_act(dossier_activation()), STATUS_OK);
 *
 * Everything lives until papers_free().  Monday 2026-04-13, ten o'clock, unless moved.
 */
#ifndef TEST_SERVICE_DOSSIER_H
#define TEST_SERVICE_DOSSIER_H

#include "domain/application.h"
#include "rxcirc/v1/onboarding.pb-c.h"
#include "test/service/promises.h"

#define CITY_OFFICE "A14010000000"
#define CHAIN "K14000000001"

typedef Rxcirc__V1__AdvanceApplicationRequest act_message_t;

extern const struct method submit_method, advance_method, conform_method, query_method;

struct dossier {
	Rxcirc__V1__Application *stored; /* NULL: nothing was stored yet */
	struct slice body, summary;
	const char *statement;           /* by which it was stored last */
	/* in stage.province, to be spoilt */
	struct item *hospital_licence, *pharmacy_licence;
};
extern struct dossier dossier;

/* The world before: host and offices at work, HOSPITAL and PHARMACY applying, licences held. */
void dossier_open(void);
/* The registry again, after stage.province was changed. */
void dossier_rebuild(void);

void dossier_as_host(void);
void dossier_as_city(const char *officer);
void dossier_as_province(const char *officer);
/* The day in China, ten o'clock. */
void dossier_on(const char *date);

/* Requests in which everything is right. */
Rxcirc__V1__SubmitApplicationRequest *dossier_hospital(void);
Rxcirc__V1__SubmitApplicationRequest *dossier_pharmacy(void);
/* The request for this event, for the stored application. */
act_message_t *dossier_request(enum application_event event);

/* dossier.stored was changed by the test: it is what stands in the database. */
void dossier_restore(void);
enum status_reason dossier_submit(const Rxcirc__V1__SubmitApplicationRequest *m);
enum status_reason dossier_act(const act_message_t *m);
/* Play it as whoever has to. */
void dossier_play(enum application_event event);
/* From a fresh application of the hospital or pharmacy to a state on the way to PUBLISHED. */
void dossier_to(enum application_state state);

#endif
