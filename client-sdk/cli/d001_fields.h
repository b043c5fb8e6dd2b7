/* The fields of the national D001 layout: one row each, with type, limit, and where it goes.
 *
 * Source: NATIONAL-INTERFACE B2 (C n = characters, N p,s = decimal digits, T = China time, Y =
 * mandatory); "extras" is the platform's own.
 */
#ifndef CLI_D001_FIELDS_H
#define CLI_D001_FIELDS_H

#include "client-sdk/cli/d001.h"

enum d001_kind {
	D001_TEXT,    /* C length -> char * */
	D001_FLAG,    /* "0" or "1" -> protobuf_c_boolean */
	D001_CHOICE,  /* one of `choices` -> a 32-bit number */
	D001_NUMBER,  /* N length,scale -> int64_t in units of 10^-unit_scale */
	D001_COUNT,   /* N length -> uint32_t */
	D001_TIME,    /* T -> int64_t ms */
	D001_SHA256,  /* 64 hexadecimal digits -> 32 bytes */
	D001_TRUTH,   /* JSON true or false -> protobuf_c_boolean */
	D001_OBJECT,  /* a JSON object or array, read elsewhere or not at all */
};

enum d001_need { D001_MAY, D001_MUST, D001_MUST_UNLESS_HERBAL };

enum { D001_NOWHERE = -1 }; /* checked, not carried */

struct d001_choice {
	const char *text;
	int32_t value;
};

struct d001_field {
	const char *name;
	enum d001_kind kind;
	enum d001_need need;
	unsigned length;
	unsigned scale, unit_scale;
	int offset; /* bytes into the object's struct */
	const struct d001_choice *choices; /* ends with a NULL text */
};

struct d001_object {
	const char *name; /* path of the object; "" for the header */
	const struct d001_field *fields;
	size_t count;
};

extern const struct d001_object d001_header;    /* into struct d001_record */
extern const struct d001_object d001_visit;     /* mdtrtinfo, into struct d001_record */
extern const struct d001_object d001_line;      /* rxdrugdetail[], into struct d001_line */
extern const struct d001_object d001_diagnosis; /* diseinfo[], into struct d001_diagnosis */
extern const struct d001_object d001_review;    /* review (D003), into struct d001_record */
extern const struct d001_object d001_extras;    /* extras, into struct d001_record */
extern const struct d001_object d001_follow_up; /* extras.followUp, into struct d001_record */
extern const struct d001_object d001_long;      /* extras.longRx, into struct d001_record */
extern const struct d001_object d001_guardian;  /* extras.guardian, into struct d001_record */

/* "C40", "N16,4", "T", ... for findings. */
void d001_field_type(const struct d001_field *field, char text[24]);
/* Read one object into `base`; `path` stands before each field's name in findings. */
void d001_object_read(const struct d001_object *object, json_t *from, const char *path,
	bool herbal, void *base, struct findings *findings);

#endif
