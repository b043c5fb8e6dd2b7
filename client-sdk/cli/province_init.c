/* province init: keys, certificates and configuration for everybody in the plain files. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/practitioner.h"
#include "client-sdk/cli/province.h"
#include "client-sdk/cli/report.h"

#define SERVER_DEFAULT "127.0.0.1:7443"

struct init_counts {
	unsigned certificates, keys, statements, kept;
};

struct init_job {
	struct province province;
	struct init_counts made;
	char *host;
	uint16_t port;
	rxc_key *authority;
	char authority_hex[2 * RXC_PUBLIC_KEY_LEN + 1];
	char server_pin[2 * DIGEST_LEN + 1];
};

static int memory_short(void)
{
	return fail(EXIT_FAULT, "memory is short", "内存不足");
}

static int folder_need(const char *path)
{
	int r = path ? folder_make(path) : -ENOMEM;

	return r < 0 ? fail_file(path ? path : "", r) : 0;
}

/* Make DIR/<part>. */
static int part_make(const char *folder, const char *part)
{
	char *path = path_join(folder, part);
	int r = folder_need(path);

	free(path);
	return r;
}

/* Copy one plain file unless it is there; say so when ours differs. */
static int data_copy(const char *from_folder, const char *into_folder, const char *name)
{
	struct buffer theirs = {NULL, 0};
	struct buffer ours = {NULL, 0};
	char *from = path_join(from_folder, name);
	char *into = path_join(into_folder, name);
	int r = from && into ? file_read(from, CSV_FILE_MAX, &theirs) : -ENOMEM;

	if (r < 0) {
		r = fail_file(from ? from : name, r);
	} else if (file_read(into, CSV_FILE_MAX, &ours) == 0) {
		if (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0)
			note("kept %s, which differs from %s\n", "保留 %s（与 %s 不同）\n", into, from);
	} else {
		r = file_write_new(into, theirs.data, theirs.len, 0600);
		if (r < 0)
			r = fail_file(into, r);
	}
	buffer_clear(&theirs);
	buffer_clear(&ours);
	free(from);
	free(into);
	return r;
}

/* The sample province beside this program, installed or in its build folder; heap, or NULL. */
static char *sample_data(void)
{
	static const char *const places[] = {"../share/rxcirc/province", "sample-province"};
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *path = NULL;

	if (len < 0)
		return NULL;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; !path && i < sizeof(places) / sizeof(places[0]); i++) {
		path = path_join(program, places[i]);
		if (path && !file_exists(path)) {
			free(path);
			path = NULL;
		}
	}
	return path;
}

/* Fill DIR/data from `data`, or from the sample when the folder is new and `data` is NULL. */
static int data_gather(const char *folder, const char *data)
{
	char *into = path_join(folder, "data");
	char *sample = NULL;
	int r;

	if (into && !data && !file_exists(into))
		data = sample = sample_data();
	r = folder_need(into);
	for (size_t i = 0; r == 0 && data && i < PROVINCE_FILES; i++)
		r = data_copy(data, into, province_files[i]);
	free(sample);
	free(into);
	return r;
}

static int made_at_write(const char *folder)
{
	char *path = path_join(folder, "made-at");
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64, clock_now_ms());
	int r = path ? file_write_new(path, text, (size_t)len, 0600) : -ENOMEM;

	if (r < 0 && r != -EEXIST)
		r = fail_file(path ? path : folder, r);
	free(path);
	return r == -EEXIST ? 0 : r;
}

/* Load the key at `path`, or make it first. */
static int key_have(struct init_job *job, const char *path, rxc_key **ret)
{
	rxc_error *error = NULL;
	rxc_key *key = NULL;

	if (!path)
		return memory_short();
	if (file_exists(path)) {
		job->made.kept++;
		return rxc_key_load(path, ret, &error) < 0 ? report_call(error, false) : 0;
	}
	if (rxc_key_generate(&key, &error) < 0 || rxc_key_save(key, path, &error) < 0) {
		rxc_key_free(key);
		return report_call(error, false);
	}
	job->made.keys++;
	*ret = key;
	return 0;
}

static int authorities_make(struct init_job *job)
{
	char *authority = path_join(job->province.folder, "authority.key");
	char *voucher = path_join(job->province.folder, "voucher.key");
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];
	rxc_key *voucher_key = NULL;
	int r = key_have(job, authority, &job->authority);

	if (r == 0)
		r = key_have(job, voucher, &voucher_key);
	rxc_key_free(voucher_key);
	free(authority);
	free(voucher);
	if (r != 0)
		return r;
	rxc_key_public(job->authority, public_key);
	hex_format(public_key, sizeof(public_key), job->authority_hex);
	return 0;
}

