/* province import: everything in the folder to the running server, record by record.
 *
 * Sending again is harmless: the server says "unchanged" for what stands there already, so a run
 * that broke off is resumed by running it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/code_import.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/practitioner.h"
#include "client-sdk/cli/province.h"
#include "client-sdk/cli/report.h"

enum { COUNTS_MAX = 24 };
#define CODES_BEFORE_MS (366 * DAY_MS) /* how far the first code tables reach back */

/* One kind of record, for the report. */
struct import_count {
	const char *word, *word_zh;
	unsigned fresh, unchanged, awaiting;
};

struct import_job {
	struct province province;
	struct institution registrar;
	struct import_count counts[COUNTS_MAX];
	size_t count;
	size_t total; /* records of the kind that is being sent */
	bool shows_progress;
};

static void kind_begin(struct import_job *job, const char *word, const char *word_zh, size_t total)
{
	job->counts[job->count++] = (struct import_count){.word = word, .word_zh = word_zh};
	job->total = total;
}

static void progress(const struct import_job *job)
{
	const struct import_count *count = &job->counts[job->count - 1];

	if (job->shows_progress && job->total > 0)
		fprintf(stderr, "\r%s %u/%zu", say_pick(count->word, count->word_zh),
			count->fresh + count->unchanged + count->awaiting, job->total);
}

static void kind_end(const struct import_job *job)
{
	const struct import_count *count = &job->counts[job->count - 1];

	note("%s%s: %u new, %u unchanged\n", "%s%s：新增或变更 %u，未变 %u\n",
		job->shows_progress ? "\r" : "", say_pick(count->word, count->word_zh), count->fresh,
		count->unchanged);
	if (count->awaiting > 0)
		note("  %u await a second officer: let another one run the same command\n",
			"  %u 条待另一名经办人员确认：请由其执行同一命令\n", count->awaiting);
}

