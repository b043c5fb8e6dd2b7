#include "client-sdk/src/signers.h"

#include <string.h>

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

/* Keep `statement`, or drop it when a newer one about its key is here.  Takes it over. */
static int statement_keep(struct signers *signers, const Rxcirc__V1__SignedDocument *doc,
	Rxcirc__V1__KeyStatement *statement, size_t number, struct rxc_error *err)
{
	struct signer made = {.statement = statement, .document = doc};

	dsse_key_id(made.key_id, statement->public_key.data);
	for (size_t i = 0; i < signers->count; i++) {
		struct signer *known = &signers->list[i];

		if (memcmp(known->key_id, made.key_id, KEY_ID_LEN) != 0)
			continue;
		if (statement->stated_at_ms == known->statement->stated_at_ms &&
			!slice_equal(pb_slice(doc->body), pb_slice(known->document->body))) {
			pb_free(statement);
			return refuse(err, number, "STATEMENT_CONFLICT",
				"another one of the same time says something else about its key");
		}
		if (statement->stated_at_ms > known->statement->stated_at_ms) {
			pb_free(known->statement);
			*known = made;
		} else {
			pb_free(statement);
		}
		return 0;
	}
	signers->list[signers->count++] = made;
	return 0;
}

int signers_load(struct signers *signers, const struct rxc_trust *trust,
	Rxcirc__V1__SignedDocument *const *statements, size_t count, struct rxc_error *err)
{
	if (count > SIGNERS_STATEMENTS_MAX)
		return error_set(err, RXC_ERR_VERIFY, "BUNDLE_TOO_LARGE",
			"the bundle has %zu key statements, at most %d are allowed", count,
			SIGNERS_STATEMENTS_MAX);
	for (size_t i = 0; i < count; i++) {
		Rxcirc__V1__KeyStatement *statement = NULL;

		if (statement_read(statements[i], trust, i + 1, &statement, err) < 0 ||
			statement_keep(signers, statements[i], statement, i + 1, err) < 0)
			return err->code;
	}
	return 0;
}

void signers_clear(struct signers *signers)
{
	for (size_t i = 0; i < signers->count; i++)
		pb_free(signers->list[i].statement);
	signers->count = 0;
}

const struct signer *signers_find(const struct signers *signers, ProtobufCBinaryData key_id)
{
	for (size_t i = 0; i < signers->count; i++)
		if (slice_equal(slice_of(signers->list[i].key_id, KEY_ID_LEN), pb_slice(key_id)))
			return &signers->list[i];
	return NULL;
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
