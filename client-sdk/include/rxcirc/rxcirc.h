/* librxcirc: the client of the provincial electronic-prescription circulation platform.
 *
 * What it does for you: TLS 1.3 with your institution's certificate, frames and calls, idempotency
 * keys and safe retries, signing documents, and verifying end to end everything a pull brings --
 * signatures, who the signers are and that the documents belong together -- so that you need not
 * trust the server.
 *
 * Ownership: every rxc_*_new has its rxc_*_free; free accepts NULL.  Strings and buffers you pass
 * are copied unless a comment says "borrowed".  Messages are those of <rxcirc/v1/...pb-c.h>;
 * replies are yours and are released with protobuf_c_message_free_unpacked() or the generated
 * function, with NULL for the allocator.
 * Threads: a handle belongs to one thread at a time; different handles are independent.  Signals
 * are left alone, and SIGPIPE is never raised.
 * Errors: functions return 0 or a negative RXC_ERR_*; when `ret_error` is not NULL it receives an
 * error object you free.  Out-parameters are written only on success.
 * When memory is short even for the error object, it is a static one with RXC_ERR_MEMORY.
 * Stability: symbols and their meaning never change; new ones are added.
 */
#ifndef RXCIRC_RXCIRC_H
#define RXCIRC_RXCIRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rxcirc/v1/agency.pb-c.h>
#include <rxcirc/v1/agreement.pb-c.h>
#include <rxcirc/v1/codes.pb-c.h>
#include <rxcirc/v1/day.pb-c.h>
#include <rxcirc/v1/decision.pb-c.h>
#include <rxcirc/v1/delivery.pb-c.h>
#include <rxcirc/v1/directory.pb-c.h>
#include <rxcirc/v1/document.pb-c.h>
#include <rxcirc/v1/envelope.pb-c.h>
#include <rxcirc/v1/event.pb-c.h>
#include <rxcirc/v1/hospital.pb-c.h>
#include <rxcirc/v1/identity.pb-c.h>
#include <rxcirc/v1/insured.pb-c.h>
#include <rxcirc/v1/onboarding.pb-c.h>
#include <rxcirc/v1/pharmacy.pb-c.h>
#include <rxcirc/v1/receipt.pb-c.h>
#include <rxcirc/v1/state.pb-c.h>
#include <rxcirc/v1/stock.pb-c.h>
#include <rxcirc/v1/trail.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RXC_API __attribute__((visibility("default")))

#define RXC_VERSION "0.1.0"

/* ---- errors ------------------------------------------------------------------------------- */

enum {
	RXC_ERR_ARGUMENT = -1,   /* you passed something impossible */
	RXC_ERR_MEMORY = -2,
	RXC_ERR_FILE = -3,       /* a key or certificate file cannot be read or is malformed */
	RXC_ERR_CONNECT = -4,    /* no connection; nothing was sent */
	RXC_ERR_TLS = -5,        /* handshake failed, or the server is not the pinned one */
	RXC_ERR_PROTOCOL = -6,   /* the server broke the wire protocol */
	RXC_ERR_TIMEOUT = -7,    /* no answer in time; a changing call may have happened */
	RXC_ERR_CLOSED = -8,     /* the connection ended; a changing call may have happened */
	RXC_ERR_STATUS = -9,     /* the server answered with a status other than OK */
	RXC_ERR_VERIFY = -10,    /* what the server sent does not verify: do not use it */
	RXC_ERR_FULL = -11,      /* too many calls in flight on this connection; nothing was sent */
};

typedef struct rxc_error rxc_error;

RXC_API void rxc_error_free(rxc_error *error);
/* One of RXC_ERR_*. */
RXC_API int rxc_error_code(const rxc_error *error);
/* One sentence, English; borrowed until the error is freed. */
RXC_API const char *rxc_error_message(const rxc_error *error);
/* The server's status, or NULL unless RXC_ERR_STATUS; borrowed. */
RXC_API const Rxcirc__V1__Status *rxc_error_status(const rxc_error *error);
/* Stable reason word; "" if none.  For RXC_ERR_STATUS the server's, e.g. "CLAIM_HELD"; for
 * RXC_ERR_VERIFY one of those at rxc_verify_bundle(), RECEIPT_MISSING or RECEIPT_INVALID; for
 * RXC_ERR_TLS SERVER_NOT_PINNED, ALPN_MISSING or TLS_REFUSED; for files e.g. KEY_FILE_MODE. */
RXC_API const char *rxc_error_reason(const rxc_error *error);
/* True when repeating the same call with the same idempotency key is right.  Without that key the
 * repetition would be another call: pass your own key if you may want to repeat later. */
RXC_API bool rxc_error_is_retryable(const rxc_error *error);

/* ---- keys and signatures ------------------------------------------------------------------ */

#define RXC_KEY_ID_LEN 32
#define RXC_PUBLIC_KEY_LEN 32

/* An Ed25519 signing key; the secret is kept in locked memory and wiped when freed. */
typedef struct rxc_key rxc_key;

