/* End-to-end verification: every byte and every field changed, the limits, and whom to trust. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "test/sdk/verdict.h"
#include "test/support/tap.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name

typedef Rxcirc__V1__PrescriptionBundle bundle_t;

/* ---- every byte and every field ---- */

static Rxcirc__V1__SignedDocument *document_at(bundle_t *bundle, size_t index)
{
	if (index == 0)
		return bundle->prescription;
	if (index == 1)
		return bundle->hospital_review;
	index -= 2;
	if (index < bundle->n_later)
		return bundle->later[index];
	index -= bundle->n_later;
	return index < bundle->n_key_statements ? bundle->key_statements[index] : NULL;
}

static bool is_statement(const Rxcirc__V1__SignedDocument *doc)
{
	return doc->kind == KIND(KEY_STATEMENT);
}

static void assert_each_flip_found(const struct plan *plan, const bundle_t *bundle,
	ProtobufCBinaryData *bytes, const char *reason)
{
	for (size_t i = 0; i < bytes->len; i++) {
		char what[64];

		snprintf(what, sizeof(what), "byte %zu flipped", i);
		bytes->data[i] ^= (uint8_t)(1u << i % 8);
		assert_verdict(what, plan, bundle, reason, NULL);
		bytes->data[i] ^= (uint8_t)(1u << i % 8);
	}
}

