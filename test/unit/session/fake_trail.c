#include "fake_trail.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"

void trail_expect(struct trail *t, struct trail_batch *batch)
{
	t->batches++;
	for (unsigned i = 0; i < batch->count; i++) {
		ensure(t->promises < FAKE_PROMISES);
		t->promised[t->promises].at_ms = batch->promises[i].at_ms;
		t->promised[t->promises++].leaf = batch->promises[i].leaf;
	}
	free(batch);
}

void trail_wish(struct trail *t, struct wish *wish)
{
	ensure(t->wishes_count < FAKE_WISHES);
	t->wishes[t->wishes_count++] = wish;
}

void fake_grant(struct trail *t, size_t proof_len)
{
	struct wish *wish = t->wishes[0];

	ensure(t->wishes_count > 0);
	t->wishes_count--;
	memmove(&t->wishes[0], &t->wishes[1], t->wishes_count * sizeof(t->wishes[0]));
	wish->proof = NULL;
	wish->proof_len = proof_len;
	if (proof_len > 0) {
		wish->proof = malloc(proof_len);
		ensure(wish->proof != NULL);
		memset(wish->proof, 'p', proof_len);
	}
	wish->granted(wish);
}
