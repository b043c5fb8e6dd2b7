/* The public face of the check: bytes in, pages taken apart, findings out. */
#include "client-sdk/src/trail_check.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/init.h"
#include "client-sdk/src/pb.h"
#include "proto/frame.h"

#define FIRST_LINE RXC_EXPORT_FIRST_LINE

enum { FIRST_LINE_LEN = sizeof(FIRST_LINE) - 1, IN_MAX = FRAME_PREFIX_MAX + FRAME_BODY_MAX };

static_assert(RXC_RX_ID_LEN == RX_ID_LEN, "the public header and the wire agree");

static bool parts_make(rxc_trail_check *c)
{
	c->in = malloc(IN_MAX);
	c->hasher = hasher_new();
	return page_arena_open(&c->arena, PAGE_UNPACKED_MAX) && c->in && c->hasher;
}

int rxc_trail_check_new(const rxc_trust *trust, rxc_on_finding on_finding, void *user,
	rxc_trail_check **ret_check, rxc_error **ret_error)
{
	struct rxc_error err = {0};
	rxc_trail_check *c = NULL;

	if (init_crypto(&err) == 0) {
		c = calloc(1, sizeof(*c));
		if (!c || !parts_make(c))
			error_set_memory(&err);
	}
	if (err.code) {
		rxc_trail_check_free(c);
		return error_give(&err, ret_error);
	}
	c->desk = (struct finding_desk){.on_finding = on_finding, .user = user};
	c->has_trust = trust && trust->count > 0;
	if (c->has_trust)
		c->trust = *trust;
	map_init(&c->chains, RX_ID_LEN, sizeof(struct chain), CHAINS_MAX);
	map_init(&c->documents.facts, sizeof(struct document_place), sizeof(struct document_fact),
		FACTS_MAX);
	map_init(&c->documents.files, RX_ID_LEN, sizeof(struct document_file), CHAINS_MAX);
	*ret_check = c;
	return 0;
}

void rxc_trail_check_free(rxc_trail_check *check)
{
	if (!check)
		return;
	for (unsigned i = 0; i < check->kept_count; i++)
		free(check->kept[i].note);
	trail_documents_clear(&check->documents);
	map_clear(&check->chains);
	pb_free(check->head);
	hasher_free(check->hasher);
	page_arena_close(&check->arena);
	free(check->in);
	free(check);
}

int rxc_trail_check_set_policy(rxc_trail_check *check, const void *text, size_t len,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};
	char problem[POLICY_PROBLEM_MAX];

	check->has_policy = policy_parse(&check->policy, slice_of(text, len), problem);
	if (check->has_policy)
		return 0;
	error_set(&err, RXC_ERR_ARGUMENT, "POLICY_MALFORMED", "%s", problem);
	return error_give(&err, ret_error);
}

static int kept_add(rxc_trail_check *c, const void *note, size_t len, struct rxc_error *err)
{
	struct kept_checkpoint *kept = &c->kept[c->kept_count];

	if (c->kept_count == KEPT_CHECKPOINTS_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "", "more than %d kept checkpoints",
			KEPT_CHECKPOINTS_MAX);
	if (len == 0 || len > NOTE_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "", "a checkpoint has 1 to %d bytes", NOTE_MAX);
	kept->note = malloc(len);
	if (!kept->note)
		return error_set_memory(err);
	memcpy(kept->note, note, len);
	kept->note_len = len;
	c->kept_count++;
	return 0;
}

int rxc_trail_check_add_checkpoint(rxc_trail_check *check, const void *note, size_t len,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};

	return kept_add(check, note, len, &err) < 0 ? error_give(&err, ret_error) : 0;
}

/* ---- pages ---- */

static void break_off(rxc_trail_check *c, const char *why)
{
	c->is_broken = true;
	finding_tell(&c->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
		.kind = "export-malformed", .has_index = true, .index = c->events},
		"after %llu events: %s", (unsigned long long)c->events, why);
}

static int page_take(rxc_trail_check *c, struct slice body, struct rxc_error *err)
{
	const Rxcirc__V1__ExportTrailResponse *page;

	page_arena_reset(&c->arena, 0);
	page = page_arena_unpack(&c->arena, &rxcirc__v1__export_trail_response__descriptor, body);
	if (!page || c->is_over || !page->head == !c->head) {
		break_off(c, !page ? "a page cannot be read" :
			c->is_over ? "a page follows the last one" :
			c->head ? "a page begins anew" : "the first page has no head");
		return 0;
	}
	if (!c->head && trail_head_take(c, page, err) < 0)
		return err->code;
	if (trail_events_take(c, page, err) < 0 || trail_documents_take(c, page, err) < 0)
		return err->code;
	c->is_over = page->next_page_token.len == 0;
	return 0;
}

