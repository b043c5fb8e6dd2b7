/* What the commands about settlements say of themselves. */
#ifndef CLI_SETTLEMENT_HELP_H
#define CLI_SETTLEMENT_HELP_H

extern const char settlement_settle_help[], settlement_settle_help_zh[];
extern const char settlement_reverse_help[], settlement_reverse_help_zh[];
extern const char settlement_receipt_help[], settlement_receipt_help_zh[];
extern const char settlement_appeal_help[], settlement_appeal_help_zh[];
extern const char settlements_help[], settlements_help_zh[];
extern const char charges_declare_help[], charges_declare_help_zh[];
extern const char charges_query_help[], charges_query_help_zh[];
extern const char agency_settlements_help[], agency_settlements_help_zh[];
extern const char agency_refuse_help[], agency_refuse_help_zh[];
extern const char agency_decide_help[], agency_decide_help_zh[];

/* The rows that the groups of pharmacies and of hospitals have alike. */
#define SETTLEMENT_COMMANDS \
	{"reverse-settlement", settlement_reverse_run, "take a settlement back, whole", \
		"整笔冲正一条结算", settlement_reverse_help, settlement_reverse_help_zh}, \
	{"receipt", settlement_receipt_run, "tell which receipt the patient was given", \
		"上报患者票据", settlement_receipt_help, settlement_receipt_help_zh}, \
	{"appeal", settlement_appeal_run, "appeal against a refused line", "对拒付明细提出申诉", \
		settlement_appeal_help, settlement_appeal_help_zh}, \
	{"settlements", settlements_run, "what does not go together: fills, settlements, receipts", \
		"核对调配、结算、退药与票据", settlements_help, settlements_help_zh}, \
	{"declare-charges", charges_declare_run, "declare what is claimed for a month", \
		"按月申报费用", charges_declare_help, charges_declare_help_zh}, \
	{"charges", charges_query_run, "a month as declared and as settled", \
		"按月比对申报与结算", charges_query_help, charges_query_help_zh}

#endif