static int certificate_have(struct init_job *job, const char *folder, const char *name,
	const char *host)
{
	bool made = false;
	int r = certificate_make(folder, name, host, job->province.data.certificate_days, &made);

	if (r < 0)
		return fail_file(folder, r);
	if (made)
		job->made.certificates++;
	else
		job->made.kept++;
	return 0;
}

static int server_make(struct init_job *job)
{
	char *folder = path_join(job->province.folder, "server");
	struct certificate_facts facts;
	int r = folder_need(folder);

	if (r == 0)
		r = certificate_have(job, folder, "rxcircd", job->host);
	if (r == 0)
		r = province_certificate(&job->province, "server", "", &facts);
	if (r == 0)
		hex_format(facts.spki_sha256, DIGEST_LEN, job->server_pin);
	free(folder);
	return r;
}

static int client_conf_write(const struct init_job *job, const char *folder)
{
	char *path = path_join(folder, "client.conf");
	char *text = NULL;
	int len = asprintf(&text, "# who we are and whom we trust; see rxcirc(1)\nserver %s\nport %u\n"
		"certificate cert.pem\nkey key.pem\nserver-pin %s\nauthority %s\n", job->host, job->port,
		job->server_pin, job->authority_hex);
	int r = path && len >= 0 ? file_write_new(path, text, (size_t)len, 0600) : -ENOMEM;

	if (r < 0 && r != -EEXIST)
		r = fail_file(path ? path : folder, r);
	free(path);
	if (len >= 0)
		free(text);
	return r == -EEXIST ? 0 : r;
}

/* Certificate, configuration and state folder of one institution or officer. */
static int member_make(struct init_job *job, const char *kind, const char *name)
{
	char *folder = province_path(&job->province, kind, name, "");
	int r = folder_need(folder);

	if (r == 0)
		r = certificate_have(job, folder, name, NULL);
	if (r == 0)
		r = client_conf_write(job, folder);
	if (r == 0)
		r = part_make(folder, "state");
	free(folder);
	return r;
}

static int members_make(struct init_job *job)
{
	const struct province_data *data = &job->province.data;
	int r = part_make(job->province.folder, "institutions");

	for (size_t i = 0; r == 0 && i < data->institutions.count; i++) {
		const Rxcirc__V1__Institution *row = table_row(&data->institutions, i);

		/* an office acts through its officers */
		if (row->kind != RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_AGENCY)
			r = member_make(job, "institutions", row->code);
	}
	if (r == 0)
		r = part_make(job->province.folder, "officers");
	for (size_t i = 0; r == 0 && i < data->officers.count; i++) {
		const struct officer_row *row = table_row(&data->officers, i);

		r = member_make(job, "officers", row->id);
	}
	return r;
}

/* The authority's word about one key, signed once and kept, so that importing again changes
 * nothing. */
static int statement_write(struct init_job *job, const struct practitioner_row *row,
	const rxc_key *key, const char *path)
{
	Rxcirc__V1__SignedDocument *document = NULL;
	Rxcirc__V1__KeyStatement statement;
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];
	int64_t now_ms = clock_now_ms();
	rxc_error *error = NULL;

	rxc_key_public(key, public_key);
	rxcirc__v1__key_statement__init(&statement);
	statement.public_key = pbdata(public_key, sizeof(public_key));
	statement.algorithm = pbtext("ed25519");
	statement.practitioner_code = row->practitioner.code;
	statement.practitioner_name = row->practitioner.name;
	statement.role = row->practitioner.role;
	statement.institution_code = row->institution;
	statement.not_before_ms = now_ms - STATEMENT_AHEAD_MS;
	statement.not_after_ms = now_ms + job->province.data.key_days * DAY_MS;
	statement.stated_at_ms = now_ms;
	if (rxc_sign_message(job->authority, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
		&statement.base, &document, &error) < 0)
		return report_call(error, false);
	size_t len = rxcirc__v1__signed_document__get_packed_size(document);
	uint8_t *bytes = malloc(len);
	int r = bytes ? 0 : -ENOMEM;

	if (r == 0) {
		rxcirc__v1__signed_document__pack(document, bytes);
		r = file_write_new(path, bytes, len, 0600);
	}
	free(bytes);
	rxcirc__v1__signed_document__free_unpacked(document, NULL);
	job->made.statements++;
	return r < 0 ? fail_file(path, r) : 0;
}

