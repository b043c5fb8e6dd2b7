#include "client-sdk/cli/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "client-sdk/cli/utf8.h"

enum { CERTIFICATE_FILE_MAX = 64 * 1024, SERIAL_LEN = 16, COMMON_NAME_MAX = 64 };

static bool extension_add(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool added = extension && X509_add_ext(certificate, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return added;
}

static bool serial_set(X509 *certificate)
{
	uint8_t bytes[SERIAL_LEN];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x3f) | 0x40; /* positive, and of full length */
	BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return set;
}

static bool name_set(X509 *certificate, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return utf8_length(name) <= COMMON_NAME_MAX &&
		X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
			(const unsigned char *)name, (int)strlen(name), -1, 0) == 1 &&
		X509_set_issuer_name(certificate, subject) == 1;
}

static bool host_set(X509 *certificate, const char *host)
{
	static const char *const kinds[] = {"IP", "DNS"};
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	char *value = NULL;
	bool set = asprintf(&value, "%s:%s", kinds[address == NULL], host) >= 0 &&
		!strpbrk(host, ",\n") && extension_add(certificate, NID_subject_alt_name, value);

	ASN1_OCTET_STRING_free(address);
	free(value);
	return set;
}

static X509 *certificate_new(EVP_PKEY *key, const char *name, const char *host, unsigned days)
{
	X509 *certificate = X509_new();
	bool good = certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
		serial_set(certificate) && name_set(certificate, name) &&
		X509_gmtime_adj(X509_getm_notBefore(certificate), -300) &&
		X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, 0, NULL) &&
		X509_set_pubkey(certificate, key) == 1 &&
		extension_add(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
		extension_add(certificate, NID_key_usage, "critical,digitalSignature") &&
		extension_add(certificate, NID_ext_key_usage, host ? "serverAuth" : "clientAuth") &&
		(!host || host_set(certificate, host)) &&
		X509_sign(certificate, key, EVP_sha256()) > 0;

	if (good)
		return certificate;
	X509_free(certificate);
	return NULL;
}

/* Write what a PEM writer left in `memory`. */
static int memory_write(BIO *memory, bool written, const char *path, mode_t mode)
{
	char *text = NULL;
	long len = written ? BIO_get_mem_data(memory, &text) : 0;

	return len > 0 ? file_write_new(path, text, (size_t)len, mode) : -EIO;
}

static int pair_write(EVP_PKEY *key, X509 *certificate, const char *key_path,
	const char *certificate_path)
{
	BIO *memory = BIO_new(BIO_s_secmem());
	int r = -ENOMEM;

	if (memory)
		r = memory_write(memory, PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) ==
			1, key_path, 0600);
	BIO_free(memory);
	memory = BIO_new(BIO_s_mem());
	if (r == 0 && memory)
		r = memory_write(memory, PEM_write_bio_X509(memory, certificate) == 1, certificate_path,
			0644);
	BIO_free(memory);
	return r;
}

static int pair_make(const char *key_path, const char *certificate_path, const char *name,
	const char *host, unsigned days)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key ? certificate_new(key, name, host, days) : NULL;
	int r = certificate ? pair_write(key, certificate, key_path, certificate_path) : -EIO;

	X509_free(certificate);
	EVP_PKEY_free(key);
	return r;
}

int certificate_make(const char *folder, const char *name, const char *host, unsigned days,
	bool *ret_made)
{
	char *key_path = path_join(folder, "key.pem");
	char *certificate_path = path_join(folder, "cert.pem");
	int r = -ENOMEM;

	if (key_path && certificate_path) {
		bool has_key = file_exists(key_path);

		r = has_key != file_exists(certificate_path) ? -EEXIST : 0;
		if (r == 0 && !has_key)
			r = pair_make(key_path, certificate_path, name, host, days);
		if (r == 0)
			*ret_made = !has_key;
	}
	free(key_path);
	free(certificate_path);
	return r;
}

static int64_t asn1_time_ms(const ASN1_TIME *time)
{
	struct tm parts;

	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return -1;
	return (int64_t)timegm(&parts) * 1000;
}

static int facts_take(X509 *certificate, struct certificate_facts *ret)
{
	struct certificate_facts facts;
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	int r = len > 0 && digest_sha256(der, (size_t)len, facts.spki_sha256) == 0 ? 0 : -EBADMSG;

	OPENSSL_free(der);
	facts.not_before_ms = asn1_time_ms(X509_get0_notBefore(certificate));
	facts.not_after_ms = asn1_time_ms(X509_get0_notAfter(certificate)) + 1000;
	if (facts.not_before_ms < 0 || facts.not_after_ms <= facts.not_before_ms)
		r = -EBADMSG;
	if (r == 0)
		*ret = facts;
	return r;
}

int certificate_read(const char *path, struct certificate_facts *ret)
{
	struct buffer file = {NULL, 0};
	int r = file_read(path, CERTIFICATE_FILE_MAX, &file);

	if (r < 0)
		return r;
	BIO *memory = BIO_new_mem_buf(file.data, (int)file.len);
	X509 *certificate = memory ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;

	r = certificate ? facts_take(certificate, ret) : -EBADMSG;
	X509_free(certificate);
	BIO_free(memory);
	buffer_clear(&file);
	return r;
}
