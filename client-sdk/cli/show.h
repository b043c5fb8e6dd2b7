/* Prescriptions on the screen and as JSON. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/say.h"

/* Stable words of the enums for JSON ("hospital-passed"), or their names in Chinese. */
const char *show_validity(Rxcirc__V1__Validity validity, bool chinese);
const char *show_review(Rxcirc__V1__ReviewState review, bool chinese);
const char *show_use(Rxcirc__V1__UseState use, bool chinese);
const char *show_event_kind(Rxcirc__V1__EventKind kind, bool chinese);
/* Its stable word; false when there is none of that word. */
bool show_event_kind_parse(const char *word, Rxcirc__V1__EventKind *ret);

/* The state for people: one line, the holder, the lines of the prescription. */
void show_state(const Rxcirc__V1__PrescriptionState *state);
json_t *show_state_json(const Rxcirc__V1__PrescriptionState *state);
/* A whole verified bundle for people, and as JSON. */
void show_bundle(const Rxcirc__V1__PrescriptionBundle *bundle);
json_t *show_bundle_json(const Rxcirc__V1__PrescriptionBundle *bundle);
/* What is damaged and was left out: told as a warning, and its codes added to a JSON list. */
void show_damaged(const ProtobufCBinaryData *rx_ids, size_t count, json_t *list);
/* What the library has verified about a bundle, in one line. */
size_t show_signature_count(const Rxcirc__V1__PrescriptionBundle *bundle);

#endif
