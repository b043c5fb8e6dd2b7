/* Every way a call can end: reason, google.rpc.Code, retry class, sentence in English and Chinese.
 *
 * Reasons are stable for ever; sentences may be improved.
 */
#ifndef PROTO_STATUS_H
#define PROTO_STATUS_H

#include "proto/bytes.h"
#include "rxcirc/v1/envelope.pb-c.h"

/* google.rpc.Code */
enum rpc_code {
	RPC_OK = 0,
	RPC_INVALID_ARGUMENT = 3,
	RPC_DEADLINE_EXCEEDED = 4,
	RPC_NOT_FOUND = 5,
	RPC_ALREADY_EXISTS = 6,
	RPC_PERMISSION_DENIED = 7,
	RPC_RESOURCE_EXHAUSTED = 8,
	RPC_FAILED_PRECONDITION = 9,
	RPC_ABORTED = 10,
	RPC_UNIMPLEMENTED = 12,
	RPC_INTERNAL = 13,
	RPC_UNAVAILABLE = 14,
	RPC_DATA_LOSS = 15,
	RPC_UNAUTHENTICATED = 16,
};

/* X(name, code, class, english, chinese) */
#define STATUS_REASONS(X) \
	X(OK, OK, UNSPECIFIED, "done", "成功") \
	/* the frame and the envelope */ \
	X(FRAME_TOO_LARGE, RESOURCE_EXHAUSTED, CALLER, \
		"the frame is larger than 262144 bytes", "报文超过 262144 字节") \
	X(FRAME_MALFORMED, INVALID_ARGUMENT, CALLER, \
		"the frame's length prefix or envelope cannot be read", \
		"报文长度前缀或信封无法解析") \
	X(METHOD_UNKNOWN, UNIMPLEMENTED, CALLER, \
		"this server has no such method", "本服务器没有该方法") \
	X(BODY_TOO_LARGE, RESOURCE_EXHAUSTED, CALLER, \
		"the request body exceeds this method's limit", "请求体超过该方法上限") \
	X(BODY_MALFORMED, INVALID_ARGUMENT, CALLER, \
		"the request body is not the method's message", "请求体不是该方法的消息") \
	X(FIELD_INVALID, INVALID_ARGUMENT, CALLER, \
		"a field is missing or out of range", "字段缺失或超出范围") \
	X(IDEMPOTENCY_KEY_MISSING, INVALID_ARGUMENT, CALLER, \
		"a changing call needs a 16-byte idempotency key", \
		"变更类调用需要 16 字节幂等键") \
	X(IDEMPOTENCY_KEY_REUSED, ALREADY_EXISTS, CALLER, \
		"this idempotency key was used for another request", "该幂等键已用于另一请求") \
	X(CALL_ID_IN_USE, INVALID_ARGUMENT, CALLER, \
		"this call id is zero, above 2^63-1 or still in flight", \
		"调用号为零、大于 2^63-1 或仍在处理中") \
	/* who is calling */ \
	X(CERTIFICATE_NOT_REGISTERED, UNAUTHENTICATED, CALLER, \
		"the client certificate is not registered", "客户端证书未登记") \
	X(CERTIFICATE_NOT_VALID, UNAUTHENTICATED, CALLER, \
		"the client certificate is revoked or outside its dates", \
		"客户端证书已吊销或不在有效期") \
	X(INSTITUTION_NOT_ACTIVE, PERMISSION_DENIED, CALLER, \
		"the institution is suspended or closed", "机构已中止或关闭") \
	X(INSTITUTION_NOT_OPENED, PERMISSION_DENIED, CALLER, \
		"the institution's service was not opened yet", "机构服务尚未开通") \
	X(HOST_NOT_ACTIVE, PERMISSION_DENIED, CALLER, \
		"the internet hospital's host institution is suspended or closed", \
		"互联网医院依托的实体医疗机构已中止或解除") \
	X(AGREEMENT_MISSING, PERMISSION_DENIED, CALLER, \
		"the institution has no agreement signed by both whose term has begun", \
		"机构没有已签订并生效的协议") \
	X(AGREEMENT_SUSPENDED, PERMISSION_DENIED, CALLER, \
		"the institution's agreement, or its host's, is suspended", \
		"机构或其依托实体医疗机构的协议已中止") \
	X(AGREEMENT_ENDED, PERMISSION_DENIED, CALLER, \
		"the institution's agreement, or its host's, was terminated or has expired", \
		"机构或其依托实体医疗机构的协议已解除或到期") \
	X(ROLE_NOT_ALLOWED, PERMISSION_DENIED, CALLER, \
		"this kind of institution may not call this method", "该类机构无权调用此方法") \
	X(SCOPE_NOT_ALLOWED, PERMISSION_DENIED, CALLER, \
		"this is outside the officer's region", "超出经办人员辖区") \
	X(DUTY_NOT_HELD, PERMISSION_DENIED, CALLER, \
		"the officer does not hold the duty this needs", "经办人员没有该项职责") \
	X(SELF_APPROVAL, PERMISSION_DENIED, CALLER, \
		"another person must do this", "须由另一人办理") \
	/* load and faults */ \
	X(BUSY, RESOURCE_EXHAUSTED, RETRY, \
		"the server is busy", "服务器繁忙") \
	X(BUDGET_EXCEEDED, RESOURCE_EXHAUSTED, RETRY, \
		"the institution asks more often than its budget allows", "机构调用超出配额") \
	X(READER_TOO_SLOW, RESOURCE_EXHAUSTED, RETRY, \
		"the stream was ended because its frames were not read; go on from the last cursor", \
		"数据流未被及时读取已结束，请从最后的游标继续") \
	X(DRAINING, UNAVAILABLE, RETRY, \
		"this server node is being stopped; connect again", \
		"服务节点正在停止，请重新连接") \
	X(DATABASE_AWAY, UNAVAILABLE, RETRY, \
		"the database could not be reached", "数据库暂不可用") \
	X(REGISTRY_STALE, UNAVAILABLE, RETRY, \
		"the registry could not be refreshed in time", "机构人员库未能及时刷新") \
	X(DEADLINE_EXCEEDED, DEADLINE_EXCEEDED, RETRY, \
		"the call was not started before its deadline", "调用在期限前未开始处理") \
	X(CONTENDED, ABORTED, RETRY, \
		"others changed the same prescription at the same time", "处方同时被他人变更") \
	X(OUTCOME_UNKNOWN, UNAVAILABLE, UNKNOWN, \
		"the outcome could not be learned; repeat with the same key", \
		"结果未知，请用同一幂等键重试") \
	X(INTERNAL, INTERNAL, FATAL, \
		"the server could not complete the call", "服务器内部错误") \
	X(DATA_DAMAGED, DATA_LOSS, FATAL, \
		"the stored record does not pass its integrity check", \
		"存储记录未通过完整性校验") \
	/* documents and signatures */ \
	X(DOCUMENT_MALFORMED, INVALID_ARGUMENT, CALLER, \
		"the document's bytes cannot be read", "文书无法解析") \
	X(SIGNATURE_INVALID, INVALID_ARGUMENT, CALLER, \
		"the signature does not belong to these bytes and this key", \
		"签名与文书或密钥不符") \
	X(KEY_UNKNOWN, PERMISSION_DENIED, CALLER, \
		"the signing key is not registered", "签名密钥未登记") \
	X(KEY_NOT_VALID, PERMISSION_DENIED, CALLER, \
		"the signing key is expired, revoked or not yet valid", \
		"签名密钥过期、吊销或尚未生效") \
	X(KEY_FOREIGN, PERMISSION_DENIED, CALLER, \
		"the signing key belongs to another role, person or institution", \
		"签名密钥属于其他角色、人员或机构") \
	X(KEY_UNSOUND, INVALID_ARGUMENT, CALLER, \
		"the public key is not a sound Ed25519 point", "公钥不是合格的 Ed25519 点") \
	X(SIGNED_AT_SKEWED, INVALID_ARGUMENT, CALLER, \
		"the signing time differs from the platform's by more than 5 minutes", \
		"签署时间与平台时间相差超过 5 分钟") \
	X(DOCUMENT_CHAIN_BROKEN, INVALID_ARGUMENT, CALLER, \
		"the document does not name the earlier documents it belongs to", \
		"文书未正确引用前序文书") \
	/* prescriptions */ \
	X(RULES_REFUSED, FAILED_PRECONDITION, CALLER, \
		"the prescription breaks the rules named in the findings", "处方违反所列规则") \
	X(HOSPITAL_NUMBER_REUSED, ALREADY_EXISTS, CALLER, \
		"this hospital number already stands for a different prescription", \
		"该医院处方号已用于不同处方") \
	X(SETTLEMENT_EXISTS, ALREADY_EXISTS, CALLER, \
		"another settlement of this fill stands already", "该次调配已有不同的结算记录") \
	X(SETTLEMENT_NOT_FOUND, NOT_FOUND, CALLER, \
		"there is no such standing settlement for this caller", "没有该有效结算记录或无权办理") \
	X(SETTLEMENT_STEP_REFUSED, FAILED_PRECONDITION, CALLER, \
		"the settlement does not allow this step now", "该结算当前不允许此操作") \
	X(PRESCRIPTION_NOT_FOUND, NOT_FOUND, CALLER, \
		"there is no such prescription for this caller", "没有该处方或无权查看") \
	X(DECISION_NOT_KEPT, NOT_FOUND, CALLER, \
		"the facts this prescription was judged by are not kept", "该处方的核验依据未留存") \
	X(PRESCRIPTION_REVOKED, FAILED_PRECONDITION, CALLER, \
		"the prescription was revoked", "处方已撤销") \
	X(PRESCRIPTION_EXPIRED, FAILED_PRECONDITION, CALLER, \
		"the prescription's validity has ended", "处方已过有效期") \
	X(PRESCRIPTION_USED, FAILED_PRECONDITION, CALLER, \
		"the prescription was dispensed", "处方已调配") \
	X(ROUND_NOT_OPEN, FAILED_PRECONDITION, CALLER, \
		"this round was dispensed and the next one is not open yet", \
		"本次已配齐，下一次配药时间未到") \
	X(REVIEW_MISSING, FAILED_PRECONDITION, CALLER, \
		"the pharmacy's own review has not passed", "药店药师尚未审核通过") \
	X(REVIEW_SAME_PERSON, FAILED_PRECONDITION, CALLER, \
		"the two reviews must be by different persons at different institutions", \
		"两次审方须由不同机构的不同药师完成") \
	X(QUANTITY_EXCEEDED, FAILED_PRECONDITION, CALLER, \
		"more than prescribed, or than still owed", "超过处方量或剩余量") \
	X(TRACE_CODE_INVALID, FAILED_PRECONDITION, CALLER, \
		"the trace codes are not as this region asks for them", "追溯码不符合本地区要求") \
	X(TRACE_CODE_SOLD, FAILED_PRECONDITION, CALLER, \
		"a trace code was sold before", "追溯码已有销售记录") \
	X(RETURN_NOT_ALLOWED, FAILED_PRECONDITION, CALLER, \
		"this may not be returned or reversed any more, or not for this reason", \
		"已不可退药或冲正，或该原因不可退") \
	X(CLAIM_HELD, FAILED_PRECONDITION, CALLER, \
		"another institution holds the prescription", "处方正由其他机构占用") \
	X(CLAIM_NOT_HELD, FAILED_PRECONDITION, CALLER, \
		"this institution does not hold the prescription", "本机构未占用该处方") \
	X(HOLD_TOO_LONG, FAILED_PRECONDITION, CALLER, \
		"the prescription was held as long as the region allows", "占用时长已达本地区上限") \
	X(TRANSFER_NOT_ALLOWED, FAILED_PRECONDITION, CALLER, \
		"that institution is no branch of the same chain that may do business", \
		"对方不是本连锁可开展业务的门店") \
	X(FENCING_TOKEN_STALE, FAILED_PRECONDITION, CALLER, \
		"the claim was renewed or taken over since", "占用令牌已失效") \
	X(PULL_GRANT_INVALID, PERMISSION_DENIED, CALLER, \
		"the pull grant is missing, expired or another institution's", \
		"下载授权缺失、过期或属于其他机构") \
	X(DOWNLOAD_GRANT_INVALID, PERMISSION_DENIED, CALLER, \
		"the download grant is missing, expired or another institution's", \
		"取方授权缺失、过期或属于其他机构") \
	X(DOWNLOAD_GRANT_USED, PERMISSION_DENIED, CALLER, \
		"the download grant was already used", "取方授权已被使用") \
	X(FILL_NOT_FOUND, NOT_FOUND, CALLER, \
		"there is no such hand-over of this prescription", "该处方没有该次调配") \
	X(RATING_CLOSED, FAILED_PRECONDITION, CALLER, \
		"the time in which this rating could be changed has ended", "该次评价已过可修改期限") \
	/* e-vouchers */ \
	X(VOUCHER_MALFORMED, INVALID_ARGUMENT, CALLER, \
		"the e-voucher code cannot be read", "医保电子凭证码无法解析") \
	X(VOUCHER_FORGED, PERMISSION_DENIED, CALLER, \
		"the e-voucher code is not signed by the authority", "医保电子凭证码签名无效") \
	X(VOUCHER_EXPIRED, PERMISSION_DENIED, CALLER, \
		"the e-voucher code has expired or is not yet valid", \
		"医保电子凭证码已过期或尚未生效") \
	X(VOUCHER_REPLAYED, PERMISSION_DENIED, CALLER, \
		"the e-voucher code was already used", "医保电子凭证码已被使用") \
	X(VOUCHER_PURPOSE, PERMISSION_DENIED, CALLER, \
		"the e-voucher code was issued for another purpose", "医保电子凭证码用途不符") \
	X(OWN_GRANT_INVALID, PERMISSION_DENIED, CALLER, \
		"the visit's grant is missing, forged or another channel's", \
		"本次查询授权缺失、伪造或属于其他渠道") \
	X(OWN_GRANT_EXPIRED, PERMISSION_DENIED, CALLER, \
		"the visit has ended; the person shows the e-voucher again", \
		"本次查询授权已过期，请重新出示医保电子凭证") \
	/* agreements */ \
	X(AGREEMENT_NOT_FOUND, NOT_FOUND, CALLER, \
		"there is no such agreement or task for this caller", "没有该协议或待办，或无权查看") \
	X(AGREEMENT_REFUSED, FAILED_PRECONDITION, CALLER, \
		"the agreement does not allow this for the reasons named in the findings", \
		"协议不满足所列条件") \
	X(TASK_DECIDED, FAILED_PRECONDITION, CALLER, \
		"the task was decided already", "该待办已作出决定") \
	/* other ways to show who one is, and persons who are kept out */ \
	X(IDENTITY_MODE_OFF, PERMISSION_DENIED, CALLER, \
		"the pharmacy's region has not switched on this way to identify a person", \
		"药店所在统筹区未开通该身份核验方式") \
	X(IDENTITY_CHECK_STALE, PERMISSION_DENIED, CALLER, \
		"the identity check is older than 5 minutes or in the future", \
		"身份核验已超过 5 分钟或时间在将来") \
	X(IDENTITY_CHECK_REPLAYED, PERMISSION_DENIED, CALLER, \
		"the identity check was already used", "该次身份核验已被使用") \
	X(PERSON_BLOCKED, PERMISSION_DENIED, CALLER, \
		"the person is suspended from circulation by a decision of the agency", \
		"该参保人已被暂停使用处方流转（医保经办机构决定）") \
	/* registry */ \
	X(REGISTRY_RECORD_INVALID, INVALID_ARGUMENT, CALLER, \
		"the registry record breaks a rule named in the findings", \
		"登记记录不符合所列规则") \
	X(APPLICATION_NOT_FOUND, NOT_FOUND, CALLER, \
		"there is no such application for this caller", "没有该申请或无权查看") \
	X(APPLICATION_EXISTS, ALREADY_EXISTS, CALLER, \
		"an application of this institution is running already", "该机构已有办理中的申请") \
	X(APPLICATION_REFUSED, FAILED_PRECONDITION, CALLER, \
		"the act breaks the rules named in the findings", "该操作不符合所列规则") \
	X(CAPABILITY_MISSING, PERMISSION_DENIED, CALLER, \
		"the institution was not admitted to this service", "机构未纳入该项服务")

enum status_reason {
#define X(name, code, class, en, zh) STATUS_##name,
	STATUS_REASONS(X)
#undef X
	STATUS_NR
};

struct status_row {
	const char *reason;
	enum rpc_code code;
	Rxcirc__V1__RetryClass retry_class;
	const char *english;
	const char *chinese;
};

/* The row of INTERNAL for what is none of the reasons. */
const struct status_row *status_row_of(enum status_reason reason);

#endif
