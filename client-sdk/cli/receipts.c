#include "client-sdk/cli/receipts.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/file.h"
#include "client-sdk/cli/say.h"

/* Of one receipt: what its files are named by, and what answers name. */
struct receipt_name {
	char event_id[2 * RXC_EVENT_ID_LEN + 1], leaf_hash[2 * RXC_SHA256_LEN + 1];
};

static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;

static bool name_read(const void *bytes, size_t len, struct receipt_name *ret)
{
	Rxcirc__V1__Receipt *receipt = rxcirc__v1__receipt__unpack(NULL, len, bytes);
	Rxcirc__V1__ReceiptStatement *s = !receipt ? NULL :
		rxcirc__v1__receipt_statement__unpack(NULL, receipt->statement.len,
			receipt->statement.data);
	bool good = s && s->event_id.len == RXC_EVENT_ID_LEN && s->leaf_hash.len == RXC_SHA256_LEN;

	if (good) {
		hex_format(s->event_id.data, s->event_id.len, ret->event_id);
		hex_format(s->leaf_hash.data, s->leaf_hash.len, ret->leaf_hash);
	}
	if (s)
		rxcirc__v1__receipt_statement__free_unpacked(s, NULL);
	if (receipt)
		rxcirc__v1__receipt__free_unpacked(receipt, NULL);
	return good;
}

/* FOLDER/receipts/<event id><suffix>; one that is there stays. */
static void keep(const char *folder, const char *event_id, const char *suffix, const void *data,
	size_t len)
{
	char *receipts = path_join(folder, "receipts");
	char *path = NULL;
	int r = receipts ? folder_make(receipts) : -ENOMEM;

	if (r == 0 && asprintf(&path, "%s/%s%s", receipts, event_id, suffix) < 0) {
		path = NULL;
		r = -ENOMEM;
	}
	if (r == 0)
		r = file_add(path, data, len);
	if (r < 0 && r != -EEXIST)
		note("could not keep %s/receipts/%s%s: %s\n", "无法保存 %s/receipts/%s%s：%s\n", folder,
			event_id, suffix, strerror(-r));
	free(receipts);
	free(path);
}

static void on_receipt(const char *method, const void *receipt, size_t receipt_len,
	const void *proof, size_t proof_len, void *user)
{
	const char *folder = user;
	struct receipt_name name;

	(void)method;
	if (!name_read(receipt, receipt_len, &name)) {
		note("the receipt that came cannot be read and is not kept\n", "收到的回执无法解析，未保存\n");
		return;
	}
	pthread_mutex_lock(&keeping);
	keep(folder, name.event_id, ".receipt", receipt, receipt_len);
	if (proof_len > 0)
		keep(folder, name.event_id, ".tlog-proof", proof, proof_len);
	else if (cli_globals.proof)
		note("the proof was not there in time; the receipt holds, and event %s can be exported\n",
			"存证证明未及时生成；回执有效，可稍后导出事件 %s\n", name.event_id);
	say_promise(name.event_id, name.leaf_hash);
	pthread_mutex_unlock(&keeping);
}

void receipts_attend(rxc_options *options, const char *folder)
{
	char *borrowed;

	memcpy(&borrowed, &folder, sizeof(borrowed)); /* only read */
	rxc_options_set_on_receipt(options, on_receipt, borrowed);
}