static int practitioner_make(struct init_job *job, const struct practitioner_row *row)
{
	char *key_path = province_path(&job->province, "practitioners", row->practitioner.code, ".key");
	char *path = province_path(&job->province, "statements", row->practitioner.code, ".statement");
	rxc_key *key = NULL;
	int r = path ? key_have(job, key_path, &key) : memory_short();

	if (r == 0 && !file_exists(path))
		r = statement_write(job, row, key, path);
	rxc_key_free(key);
	free(key_path);
	free(path);
	return r;
}

static int practitioners_make(struct init_job *job)
{
	const struct table *table = &job->province.data.practitioners;
	int r = part_make(job->province.folder, "practitioners");

	if (r == 0)
		r = part_make(job->province.folder, "statements");
	for (size_t i = 0; r == 0 && i < table->count; i++)
		r = practitioner_make(job, table_row(table, i));
	return r;
}

/* What rxcircd must be told; *ret_path is heap, absolute. */
static int server_conf_write(const struct init_job *job, char **ret_path, char *founder_pin)
{
	const struct province_data *data = &job->province.data;
	char *folder = realpath(job->province.folder, NULL);
	char *path = folder ? path_join(folder, "server.conf") : NULL;
	struct certificate_facts facts;
	char *text = NULL;
	int r = province_certificate(&job->province, "officers", data->founding_officer, &facts);

	if (r == 0 && path) {
		hex_format(facts.spki_sha256, DIGEST_LEN, founder_pin);
		int len = asprintf(&text, "# of the province \"%s\"; include in rxcircd's configuration\n"
			"tls_certificate = %s/server/cert.pem\ntls_key = %s/server/key.pem\n"
			"registry_authority_key = %s\nfounding_officer_pin = %s\nfounding_office = %s\n",
			data->name, folder, folder, job->authority_hex, founder_pin, data->founding_office);

		r = len < 0 ? -ENOMEM : file_write_new(path, text, (size_t)len, 0600);
		r = r < 0 && r != -EEXIST ? fail_file(path, r) : 0;
		if (len >= 0)
			free(text);
	} else if (r == 0) {
		r = memory_short();
	}
	free(folder);
	if (r == 0)
		*ret_path = path;
	else
		free(path);
	return r;
}

static int init_tell(const struct init_job *job, const char *conf, const char *founder_pin)
{
	const struct init_counts *made = &job->made;

	say("%s\n  %u certificates, %u keys, %u key statements made; %u were there\n"
		"  server settings   %s\n  founding officer  %s/officers/%s\n",
		"%s\n  新建证书 %u、密钥 %u、密钥声明 %u；已有 %u\n  服务器设置  %s\n  创始人员    %s/officers/%s\n",
		job->province.data.name, made->certificates, made->keys, made->statements, made->kept, conf,
		job->province.folder, job->province.data.founding_officer);
	return answer(json_pack("{s:b, s:i, s:s, s:{s:i, s:i, s:i, s:i}, s:s, s:s, s:s, s:s}", "ok", 1,
		"exit", EXIT_OK, "province", job->province.data.name, "made", "certificates",
		(int)made->certificates, "keys", (int)made->keys, "statements", (int)made->statements,
		"kept", (int)made->kept, "server_conf", conf, "server_pin", job->server_pin,
		"registry_authority_key", job->authority_hex, "founding_officer_pin", founder_pin));
}

static int init_run(struct init_job *job, const char *folder, const char *data)
{
	char founder_pin[2 * DIGEST_LEN + 1];
	char *conf = NULL;
	int r = folder_need(folder);

	if (r == 0)
		r = data_gather(folder, data);
	if (r == 0)
		r = made_at_write(folder);
	if (r == 0)
		r = province_open(&job->province, folder);
	if (r != 0)
		return r;
	r = authorities_make(job);
	if (r == 0)
		r = server_make(job);
	if (r == 0)
		r = members_make(job);
	if (r == 0)
		r = practitioners_make(job);
	if (r == 0)
		r = server_conf_write(job, &conf, founder_pin);
	if (r == 0)
		r = init_tell(job, conf, founder_pin);
	free(conf);
	province_close(&job->province);
	return r;
}

int province_init_run(int argc, char **argv)
{
	struct init_job job = {.host = NULL};
	const char *data = NULL;
	const struct arg_option options[] = {{"data", ARG_TEXT, &data}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0)
		return r;
	if (server_parse(cli_globals.server ? cli_globals.server : SERVER_DEFAULT, &job.host,
		&job.port) < 0)
		return fail(EXIT_USAGE, "--server must be ADDRESS:PORT", "--server 须为 地址:端口");
	r = init_run(&job, args.positional[0], data);
	rxc_key_free(job.authority);
	free(job.host);
	return r;
}
