/* A pull without waiting: the connection lives in a libevent loop beside other work.
 *
 *     evented_pull CLIENT.CONF VOUCHER_CODE
 *
 * Prints one line for each open prescription of the person.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rxcirc/adapters/libevent.h>

struct program {
	struct event_base *base;
	char *voucher_code;
	int exit_code;
};

static void fail(struct program *p, const char *what, const rxc_error *error)
{
	fprintf(stderr, "%s: %s %s\n", what, rxc_error_reason(error), rxc_error_message(error));
	p->exit_code = 1;
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct program *p = user;
	Rxcirc__V1__PullPrescriptionsResponse *pulled =
		(Rxcirc__V1__PullPrescriptionsResponse *)reply;

	if (error) {
		fail(p, "pull", error);
	} else {
		for (size_t i = 0; i < pulled->n_prescriptions; i++)
			printf("%s, %zu lines\n", pulled->prescriptions[i]->state->rx_code,
				pulled->prescriptions[i]->state->n_lines);
		rxcirc__v1__pull_prescriptions_response__free_unpacked(pulled, NULL);
		p->exit_code = 0;
	}
	rxc_async_close(async);
}

static void on_ready(rxc_async *async, void *user)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	struct program *p = user;
	rxc_error *error = NULL;

	request.voucher_code = p->voucher_code;
	if (rxc_async_call(async, "rxcirc.v1.Pharmacy/PullPrescriptions", &request.base, NULL, 0,
		on_reply, p, &error) < 0) {
		fail(p, "pull", error);
		rxc_error_free(error);
		rxc_async_close(async);
	}
}

static void on_closed(rxc_async *async, const rxc_error *error, void *user)
{
	struct program *p = user;

	(void)async;
	if (error)
		fail(p, "connection", error);
	event_base_loopbreak(p->base);
}

static int run(struct program *p, const char *conf)
{
	rxc_options *options = rxc_options_new();
	rxc_async *async = NULL;
	rxc_error *error = NULL;

	p->base = event_base_new();
	if (!options || !p->base) {
		fprintf(stderr, "memory is exhausted\n");
	} else if (rxc_options_load(options, conf, &error) < 0 ||
		rxc_async_new(options, on_ready, on_closed, p, &async, &error) < 0) {
		fail(p, "settings", error);
		rxc_error_free(error);
	} else if (rxc_libevent_attach(async, p->base) == 0) {
		event_base_dispatch(p->base);
	}
	rxc_async_free(async);
	rxc_options_free(options);
	if (p->base)
		event_base_free(p->base);
	return p->exit_code;
}

int main(int argc, char **argv)
{
	struct program p = {.exit_code = 1};

	if (argc != 3) {
		fprintf(stderr, "usage: evented_pull CLIENT.CONF VOUCHER_CODE\n");
		return 2;
	}
	p.voucher_code = argv[2];
	return run(&p, argv[1]);
}