RXC_API int rxc_key_generate(rxc_key **ret_key, rxc_error **ret_error);
/* Key files: two lines of text, "rxcirc-ed25519-secret-v1" and the 32-byte seed in base64.
 * Reading refuses a file that group or others may read; writing creates it 0600 and never
 * overwrites. */
RXC_API int rxc_key_load(const char *path, rxc_key **ret_key, rxc_error **ret_error);
RXC_API int rxc_key_save(const rxc_key *key, const char *path, rxc_error **ret_error);
RXC_API void rxc_key_free(rxc_key *key);
RXC_API void rxc_key_public(const rxc_key *key, uint8_t public_key[RXC_PUBLIC_KEY_LEN]);
RXC_API void rxc_key_id(const rxc_key *key, uint8_t key_id[RXC_KEY_ID_LEN]);

/* Sign a serialized document body (1 to 49152 bytes) of that kind.  *ret_document owns copies of
 * everything. */
RXC_API int rxc_sign_document(const rxc_key *key, Rxcirc__V1__DocumentKind kind, const void *body,
	size_t body_len, Rxcirc__V1__SignedDocument **ret_document, rxc_error **ret_error);
/* Serialize `message` (a Prescription, HospitalReview, ...) and sign it. */
RXC_API int rxc_sign_message(const rxc_key *key, Rxcirc__V1__DocumentKind kind,
	const ProtobufCMessage *message, Rxcirc__V1__SignedDocument **ret_document,
	rxc_error **ret_error);
/* Proof of possession for PutRegistryRecord(key): 64 bytes. */
RXC_API int rxc_sign_possession(const rxc_key *key, uint8_t signature[64], rxc_error **ret_error);
/* The two digests by which a later document names this one, 32 bytes each. */
RXC_API void rxc_document_digest(const Rxcirc__V1__SignedDocument *document,
	uint8_t document_sha256[32], uint8_t signature_sha256[32]);

/* ---- e-voucher presentations (demo authority and tests; readers only pass the text on) ----- */

#define RXC_VOUCHER_TEXT_MAX 320
#define RXC_PURPOSE_PULL 2122u      /* 02122 下载外购处方 */
#define RXC_PURPOSE_IDENTITY 3131u  /* 03131 App 身份认证 */

/* A fresh code valid for `life_s` seconds (1 .. 300) from `issued_at_ms`, signed by the
 * authority. */
RXC_API int rxc_voucher_issue(const rxc_key *authority, const char *voucher_id, uint32_t purpose,
	int64_t issued_at_ms, uint32_t life_s, char text[RXC_VOUCHER_TEXT_MAX + 1],
	rxc_error **ret_error);

/* ---- prescription codes ------------------------------------------------------------------- */

#define RXC_RX_ID_LEN 16
#define RXC_RX_CODE_LEN 35

RXC_API void rxc_rx_code_format(const uint8_t rx_id[RXC_RX_ID_LEN], char code[RXC_RX_CODE_LEN + 1]);
/* Accepts the printed form, or 32 hexadecimal digits. */
RXC_API int rxc_rx_code_parse(const char *text, uint8_t rx_id[RXC_RX_ID_LEN],
	rxc_error **ret_error);

/* ---- end-to-end verification -------------------------------------------------------------- */

/* Whom you trust: the province's registry authority.  Several keys, at most 8, during a change. */
typedef struct rxc_trust rxc_trust;

RXC_API rxc_trust *rxc_trust_new(void);
RXC_API void rxc_trust_free(rxc_trust *trust);
RXC_API int rxc_trust_add_authority(rxc_trust *trust, const uint8_t public_key[RXC_PUBLIC_KEY_LEN],
	rxc_error **ret_error);

/* Verify one bundle, offline: every document's signature, every signer's key statement (signed by a
 * trusted authority, right role, right institution, right person), every reference to an earlier
 * document, that the two reviewers are different persons, at different institutions unless the
 * hospital fills at its own pharmacy, and that what the records say was handed over and came back
 * is what was prescribed and what was there.
 *
 * Keys are judged when the platform received the document: for the prescription and the hospital
 * review that is state.received_at_ms, which must lie within 5 minutes of the review's signing
 * time; for later documents, whose receipt the bundle does not tell, their signing time.  Of
 * several statements about a key the newest counts, so a revocation takes effect as soon as it
 * travels.
 *
 * What it cannot see: documents or statements the server keeps back.  A server that hides a
 * revocation is found out by the trail, not here.
 *
 * Returns 0, or RXC_ERR_VERIFY with a message naming the document, and one of these words:
 *   something is not there, or cannot be read:
 *     DOCUMENT_MISSING DOCUMENT_MALFORMED BUNDLE_TOO_LARGE
 *   a key statement cannot be relied on:
 *     STATEMENT_UNTRUSTED STATEMENT_CONFLICT KEY_UNSOUND
 *   no statement about the key; wrong signature; not the signer the document names:
 *     KEY_UNKNOWN SIGNATURE_INVALID KEY_ROLE_FOREIGN KEY_INSTITUTION_FOREIGN KEY_PERSON_FOREIGN
 *   not at that time:
 *     KEY_NOT_YET_VALID KEY_EXPIRED KEY_REVOKED SIGNED_AT_SKEWED
 *   the documents do not belong together:
 *     DOCUMENT_CHAIN_BROKEN RX_ID_FOREIGN INSTITUTION_FOREIGN
 *   the reviews are not what they must be:
 *     REVIEW_NOT_PASSED REVIEW_SAME_PERSON REVIEW_SAME_INSTITUTION
 *   hand-overs and returns that do not come to one another, or to what was prescribed:
 *     FILL_CONTRADICTED
 *   the state says valid although a revocation is there:
 *     STATE_CONTRADICTED
 *   only in a pull or list, it is another person's prescription:
 *     PERSON_FOREIGN
 */
