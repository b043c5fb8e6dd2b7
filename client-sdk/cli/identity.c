#include "client-sdk/cli/identity.h"

#include <string.h>

#include "client-sdk/cli/say.h"

static const struct {
	const char *en, *zh;
} modes[] = {{"", ""}, {"voucher", "医保电子凭证"}, {"id-card", "居民身份证"},
	{"social-card", "社会保障卡"}, {"face", "人脸识别"}};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

int identity_mode_parse(const char *word, Rxcirc__V1__IdentityMode *ret)
{
	for (unsigned i = 1; i < MODES; i++)
		if (strcmp(word, modes[i].en) == 0) {
			*ret = (Rxcirc__V1__IdentityMode)i;
			return 0;
		}
	return fail(EXIT_USAGE, "\"%.40s\" is none of voucher, id-card, social-card, face",
		"“%.40s”不是 voucher、id-card、social-card、face 之一", word);
}

const char *identity_mode_show(Rxcirc__V1__IdentityMode mode, bool chinese)
{
	unsigned i = (unsigned)mode < MODES ? (unsigned)mode : 0;

	return chinese ? modes[i].zh : modes[i].en;
}
