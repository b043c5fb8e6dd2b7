/* An export as its verifier reads it: nothing is believed but the checkpoint's root.
 *
 *     exports_begin();
 *     exported = export_of(...);        one page, checked
 */
#ifndef TEST_SERVICE_EXPORTS_H
#define TEST_SERVICE_EXPORTS_H

#include "rxcirc/v1/trail.pb-c.h"
#include "test/service/logbook.h"
#include "test/service/scene.h"

extern const struct method export_method;
extern Rxcirc__V1__ExportTrailRequest exports_asked;

/* A provincial officer with a purpose and an empty log; nothing asked for yet. */
int exports_open(void **state);
int exports_close(void **state);
void exports_begin(void);
#define EXPORTED(fn) cmocka_unit_test_setup_teardown(fn, exports_open, exports_close)
#define EXPORTED_PROVES(fn, ids) {#fn " [" ids "]", fn, exports_open, exports_close, NULL}

/* Script that the read is recorded. */
void exports_answer_recorded(void);
enum status_reason exports_ask(void);
/* The last answer; its proofs lead to this log's root of `size` leaves.  Of a run the events found
 * so far are joined from page to page. */
const Rxcirc__V1__ExportTrailResponse *exports_reply(uint64_t size);
/* Ask for the page behind the last one. */
enum status_reason exports_next(const Rxcirc__V1__ExportTrailResponse *before);
/* The whole run was told, from its first to its last place. */
void exports_expect_run(uint64_t from, uint64_t until, uint64_t size);
/* The read was recorded: what its event says. */
const Rxcirc__V1__EventLeaf *exports_read_leaf(void);

#endif