RXC_API int rxc_verify_bundle(const rxc_trust *trust, const Rxcirc__V1__PrescriptionBundle *bundle,
	rxc_error **ret_error);

/* ---- receipts and proofs ------------------------------------------------------------------ */

/* Every answer OK that stands for something written brings a receipt: a Receipt of
 * <rxcirc/v1/receipt.pb-c.h>, by which the platform promises that the event stands in a published
 * checkpoint of its log within 10 seconds.  Keep it: who holds a receipt can prove, against the
 * platform, that it was given.  With rxc_client_want_proof() the answer waits until that is so and
 * brings the proof itself: a text by C2SP tlog-proof (c2sp.org/tlog-proof), checked offline with
 * rxc_tlog_proof_verify(). */

#define RXC_SHA256_LEN 32
#define RXC_EVENT_ID_LEN 16
#define RXC_RECEIPT_KEYS_MAX 8

/* Told of each receipt, before the reply it came with is given out, in the thread that has the
 * handle; with receipt keys in the options only of receipts that verified.  `receipt` is a packed
 * Receipt; `proof` is NULL and `proof_len` 0 when none came.  All borrowed until it returns.  The
 * handle must not be used inside. */
typedef void (*rxc_on_receipt)(const char *method, const void *receipt, size_t receipt_len,
	const void *proof, size_t proof_len, void *user);

/* Verify one packed receipt, offline: its signature is by this key over exactly its statement (at
 * most 256 statements share one signature).  Whether it is about a certain call, compare: the
 * statement's idempotency_key, institution_code, and request_sha256 with rxc_request_digest().
 * *ret_statement is yours.  Returns 0, or RXC_ERR_VERIFY, "RECEIPT_INVALID".
 * Source: rxcirc/v1/receipt.proto; RFC 9162 2.1.3.2. */
RXC_API int rxc_receipt_verify(const void *receipt, size_t receipt_len,
	const uint8_t public_key[RXC_PUBLIC_KEY_LEN], Rxcirc__V1__ReceiptStatement **ret_statement,
	rxc_error **ret_error);
/* SHA-256 of the method's name, a zero byte and the serialized request, as a receipt names the call
 * it answers.  0 or RXC_ERR_MEMORY. */
RXC_API int rxc_request_digest(const char *method, const ProtobufCMessage *request,
	uint8_t digest[RXC_SHA256_LEN]);

/* A proof that verified. */
typedef struct rxc_tlog_proof rxc_tlog_proof;

/* Verify a proof, offline, under a policy by C2SP tlog-policy (text: which logs, which witnesses,
 * how many of them): the checkpoint is signed by a log and a quorum of witnesses of the policy, and
 * the leaf the proof carries stands in its tree.  Both texts may be freed afterwards.
 * *ret_proof is yours.  Returns 0; RXC_ERR_VERIFY, "PROOF_INVALID", with a message saying why; or
 * RXC_ERR_ARGUMENT, "POLICY_MALFORMED", naming the policy's line. */
RXC_API int rxc_tlog_proof_verify(const void *proof, size_t proof_len, const void *policy,
	size_t policy_len, rxc_tlog_proof **ret_proof, rxc_error **ret_error);
RXC_API void rxc_tlog_proof_free(rxc_tlog_proof *proof);
/* The event itself: a packed EventLeaf of <rxcirc/v1/event.pb-c.h>; borrowed. */
RXC_API const uint8_t *rxc_tlog_proof_leaf(const rxc_tlog_proof *proof, size_t *ret_len);
/* SHA-256(00 || leaf) of RFC 6962, by which a receipt's statement names the same event. */
RXC_API void rxc_tlog_proof_leaf_hash(const rxc_tlog_proof *proof, uint8_t hash[RXC_SHA256_LEN]);
/* Its place in the log, from 0. */
RXC_API uint64_t rxc_tlog_proof_index(const rxc_tlog_proof *proof);
/* How many leaves the checkpoint's tree has. */
RXC_API uint64_t rxc_tlog_proof_size(const rxc_tlog_proof *proof);
/* The log's name; borrowed. */
RXC_API const char *rxc_tlog_proof_origin(const rxc_tlog_proof *proof);
/* When the checkpoint was seen: the latest cosignature of the policy's witnesses, seconds since
 * 1970-01-01 UTC; 0 when the policy asks for none and none is there. */
