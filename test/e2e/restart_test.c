/* Uploads in flight while PostgreSQL is killed again and again: nothing acknowledged may be
 * missing.
 *
 *     restart_test PROVINCE PORT COUNT ROUNDS
 *
 * Keeps COUNT uploads in flight; whenever a tenth of a round's share is answered it prints
 * "kill" and goes on, so that the runner kills the database in the middle.  Ends when ROUNDS x
 * COUNT uploads have ended, then reads every acknowledged one back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/e2e/fleet.h"
#include "test/e2e/papers.h"

enum { SECONDS_MAX = 240, CONNECTIONS = 20, UPLOADS_MAX = 100000 };

struct upload {
	char number[48], voucher[48];
	Rxcirc__V1__UploadPrescriptionRequest *request;
	Rxcirc__V1__GetPrescriptionRequest get;
	uint8_t rx_id[RXC_RX_ID_LEN];
	unsigned answers;
	bool acknowledged, found;
};

static struct {
	struct papers papers;
	struct fleet *hospital;
	struct upload *uploads;
	unsigned total, started, ended, acknowledged, failed, read, found;
	unsigned round, kill_at;
} all;

static void start_next(void);

static void on_uploaded(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct upload *u = user;

	u->answers++;
	all.ended++;
	if (error == NULL) {
		const Rxcirc__V1__UploadPrescriptionResponse *m = (void *)reply;

		memcpy(u->rx_id, m->state->rx_id.data, RXC_RX_ID_LEN);
		u->acknowledged = true;
		all.acknowledged++;
		protobuf_c_message_free_unpacked(reply, NULL);
	} else {
		fprintf(stderr, "upload %s: %s\n", u->number, rxc_error_message(error));
		all.failed++;
	}
	if (all.ended == all.kill_at) {
		all.kill_at += all.round;
		printf("kill\n");
		fflush(stdout);
	}
	start_next();
}

static void start_next(void)
{
	struct upload *u;

	if (all.started == all.total)
		return;
	u = &all.uploads[all.started];
	snprintf(u->number, sizeof(u->number), "KILL-%lld-%u", (long long)papers_now_ms(), all.started);
	snprintf(u->voucher, sizeof(u->voucher), "140100-EV-kill%u", all.started);
	all.started++;
	u->request = papers_upload(&all.papers, u->number, u->voucher);
	fleet_call(all.hospital, 0, "rxcirc.v1.Hospital/UploadPrescription", &u->request->base,
		on_uploaded, u);
}

static void on_read(void *user, ProtobufCMessage *reply, const rxc_error *error)
{
	struct upload *u = user;

	all.read++;
	if (error != NULL) {
		fprintf(stderr, "lost %s: %s\n", u->number, rxc_error_message(error));
		return;
	}
	u->found = true;
	all.found++;
	protobuf_c_message_free_unpacked(reply, NULL);
}

static void read_back(struct event_base *base)
{
	for (unsigned i = 0; i < all.total; i++) {
		struct upload *u = &all.uploads[i];

		if (!u->acknowledged)
			continue;
		rxcirc__v1__get_prescription_request__init(&u->get);
		u->get.rx_id = (ProtobufCBinaryData){RXC_RX_ID_LEN, u->rx_id};
		fleet_call(all.hospital, 0, "rxcirc.v1.Hospital/GetPrescription", &u->get.base, on_read, u);
	}
	while (all.read < all.acknowledged)
		event_base_loop(base, EVLOOP_ONCE);
}

static int report(void)
{
	unsigned once = 0;

	for (unsigned i = 0; i < all.total; i++)
		once += all.uploads[i].answers == 1;
	printf("uploads=%u one-answer-each=%u acknowledged=%u found=%u failed=%u repeats=%lu\n",
		all.total, once, all.acknowledged, all.found, all.failed, fleet_repeats(all.hospital));
	return once == all.total && all.found == all.acknowledged && all.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	unsigned in_flight, rounds;
	uint16_t port;
	char *conf;
	int r;

	if (argc != 5 || base == NULL)
		return 2;
	port = (uint16_t)strtoul(argv[2], NULL, 10);
	in_flight = (unsigned)strtoul(argv[3], NULL, 10);
	rounds = (unsigned)strtoul(argv[4], NULL, 10);
	if (in_flight < 10 || rounds < 1 || in_flight * (rounds + 1) > UPLOADS_MAX)
		return 2;
	all.total = in_flight * (rounds + 1);
	all.round = in_flight;
	all.kill_at = in_flight / 10;
	all.uploads = calloc(all.total, sizeof(*all.uploads));
	papers_open(&all.papers, argv[1]);
	conf = papers_client_conf(argv[1], HOSPITAL);
	all.hospital = fleet_new(base, conf, &port, 1, CONNECTIONS, SECONDS_MAX);
	free(conf);
	for (unsigned i = 0; i < in_flight; i++)
		start_next();
	while (all.ended < all.total)
		event_base_loop(base, EVLOOP_ONCE);
	read_back(base);
	r = report();
	for (unsigned i = 0; i < all.total; i++)
		protobuf_c_message_free_unpacked(&all.uploads[i].request->base, NULL);
	free(all.uploads);
	fleet_free(all.hospital);
	papers_close(&all.papers);
	event_base_free(base);
	return r;
}
