#include "app/trail_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/err.h"
#include "trail/tree_file.h"

static const char text_type[] = "text/plain; charset=utf-8";
static const char bytes_type[] = "application/octet-stream";

enum { TILE_AGE_S = 365 * 24 * 3600 };

/* A tile never changes: its path is all there is to compare. */
static void tile_keep(struct side_door_page *page, const char *name)
{
	page->type = bytes_type;
	page->max_age_s = TILE_AGE_S;
	snprintf(page->etag, sizeof(page->etag), "\"%.40s\"", name);
}

static bool text_answer(const char *text, struct side_door_page *page)
{
	page->type = text_type;
	page_add(&page->body, text, strlen(text));
	return true;
}

bool trail_pages_answer(const char *directory, const char *policy, const char *path,
	struct side_door_page *page)
{
	static const char prefix[] = "/trail/";
	const char *name = path + sizeof(prefix) - 1;
	uint8_t *bytes;
	size_t len;
	int r;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	if (strcmp(name, "policy") == 0)
		return text_answer(policy, page);
	r = tree_file_read(directory, name, &bytes, &len);
	if (r == ERR_NOT_FOUND)
		return false;
	if (r < 0) {
		log_error("could not read %.60s of the trail: %s", name, err_text(r));
		page->code = 503; /* it is there: whoever is told otherwise would remember it */
		return text_answer("could not be read\n", page);
	}
	page_add(&page->body, (const char *)bytes, len);
	free(bytes);
	if (strcmp(name, "checkpoint") == 0)
		page->type = text_type;
	else
		tile_keep(page, name);
	return true;
}
