/* Relative times in sample files: {{now}}, {{now+3d}}, {{now-10m}} become China times.
 *
 * Units are d, h and m, the number 1 .. 9999.  Anything else between double braces is refused, so
 * that no placeholder ever reaches a signature.
 */
#ifndef CLI_PLACEHOLDER_H
#define CLI_PLACEHOLDER_H

#include <stdint.h>

#include "client-sdk/cli/file.h"

/* Expand `text` into *ret, at most `len_max` bytes.  0, -EINVAL with *ret_at = byte offset of the
 * placeholder that cannot be read, -EFBIG, -ENOMEM. */
CLI_CHECK int placeholder_expand(const char *text, size_t len, int64_t now_ms, size_t len_max,
	struct buffer *ret, size_t *ret_at);

#endif