static void finds_every_flipped_byte(void **state)
{
	struct plan plan;
	bundle_t *bundle;
	Rxcirc__V1__SignedDocument *doc;

	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	for (size_t i = 0; (doc = document_at(bundle, i)); i++) {
		const char *reason = is_statement(doc) ? "STATEMENT_UNTRUSTED" :
			"SIGNATURE_INVALID";

		assert_each_flip_found(&plan, bundle, &doc->body, reason);
		assert_each_flip_found(&plan, bundle, &doc->signature, reason);
		assert_each_flip_found(&plan, bundle, &doc->key_id, is_statement(doc) ? reason :
			"KEY_UNKNOWN");
	}
	assert_verdict("as it was", &plan, bundle, NULL, NULL);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

static const ProtobufCMessageDescriptor *type_of(Rxcirc__V1__DocumentKind kind)
{
	static const ProtobufCMessageDescriptor *const types[] = {
		[KIND(PRESCRIPTION)] = &rxcirc__v1__prescription__descriptor,
		[KIND(HOSPITAL_REVIEW)] = &rxcirc__v1__hospital_review__descriptor,
		[KIND(PHARMACY_REVIEW)] = &rxcirc__v1__pharmacy_review__descriptor,
		[KIND(DISPENSE_RECORD)] = &rxcirc__v1__dispense_record__descriptor,
		[KIND(RETURN_RECORD)] = &rxcirc__v1__return_record__descriptor,
		[KIND(REVOCATION)] = &rxcirc__v1__revocation__descriptor,
		[KIND(KEY_STATEMENT)] = &rxcirc__v1__key_statement__descriptor,
	};

	return types[kind];
}

/* Append a field to the body, which in protobuf overrides the one before: a body that still reads,
 * and says something else in field `number`. */
static void body_change_field(Rxcirc__V1__SignedDocument *doc,
	const ProtobufCFieldDescriptor *field)
{
	bool is_number = field->type != PROTOBUF_C_TYPE_STRING &&
		field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_MESSAGE;
	uint8_t *grown = realloc(doc->body.data, doc->body.len + 6);
	size_t at = doc->body.len;

	assert_non_null(grown);
	assert_true(field->id < 2048);
	doc->body.data = grown;
	grown[at++] = (uint8_t)(0x80 | (field->id << 3 & 0x7f) | (is_number ? 0 : 2));
	grown[at++] = (uint8_t)(field->id >> 4);
	grown[at++] = is_number ? 7 : 0; /* the number 7, or nothing */
	doc->body.len = at;
}

/* Put the changed document's bytes under a signature of `key`, told to be of `told`. */
static void resign(Rxcirc__V1__SignedDocument *doc, const rxc_key *key, const rxc_key *told)
{
	Rxcirc__V1__SignedDocument *made;

	assert_int_equal(rxc_sign_document(key, doc->kind, doc->body.data, doc->body.len, &made,
		NULL), 0);
	memcpy(doc->signature.data, made->signature.data, made->signature.len);
	rxc_key_id(told, doc->key_id.data);
	rxcirc__v1__signed_document__free_unpacked(made, NULL);
}

static const rxc_key *signer_of(const struct plan *plan, size_t index)
{
	const rxc_key *keys[] = {plan->prescription_key, plan->hospital_review_key,
		plan->rejection_key, plan->review_key, plan->dispense_key, plan->return_key};

	return index < 6 ? keys[index] : plan->authority;
}

/* Field by field: changed under the old signature, under a stranger's in the signer's name, and
 * under a stranger's in his own. */
static void finds_every_changed_field_under_any_wrong_key(void **state)
{
	struct plan plan;
	size_t fields = 0;

	(void)state;
	plan_init(&plan);
	for (size_t index = 0;; index++) {
		bundle_t *bundle = plan_build(&plan);
		Rxcirc__V1__SignedDocument *doc = document_at(bundle, index);
		const ProtobufCMessageDescriptor *type = doc ? type_of(doc->kind) : NULL;

		rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
		if (!type)
			break;
		for (unsigned f = 0; f < type->n_fields; f++, fields++) {
			const char *what = type->fields[f].name;
			const char *wrong;
			const char *unknown;

			bundle = plan_build(&plan);
			doc = document_at(bundle, index);
			wrong = is_statement(doc) ? "STATEMENT_UNTRUSTED" : "SIGNATURE_INVALID";
			unknown = is_statement(doc) ? wrong : "KEY_UNKNOWN";
			body_change_field(doc, &type->fields[f]);
			assert_verdict(what, &plan, bundle, wrong, NULL);
			resign(doc, plan.stranger, signer_of(&plan, index));
			assert_verdict(what, &plan, bundle, wrong, NULL);
			resign(doc, plan.stranger, plan.stranger);
			assert_verdict(what, &plan, bundle, unknown, NULL);
			rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
		}
	}
	assert_true(fields > 80);
	plan_clear(&plan);
}

/* The physician changes the prescription after the review: every later document notices. */
static void a_change_by_the_signer_breaks_the_chain(void **state)
{
	const ProtobufCMessageDescriptor *type = &rxcirc__v1__prescription__descriptor;
	struct plan plan;

	(void)state;
	plan_init(&plan);
	for (unsigned f = 0; f < type->n_fields; f++) {
		const char *name = type->fields[f].name;
		bool is_identity = strcmp(name, "hospital_code") == 0;
		bundle_t *bundle = plan_build(&plan);

		body_change_field(bundle->prescription, &type->fields[f]);
		resign(bundle->prescription, plan.prescription_key, plan.prescription_key);
		assert_verdict(name, &plan, bundle, is_identity ? "KEY_INSTITUTION_FOREIGN" :
			"DOCUMENT_CHAIN_BROKEN", NULL);
		rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	}
	plan_clear(&plan);
}

/* ---- limits and trust ---- */

static void takes_as_many_later_documents_as_the_limit_and_not_one_more(void **state)
{
	struct plan plan;
	bundle_t *bundle;

	(void)state;
	plan_init(&plan);
	for (plan.later_count = 0; plan.later_count < LATER_DOCUMENTS_MAX; plan.later_count++)
		plan.later[plan.later_count] = PLAN_REVIEW;
	bundle = plan_build(&plan);
	assert_verdict("at the limit", &plan, bundle, NULL, NULL);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan.later[plan.later_count++] = PLAN_REVIEW;
	bundle = plan_build(&plan);
	assert_verdict("above it", &plan, bundle, "BUNDLE_TOO_LARGE", "bundle");
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

static void bounds_the_key_statements(void **state)
{
	enum { LIMIT = 2 * (2 + LATER_DOCUMENTS_MAX) };
	struct plan plan;
	bundle_t *bundle;
	Rxcirc__V1__SignedDocument **own;
	Rxcirc__V1__SignedDocument *many[LIMIT + 1];
	size_t own_count;

	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	own = bundle->key_statements;
	own_count = bundle->n_key_statements;
	for (size_t i = 0; i < LIMIT + 1; i++)
		many[i] = own[i % own_count];
	bundle->key_statements = many;
	bundle->n_key_statements = LIMIT;
	assert_verdict("at the limit", &plan, bundle, NULL, NULL);
	bundle->n_key_statements = LIMIT + 1;
	assert_verdict("above it", &plan, bundle, "BUNDLE_TOO_LARGE", NULL);
	bundle->key_statements = own;
	bundle->n_key_statements = own_count;
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

static void trusts_the_old_and_the_new_authority_during_a_change(void **state)
{
	struct plan plan;
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];
	bundle_t *bundle;

	(void)state;
	plan_init(&plan);
	plan.statements[0].signer = plan.stranger;
	bundle = plan_build(&plan);
	assert_verdict("only the old one", &plan, bundle, "STATEMENT_UNTRUSTED", NULL);
	rxc_key_public(plan.stranger, public_key);
	assert_int_equal(rxc_trust_add_authority(plan.trust, public_key, NULL), 0);
	assert_verdict("both", &plan, bundle, NULL, NULL);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

static void trusts_as_many_authorities_as_the_limit_and_not_one_more(void **state)
{
	rxc_trust *trust = rxc_trust_new();
	uint8_t zero[RXC_PUBLIC_KEY_LEN] = {0};
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];
	rxc_error *error = NULL;

	(void)state;
	assert_int_equal(rxc_trust_add_authority(trust, zero, &error), RXC_ERR_ARGUMENT);
	assert_string_equal(rxc_error_reason(error), "KEY_UNSOUND");
	rxc_error_free(error);
	for (int i = 0; i < 9; i++) {
		rxc_key *key;

		assert_int_equal(rxc_key_generate(&key, NULL), 0);
		rxc_key_public(key, public_key);
		assert_int_equal(rxc_trust_add_authority(trust, public_key, NULL),
			i < 8 ? 0 : RXC_ERR_ARGUMENT);
		if (i < 8) /* again is no second one */
			assert_int_equal(rxc_trust_add_authority(trust, public_key, NULL), 0);
		rxc_key_free(key);
	}
	rxc_trust_free(trust);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(finds_every_flipped_byte),
		TEST(finds_every_changed_field_under_any_wrong_key),
		TEST(a_change_by_the_signer_breaks_the_chain),
		TEST(takes_as_many_later_documents_as_the_limit_and_not_one_more),
		TEST(bounds_the_key_statements),
		TEST(trusts_the_old_and_the_new_authority_during_a_change),
		TEST(trusts_as_many_authorities_as_the_limit_and_not_one_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verify bytes", tests, NULL, NULL);
}
