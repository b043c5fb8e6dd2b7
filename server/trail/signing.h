/* From a tree to a checkpoint that others believe: the signer signs it, the witnesses cosign it.
 *
 *     idle --> signer asked --> witnesses asked --> done
 *
 * The signer (server/notary) remembers outside of the database what it signed and checks the
 * consistency itself; so do the witnesses.  Whoever is asked tells by 409 which size it remembers,
 * and is asked again from there.  A larger size is of another node that was faster -- or of a log
 * that this database has lost: signing_known() is for the caller to compare.  A proof that is
 * refused means that the first leaves are not those that were signed before.
 *
 * A witness that is away is asked again at every checkpoint and waited for by nobody, as long as
 * the others are a quorum.
 *
 * Threads: the loop's own; the numbers any.
 */
#ifndef TRAIL_SIGNING_H
#define TRAIL_SIGNING_H

#include "base/metrics.h"
#include "http/http.h"
#include "proto/tlog_policy.h"
#include "trail/tree.h"

enum signing_outcome {
	SIGNING_DONE,     /* signed, and a quorum of witnesses has cosigned */
	SIGNING_SHORT,    /* signed, without a quorum */
	SIGNING_AHEAD,    /* the signer has signed more leaves than these */
	SIGNING_AWAY,     /* the signer did not answer */
	SIGNING_REFUSED,  /* the signer says that this is not the log it knows */
	SIGNING_FAILED,   /* memory or a tile's file failed us */
};

struct signing_options {
	struct loop *loop;
	struct http *http;
	struct tree *tree;
	const char *signer;          /* path of its unix socket */
	const struct policy *policy; /* one log; a witness without URL is not asked */
	int64_t signer_ms;           /* how long the signer may take */
	int64_t witness_ms;          /* how long a witness may take */
	int64_t grace_ms;            /* how long the others are waited for once there is a quorum */
	void (*done)(enum signing_outcome outcome, void *arg);
	void *arg;
};

struct witness_metrics {
	struct metric_counter size;      /* of the last checkpoint it cosigned */
	struct metric_counter cosigned, away, refused; /* answers since the start */
	struct metric_counter is_up;     /* the last time it was asked it answered */
};

struct signing;

MUST_CHECK int signing_open(struct signing **ret, const struct signing_options *options);
/* NULL ok; done() does not come any more.  After http_close(): calls under way are its memory. */
void signing_close(struct signing *s);

/* Sign the first `size` leaves of the tree; one at a time.  done() follows, never from inside. */
void signing_start(struct signing *s, uint64_t size);
/* After SIGNING_DONE and SIGNING_SHORT: the checkpoint; borrowed until the next start. */
struct slice signing_note(const struct signing *s);
/* After every other outcome, until the next start: why, one sentence. */
const char *signing_why(const struct signing *s);
/* The largest log that the signer has told us of, or so many witnesses that the others are no
 * quorum. */
uint64_t signing_known(const struct signing *s);

/* Numbers of witness i of the policy. */
const struct witness_metrics *signing_witness(const struct signing *s, unsigned i);

#endif