RXC_API uint64_t rxc_tlog_proof_time_s(const rxc_tlog_proof *proof);

/* ---- exports of the trail, checked -------------------------------------------------------- */

/* The first bytes of an export: then one ExportTrailResponse after the other, each after its length
 * as a varint (<rxcirc/v1/trail.pb-c.h>). */
#define RXC_EXPORT_FIRST_LINE "rxcirc-trail-export-v1\n"

enum {
	RXC_FINDING_HOLDS = 0,  /* it was checked and is right */
	RXC_FINDING_TOLD = 1,   /* it is so: a gap in a filtered export, a destroyed document */
	RXC_FINDING_FAILED = 2, /* it does not hold */
};

/* One thing a check found; borrowed until the callback returns. */
typedef struct rxc_finding rxc_finding;
typedef void (*rxc_on_finding)(const rxc_finding *finding, void *user);

RXC_API int rxc_finding_verdict(const rxc_finding *finding);
/* A stable word.  What holds:
 *     checkpoint-signed checkpoint-consistent run-proved events-proved chains-whole
 *     documents-verified
 *   what is told:
 *     event-withheld chain-begins-later chain-gap chain-gaps document-destroyed document-unproven
 *   what fails -- the file itself:
 *     export-malformed export-cut
 *   the checkpoint, and those the auditor kept:
 *     checkpoint-unsigned checkpoint-inconsistent checkpoint-newer checkpoint-foreign
 *     consistency-missing
 *   events and their order:
 *     run-unproved event-unproved leaf-malformed chain-broken chain-repeated
 *   documents:
 *     document-altered document-unopened document-malformed document-unverified document-unproven
 *     documents-unchecked documents-too-many statement-refused */
RXC_API const char *rxc_finding_kind(const rxc_finding *finding);
/* One sentence, English, without personal data. */
RXC_API const char *rxc_finding_message(const rxc_finding *finding);
/* The event's place in the log, or the size of the checkpoint that is meant; false: neither. */
RXC_API bool rxc_finding_index(const rxc_finding *finding, uint64_t *ret_index);
/* The prescription it is about, RXC_RX_ID_LEN bytes, and the number of the change in it; NULL and
 * 0: none. */
RXC_API const uint8_t *rxc_finding_rx_id(const rxc_finding *finding);
RXC_API uint64_t rxc_finding_seq(const rxc_finding *finding);
/* How many (events, prescriptions, documents, witnesses); 0 where nothing is counted. */
RXC_API uint64_t rxc_finding_count(const rxc_finding *finding);
/* Of document-unverified and statement-refused the word of rxc_verify_bundle(), else "". */
RXC_API const char *rxc_finding_reason(const rxc_finding *finding);

/* Checks an export while it is read, offline, with nothing but public keys:
 *   - the checkpoint is signed by a log and cosigned by a quorum of the policy;
 *   - every event stands in its tree: by a proof each, or of a run all together by its root;
 *   - the log continues each checkpoint the auditor kept;
 *   - each prescription's changes are numbered 1, 2, 3 .. and name one another (a filtered export
 *     may have gaps, which are told);
 *   - documents are those the events name, open under their keys, and verify as in
 *     rxc_verify_bundle() with the keys in force at the events' times.
 * Memory does not grow with the events: some 64 bytes for each prescription, and the documents. */
typedef struct rxc_trail_check rxc_trail_check;

/* `trust` may be NULL; then documents are not verified, which is a failure when there are any.  It
 * is copied.  on_finding is called from inside the functions below. */
RXC_API int rxc_trail_check_new(const rxc_trust *trust, rxc_on_finding on_finding, void *user,
	rxc_trail_check **ret_check, rxc_error **ret_error);
RXC_API void rxc_trail_check_free(rxc_trail_check *check);
/* A policy by C2SP tlog-policy; before the first byte.  Without one no checkpoint is believed.
 * RXC_ERR_ARGUMENT, "POLICY_MALFORMED". */
RXC_API int rxc_trail_check_set_policy(rxc_trail_check *check, const void *text, size_t len,
	rxc_error **ret_error);
/* A checkpoint kept from before, as a signed note; before the first byte; at most 16. */
RXC_API int rxc_trail_check_add_checkpoint(rxc_trail_check *check, const void *note, size_t len,
	rxc_error **ret_error);
/* The next bytes of the export, in any pieces.  Fails for want of memory only: what is wrong with
 * the bytes is a finding. */
RXC_API int rxc_trail_check_feed(rxc_trail_check *check, const void *bytes, size_t len,
	rxc_error **ret_error);