/* How many bytes of the front are understood; 0 = more must come. */
static int front_take(rxc_trail_check *c, struct slice front, size_t *ret_used,
	struct rxc_error *err)
{
	struct slice body;
	size_t need;

	*ret_used = 0;
	if (!c->is_begun) {
		if (front.len >= FIRST_LINE_LEN && memcmp(front.data, FIRST_LINE, FIRST_LINE_LEN) != 0)
			break_off(c, "it does not begin as an export of the trail");
		else if (front.len >= FIRST_LINE_LEN)
			*ret_used = FIRST_LINE_LEN;
		c->is_begun = *ret_used > 0;
		return 0;
	}
	switch (frame_decode(front, &body, ret_used, &need)) {
	case FRAME_PARTIAL:
		*ret_used = 0;
		return 0;
	case FRAME_TOO_LARGE:
	case FRAME_MALFORMED:
		*ret_used = 0;
		break_off(c, "a page's length is none");
		return 0;
	case FRAME_WHOLE:
		break;
	}
	return page_take(c, body, err);
}

/* Understand as much of the bytes as there is. */
static int pages_take(rxc_trail_check *c, struct slice *rest, struct rxc_error *err)
{
	size_t used = 1;

	while (rest->len > 0 && used > 0 && !c->is_broken) {
		if (front_take(c, *rest, &used, err) < 0)
			return err->code;
		rest->data += used;
		rest->len -= used;
	}
	return 0;
}

/* How many bytes more the page lacks that began earlier; at least 1. */
static size_t remnant_lacks(const rxc_trail_check *c)
{
	struct slice body;
	size_t used, need = 0;

	if (!c->is_begun)
		return FIRST_LINE_LEN - c->in_len;
	if (frame_decode(slice_of(c->in, c->in_len), &body, &used, &need) != FRAME_PARTIAL)
		return 1; /* it was looked at before: it is partial */
	return need > c->in_len ? need - c->in_len : 1;
}

/* Fill up the page that began earlier, with not a byte more than it lacks. */
static int remnant_take(rxc_trail_check *c, struct slice *bytes, struct rxc_error *err)
{
	while (c->in_len > 0 && bytes->len > 0 && !c->is_broken) {
		size_t lacks = remnant_lacks(c);
		size_t more = bytes->len < lacks ? bytes->len : lacks;
		size_t used;

		memcpy(c->in + c->in_len, bytes->data, more);
		c->in_len += more;
		bytes->data += more;
		bytes->len -= more;
		if (front_take(c, slice_of(c->in, c->in_len), &used, err) < 0)
			return err->code;
		if (used > 0)
			c->in_len = 0;
	}
	return 0;
}

static int bytes_take(rxc_trail_check *c, struct slice bytes, struct rxc_error *err)
{
	if (remnant_take(c, &bytes, err) < 0 || pages_take(c, &bytes, err) < 0)
		return err->code;
	if (c->is_broken || bytes.len == 0)
		return 0;
	memcpy(c->in + c->in_len, bytes.data, bytes.len); /* less than a page */
	c->in_len += bytes.len;
	return 0;
}

int rxc_trail_check_feed(rxc_trail_check *check, const void *bytes, size_t len,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (bytes_take(check, slice_of(bytes, len), &err) < 0) {
		check->is_broken = true;
		return error_give(&err, ret_error);
	}
	return 0;
}

int rxc_trail_check_end(rxc_trail_check *check, bool *ret_holds, rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (!check->is_broken && (check->in_len > 0 || !check->is_over))
		finding_tell(&check->desk, &(struct rxc_finding){.verdict = RXC_FINDING_FAILED,
			.kind = "export-cut", .has_index = true, .index = check->events},
			"after %llu events: the export ends before its last page",
			(unsigned long long)check->events);
	if (check->head) {
		trail_head_end(check);
		trail_events_end(check);
		if (trail_documents_end(check, &err) < 0)
			return error_give(&err, ret_error);
	}
	*ret_holds = check->desk.failed == 0;
	return 0;
}

uint64_t rxc_trail_check_events(const rxc_trail_check *check)
{
	return check->events;
}

const Rxcirc__V1__ExportHead *rxc_trail_check_head(const rxc_trail_check *check)
{
	return (const Rxcirc__V1__ExportHead *)check->head;
}
