#include "db/pg_login.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

/* Taken where the conninfo is silent. */
static const struct {
	const char *keyword;
	const char *value;
} pg_login_defaults[] = {
	/* A dead peer must be noticed long before TCP would by itself. */
	{"keepalives_idle", "5"},
	{"keepalives_interval", "2"},
	{"keepalives_count", "3"},
	{"tcp_user_timeout", "15000"},
	/* Looking for a Kerberos ticket can block. */
	{"gssencmode", "disable"},
};

static void pg_login_put(struct pg_login *login, const char *keyword, const char *value)
{
	size_t i = 0;

	while (login->keywords[i] != NULL && strcmp(login->keywords[i], keyword) != 0)
		i++;
	ensure(i < PG_LOGIN_WORDS); /* libpq knows fewer keywords */
	login->keywords[i] = keyword;
	login->values[i] = value;
}

static const char *pg_login_value(const struct pg_login *login, const char *keyword)
{
	size_t i;

	for (i = 0; login->keywords[i] != NULL; i++)
		if (strcmp(login->keywords[i], keyword) == 0)
			return login->values[i];
	return NULL;
}

int pg_login_init(struct pg_login *login, const char *conninfo, const char *name,
	const char *settings)
{
	char *problem = NULL;
	PQconninfoOption *option;
	const char *given;
	size_t i;
	int len;

	memset(login, 0, sizeof(*login));
	option = PQconninfoParse(conninfo, &problem);
	if (option == NULL) {
		/* Not repeated anywhere: it may quote a password. */
		PQfreemem(problem);
		return problem == NULL ? ERR_MEMORY : ERR_CONFIG;
	}
	login->parsed = option;
	for (; option->keyword != NULL; option++)
		if (option->val != NULL)
			pg_login_put(login, option->keyword, option->val);
	for (i = 0; i < ARRAY_LEN(pg_login_defaults); i++)
		if (pg_login_value(login, pg_login_defaults[i].keyword) == NULL)
			pg_login_put(login, pg_login_defaults[i].keyword,
				pg_login_defaults[i].value);
	given = pg_login_value(login, "options");
	len = snprintf(login->options, sizeof(login->options), "%s%s%s", given != NULL ? given : "",
		given != NULL ? " " : "", settings);
	if (len < 0 || (size_t)len >= sizeof(login->options)) {
		pg_login_clear(login);
		return ERR_CONFIG;
	}
	pg_login_put(login, "options", login->options);
	(void)snprintf(login->application, sizeof(login->application), "%s %s",
		pg_login_value(login, "application_name") != NULL
			? pg_login_value(login, "application_name")
			: "rxcircd",
		name); /* cut when too long, as PostgreSQL would */
	pg_login_put(login, "application_name", login->application);
	pg_login_put(login, "client_encoding", "UTF8");
	return 0;
}

void pg_login_clear(struct pg_login *login)
{
	PQconninfoFree(login->parsed);
	memset(login, 0, sizeof(*login));
}
