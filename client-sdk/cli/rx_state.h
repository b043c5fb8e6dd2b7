/* What a pharmacy keeps of one prescription between commands.
 *
 *     STATE/<code>.pulled  the bundle as pulled, verified again each time it is read
 *     STATE/<code>.own     this pharmacy's own later documents and the newest state
 *     STATE/<code>.claim   the fencing token, as text
 *
 * Pulling again replaces .pulled; what nobody touched for RX_STATE_KEEP_DAYS is deleted at the
 * next pull: a region may take drugs back for as long as a year, and a return names the hand-over.
 *
 * Ownership: rx_state_load() fills it, rx_state_clear() empties it.
 */
#ifndef CLI_RX_STATE_H
#define CLI_RX_STATE_H

#include "client-sdk/cli/institution.h"

enum { RX_STATE_KEEP_DAYS = 400, RX_STATE_FILE_MAX = 8 * 1024 * 1024, RX_STATE_OWN_MAX = 64,
	RX_STATE_KNOWN_MAX = 16 };

struct rx_state {
	char code[RXC_RX_CODE_LEN + 1];
	uint8_t rx_id[RXC_RX_ID_LEN];
	Rxcirc__V1__PrescriptionBundle *pulled;
	Rxcirc__V1__PrescriptionBundle *own; /* only `state` and `later` are used */
	Rxcirc__V1__Prescription *prescription; /* unpacked from `pulled` */
	bool claimed;
	uint64_t fencing_token;
};

/* Keep a verified bundle.  0, or an exit code after saying why; so are all below. */
CLI_CHECK int rx_state_save_pulled(const struct institution *institution,
	const Rxcirc__V1__PrescriptionBundle *bundle);
/* `code` as people write it. */
CLI_CHECK int rx_state_load(struct rx_state *ret, const struct institution *institution,
	const char *code);
/* What was pulled here and is still kept, as a pull tells it; at most RX_STATE_KNOWN_MAX. */
struct rx_known {
	Rxcirc__V1__KnownPrescription messages[RX_STATE_KNOWN_MAX], *list[RX_STATE_KNOWN_MAX];
	uint8_t ids[RX_STATE_KNOWN_MAX][RXC_RX_ID_LEN];
	size_t count;
};
void rx_state_known(const struct institution *institution, struct rx_known *ret);
/* A pull said that this one is unchanged: the kept one with the new state and grant. */
CLI_CHECK int rx_state_refresh(const struct institution *institution,
	const Rxcirc__V1__PrescriptionBundle *unchanged);
void rx_state_clear(struct rx_state *rx);
CLI_CHECK int rx_state_save_claim(const struct rx_state *rx, const struct institution *institution,
	uint64_t fencing_token);
/* After a release there is no token any more. */
void rx_state_forget_claim(const struct rx_state *rx, const struct institution *institution);
/* Keep the newest state and, unless NULL, one more document of our own. */
CLI_CHECK int rx_state_save_own(const struct rx_state *rx, const struct institution *institution,
	const Rxcirc__V1__PrescriptionState *state, const Rxcirc__V1__SignedDocument *document);
/* The newest state known. */
const Rxcirc__V1__PrescriptionState *rx_state_now(const struct rx_state *rx);
/* The newest pharmacy review by `pharmacy_code` that passed, pulled or our own; NULL when none. */
const Rxcirc__V1__SignedDocument *rx_state_passed_review(const struct rx_state *rx,
	const char *pharmacy_code);
/* Delete what is older than RX_STATE_KEEP_DAYS. */
void rx_state_sweep(const struct institution *institution);

#endif
