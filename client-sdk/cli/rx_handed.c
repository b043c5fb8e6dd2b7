#include "client-sdk/cli/rx_handed.h"

#include <string.h>

#include "client-sdk/cli/say.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name

/* Keep it when it is the hand-over asked for, or a newer own one when any will do. */
static void take_record(struct rx_handed *h, const Rxcirc__V1__SignedDocument *document,
	const char *pharmacy_code, uint32_t fill_no)
{
	Rxcirc__V1__DispenseRecord *record =
		rxcirc__v1__dispense_record__unpack(NULL, document->body.len, document->body.data);

	if (!record)
		return;
	bool is_wanted = fill_no ? record->fill_no == fill_no :
		!h->record || record->fill_no > h->record->fill_no;

	if (!is_wanted || strcmp(record->pharmacy_code, pharmacy_code) != 0) {
		rxcirc__v1__dispense_record__free_unpacked(record, NULL);
		return;
	}
	if (h->record)
		rxcirc__v1__dispense_record__free_unpacked(h->record, NULL);
	h->record = record;
	h->document = document;
}

/* A return may stand in both files; its number tells. */
static bool is_known(const struct rx_handed *h, uint32_t return_no)
{
	for (size_t i = 0; i < h->returns_count; i++)
		if (h->returns[i]->return_no == return_no)
			return true;
	return false;
}

static void take_return(struct rx_handed *h, const Rxcirc__V1__SignedDocument *document)
{
	Rxcirc__V1__ReturnRecord *back =
		rxcirc__v1__return_record__unpack(NULL, document->body.len, document->body.data);

	if (!back)
		return;
	if (back->return_no > h->returns_done)
		h->returns_done = back->return_no;
	if (back->fill_no == h->record->fill_no && !is_known(h, back->return_no) &&
		h->returns_count < RX_HANDED_RETURNS_MAX)
		h->returns[h->returns_count++] = back;
	else
		rxcirc__v1__return_record__free_unpacked(back, NULL);
}

int rx_handed_load(struct rx_handed *ret, const struct rx_state *rx, const char *pharmacy_code,
	uint32_t fill_no)
{
	const Rxcirc__V1__PrescriptionBundle *files[] = {rx->pulled, rx->own};

	*ret = (struct rx_handed){.record = NULL};
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; files[f] && i < files[f]->n_later; i++)
			if (files[f]->later[i]->kind == KIND(DISPENSE_RECORD))
				take_record(ret, files[f]->later[i], pharmacy_code, fill_no);
	if (!ret->record)
		return fail(EXIT_LOCAL_FILE, "no such hand-over of %s by this pharmacy is kept here",
			"本机构没有保存处方 %s 的该次调配记录", rx->code);
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; files[f] && i < files[f]->n_later; i++)
			if (files[f]->later[i]->kind == KIND(RETURN_RECORD))
				take_return(ret, files[f]->later[i]);
	return 0;
}

void rx_handed_clear(struct rx_handed *handed)
{
	if (handed->record)
		rxcirc__v1__dispense_record__free_unpacked(handed->record, NULL);
	for (size_t i = 0; i < handed->returns_count; i++)
		rxcirc__v1__return_record__free_unpacked(handed->returns[i], NULL);
	*handed = (struct rx_handed){.record = NULL};
}
