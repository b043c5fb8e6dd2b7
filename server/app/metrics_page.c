#include "app/metrics_page.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "service/lateness.h"
#include "session/budget.h"

/* Counters of one kind lie at the same place in every worker's numbers: a reader finds it there. */
typedef uint64_t (*worker_number)(const struct worker *w, unsigned which);

static uint64_t metrics_sum(const struct metrics_sources *m, worker_number read, unsigned which)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m->workers_count; i++)
		sum += read(m->workers[i], which);
	return sum;
}

static void metrics_head(struct page *page, const char *name, const char *type, const char *help)
{
	page_print(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* ---- histograms ---------------------------------------------------------------------------- */

struct metrics_buckets {
	uint64_t counts[METRIC_BUCKETS + 1];
	uint64_t sum;
};

static void metrics_collect(struct metrics_buckets *b, const struct metric_histogram *h)
{
	for (unsigned i = 0; i <= METRIC_BUCKETS; i++)
		b->counts[i] += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
	b->sum += atomic_load_explicit(&h->sum, memory_order_relaxed);
}

static void metrics_print_buckets(struct page *page, const char *name, const char *label,
	const char *value, const struct metrics_buckets *b, const struct metric_scale *scale)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < METRIC_BUCKETS; i++) {
		count += b->counts[i];
		page_print(page, "%s_bucket{%s=\"%s\",le=\"%g\"} %llu\n", name, label, value,
			(double)scale->bounds[i] / scale->unit, (unsigned long long)count);
	}
	count += b->counts[METRIC_BUCKETS];
	page_print(page, "%s_bucket{%s=\"%s\",le=\"+Inf\"} %llu\n", name, label, value,
		(unsigned long long)count);
	page_print(page, "%s_sum{%s=\"%s\"} %g\n%s_count{%s=\"%s\"} %llu\n", name, label, value,
		(double)b->sum / scale->unit, name, label, value, (unsigned long long)count);
}

/* ---- calls --------------------------------------------------------------------------------- */

static const char *const metrics_classes[RECEPTION_CLASSES] = {
	"ok", "caller", "retry", "unknown", "fatal"};

static uint64_t metrics_ended(const struct worker *w, unsigned which)
{
	const struct method_metrics *m =
		&worker_reception_metrics(w)->methods[which / RECEPTION_CLASSES];

	return metric_value(&m->ended[which % RECEPTION_CLASSES]);
}

static uint64_t metrics_answers(const struct worker *w, unsigned which)
{
	return metric_value(&worker_reception_metrics(w)->answers[which]);
}

static const char *metrics_method(unsigned method)
{
	return method < DISPATCH_METHODS ? dispatch_rows[method].method : "";
}

static uint64_t metrics_over_budget(const struct worker *w, unsigned which)
{
	const struct reception_metrics *m = worker_reception_metrics(w);

	return metric_value(&m->over_budget[which / CALLER_ROLES][which % CALLER_ROLES]);
}

static void metrics_budgets(struct page *page, const struct metrics_sources *m)
{
	metrics_head(page, "rxcirc_over_budget_total", "counter",
		"Calls refused for a budget, by which and by class of institution.");
	for (unsigned i = 0; i < BUDGETS * CALLER_ROLES; i++)
		page_print(page, "rxcirc_over_budget_total{budget=\"%s\",class=\"%s\"} %llu\n",
			budget_word((enum budget)(i / CALLER_ROLES)), budget_class_word(i % CALLER_ROLES),
			(unsigned long long)metrics_sum(m, metrics_over_budget, i));
}

static void metrics_calls(struct page *page, const struct metrics_sources *m)
{
	metrics_head(page, "rxcirc_calls_total", "counter",
		"Calls answered, by method and by what the caller should do.");
	for (unsigned i = 0; i < (DISPATCH_METHODS + 1) * RECEPTION_CLASSES; i++)
		page_print(page, "rxcirc_calls_total{method=\"%s\",class=\"%s\"} %llu\n",
			metrics_method(i / RECEPTION_CLASSES), metrics_classes[i % RECEPTION_CLASSES],
			(unsigned long long)metrics_sum(m, metrics_ended, i));
	metrics_head(page, "rxcirc_call_seconds", "histogram",
		"From the arrival of a call's frame to its answer.");
	for (unsigned i = 0; i < DISPATCH_METHODS; i++) {
		struct metrics_buckets b = {{0}, 0};

		for (unsigned w = 0; w < m->workers_count; w++)
			metrics_collect(&b, &worker_reception_metrics(m->workers[w])->methods[i].us);
		metrics_print_buckets(page, "rxcirc_call_seconds", "method", metrics_method(i), &b,
			&metric_time);
	}
	metrics_head(page, "rxcirc_answers_total", "counter",
		"Answers by reason, those about a connection included.");
	for (unsigned i = 0; i < STATUS_NR; i++)
		page_print(page, "rxcirc_answers_total{reason=\"%s\"} %llu\n",
			status_row_of((enum status_reason)i)->reason,
			(unsigned long long)metrics_sum(m, metrics_answers, i));
}

