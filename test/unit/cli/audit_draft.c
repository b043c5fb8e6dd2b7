#include "test/unit/cli/audit_draft.h"

#include <stdio.h>
#include <string.h>

#include "test/support/tap.h"

enum { LEAF_MAX = 1024 };

struct told told;
struct audit_fold fold;
struct draft draft;

static void on_discrepancy(const struct discrepancy *d, void *user)
{
	unsigned at = told.count++;

	(void)user;
	assert_true(at < TOLD_MAX && d->subject);
	(void)snprintf(told.kinds[at], sizeof(told.kinds[at]), "%s", d->kind);
	(void)snprintf(told.expected[at], sizeof(told.expected[at]), "%s", d->expected);
	(void)snprintf(told.found[at], sizeof(told.found[at]), "%s", d->found);
	told.indexes[at] = d->index;
	told.seqs[at] = d->seq;
}

void begin(uint64_t from)
{
	memset(&told, 0, sizeof(told));
	memset(&draft, 0, sizeof(draft));
	memset(draft.rx, 7, sizeof(draft.rx));
	audit_fold_init(&fold, from, on_discrepancy, NULL);
}

void end(void)
{
	audit_fold_clear(&fold);
}

void assert_told(const char *kind)
{
	for (unsigned i = 0; i < told.count; i++)
		if (strcmp(told.kinds[i], kind) == 0 && told.count == 1)
			return;
	for (unsigned i = 0; i < told.count; i++)
		print_message("#   told %s: expected %s, found %s\n", told.kinds[i], told.expected[i],
			told.found[i]);
	fail_msg("\"%s\" alone was expected", kind);
}

void assert_agrees(void)
{
	if (told.count > 0)
		fail_msg("%s: expected %s, found %s", told.kinds[0], told.expected[0], told.found[0]);
}

ProtobufCBinaryData data_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

void put(const Rxcirc__V1__EventLeaf *leaf, struct merkle_hash *ret_hash)
{
	uint8_t bytes[LEAF_MAX];
	size_t len = rxcirc__v1__event_leaf__pack(leaf, bytes);

	assert_true(len <= sizeof(bytes));
	merkle_leaf_hash(ret_hash, slice_of(bytes, len));
	assert_int_equal(audit_fold_leaf(&fold, slice_of(bytes, len), ret_hash), 0);
}

void change(Rxcirc__V1__EventKind kind, const char *who, uint32_t v, uint32_t r, uint32_t u,
	bool held, uint8_t document)
{
	Rxcirc__V1__StateWord before = RXCIRC__V1__STATE_WORD__INIT, after = before;
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	uint8_t id[16] = {1}, sha[32];

	memset(sha, document, sizeof(sha));
	before.validity = draft.v;
	before.review = draft.r;
	before.use = draft.u;
	before.held = draft.held;
	after.validity = v;
	after.review = r;
	after.use = u;
	after.held = held;
	leaf.format = 1;
	leaf.event_id = data_of(id, sizeof(id));
	leaf.kind = kind;
	leaf.rx_id = data_of(draft.rx, sizeof(draft.rx));
	leaf.rx_seq = ++draft.seq;
	if (draft.seq > 1) {
		leaf.previous_leaf = data_of(draft.head.bytes, 32);
		leaf.before = &before;
	}
	leaf.after = &after;
	leaf.institution_code = (char *)(uintptr_t)who;
	leaf.subject = kind == EVENT(CLAIM_TRANSFERRED) ? (char *)(uintptr_t)"institution/" OTHER :
		leaf.subject;
	if (document)
		leaf.ciphertext_sha256 = data_of(sha, sizeof(sha));
	draft.v = v;
	draft.r = r;
	draft.u = u;
	draft.held = held;
	put(&leaf, &draft.head);
}
