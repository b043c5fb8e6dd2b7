/* Is a prescription's form right: every field present, of its length and in its range.
 *
 * Form comes before rules: what is malformed cannot be judged.  Every fault is found at once, each
 * named by its path in the national layout (D001).  Source of lengths: NATIONAL-INTERFACE B2, B5.
 */
#ifndef SERVICE_FORM_H
#define SERVICE_FORM_H

#include "request/request.h"
#include "rxcirc/v1/document.pb-c.h"

/* Adds a FIELD finding for every fault; returns how many there are. */
size_t form_check_prescription(struct request *req, const Rxcirc__V1__Prescription *rx);
size_t form_check_hospital_review(struct request *req, const Rxcirc__V1__HospitalReview *review);

#endif
