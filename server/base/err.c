#include "base/err.h"

#include "base/ensure.h"

enum err_class err_class(int err)
{
	switch (err) {
#define X(name, number, class, text) \
	case ERR_##name: \
		return ERR_CLASS_##class;
		ERR_LIST(X)
#undef X
	default:
		ensure_never("an error without a class");
	}
}

const char *err_text(int err)
{
	switch (err) {
#define X(name, number, class, text) \
	case ERR_##name: \
		return text;
		ERR_LIST(X)
#undef X
	case 0:
		return "success";
	default:
		ensure_never("an error without a text");
	}
}