/* There are no more: the last findings.  *ret_holds: nothing failed. */
RXC_API int rxc_trail_check_end(rxc_trail_check *check, bool *ret_holds, rxc_error **ret_error);
/* Events read so far. */
RXC_API uint64_t rxc_trail_check_events(const rxc_trail_check *check);
/* Who exported it, when and what for; NULL before the first page.  Borrowed.  It is the exporting
 * office's word, nobody signed it. */
RXC_API const Rxcirc__V1__ExportHead *rxc_trail_check_head(const rxc_trail_check *check);

/* ---- options ------------------------------------------------------------------------------ */

typedef struct rxc_options rxc_options;

RXC_API rxc_options *rxc_options_new(void);
RXC_API void rxc_options_free(rxc_options *options);
/* Numeric address or name; the blocking client resolves, the evented one wants an address. */
RXC_API int rxc_options_set_server(rxc_options *options, const char *host, uint16_t port);
/* PEM files of this institution. */
RXC_API int rxc_options_set_certificate(rxc_options *options, const char *certificate_file,
	const char *key_file);
/* The server's pinned SubjectPublicKeyInfo SHA-256, 32 bytes.  Mandatory. */
RXC_API int rxc_options_set_server_pin(rxc_options *options, const uint8_t spki_sha256[32]);
/* Copied.  With it every reply that carries prescriptions (pull, download, list, show, get) is
 * verified before you see it, and must be about the person of the presented code, or the
 * prescription asked for; what a pull calls unchanged must be what you said you know.  A list's
 * further pages, asked for with a grant, are verified but name their person themselves.  Without
 * it these calls are refused before anything is sent (RXC_ERR_ARGUMENT, "TRUST_MISSING"). */
RXC_API int rxc_options_set_trust(rxc_options *options, const rxc_trust *trust);
/* Whose receipts are believed; copied.  May be called for up to RXC_RECEIPT_KEYS_MAX keys, during a
 * change.  With at least one, the answer OK to a changing call is given out only with a receipt
 * that is signed by one of them and is about this very call.  Otherwise the call ends with
 * RXC_ERR_VERIFY, "RECEIPT_MISSING" or "RECEIPT_INVALID": the change happened all the same, and the
 * same call with the same idempotency key asks for its receipt again.  Of methods whose answer may
 * mean that nothing was to be written (a claim of what one holds, a record that stands there) only
 * what comes is checked.  Returns 0, RXC_ERR_ARGUMENT (not a sound key, or too many) or
 * RXC_ERR_MEMORY. */
RXC_API int rxc_options_add_receipt_key(rxc_options *options,
	const uint8_t public_key[RXC_PUBLIC_KEY_LEN]);
/* One place for every receipt, whichever call it comes with.  NULL = none. */
RXC_API void rxc_options_set_on_receipt(rxc_options *options, rxc_on_receipt on_receipt,
	void *user);
/* Whole-call deadline in ms, default 10000, at most 60000. */
RXC_API int rxc_options_set_deadline_ms(rxc_options *options, uint32_t deadline_ms);
/* How often the blocking client repeats a retryable call inside its deadline; default 4, at most
 * 100. */
RXC_API int rxc_options_set_retries(rxc_options *options, unsigned retries);
/* Read a client.conf as `rxcirc province init` writes it: "name value" lines of server, port,
 * certificate, key, server-pin (hex), authority and receipt-key (hex, may be repeated); "#" begins
 * a comment line; paths are relative to the file.  All or nothing: when a line is refused (the
 * message names it), the options stay as they were. */
RXC_API int rxc_options_load(rxc_options *options, const char *path, rxc_error **ret_error);

/* ---- calls -------------------------------------------------------------------------------- */

#define RXC_IDEMPOTENCY_KEY_LEN 16
RXC_API void rxc_idempotency_key_new(uint8_t key[RXC_IDEMPOTENCY_KEY_LEN]);

/* The blocking client.  Connects on first use and again when the connection was lost.
 *
 * A call is repeated, with the same idempotency key and a growing pause (at least the server's
 * retry_after_ms), when the connection could not be made or was lost and when the server answers
 * with class RETRY or UNKNOWN; never after CALLER, FATAL, or a server that is not the pinned one.
 * When an earlier attempt may have happened the final error says so (RXC_ERR_CLOSED), even if the
 * last attempt itself was only refused. */
typedef struct rxc_client rxc_client;

RXC_API int rxc_client_new(const rxc_options *options, rxc_client **ret_client,
	rxc_error **ret_error);
RXC_API void rxc_client_free(rxc_client *client);

/* One call of any method.  `idempotency_key` may be NULL: then changing methods get a fresh one,
 * kept over the client's own retries; for others it is ignored.  *ret_reply is of the method's
 * response type. */
RXC_API int rxc_client_call(rxc_client *client, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, ProtobufCMessage **ret_reply, rxc_error **ret_error);

/* Ask, from now on, that changing calls bring the proof of what they wrote: their answers wait for
 * it, at most for the call's deadline (usually about a second). */