/* ---- single numbers ------------------------------------------------------------------------ */

/* X(name, type, help, member of reception_metrics) */
#define RECEPTION_NUMBERS(X) \
	X(rxcirc_calls_in_flight, gauge, "Calls being worked on.", calls) \
	X(rxcirc_calls_waiting, gauge, "Of these, not started yet.", waiting) \
	X(rxcirc_streams, gauge, "Watches being kept.", streams) \
	X(rxcirc_sessions, gauge, "Sessions.", sessions) \
	X(rxcirc_answers_unsent_total, counter, "Answers whose connection was gone.", unsent)
/* X(name, type, help, member of conn_metrics) */
#define CONN_NUMBERS(X) \
	X(rxcirc_connections, gauge, "Open connections.", open) \
	X(rxcirc_connections_total, counter, "Connections taken by a worker.", accepted) \
	X(rxcirc_handshakes_total, counter, "TLS handshakes completed.", handshakes) \
	X(rxcirc_frames_total, counter, "Frames received.", frames) \
	X(rxcirc_read_pauses_total, counter, "Times a connection was not read for a while.", paused)

#define X(name, type, help, member) \
	static uint64_t metrics_##name(const struct worker *w, unsigned which) \
	{ \
		(void)which; \
		return metric_value(&worker_reception_metrics(w)->member); \
	}
RECEPTION_NUMBERS(X)
#undef X
#define X(name, type, help, member) \
	static uint64_t metrics_##name(const struct worker *w, unsigned which) \
	{ \
		(void)which; \
		return metric_value(&worker_conn_metrics(w)->member); \
	}
CONN_NUMBERS(X)
#undef X

static uint64_t metrics_ends(const struct worker *w, unsigned which)
{
	return metric_value(&worker_conn_metrics(w)->ends[which]);
}

