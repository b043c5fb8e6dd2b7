#include "client-sdk/src/signers.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client-sdk/src/pb.h"
#include "proto/document.h"

#define KEY_STATEMENT RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT

static int refuse(struct rxc_error *err, size_t number, const char *reason, const char *why)
{
	return error_set(err, RXC_ERR_VERIFY, reason, "key statement %zu: %s", number, why);
}

/* Check what a statement says, without regard to other statements. */
static int statement_check(const Rxcirc__V1__KeyStatement *statement, size_t number,
	struct rxc_error *err)
{
	if (statement->public_key.len != PUBLIC_KEY_LEN ||
		strcmp(statement->algorithm, "ed25519") != 0)
		return refuse(err, number, "DOCUMENT_MALFORMED", "it is not about an Ed25519 key");
	if (!dsse_key_is_sound(statement->public_key.data))
		return refuse(err, number, "KEY_UNSOUND",
			"the key is not a sound Ed25519 point");
	return 0;
}

static int statement_read(const Rxcirc__V1__SignedDocument *doc, const struct rxc_trust *trust,
	size_t number, Rxcirc__V1__KeyStatement **ret_statement, struct rxc_error *err)
{
	const struct authority *authority;
	ProtobufCMessage *message;
	int r;

	if (document_check_form(doc, KEY_STATEMENT) < 0)
		return refuse(err, number, "DOCUMENT_MALFORMED",
			"it has not the form of a signed key statement");
	authority = trust_find(trust, doc->key_id);
	if (!authority || document_verify(doc, KEY_STATEMENT, authority->public_key) < 0)
		return refuse(err, number, "STATEMENT_UNTRUSTED",
			"it is not signed by a trusted registry authority");
	r = pb_unpack(&rxcirc__v1__key_statement__descriptor, pb_slice(doc->body), &message);
	if (r == RXC_ERR_MEMORY)
		return error_set_memory(err);
	if (r < 0)
		return refuse(err, number, "DOCUMENT_MALFORMED", "it cannot be read");
	*ret_statement = (Rxcirc__V1__KeyStatement *)message;
	if (statement_check(*ret_statement, number, err) < 0) {
		pb_free(message);
		return err->code;
	}
	return 0;
}

/* Where this key stands, or would stand. */
static size_t signers_place(const struct signers *signers, const uint8_t key_id[KEY_ID_LEN])
{
	size_t low = 0, high = signers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(signers->list[middle].key_id, key_id, KEY_ID_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct signer *signers_at(const struct signers *signers, size_t place,
	const uint8_t key_id[KEY_ID_LEN])
{
	return place < signers->count &&
		memcmp(signers->list[place].key_id, key_id, KEY_ID_LEN) == 0 ?
		&signers->list[place] : NULL;
}

/* Room for one more at `place`. */
static int signers_open(struct signers *signers, size_t place, struct rxc_error *err)
{
	struct signer *grown = signers->list;
	size_t cap = signers->cap ? 2 * signers->cap : 8;

	if (signers->count == SIGNERS_MAX)
		return error_set(err, RXC_ERR_VERIFY, "BUNDLE_TOO_LARGE",
			"there are more than %d signing keys", SIGNERS_MAX);
	if (signers->count == signers->cap) {
		grown = realloc(signers->list, cap * sizeof(*grown));
		if (!grown)
			return error_set_memory(err);
		signers->list = grown;
		signers->cap = cap;
	}
	memmove(&grown[place + 1], &grown[place], (signers->count - place) * sizeof(*grown));
	signers->count++;
	return 0;
}

/* Keep what was made, or find that a newer one is there (*ret_kept false). */
static int signer_keep(struct signers *signers, const struct signer *made, size_t number,
	bool *ret_kept, struct rxc_error *err)
{
	size_t place = signers_place(signers, made->key_id);
	struct signer *known = signers_at(signers, place, made->key_id);

	*ret_kept = true;
	if (!known) {
		if (signers_open(signers, place, err) < 0)
			return err->code;
		signers->list[place] = *made;
		return 0;
	}
	if (made->statement->stated_at_ms == known->statement->stated_at_ms &&
		memcmp(made->body_sha256, known->body_sha256, SHA256_LEN) != 0)
		return refuse(err, number, "STATEMENT_CONFLICT",
			"another one of the same time says something else about its key");
	*ret_kept = made->statement->stated_at_ms > known->statement->stated_at_ms;
	if (*ret_kept) {
		pb_free(known->statement);
		*known = *made;
	}
	return 0;
}

int signers_add(struct signers *signers, const struct rxc_trust *trust,
	const Rxcirc__V1__SignedDocument *doc, size_t number, struct rxc_error *err)
{
	struct signer made = {.statement = NULL};
	bool kept = false;

	if (statement_read(doc, trust, number, &made.statement, err) < 0)
		return err->code;
	crypto_hash_sha256(made.body_sha256, doc->body.data, doc->body.len);
	dsse_key_id(made.key_id, made.statement->public_key.data);
	if (signer_keep(signers, &made, number, &kept, err) < 0 || !kept)
		pb_free(made.statement);
	return err->code;
}

int signers_load(struct signers *signers, const struct rxc_trust *trust,
	Rxcirc__V1__SignedDocument *const *statements, size_t count, struct rxc_error *err)
{
	if (count > SIGNERS_STATEMENTS_MAX)
		return error_set(err, RXC_ERR_VERIFY, "BUNDLE_TOO_LARGE",
			"the bundle has %zu key statements, at most %d are allowed", count,
			SIGNERS_STATEMENTS_MAX);
	for (size_t i = 0; i < count; i++)
		if (signers_add(signers, trust, statements[i], i + 1, err) < 0)
			return err->code;
	return 0;
}

void signers_clear(struct signers *signers)
{
	for (size_t i = 0; i < signers->count; i++)
		pb_free(signers->list[i].statement);
	free(signers->list);
	*signers = (struct signers){0};
}

const struct signer *signers_find(const struct signers *signers, ProtobufCBinaryData key_id)
{
	return key_id.len == KEY_ID_LEN ?
		signers_at(signers, signers_place(signers, key_id.data), key_id.data) : NULL;
}

static const char *refuses_time(const Rxcirc__V1__KeyStatement *s, int64_t at_ms,
	const char **ret_why)
{
	if (key_statement_is_valid_at(s, at_ms))
		return NULL;
	if (s->revoked_from_ms != 0 && at_ms >= s->revoked_from_ms) {
		*ret_why = "its key had been revoked";
		return "KEY_REVOKED";
	}
	if (at_ms < s->not_before_ms) {
		*ret_why = "its key was not yet valid";
		return "KEY_NOT_YET_VALID";
	}
	*ret_why = "its key had expired";
	return "KEY_EXPIRED";
}

const char *signer_refuses(const struct signer *signer, const struct signer_claim *claim,
	const char **ret_why)
{
	const Rxcirc__V1__KeyStatement *s = signer->statement;

	if (s->role != claim->role) {
		*ret_why = "its key belongs to another role";
		return "KEY_ROLE_FOREIGN";
	}
	if (strcmp(s->institution_code, claim->institution_code) != 0) {
		*ret_why = "its key belongs to another institution";
		return "KEY_INSTITUTION_FOREIGN";
	}
	if (strcmp(s->practitioner_code, claim->practitioner_code) != 0) {
		*ret_why = "its key belongs to another person";
		return "KEY_PERSON_FOREIGN";
	}
	return refuses_time(s, claim->at_ms, ret_why);
}
