#include "app/trail_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static int policy_read(const char *path, char **ret, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(POLICY_BYTES_MAX + 2);
	size_t len = 0;
	int r = ERR_SYSTEM;

	if (file != NULL && text != NULL) {
		len = fread(text, 1, POLICY_BYTES_MAX + 1, file);
		r = ferror(file) != 0 ? ERR_SYSTEM : 0;
	}
	if (file != NULL)
		(void)fclose(file); /* only read */
	if (r < 0) {
		free(text);
		return r;
	}
	text[len] = '\0';
	*ret = text;
	*ret_len = len;
	return 0;
}

int trail_policy_load(struct trail_policy *ret, const char *path,
	char problem[CONFIG_PROBLEM_MAX])
{
	char why[POLICY_PROBLEM_MAX] = "is larger than 65536 bytes";
	size_t len;

	if (policy_read(path, &ret->text, &len) < 0) {
		snprintf(problem, CONFIG_PROBLEM_MAX, "could not read trail_policy \"%s\": %s", path,
			strerror(errno));
		return ERR_CONFIG;
	}
	if (len <= POLICY_BYTES_MAX && policy_parse(&ret->policy, slice_of(ret->text, len), why)) {
		if (ret->policy.logs_count == 1)
			return 0;
		snprintf(why, sizeof(why), "must name exactly one log: this server's");
	}
	snprintf(problem, CONFIG_PROBLEM_MAX, "trail_policy \"%.100s\": %s", path, why);
	trail_policy_clear(ret);
	return ERR_CONFIG;
}

void trail_policy_clear(struct trail_policy *p)
{
	free(p->text);
	p->text = NULL;
}
