#include "client-sdk/cli/code_send.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/report.h"

enum {
	BATCH_ROWS_MAX = 500,          /* REGISTRY_BATCH_MAX of the server */
	BATCH_BYTES_MAX = 190 * 1024,  /* below the body's limit, with room for the rest of it */
	ROW_OVERHEAD = 4,              /* bytes of tag and length of a row inside the request */
	LOOK_MS = 200,                 /* how often progress is looked at */
	STEPS = 10,                    /* lines of progress where it is not a terminal */
};

struct batch {
	size_t start, count; /* of the sorted rows */
	bool done;
};

struct sender {
	const struct code_table *table;
	int64_t version_id;
	struct batch *batches;
	size_t count;
	struct institution lanes[CODE_SEND_LANES];
	bool shows_progress;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t moved;
	size_t next, oldest;  /* batch to be taken next; first one that is not stored */
	size_t rows_stored;
	rxc_error *error;     /* the first one */
	bool failed;
};

struct lane {
	struct sender *sender;
	unsigned number;
};

static int batches_cut(struct sender *s)
{
	size_t bytes = 0;

	s->batches = calloc(s->table->table.count + 1, sizeof(*s->batches));
	if (!s->batches)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	for (size_t i = 0; i < s->table->table.count; i++) {
		size_t row = rxcirc__v1__code__get_packed_size(s->table->rows[i]) + ROW_OVERHEAD;
		struct batch *last = s->count > 0 ? &s->batches[s->count - 1] : NULL;

		if (!last || last->count == BATCH_ROWS_MAX || bytes + row > BATCH_BYTES_MAX) {
			last = &s->batches[s->count++];
			last->start = i;
			bytes = 0;
		}
		last->count++;
		bytes += row;
	}
	return 0;
}

/* Whatever broke off, the batches before this one are there (see the header). */
static void sender_skip(struct sender *s, size_t rows_there)
{
	size_t reached = 0;

	while (reached < s->count &&
		s->batches[reached].start + s->batches[reached].count <= rows_there)
		reached++;
	s->next = s->oldest = reached > CODE_SEND_WINDOW ? reached - CODE_SEND_WINDOW : 0;
	s->rows_stored = s->next < s->count ? s->batches[s->next].start : s->table->table.count;
}

static bool batch_take(struct sender *s, size_t *ret)
{
	bool taken;

	pthread_mutex_lock(&s->lock);
	while (!s->failed && s->next < s->count && s->next >= s->oldest + CODE_SEND_WINDOW)
		pthread_cond_wait(&s->moved, &s->lock);
	taken = !s->failed && s->next < s->count;
	if (taken)
		*ret = s->next++;
	pthread_mutex_unlock(&s->lock);
	return taken;
}

static void batch_end(struct sender *s, size_t index, rxc_error *error, bool stored)
{
	pthread_mutex_lock(&s->lock);
	if (stored) {
		s->batches[index].done = true;
		s->rows_stored += s->batches[index].count;
		while (s->oldest < s->count && s->batches[s->oldest].done)
			s->oldest++;
	} else if (!s->failed) {
		s->failed = true;
		s->error = error;
		error = NULL;
	}
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	rxc_error_free(error);
}

static void *lane_run(void *arg)
{
	struct lane *lane = arg;
	struct sender *s = lane->sender;
	size_t index;

	while (batch_take(s, &index)) {
		Rxcirc__V1__PutCodesRequest request = RXCIRC__V1__PUT_CODES_REQUEST__INIT;
		Rxcirc__V1__PutCodesResponse *reply;
		rxc_error *error = NULL;
		bool stored;

		request.version_id = s->version_id;
		request.kind = s->table->kind->kind;
		request.codes = s->table->rows + s->batches[index].start;
		request.n_codes = s->batches[index].count;
		stored = rxc_codes_put(s->lanes[lane->number].client, &request, NULL, &reply, &error) == 0;
		if (stored)
			rxcirc__v1__put_codes_response__free_unpacked(reply, NULL);
		batch_end(s, index, error, stored);
	}
	return NULL;
}

static void progress_show(const struct sender *s, size_t stored, unsigned *step)
{
	size_t total = s->table->table.count;
	unsigned reached = (unsigned)(stored * STEPS / total);
	const char *word = say_pick(s->table->kind->word, s->table->kind->word_zh);

	if (isatty(STDERR_FILENO))
		note("\r%s %zu/%zu%s", "\r%s %zu/%zu%s", word, stored, total,
			stored == total ? "\n" : "");
	else if (reached > *step)
		note("%s %zu/%zu\n", "%s %zu/%zu\n", word, stored, total);
	*step = reached;
}

/* Until everything is stored or something failed. */
static void sender_watch(struct sender *s)
{
	unsigned step = 0;
	bool over;

	do {
		struct timespec until;
		size_t stored;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)LOOK_MS * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_mutex_lock(&s->lock);
		if (!s->failed && s->oldest < s->count)
			(void)pthread_cond_timedwait(&s->moved, &s->lock, &until);
		over = s->failed || s->oldest == s->count;
		stored = s->rows_stored;
		pthread_mutex_unlock(&s->lock);
		if (s->shows_progress)
			progress_show(s, stored, &step);
	} while (!over);
}

static int sender_run(struct sender *s)
{
	pthread_t threads[CODE_SEND_LANES];
	struct lane lanes[CODE_SEND_LANES];
	unsigned started = 0;

	while (started < CODE_SEND_LANES) {
		lanes[started] = (struct lane){s, started};
		if (pthread_create(&threads[started], NULL, lane_run, &lanes[started]) != 0)
			break;
		started++;
	}
	if (started > 0)
		sender_watch(s);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (started == 0)
		return fail(EXIT_FAULT, "cannot start a thread", "无法启动线程");
	return s->failed ? report_call(s->error, true) : 0;
}

int code_send(const char *officer_folder, const struct code_table *table, int64_t version_id,
	size_t rows_there, bool shows_progress)
{
	struct sender s = {.table = table, .version_id = version_id,
		.shows_progress = shows_progress,
		.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
	int r = batches_cut(&s);

	if (r == 0)
		sender_skip(&s, rows_there);
	for (unsigned i = 0; r == 0 && i < CODE_SEND_LANES; i++)
		r = institution_open(&s.lanes[i], officer_folder);
	if (r == 0)
		r = sender_run(&s);
	for (unsigned i = 0; i < CODE_SEND_LANES; i++)
		institution_close(&s.lanes[i]);
	free(s.batches);
	return r;
}
