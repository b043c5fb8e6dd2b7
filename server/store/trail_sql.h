/* No event without its place in the queue: what every statement that writes one ends its part
 * named `trail` with.
 *
 *     "), trail AS (INSERT INTO event (...) SELECT ... " TRAIL_QUEUED ")"
 */
#ifndef STORE_TRAIL_SQL_H
#define STORE_TRAIL_SQL_H

#define TRAIL_QUEUED \
	" RETURNING bucket, at, event_id, rx_seq, leaf_hash" \
	"), queue AS (" \
	" INSERT INTO log_queue (bucket, at, event_id, rx_seq, leaf_hash) TABLE trail"

#endif