RXC_API void rxc_client_want_proof(rxc_client *client, bool on);
/* What the last call brought beside its reply: a packed Receipt, and the text of a tlog-proof
 * (without a NUL behind it).  False when there was none: the call failed, changed nothing, or for
 * the proof was not asked, or the event was not published in time -- then the receipt still holds,
 * and the same call with the same idempotency key asks again.  Borrowed until the next call. */
RXC_API bool rxc_client_receipt(const rxc_client *client, const uint8_t **ret_receipt,
	size_t *ret_len);
RXC_API bool rxc_client_proof(const rxc_client *client, const char **ret_proof, size_t *ret_len);

/* The methods by name; each is rxc_client_call() with the types right, and verifies where the
 * reply carries documents. */
#define RXC_METHODS(X) \
	X(hospital_check, "rxcirc.v1.Hospital/CheckPrescription", CheckPrescription, false) \
	X(hospital_upload, "rxcirc.v1.Hospital/UploadPrescription", UploadPrescription, true) \
	X(hospital_revoke, "rxcirc.v1.Hospital/RevokePrescription", RevokePrescription, true) \
	X(hospital_get, "rxcirc.v1.Hospital/GetPrescription", GetPrescription, false) \
	X(hospital_declare_day, "rxcirc.v1.Hospital/DeclareDay", DeclareDay, true) \
	X(hospital_reconcile_day, "rxcirc.v1.Hospital/ReconcileDay", ReconcileDay, false) \
	X(hospital_identity, "rxcirc.v1.Hospital/ReportIdentityCheck", ReportIdentityCheck, true) \
	X(pharmacy_pull, "rxcirc.v1.Pharmacy/PullPrescriptions", PullPrescriptions, true) \
	X(pharmacy_download, "rxcirc.v1.Pharmacy/DownloadPrescription", DownloadPrescription, true) \
	X(pharmacy_claim, "rxcirc.v1.Pharmacy/ClaimPrescription", ClaimPrescription, true) \
	X(pharmacy_renew, "rxcirc.v1.Pharmacy/RenewClaim", RenewClaim, true) \
	X(pharmacy_transfer, "rxcirc.v1.Pharmacy/TransferClaim", TransferClaim, true) \
	X(pharmacy_release, "rxcirc.v1.Pharmacy/ReleaseClaim", ReleaseClaim, true) \
	X(pharmacy_review, "rxcirc.v1.Pharmacy/SubmitReview", SubmitReview, true) \
	X(pharmacy_dispense, "rxcirc.v1.Pharmacy/DispensePrescription", DispensePrescription, true) \
	X(pharmacy_return, "rxcirc.v1.Pharmacy/ReturnDispensed", ReturnDispensed, true) \
	X(pharmacy_settle, "rxcirc.v1.Pharmacy/ReportSettlement", ReportSettlement, true) \
	X(settlement_reverse, "rxcirc.v1.Settlements/ReverseSettlement", ReverseSettlement, true) \
	X(settlement_receipt, "rxcirc.v1.Settlements/ReportReceipt", ReportReceipt, true) \
	X(settlement_decide, "rxcirc.v1.Settlements/DecideSettlement", DecideSettlement, true) \
	X(charges_declare, "rxcirc.v1.Settlements/DeclareCharges", DeclareCharges, true) \
	X(charges_query, "rxcirc.v1.Settlements/QueryCharges", QueryCharges, false) \
	X(settlements_review, "rxcirc.v1.Settlements/ReviewSettlements", ReviewSettlements, false) \
	X(settlement_gaps, "rxcirc.v1.Settlements/ReconcileSettlements", ReconcileSettlements, false) \
	X(hospital_poll, "rxcirc.v1.Hospital/PollPrescriptions", PollPrescriptions, false) \
	X(pharmacy_poll, "rxcirc.v1.Pharmacy/PollPrescriptions", PollPrescriptions, false) \
	X(insured_list, "rxcirc.v1.Insured/ListOwnPrescriptions", ListOwnPrescriptions, true) \
	X(insured_show, "rxcirc.v1.Insured/ShowOwnPrescription", ShowOwnPrescription, false) \
	X(insured_accesses, "rxcirc.v1.Insured/ListOwnAccesses", ListOwnAccesses, false) \
	X(insured_rate, "rxcirc.v1.Insured/RateFill", RateFill, true) \
	X(insured_code, "rxcirc.v1.Insured/CheckTraceCode", CheckTraceCode, false) \
	X(agency_trail, "rxcirc.v1.Agency/QueryTrail", QueryTrail, false) \
	X(agency_show, "rxcirc.v1.Agency/ShowPrescription", ShowPrescription, false) \
	X(agency_export, "rxcirc.v1.Agency/ExportTrail", ExportTrail, false) \
	X(agency_audit_states, "rxcirc.v1.Agency/AuditStates", AuditStates, false) \
	X(agency_audit_events, "rxcirc.v1.Agency/AuditEvents", AuditEvents, false) \
	X(agency_audit_registry, "rxcirc.v1.Agency/AuditRegistry", AuditRegistry, false) \
	X(agency_shred, "rxcirc.v1.Agency/ShredRecords", ShredRecords, true) \
	X(agency_put_record, "rxcirc.v1.Agency/PutRegistryRecord", PutRegistryRecord, true) \
	X(application_submit, "rxcirc.v1.Onboarding/SubmitApplication", SubmitApplication, true) \
	X(application_advance, "rxcirc.v1.Onboarding/AdvanceApplication", AdvanceApplication, true) \
	X(application_conform, "rxcirc.v1.Onboarding/RecordConformance", RecordConformance, true) \
	X(application_query, "rxcirc.v1.Onboarding/QueryApplications", QueryApplications, false) \
	X(agreements_draft, "rxcirc.v1.Agreements/DraftAgreement", DraftAgreement, true) \
	X(agreements_enter, "rxcirc.v1.Agreements/EnterAgreement", EnterAgreement, true) \
	X(agreements_advance, "rxcirc.v1.Agreements/AdvanceAgreement", AdvanceAgreement, true) \
	X(agreements_query, "rxcirc.v1.Agreements/QueryAgreements", QueryAgreements, false) \
	X(agreements_decide, "rxcirc.v1.Agreements/DecideTask", DecideTask, true) \
	X(agency_explain, "rxcirc.v1.Agency/ExplainDecision", ExplainDecision, false) \
	X(directory_rules, "rxcirc.v1.Directory/ListRules", ListRules, false) \
	X(directory_parameters, "rxcirc.v1.Directory/ListParameters", ListParameters, false) \
	X(codes_begin, "rxcirc.v1.Codes/BeginCodeVersion", BeginCodeVersion, true) \
	X(codes_put, "rxcirc.v1.Codes/PutCodes", PutCodes, true) \
	X(codes_publish, "rxcirc.v1.Codes/PublishCodeVersion", PublishCodeVersion, true) \
	X(codes_withdraw, "rxcirc.v1.Codes/WithdrawCodeVersion", WithdrawCodeVersion, true) \
	X(codes_query, "rxcirc.v1.Codes/QueryCodes", QueryCodes, false) \
	X(codes_diff, "rxcirc.v1.Codes/DiffCodeVersions", DiffCodeVersions, false) \
	X(codes_versions, "rxcirc.v1.Codes/ListCodeVersions", ListCodeVersions, false) \
	X(agency_query_registry, "rxcirc.v1.Agency/QueryRegistry", QueryRegistry, false) \
	X(hospital_put_service, "rxcirc.v1.Hospital/PutService", PutService, true) \
	X(agency_reconcile_day, "rxcirc.v1.Agency/ReconcileDay", ReconcileDay, false) \
	X(agency_ratings, "rxcirc.v1.Agency/QueryRatings", QueryRatings, false) \
	X(pharmacy_deliver, "rxcirc.v1.Pharmacy/ReportDelivery", ReportDelivery, true) \
	X(pharmacy_deliveries, "rxcirc.v1.Pharmacy/ReconcileDeliveries", ReconcileDeliveries, false) \
	X(agency_deliveries, "rxcirc.v1.Agency/ReconcileDeliveries", ReconcileDeliveries, false) \
	X(pharmacy_put_stock, "rxcirc.v1.Pharmacy/PutStock", PutStock, true) \
	X(insured_find_stock, "rxcirc.v1.Insured/FindStock", FindStock, false) \
	X(hospital_find_stock, "rxcirc.v1.Hospital/FindStock", FindStock, false) \
	X(agency_stock_feeds, "rxcirc.v1.Agency/ListStockFeeds", ListStockFeeds, false)

