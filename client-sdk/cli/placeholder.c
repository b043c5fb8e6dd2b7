#include "client-sdk/cli/placeholder.h"

#include <errno.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"

enum { AMOUNT_DIGITS_MAX = 4 };

/* Read one placeholder behind its "{{"; returns its length with the closing braces, or 0. */
static size_t placeholder_read(const char *at, size_t left, int64_t *ret_offset_ms)
{
	size_t used = 3;
	int64_t amount = 0;

	if (left < 5 || memcmp(at, "now", 3) != 0)
		return 0;
	if (at[3] == '+' || at[3] == '-') {
		size_t digit_count = 0;

		for (used = 4; used < left && at[used] >= '0' && at[used] <= '9'; used++) {
			amount = amount * 10 + (at[used] - '0');
			if (++digit_count > AMOUNT_DIGITS_MAX)
				return 0;
		}
		if (used >= left || amount == 0)
			return 0;
		switch (at[used++]) {
		case 'd':
			amount *= DAY_MS;
			break;
		case 'h':
			amount *= HOUR_MS;
			break;
		case 'm':
			amount *= MINUTE_MS;
			break;
		default:
			return 0;
		}
	}
	if (left - used < 2 || at[used] != '}' || at[used + 1] != '}')
		return 0;
	*ret_offset_ms = at[3] == '-' ? -amount : amount;
	return used + 2;
}

int placeholder_expand(const char *text, size_t len, int64_t now_ms, size_t len_max,
	struct buffer *ret, size_t *ret_at)
{
	struct buffer out = {NULL, 0};
	size_t at = 0;
	int r = 0;

	while (r == 0 && at < len) {
		const char *braces = memmem(text + at, len - at, "{{", 2);
		size_t plain = braces ? (size_t)(braces - text) - at : len - at;

		r = buffer_append(&out, text + at, plain, len_max);
		at += plain;
		if (r < 0 || !braces)
			continue;
		char when[CHINA_TIME_LEN + 1];
		int64_t offset_ms = 0;
		size_t used = placeholder_read(text + at + 2, len - at - 2, &offset_ms);

		if (used == 0) {
			*ret_at = at;
			r = -EINVAL;
			continue;
		}
		china_time_format(now_ms + offset_ms, when);
		r = buffer_append(&out, when, CHINA_TIME_LEN, len_max);
		at += 2 + used;
	}
	if (r == 0 && !out.data)
		r = buffer_append(&out, "", 0, len_max);
	if (r < 0)
		buffer_clear(&out);
	else
		*ret = out;
	return r;
}
