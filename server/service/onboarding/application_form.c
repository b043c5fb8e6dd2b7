#include "service/onboarding/application_form.h"

#include <ctype.h>
#include <string.h>

#include "domain/moment.h"

static const char *place(struct want *w, const char *list, size_t index, const char *field)
{
	const char *name = arena_printf(&w->req->arena, "%s[%zu].%s", list, index, field);

	w->exhausted = w->exhausted || name == NULL;
	return name == NULL ? list : name;
}

static void want_count(struct want *w, const char *field, size_t count, size_t min, size_t max)
{
	if (count < min)
		want_fault(w, field, "is missing", "缺少必填项");
	if (count > max)
		want_fault(w, field, "are too many", "数量超限");
}

/* A word of a checklist: the characters that parameters may have. */
static void want_word(struct want *w, const char *field, const char *word)
{
	size_t len = strlen(word);
	bool sound = len >= 1 && len <= CODE_MAX;

	for (size_t i = 0; i < len; i++)
		sound = sound && (islower((unsigned char)word[i]) || isdigit((unsigned char)word[i]) ||
			word[i] == '-');
	if (!sound)
		want_fault(w, field, "must be 1 to 50 characters a-z, 0-9 and -",
			"须为 1 至 50 位小写字母、数字或连字符");
}

static void want_moment(struct want *w, const char *field, int64_t at_ms)
{
	if (at_ms <= 0 || !moment_is_sound(at_ms))
		want_fault(w, field, "must be a moment after 1970", "时间无效");
}

static void form_of(struct want *w, const Rxcirc__V1__ApplicationDocument *d, size_t at)
{
	const char *rows = place(w, "documents", at, "rows");

	want_count(w, place(w, "documents", at, "fields"), d->n_fields, 0, FORM_FIELDS_MAX);
	for (size_t i = 0; i < d->n_fields && i < FORM_FIELDS_MAX; i++)
		want_text(w, place(w, "documents", at, "fields.name"), d->fields[i]->name,
			FIELD_NAME_MAX);
	want_count(w, rows, d->n_rows, 0, FORM_ROWS_MAX);
	for (size_t i = 0; i < d->n_rows && i < FORM_ROWS_MAX; i++) {
		const Rxcirc__V1__FormRow *row = d->rows[i];

		if (row->n_cells < 1 || row->n_cells > FORM_CELLS_MAX) {
			want_fault(w, rows, "must have 1 to 16 cells each", "每行须有 1 至 16 格");
			return;
		}
		for (size_t k = 0; k < row->n_cells; k++)
			want_short(w, rows, row->cells[k], CELL_MAX);
	}
}

static bool kind_was_there(Rxcirc__V1__ApplicationDocument *const *all, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(all[i]->kind, all[at]->kind) == 0)
			return true;
	return false;
}

static void documents(struct want *w, Rxcirc__V1__ApplicationDocument *const *all, size_t count)
{
	want_count(w, "documents", count, 0, APPLICATION_DOCUMENTS_MAX);
	for (size_t i = 0; i < count && i < APPLICATION_DOCUMENTS_MAX; i++) {
		const Rxcirc__V1__ApplicationDocument *d = all[i];

		want_word(w, place(w, "documents", i, "kind"), d->kind);
		want_text(w, place(w, "documents", i, "name"), d->name, FILE_NAME_MAX);
		want_digest(w, place(w, "documents", i, "sha256"), d->sha256);
		if (d->size_bytes == 0)
			want_fault(w, place(w, "documents", i, "size_bytes"), "is empty", "文件为空");
		if (kind_was_there(all, i))
			want_fault(w, place(w, "documents", i, "kind"), "is there twice", "材料种类重复");
		form_of(w, d, i);
	}
}

void application_form_submission(struct want *w, const Rxcirc__V1__SubmitApplicationRequest *m)
{
	want_institution(w, "institution_code", m->institution_code);
	want_count(w, "capabilities", m->n_capabilities, 0, APPLICATION_ITEMS_MAX);
	for (size_t i = 0; i < m->n_capabilities && i < APPLICATION_ITEMS_MAX; i++)
		want_word(w, "capabilities", m->capabilities[i]);
	documents(w, m->documents, m->n_documents);
}

/* A digest and a moment may be missing: that an item is proved is a rule, not a form. */
static void items(struct want *w, Rxcirc__V1__CheckedItem *const *all, size_t count)
{
	want_count(w, "items", count, 0, APPLICATION_ITEMS_MAX);
	for (size_t i = 0; i < count && i < APPLICATION_ITEMS_MAX; i++) {
		want_word(w, place(w, "items", i, "name"), all[i]->name);
		if (all[i]->evidence_sha256.len != 0)
			want_digest(w, place(w, "items", i, "evidence_sha256"), all[i]->evidence_sha256);
		want_short(w, place(w, "items", i, "evidence"), all[i]->evidence, EVIDENCE_TEXT_MAX);
		if (!moment_is_sound(all[i]->found_at_ms))
			want_fault(w, place(w, "items", i, "found_at_ms"), "must be a moment after 1970",
				"时间无效");
	}
}

static void notice(struct want *w, const Rxcirc__V1__SupplementNotice *m)
{
	want_count(w, "requested", m->n_documents, 0, APPLICATION_DOCUMENTS_MAX);
	for (size_t i = 0; i < m->n_documents && i < APPLICATION_DOCUMENTS_MAX; i++)
		want_word(w, "requested", m->documents[i]);
}

static void group(struct want *w, const Rxcirc__V1__AssessmentGroup *m)
{
	want_count(w, "group", m->n_members, 0, APPLICATION_GROUP_MAX);
	for (size_t i = 0; i < m->n_members && i < APPLICATION_GROUP_MAX; i++)
		want_text(w, "group", m->members[i], PERSON_NAME_MAX);
	want_within(w, "group_form", (int)m->form, 0,
		RXCIRC__V1__ASSESSMENT_FORM__ASSESSMENT_FORM_ON_SITE);
}

void application_form_act(struct want *w, const Rxcirc__V1__AdvanceApplicationRequest *m)
{
	switch ((int)m->act_case) { /* a number from outside */
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_NOTIFY:
		notice(w, m->notify);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_SUPPLEMENT:
		documents(w, m->supplement->documents, m->supplement->n_documents);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_CHECK:
		items(w, m->check->items, m->check->n_items);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_VERIFY:
		items(w, m->verify->items, m->verify->n_items);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_ASSESS:
		items(w, m->assess->items, m->assess->n_items);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_FAIL:
		items(w, m->fail->items, m->fail->n_items);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_FORM_GROUP:
		group(w, m->form_group);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_NOTE_AGREEMENT:
		want_moment(w, "noted_at_ms", m->note_agreement->signed_at_ms);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_OVERRIDE:
		want_text(w, "number", m->override->block, CODE_MAX + 20);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_FILE:
		want_short(w, "number", m->file->number, CODE_MAX);
		want_moment(w, "noted_at_ms", m->file->filed_at_ms);
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_APPROVE:
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_ACTIVATE:
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_PUBLISH:
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_WITHDRAW:
		break;
	case RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT__NOT_SET:
	default:
		want_fault(w, "act", "exactly one act must be given", "须给出且仅给出一项操作");
		break;
	}
}

enum status_reason application_form_status(const struct want *w)
{
	if (w->exhausted)
		return STATUS_BUSY;
	return w->faults > 0 ? STATUS_FIELD_INVALID : STATUS_OK;
}