#define X(name, method, Message, mutating) \
	RXC_API int rxc_##name(rxc_client *client, const Rxcirc__V1__##Message##Request *request, \
		const uint8_t *idempotency_key, Rxcirc__V1__##Message##Response **ret_reply, \
		rxc_error **ret_error);
RXC_METHODS(X)
#undef X

/* The streams: several answers, told one by one, with the request and response of that name.  Of
 * WatchPrescriptions keep next_cursor of the last answer to go on from there; StreamTrail gives the
 * pages of QueryTrail without being asked for each. */
#define RXC_STREAMS(X) \
	X("rxcirc.v1.Hospital/WatchPrescriptions", WatchPrescriptions) \
	X("rxcirc.v1.Pharmacy/WatchPrescriptions", WatchPrescriptions) \
	X("rxcirc.v1.Agency/StreamTrail", QueryTrail)

/* One answer of a stream; borrowed until it returns.  Return 0 to go on, anything else to end the
 * stream.  The client must not be used inside. */
typedef int (*rxc_client_on_part)(const ProtobufCMessage *part, void *user);

/* Run a stream until its end: `stream_ms` after its beginning (0 = as long as the server keeps
 * one, an hour), or when on_part wants it.  The regular last answer is told like the others.
 * Returns 0 when it ended as agreed.  It is not repeated by itself: after an error begin anew with
 * the last cursor; RXC_ERR_STATUS of class RETRY, RXC_ERR_CLOSED, RXC_ERR_CONNECT and
 * RXC_ERR_TIMEOUT pass. */
