#include "client-sdk/src/init.h"

#include <pthread.h>

#include "proto/dsse.h"

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static int init_result;

static void init_run(void)
{
	init_result = dsse_self_test();
}

int init_crypto(struct rxc_error *err)
{
	/* Cannot fail: the control is statically initialised. */
	(void)pthread_once(&init_once, init_run);
	if (init_result < 0)
		return error_set(err, RXC_ERR_ARGUMENT, "CRYPTO_UNSOUND",
			"the installed libsodium does not pass its self-test");
	return 0;
}
