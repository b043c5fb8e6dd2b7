/* Agreements and tasks as people and programs read them. */
#ifndef CLI_AGREEMENT_SHOW_H
#define CLI_AGREEMENT_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include <rxcirc/v1/agreement.pb-c.h>

const char *agreement_state_word(Rxcirc__V1__AgreementState state, bool chinese);

/* One line; then, of one asked for by number, its text and history. */
void agreement_show(const Rxcirc__V1__Agreement *agreement);
json_t *agreement_json(const Rxcirc__V1__Agreement *agreement);
void agreement_task_show(const Rxcirc__V1__AgreementTask *task);
json_t *agreement_task_json(const Rxcirc__V1__AgreementTask *task);

#endif
