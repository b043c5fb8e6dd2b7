/* Insured/ListOwnAccesses: who looked at the person's prescriptions or changed them (C27).
 *
 * Every event about the person, the own looks and failed presentations included; nobody's name but
 * the institution's.  The steps are those of every visit (service/visit.h).
 */
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/insured.pb-c.h"
#include "service/services.h"
#include "service/visit.h"
#include "store/access.h"

enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct accesses {
	struct visit visit;
	struct access_page page;
	Rxcirc__V1__ListOwnAccessesResponse reply;
};

static enum status_reason accesses_read(struct request *req, struct visit *v)
{
	struct accesses *a = container_of(v, struct accesses, visit);
	const Rxcirc__V1__ListOwnAccessesRequest *m;
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__list_own_accesses_request__descriptor, &m);

	if (status != STATUS_OK)
		return status;
	if (m->page_size > OWN_ACCESSES_MAX)
		request_find_field(req, "page_size", "at most 100", "至多 100");
	if (!visit_token_read(pbmsg_bytes(m->page_token), &a->page.before_ms,
			a->page.before_event_id))
		request_find_field(req, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	if (req->findings_count > 0)
		return STATUS_FIELD_INVALID;
	a->page.limit = m->page_size == 0 ? OWN_ACCESSES_MAX : (int32_t)m->page_size;
	v->grant = pbmsg_bytes(m->own_grant);
	return STATUS_OK;
}

static int accesses_ask(struct request *req, struct visit *v, struct pg_unit *unit)
{
	struct accesses *a = container_of(v, struct accesses, visit);

	a->page.person_key = v->person_key;
	return store_accesses(unit, &req->arena, &a->page);
}

/* Everything is borrowed from the leaf, which lives in the arena. */
static void access_fill(struct request *req, const Rxcirc__V1__EventLeaf *leaf,
	Rxcirc__V1__OwnAccess *m)
{
	const struct institution *who = registry_institution(req->registry, leaf->institution_code);

	rxcirc__v1__own_access__init(m);
	m->at_ms = leaf->at_ms;
	m->institution_code = leaf->institution_code;
	m->institution_name = (char *)(uintptr_t)(who == NULL ? "" : who->name);
	m->kind = leaf->kind;
	m->reason = leaf->reason;
	m->rx_ids = leaf->disclosed;
	m->n_rx_ids = leaf->n_disclosed;
	if (leaf->rx_id.len == 0)
		return;
	m->rx_ids = (ProtobufCBinaryData *)(uintptr_t)&leaf->rx_id;
	m->n_rx_ids = 1;
}

static int accesses_add(struct request *req, struct slice bytes,
	Rxcirc__V1__ListOwnAccessesResponse *m)
{
	Rxcirc__V1__OwnAccess *access = arena_alloc(&req->arena, sizeof(*access));
	const Rxcirc__V1__EventLeaf *leaf;
	int r = access == NULL ? ERR_MEMORY :
		pbmsg_open(&leaf, &rxcirc__v1__event_leaf__descriptor, &req->arena, bytes);

	if (r < 0)
		return r == ERR_MALFORMED ? ERR_DAMAGED : r;
	access_fill(req, leaf, access);
	m->accesses[m->n_accesses++] = access;
	return 0;
}

static int accesses_fill(struct request *req, const struct accesses *a,
	Rxcirc__V1__ListOwnAccessesResponse *m)
{
	int rows = pg_rows(&req->unit, 0), row = 0;
	struct trail_row last = {0};
	size_t bytes = 0;

	m->accesses = arena_array(&req->arena, (size_t)rows + 1, sizeof(*m->accesses));
	if (m->accesses == NULL)
		return ERR_MEMORY;
	for (; row < rows; row++) {
		struct trail_row next;
		int r;

		store_trail_row(&req->unit, 0, row, &next);
		bytes += next.leaf.len + 256; /* a leaf is longer than what is told of it, but for a name */
		if (bytes > REPLY_BYTES_MAX)
			break;
		r = accesses_add(req, next.leaf, m);
		if (r < 0)
			return r;
		last = next;
	}
	if (row == 0 || (row == rows && rows < a->page.limit))
		return 0;
	m->next_page_token = visit_token_make(req, last.at_ms, last.event_id.data);
	return m->next_page_token.data == NULL ? ERR_MEMORY : 0;
}

static enum status_reason accesses_show(struct request *req, struct visit *v)
{
	struct accesses *a = container_of(v, struct accesses, visit);
	int r;

	rxcirc__v1__list_own_accesses_response__init(&a->reply);
	r = accesses_fill(req, a, &a->reply);
	if (r < 0)
		return visit_fail(v, r);
	v->leaf.subject = "accesses";
	v->reply = pbmsg_pack(&a->reply, &req->arena);
	return v->reply.data == NULL ? visit_fail(v, ERR_MEMORY) : STATUS_OK;
}

void list_own_accesses_start(struct request *req)
{
	static const struct visit_kind kind = {.read = accesses_read, .ask = accesses_ask,
		.show = accesses_show, .is_slow = true};

	visit_run(req, &kind, sizeof(struct accesses));
}
