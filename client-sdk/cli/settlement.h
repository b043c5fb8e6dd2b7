/* What the commands about settlements have in common: how their options are read. */
#ifndef CLI_SETTLEMENT_H
#define CLI_SETTLEMENT_H

#include "client-sdk/cli/institution.h"

/* All return 0, or EXIT_USAGE after saying why; a text that was not given (NULL) means what is
 * said here. */
CLI_CHECK int settlement_rx(const char *code, uint8_t rx_id[RXC_RX_ID_LEN]);
/* Yuan to fen; not given = 0. */
CLI_CHECK int settlement_money(const char *text, const char *name, int64_t *ret_fen);
/* The number of a hand-over; not given = `standard`. */
CLI_CHECK int settlement_number(const char *text, const char *name, uint32_t standard,
	uint32_t *ret);
/* A moment; not given = now. */
CLI_CHECK int settlement_time(const char *text, const char *name, int64_t *ret_ms);
/* The number of a word, from 1, of words parted by one space; not given = 0. */
CLI_CHECK int settlement_word(const char *text, const char *name, const char *words, int *ret);
/* That word's place, as text; "" when there is none. */
const char *settlement_word_of(const char *words, int number, char *text, size_t size);
void settlement_yuan(int64_t fen, char *text, size_t size);

#define SETTLEMENT_KINDS "consultation hospital retail third-party"
#define SETTLEMENT_GROUNDS "legality reasonableness"
#define SETTLEMENT_ACTIONS "none talk recover suspend terminate"
#define SETTLEMENT_RECEIPTS "e-bill e-invoice paper"
#define SETTLEMENT_GAPS "unsettled without-fill not-reversed without-receipt"
#define SETTLEMENT_STATES "paid refused appealed upheld withdrawn"

/* The commands that hospitals and pharmacies have alike. */
int settlement_settle_run(int argc, char **argv, bool is_hospital);

#endif