static void metrics_connections(struct page *page, const struct metrics_sources *m)
{
#define X(name, type, help, member) \
	metrics_head(page, #name, #type, help); \
	page_print(page, #name " %llu\n", (unsigned long long)metrics_sum(m, metrics_##name, 0));
	RECEPTION_NUMBERS(X)
	CONN_NUMBERS(X)
#undef X
	metrics_head(page, "rxcirc_connections_ended_total", "counter", "Connections ended, by why.");
	for (unsigned i = 0; i < CONN_END_NR; i++)
		page_print(page, "rxcirc_connections_ended_total{reason=\"%s\"} %llu\n",
			conn_end_word((enum conn_end)i),
			(unsigned long long)metrics_sum(m, metrics_ends, i));
	metrics_head(page, "rxcirc_connections_refused_total", "counter",
		"Connections turned away at the gate, by which limit.");
	page_print(page,
		"rxcirc_connections_refused_total{limit=\"connections_max\"} %llu\n"
		"rxcirc_connections_refused_total{limit=\"connections_per_address_max\"} %llu\n",
		(unsigned long long)metric_value(&gate_metrics(m->gate)->refused_full),
		(unsigned long long)metric_value(&gate_metrics(m->gate)->refused_address));
	if (m->listener == NULL)
		return;
	metrics_head(page, "rxcirc_accept_pauses_total", "counter",
		"Times no connection was accepted for a moment, by why.");
	page_print(page,
		"rxcirc_accept_pauses_total{reason=\"descriptors\"} %llu\n"
		"rxcirc_accept_pauses_total{reason=\"handshakes_per_s_max\"} %llu\n",
		(unsigned long long)metric_value(&listener_metrics(m->listener)->pauses_descriptors),
		(unsigned long long)metric_value(&listener_metrics(m->listener)->pauses_rate));
}

/* ---- database ------------------------------------------------------------------------------ */

/* X(name, type, help, member of pg_lane_metrics) */
#define LANE_NUMBERS(X) \
	X(rxcirc_db_queue_units, gauge, "Units waiting to be sent.", queue_units) \
	X(rxcirc_db_connections_up, gauge, "Working connections.", connections_up) \
	X(rxcirc_db_batches_total, counter, "Batches sent.", batches) \
	X(rxcirc_db_units_total, counter, "Units in them.", units) \
	X(rxcirc_db_reruns_total, counter, "Batches that had to be run again.", reruns) \
	X(rxcirc_db_lost_total, counter, "Connections lost.", lost) \
	X(rxcirc_db_unknown_total, counter, "Units whose outcome could not be learned.", unknown)

#define X(name, type, help, member) \
	static uint64_t metrics_##name(const struct worker *w, unsigned lane) \
	{ \
		return metric_value(&worker_lane_metrics(w, (enum worker_lane)lane)->member); \
	}
LANE_NUMBERS(X)
#undef X

static void metrics_lane_histogram(struct page *page, const struct metrics_sources *m,
	const char *name, size_t offset, const struct metric_scale *scale)
{
	for (unsigned lane = 0; lane < WORKER_LANES; lane++) {
		struct metrics_buckets b = {{0}, 0};

		for (unsigned w = 0; w < m->workers_count; w++) {
			const struct pg_lane_metrics *numbers =
				worker_lane_metrics(m->workers[w], (enum worker_lane)lane);

			metrics_collect(&b, (const void *)((const uint8_t *)numbers + offset));
		}
		metrics_print_buckets(page, name, "lane", worker_lane_names[lane], &b, scale);
	}
}

static void metrics_database(struct page *page, const struct metrics_sources *m)
{
#define X(name, type, help, member) \
	metrics_head(page, #name, #type, help); \
	for (unsigned lane = 0; lane < WORKER_LANES; lane++) \
		page_print(page, #name "{lane=\"%s\"} %llu\n", worker_lane_names[lane], \
			(unsigned long long)metrics_sum(m, metrics_##name, lane));
	LANE_NUMBERS(X)
#undef X
	metrics_head(page, "rxcirc_db_batch_units", "histogram", "Units of one batch.");
	metrics_lane_histogram(page, m, "rxcirc_db_batch_units",
		offsetof(struct pg_lane_metrics, batch_units), &metric_size);
	metrics_head(page, "rxcirc_db_batch_seconds", "histogram",
		"From sending a batch to its last answer.");
	metrics_lane_histogram(page, m, "rxcirc_db_batch_seconds",
		offsetof(struct pg_lane_metrics, batch_us), &metric_time);
}

/* ---- lateness ------------------------------------------------------------------------------ */

/* Whether an earlier worker has numbers of this hospital, too. */
static bool metrics_lateness_told(const struct metrics_sources *m, unsigned worker,
	const char *hospital)
{
	for (unsigned w = 0; w < worker; w++)
		if (lateness_find(worker_lateness(m->workers[w]), hospital) != NULL)
			return true;
	return false;
}

static void metrics_lateness(struct page *page, const struct metrics_sources *m)
{
	const struct lateness_row *row;

	metrics_head(page, "rxcirc_upload_lateness_seconds", "histogram",
		"From signing a prescription to its receipt, by hospital.");
	for (unsigned w = 0; w < m->workers_count; w++) {
		for (unsigned i = 0; (row = lateness_at(worker_lateness(m->workers[w]), i)) != NULL; i++) {
			struct metrics_buckets b = {{0}, 0};

			if (metrics_lateness_told(m, w, row->hospital))
				continue;
			for (unsigned v = w; v < m->workers_count; v++) {
				const struct lateness_row *same =
					lateness_find(worker_lateness(m->workers[v]), row->hospital);

				if (same != NULL)
					metrics_collect(&b, &same->ms);
			}
			metrics_print_buckets(page, "rxcirc_upload_lateness_seconds", "hospital",
				row->hospital, &b, &metric_late);
		}
	}
}

/* ---- the trail ----------------------------------------------------------------------------- */

/* X(name, type, help, counter) */
#define TRAIL_NUMBERS(X) \
	X(rxcirc_trail_size, gauge, "Leaves of the log that this node has read.", size) \
	X(rxcirc_trail_published_size, gauge, "Leaves of the published checkpoint.", published_size) \
	X(rxcirc_trail_sequenced_total, counter, "Places this node gave out.", sequenced) \
	X(rxcirc_trail_checkpoints_total, counter, "Checkpoints this node had signed.", checkpoints) \
	X(rxcirc_trail_trouble, gauge, "0 well, 1 signer away, 2 no quorum of witnesses, 3 database" \
		" away, 4 halted.", trouble)
#define AWAITED_NUMBERS(X) \
	X(rxcirc_trail_promises_open, gauge, "Receipts whose events are not published yet.", open) \
	X(rxcirc_trail_promises_kept_total, counter, "Receipts whose events were published.", kept) \
	X(rxcirc_trail_promises_late_total, counter, "Receipts not kept within 10 s.", late) \
	X(rxcirc_trail_promises_forgotten_total, counter, "Receipts nobody watched.", forgotten)

/* `more` are further labels, each behind a comma. */
static void metrics_witness(struct page *page, const char *number, const char *witness,
	const char *more, const struct metric_counter *value)
{
	page_print(page, "rxcirc_trail_witness_%s{witness=", number);
	page_quote(page, witness);
	page_print(page, "%s} %llu\n", more, (unsigned long long)metric_value(value));
}

static void metrics_witnesses(struct page *page, const struct metrics_sources *m)
{
	metrics_head(page, "rxcirc_trail_witness_up", "gauge",
		"1 when the witness answered the last time it was asked.");
	for (unsigned i = 0; i < m->policy->witnesses_count; i++) {
		const char *name = m->policy->witnesses[i].name;
		const struct witness_metrics *w = trail_witness(m->trail, i);

		metrics_witness(page, "up", name, "", &w->is_up);
		metrics_witness(page, "size", name, "", &w->size);
		metrics_witness(page, "answers_total", name, ",answer=\"cosigned\"", &w->cosigned);
		metrics_witness(page, "answers_total", name, ",answer=\"away\"", &w->away);
		metrics_witness(page, "answers_total", name, ",answer=\"refused\"", &w->refused);
	}
}

static void metrics_trail(struct page *page, const struct metrics_sources *m)
{
	const struct trail_metrics *t = trail_metrics(m->trail);
	const struct awaited_metrics *a = trail_awaited(m->trail);
	uint64_t published_at_ms = metric_value(&t->published_at_ms);
	struct metrics_buckets b = {{0}, 0};

#define X(name, type, help, member) \
	metrics_head(page, #name, #type, help); \
	page_print(page, #name " %llu\n", (unsigned long long)metric_value(&(SOURCE)->member));
#define SOURCE t
	TRAIL_NUMBERS(X)
#undef SOURCE
#define SOURCE a
	AWAITED_NUMBERS(X)
#undef SOURCE
#undef X
	if (published_at_ms > 0) {
		metrics_head(page, "rxcirc_trail_checkpoint_age_seconds", "gauge",
			"Since a checkpoint was published.");
		page_print(page, "rxcirc_trail_checkpoint_age_seconds %g\n",
			(double)(clock_wall_ms() - (int64_t)published_at_ms) / 1e3);
	}
	metrics_head(page, "rxcirc_trail_promise_seconds", "histogram",
		"From a receipt to the published checkpoint.");
	metrics_collect(&b, &a->us);
	metrics_print_buckets(page, "rxcirc_trail_promise_seconds", "kept", "yes", &b, &metric_time);
	metrics_witnesses(page, m);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void metrics_process(struct page *page, const struct metrics_sources *m)
{
	int64_t fresh_ms = atomic_load_explicit(&m->freshness->at_mono_ms, memory_order_relaxed);

	metrics_head(page, "rxcirc_build_info", "gauge", "The version that runs.");
	page_print(page, "rxcirc_build_info{version=\"%s\"} 1\n", RXCIRC_VERSION);
	metrics_head(page, "rxcirc_ready", "gauge", "1 when calls can be served.");
	page_print(page, "rxcirc_ready %d\n", m->ready);
	metrics_head(page, "rxcirc_workers", "gauge", "Worker threads.");
	page_print(page, "rxcirc_workers %u\n", m->workers_count);
	if (fresh_ms != FRESHNESS_NEVER) {
		metrics_head(page, "rxcirc_registry_age_seconds", "gauge",
			"Since the registry was last known to be the newest.");
		page_print(page, "rxcirc_registry_age_seconds %g\n",
			(double)(clock_mono_ms() - fresh_ms) / 1e3);
	}
	if (m->steward != NULL) {
		metrics_head(page, "rxcirc_registries_loaded_total", "counter", "Registries loaded.");
		page_print(page, "rxcirc_registries_loaded_total %llu\n",
			(unsigned long long)steward_registries(m->steward));
	}
}

void metrics_page_write(struct page *page, const struct metrics_sources *sources)
{
	metrics_process(page, sources);
	metrics_connections(page, sources);
	metrics_calls(page, sources);
	metrics_budgets(page, sources);
	metrics_database(page, sources);
	metrics_lateness(page, sources);
	if (sources->trail != NULL)
		metrics_trail(page, sources);
}