/* Send one record that stands for `weight` rows. */
static int put(struct import_job *job, const Rxcirc__V1__RegistryRecord *record, unsigned weight)
{
	Rxcirc__V1__PutRegistryRecordRequest request = RXCIRC__V1__PUT_REGISTRY_RECORD_REQUEST__INIT;
	struct import_count *count = &job->counts[job->count - 1];
	Rxcirc__V1__PutRegistryRecordResponse *reply;
	rxc_error *error = NULL;

	memcpy(&request.record, &record, sizeof(request.record));
	if (rxc_agency_put_record(job->registrar.client, &request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	if (reply->awaits_second_officer)
		count->awaiting += weight;
	else if (reply->changed)
		count->fresh += weight;
	else
		count->unchanged += weight;
	rxcirc__v1__put_registry_record_response__free_unpacked(reply, NULL);
	progress(job);
	return 0;
}

#define RECORD(kind, KIND, value) \
	{.base = PROTOBUF_C_MESSAGE_INIT(&rxcirc__v1__registry_record__descriptor), \
		.record_case = RXCIRC__V1__REGISTRY_RECORD__RECORD_##KIND, .kind = (value)}

/* Parents first: regions may stand in any order in the file. */
static size_t region_depth(const struct table *regions, const Rxcirc__V1__Region *region)
{
	size_t depth = 0;

	while (region && region->parent[0] && depth <= regions->count) {
		const Rxcirc__V1__Region *parent = NULL;

		for (size_t i = 0; !parent && i < regions->count; i++) {
			const Rxcirc__V1__Region *row = table_row(regions, i);

			if (strcmp(row->code, region->parent) == 0)
				parent = row;
		}
		region = parent;
		depth++;
	}
	return depth;
}

static int put_regions(struct import_job *job)
{
	const struct table *regions = &job->province.data.regions;
	size_t sent = 0;
	int r = 0;

	kind_begin(job, "regions", "区划", regions->count);
	for (size_t depth = 0; r == 0 && sent < regions->count && depth <= regions->count; depth++) {
		for (size_t i = 0; r == 0 && i < regions->count; i++) {
			Rxcirc__V1__Region *row = table_row(regions, i);
			Rxcirc__V1__RegistryRecord record = RECORD(region, REGION, row);

			if (region_depth(regions, row) != depth)
				continue;
			r = put(job, &record, 1);
			sent++;
		}
	}
	if (r == 0 && sent < regions->count)
		r = fail(EXIT_LOCAL_FILE, "regions.csv: a region is its own ancestor",
			"regions.csv：区划的上级关系成环");
	kind_end(job);
	return r;
}

/* Hosts before the internet hospitals and chains before the pharmacies that name them. */
static int put_institutions(struct import_job *job)
{
	const struct table *table = &job->province.data.institutions;
	int r = 0;

	kind_begin(job, "institutions", "机构", table->count);
	for (int led = 0; led < 2; led++) {
		for (size_t i = 0; r == 0 && i < table->count; i++) {
			Rxcirc__V1__Institution *row = table_row(table, i);
			Rxcirc__V1__RegistryRecord record = RECORD(institution, INSTITUTION, row);

			if ((row->host_code[0] != '\0' || row->chain_code[0] != '\0') == (led == 1))
				r = put(job, &record, 1);
		}
	}
	kind_end(job);
	return r;
}

static int put_certificates(struct import_job *job)
{
	const struct table *table = &job->province.data.institutions;
	int r = 0;

	kind_begin(job, "certificates", "证书", 0);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		const Rxcirc__V1__Institution *row = table_row(table, i);
		Rxcirc__V1__Certificate certificate;
		Rxcirc__V1__RegistryRecord record = RECORD(certificate, CERTIFICATE, &certificate);
		struct certificate_facts facts;

		if (row->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_AGENCY)
			continue;
		r = province_certificate(&job->province, "institutions", row->code, &facts);
		if (r != 0)
			break;
		rxcirc__v1__certificate__init(&certificate);
		certificate.spki_sha256 = pbdata(facts.spki_sha256, DIGEST_LEN);
		certificate.institution_code = row->code;
		certificate.not_before_ms = facts.not_before_ms;
		certificate.not_after_ms = facts.not_after_ms;
		r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

static int put_officers(struct import_job *job)
{
	const struct table *table = &job->province.data.officers;
	int r = 0;

	kind_begin(job, "officers", "经办人员", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		struct officer_row *row = table_row(table, i);
		Rxcirc__V1__Officer officer = row->officer;
		Rxcirc__V1__RegistryRecord record = RECORD(officer, OFFICER, &officer);
		struct certificate_facts facts;

		r = province_certificate(&job->province, "officers", row->id, &facts);
		officer.spki_sha256 = pbdata(facts.spki_sha256, DIGEST_LEN);
		officer.not_before_ms = facts.not_before_ms;
		officer.not_after_ms = facts.not_after_ms;
		if (r == 0)
			r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

static int put_practitioners(struct import_job *job)
{
	const struct table *table = &job->province.data.practitioners;
	int r = 0;

	kind_begin(job, "practitioners", "医师药师", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		struct practitioner_row *row = table_row(table, i);
		Rxcirc__V1__RegistryRecord record = RECORD(practitioner, PRACTITIONER, &row->practitioner);

		r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

static int put_practices(struct import_job *job)
{
	const struct table *table = &job->province.data.practitioners;
	int r = 0;

	kind_begin(job, "practices", "执业地点", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		struct practitioner_row *row = table_row(table, i);
		Rxcirc__V1__Practice practice;
		Rxcirc__V1__RegistryRecord record = RECORD(practice, PRACTICE, &practice);

		rxcirc__v1__practice__init(&practice);
		practice.practitioner_code = row->practitioner.code;
		practice.institution_code = row->institution;
		practice.departments = row->departments;
		practice.n_departments = row->department_count;
		r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

/* The kept statement, and possession proved anew: the same key gives the same proof. */
static int put_key(struct import_job *job, const struct practitioner_row *row)
{
	Rxcirc__V1__PractitionerKey key = RXCIRC__V1__PRACTITIONER_KEY__INIT;
	Rxcirc__V1__RegistryRecord record = RECORD(key, KEY, &key);
	Rxcirc__V1__KeyStatement *statement = NULL;
	const char *code = row->practitioner.code;
	struct practitioner practitioner;
	uint8_t possession[64];
	rxc_error *error = NULL;

	key.statement = statement_load(job->province.folder, code, &statement);
	if (!key.statement)
		return fail(EXIT_LOCAL_FILE, "%s has no readable key statement; run province init again",
			"%s 没有可读的密钥声明，请重新执行 province init", code);
	rxcirc__v1__key_statement__free_unpacked(statement, NULL);
	int r = practitioner_open(&practitioner, job->province.folder, code, NULL);

	if (r == 0 && rxc_sign_possession(practitioner.key, possession, &error) < 0)
		r = report_call(error, false);
	key.possession_signature = pbdata(possession, sizeof(possession));
	if (r == 0)
		r = put(job, &record, 1);
	practitioner_close(&practitioner);
	rxcirc__v1__signed_document__free_unpacked(key.statement, NULL);
	return r;
}

static int put_keys(struct import_job *job)
{
	const struct table *table = &job->province.data.practitioners;
	int r = 0;

	kind_begin(job, "keys", "密钥", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++)
		r = put_key(job, table_row(table, i));
	kind_end(job);
	return r;
}

static int put_voucher_key(struct import_job *job)
{
	Rxcirc__V1__VoucherKey key = RXCIRC__V1__VOUCHER_KEY__INIT;
	Rxcirc__V1__RegistryRecord record = RECORD(voucher_key, VOUCHER_KEY, &key);
	uint8_t public_key[RXC_PUBLIC_KEY_LEN];
	int r = province_public_key(&job->province, "voucher.key", public_key);

	kind_begin(job, "voucher keys", "凭证密钥", 1);
	key.public_key = pbdata(public_key, sizeof(public_key));
	/* a day early, so that codes dated back while trying things out are expired, not foreign */
	key.not_before_ms = job->province.made_at_ms - DAY_MS;
	key.not_after_ms = job->province.made_at_ms + job->province.data.key_days * DAY_MS;
	if (r == 0)
		r = put(job, &record, 1);
	kind_end(job);
	return r;
}

/* Each table is one version; the same content is the same version, so nothing is sent twice. */
static int put_code_table(struct import_job *job, const struct code_table *table)
{
	struct code_import import = {.officer_folder = job->registrar.folder, .table = table,
		.source = table->kind->form.file, .quiet = true};
	struct import_count *count;
	int r;

	kind_begin(job, table->kind->word, table->kind->word_zh, table->table.count);
	/* a visit of the days before the founding needs its codes, too */
	import.first_effective_from_ms = job->province.made_at_ms - CODES_BEFORE_MS;
	r = code_import_run(&import);
	count = &job->counts[job->count - 1];
	if (r == 0 && import.unchanged)
		count->unchanged = (unsigned)table->table.count;
	else if (r == 0)
		count->fresh = import.report->added + import.report->changed + import.report->removed;
	if (r == 0 && !import.unchanged)
		count->unchanged = (unsigned)table->table.count - import.report->added -
			import.report->changed;
	code_import_clear(&import);
	kind_end(job);
	return r;
}

static int put_codes(struct import_job *job)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < CODE_TABLE_KINDS; i++)
		r = put_code_table(job, &job->province.data.codes[i]);
	return r;
}

static int put_items(struct import_job *job)
{
	const struct table *table = &job->province.data.items;
	int r = 0;

	kind_begin(job, "items", "许可、科室、服务等事项", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		Rxcirc__V1__RegistryRecord record = RECORD(item, ITEM, table_row(table, i));

		r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

static int put_parameters(struct import_job *job)
{
	const struct table *table = &job->province.data.parameters;
	int r = 0;

	kind_begin(job, "parameters", "参数", table->count);
	for (size_t i = 0; r == 0 && i < table->count; i++) {
		Rxcirc__V1__RegistryRecord record = RECORD(parameter, PARAMETER, table_row(table, i));

		r = put(job, &record, 1);
	}
	kind_end(job);
	return r;
}

/* Those concluded before the platform came; the hosts' before what hangs on them. */
static int put_agreement(struct import_job *job, const struct agreement_row *row)
{
	Rxcirc__V1__EnterAgreementRequest request = RXCIRC__V1__ENTER_AGREEMENT_REQUEST__INIT;
	struct import_count *count = &job->counts[job->count - 1];
	Rxcirc__V1__AgreementText text = row->text;
	Rxcirc__V1__EnterAgreementResponse *reply;
	rxc_error *error = NULL;

	request.id = row->id;
	request.text = &text;
	if (rxc_agreements_enter(job->registrar.client, &request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	if (reply->changed)
		count->fresh++;
	else
		count->unchanged++;
	rxcirc__v1__enter_agreement_response__free_unpacked(reply, NULL);
	progress(job);
	return 0;
}

static int put_agreements(struct import_job *job)
{
	const struct table *table = &job->province.data.agreements;
	int r = 0;

	kind_begin(job, "agreements", "协议", table->count);
	for (int hanging = 0; hanging < 2; hanging++) {
		for (size_t i = 0; r == 0 && i < table->count; i++) {
			const struct agreement_row *row = table_row(table, i);

			if ((row->text.host_agreement_id[0] != '\0') == (hanging == 1))
				r = put_agreement(job, row);
		}
	}
	kind_end(job);
	return r;
}

static int import_tell(const struct import_job *job)
{
	json_t *kinds = json_object();
	unsigned fresh = 0;
	unsigned unchanged = 0;
	unsigned awaiting = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct import_count *count = &job->counts[i];

		fresh += count->fresh;
		unchanged += count->unchanged;
		awaiting += count->awaiting;
		json_object_set_new(kinds, count->word, json_pack("{s:i, s:i}", "new", (int)count->fresh,
			"unchanged", (int)count->unchanged));
	}
	say("%u new, %u unchanged\n", "新增或变更 %u，未变 %u\n", fresh, unchanged);
	return answer(json_pack("{s:b, s:i, s:i, s:i, s:i, s:o}", "ok", 1, "exit", EXIT_OK, "new",
		(int)fresh, "unchanged", (int)unchanged, "awaiting", (int)awaiting, "kinds", kinds));
}

static int import_all(struct import_job *job)
{
	int (*const steps[])(struct import_job *) = {put_regions, put_institutions, put_officers,
		put_certificates, put_practitioners, put_practices, put_items, put_keys, put_voucher_key,
		put_codes, put_parameters, put_agreements};
	int r = 0;

	_Static_assert(sizeof(steps) / sizeof(steps[0]) + CODE_TABLE_KINDS <= COUNTS_MAX,
		"each step has its count");
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](job);
	if (r != 0)
		note("broken off; run the same command again to go on\n", "已中断，请重复执行同一命令继续\n");
	return r == 0 ? import_tell(job) : r;
}

int province_import_run(int argc, char **argv)
{
	struct import_job job = {.count = 0};
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct args args;
	char *folder;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = province_open(&job.province, args.positional[0])) != 0)
		return r;
	folder = as ? strdup(as) :
		province_path(&job.province, "officers", job.province.data.founding_officer, "");
	job.shows_progress = !say_is_json() && isatty(STDERR_FILENO);
	r = folder ? institution_open(&job.registrar, folder) :
		fail(EXIT_FAULT, "memory is short", "内存不足");
	if (r == 0) {
		r = import_all(&job);
		institution_close(&job.registrar);
	}
	free(folder);
	province_close(&job.province);
	return r;
}