RXC_API int rxc_client_stream(rxc_client *client, const char *method,
	const ProtobufCMessage *request, uint32_t stream_ms, rxc_client_on_part on_part, void *user,
	rxc_error **ret_error);

/* ---- evented calls ------------------------------------------------------------------------ */

/* An evented connection: non-blocking, for your own event loop.  See
 * <rxcirc/adapters/libevent.h> for a ready adapter.  It does not reconnect or repeat by itself:
 * when it ends every call in flight gets its callback with the reason (RXC_ERR_CLOSED, or what else
 * ended it), then on_closed comes, once.  At most 64 calls are in flight, RXC_ERR_FULL beyond.
 * When the server drains, calls in flight are finished, new ones refused, then it ends with
 * RXC_ERR_CLOSED, "DRAINING". */
typedef struct rxc_async rxc_async;

/* Hooks your loop provides; all idempotent, called with `loop_user`. */
typedef struct rxc_async_hooks {
	void (*want_read)(void *loop_user, bool on);
	void (*want_write)(void *loop_user, bool on);
	/* Call rxc_async_on_timer() once, `ms` from now; 0 cancels. */
	void (*set_timer)(void *loop_user, uint32_t ms);
	void (*closed)(void *loop_user); /* stop watching; the fd is about to be closed */
} rxc_async_hooks;

typedef void (*rxc_async_on_ready)(rxc_async *async, void *user);
/* `error` is borrowed until the callback returns, NULL when this program closed it. */
typedef void (*rxc_async_on_closed)(rxc_async *async, const rxc_error *error, void *user);
/* Exactly once per call that rxc_async_call() accepted.  On success `reply` is yours; else it is
 * NULL and `error` borrowed. */
typedef void (*rxc_async_on_reply)(rxc_async *async, ProtobufCMessage *reply,
	const rxc_error *error, void *user);

/* Starts connecting; the address must be numeric.  The callbacks may be NULL. */
RXC_API int rxc_async_new(const rxc_options *options, rxc_async_on_ready on_ready,
	rxc_async_on_closed on_closed, void *user, rxc_async **ret_async, rxc_error **ret_error);
/* Before anything else; `hooks` is copied. */
RXC_API void rxc_async_attach(rxc_async *async, const rxc_async_hooks *hooks, void *loop_user);
RXC_API int rxc_async_fd(const rxc_async *async);
RXC_API void rxc_async_on_readable(rxc_async *async);
RXC_API void rxc_async_on_writable(rxc_async *async);
RXC_API void rxc_async_on_timer(rxc_async *async);
/* Contract: never calls on_reply before it returns.  Pulls and lists are verified first.
 * Calls made before on_ready wait for it.  `deadline_ms` 0 = that of the options; at most 60000. */
RXC_API int rxc_async_call(rxc_async *async, const char *method, const ProtobufCMessage *request,
	const uint8_t *idempotency_key, uint32_t deadline_ms, rxc_async_on_reply on_reply, void *user,
	rxc_error **ret_error);
/* As rxc_client_want_proof(), of calls made from now on. */
RXC_API void rxc_async_want_proof(rxc_async *async, bool on);
/* What the answer brought beside its reply, as rxc_client_receipt() and rxc_client_proof(); only
 * inside on_reply of that call, elsewhere false.  Borrowed until on_reply returns. */
RXC_API bool rxc_async_receipt(const rxc_async *async, const uint8_t **ret_receipt,
	size_t *ret_len);
RXC_API bool rxc_async_proof(const rxc_async *async, const char **ret_proof, size_t *ret_len);
/* One answer of a stream; `part` is borrowed until it returns. */
typedef void (*rxc_async_on_part)(rxc_async *async, const ProtobufCMessage *part, void *user);
/* The same for a stream: on_part for each of its answers, then on_reply, once, with the last one or
 * why it ended.  `stream_ms` 0 = as long as the server keeps one.  *ret_stream names it for
 * rxc_async_cancel(); it may be NULL. */
RXC_API int rxc_async_stream(rxc_async *async, const char *method, const ProtobufCMessage *request,
	uint32_t stream_ms, rxc_async_on_part on_part, rxc_async_on_reply on_reply, void *user,
	uint64_t *ret_stream, rxc_error **ret_error);
/* Ask the server to end a stream: its on_reply comes soon.  One that has ended is passed over. */
RXC_API void rxc_async_cancel(rxc_async *async, uint64_t stream);
RXC_API size_t rxc_async_in_flight(const rxc_async *async);
/* Ends the connection; callbacks come from inside, the handle stays until freed.  Inside a callback
 * it takes effect when that has returned. */
RXC_API void rxc_async_close(rxc_async *async);
/* Closes first, with all callbacks that brings.  May be called inside a callback; then it takes
 * effect when that has returned. */
RXC_API void rxc_async_free(rxc_async *async);

#ifdef __cplusplus
}
#endif

#endif
