/* The tables against the national field list, written down a second time from its source
 * (interface D001 and D003: C n = characters, N p,s = digits, T = time, Y = mandatory). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/d001_fields.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

/* "name type [Y]" parted by ';' */
static const char header[] =
	"mdtrtCertType C3 Y;mdtrtCertNo C50;cardSn C32;bizTypeCode C3 Y;rxExraAttrCode C3;ecToken C64;"
	"authNo C100;insuPlcNo C6;mdtrtareaNo C6;hospRxno C40 Y;initRxno C40;rxTypeCode C3 Y;"
	"prscTime T Y;rxDrugCnt N16,4 Y;rxUsedWayCodg C20;rxUsedWayName C40;rxFrquCodg C20;"
	"rxFrquName C40;rxDosunt C20;rxDoscnt N16,2;rxDrordDscr C400;valiDays N10 Y;valiEndTime T Y;"
	"reptFlag C3;maxReptCnt N3;minInrvDays N3;rxCotnFlag C3;longRxFlag C3";

static const char lines[] =
	"medListCodg C50 Y;fixmedinsHilistId C30;hospPrepFlag C3;rxItemTypeCode C30 Y;"
	"tcmdrugTypeCode C30;tcmherbFoote C200;mednTypeCode C100;mednTypeName C100;mainMedcFlag C3;"
	"urgtFlag C3;basMednFlag C3;impDrugFlag C3;otcFlag C3;drugGenname C100 Y;drugDosform C30 Y;"
	"drugSpec C40 Y;drugProdname C255;prdrName C100;medcWayCodg C10 Y;medcWayDscr C100 Y;"
	"medcBegntime T Y;medcEndtime T Y;medcDays N8,2 Y;sinDosunt C20 Y;sinDoscnt N16,4 Y;"
	"usedFrquCodg C10 Y;usedFrquName C30 Y;drugDosunt C20 Y;drugCnt N16,4 Y;drugPric N16,6;"
	"drugSumamt N16,2;hospApprFlag C3 Y;selfPayRea C6;realDscr C1000";

static const char visit[] =
	"fixmedinsName C200 Y;fixmedinsCode C20 Y;mdtrtId C30 Y;medType C6 Y;iptOtpNo C30 Y;"
	"otpIptFlag C3;psnNo C30 Y;patnName C40 Y;psnCertType C6 Y;certno C50 Y;patnAge N4,1 Y;"
	"patnHgt N6,2;patnWt N6,2;gend C6 Y;gesoVal N2;algsHis C1000;prscDeptName C50 Y;"
	"prscDeptCode C30 Y;drCode C20 Y;prscDrName C50 Y;drProfttlCodg C20 Y;drDeptCode C30 Y;"
	"caty C10;mdtrtTime T Y;diseCodg C30;diseName C500;spDiseFlag C3 Y;maindiagCode C30 Y;"
	"maindiagName C100 Y;diseCondDscr C2000;hiFeesetlType C6;rgstFee N16,2;medfeeSumamt N16,2;"
	"fstdiagFlag C3";

static const char diagnoses[] =
	"diagType C3 Y;maindiagFlag C3 Y;diagSrtNo N2 Y;diagCode C30 Y;diagName C100 Y;diagDept C50 Y;"
	"diagDeptCode C20;diagDrNo C30 Y;diagDrName C50 Y;diagTime T Y;tcmDiseCode C30;"
	"tcmDiseName C300;tcmsympCode C30;tcmsymp C300";

static const char review[] =
	"pharDeptName C50 Y;pharDeptCode C30 Y;pharProfttlCodg C20;pharProfttlName C20;pharCode C20 Y;"
	"pharCertType C6;pharCertno C50;pharName C50 Y;pharPracCertNo C50 Y;pharChkTime T Y";

static const struct d001_field *field_of(const struct d001_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->fields[i].name, name) == 0)
			return &object->fields[i];
	}
	return NULL;
}

static void assert_agrees(const struct d001_object *object, const char *list)
{
	char *copy = strdup(list);
	char *rest = copy;
	char *item;

	assert_non_null(copy);
	while ((item = strsep(&rest, ";"))) {
		const char *name = strsep(&item, " ");
		const char *type = strsep(&item, " ");
		const struct d001_field *field = field_of(object, name);
		bool mandatory = item && strcmp(item, "Y") == 0;
		char ours[24];

		if (!field)
			fail_msg("%s is not in the table", name);
		d001_field_type(field, ours);
		if (strcmp(ours, type) != 0)
			fail_msg("%s is %s, the list has %s", name, ours, type);
		/* the platform finds persons by their voucher, so its number is mandatory here */
		if (strcmp(name, "mdtrtCertNo") != 0 && (field->need != D001_MAY) != mandatory)
			fail_msg("%s is %smandatory", name, mandatory ? "not " : "");
	}
	free(copy);
}

static void the_header_agrees(void **state)
{
	(void)state;
	assert_agrees(&d001_header, header);
	assert_int_equal(field_of(&d001_header, "mdtrtCertNo")->need, D001_MUST);
}

static void the_drug_lines_agree(void **state)
{
	(void)state;
	assert_agrees(&d001_line, lines);
	assert_int_equal(field_of(&d001_line, "medcWayCodg")->need, D001_MUST_UNLESS_HERBAL);
	assert_int_equal(field_of(&d001_line, "medcWayDscr")->need, D001_MUST_UNLESS_HERBAL);
}

static void the_visit_agrees(void **state)
{
	(void)state;
	assert_agrees(&d001_visit, visit);
}

static void the_diagnoses_agree(void **state)
{
	(void)state;
	assert_agrees(&d001_diagnosis, diagnoses);
}

static void the_review_agrees(void **state)
{
	(void)state;
	assert_agrees(&d001_review, review);
}

static const struct CMUnitTest tests[] = {
	TEST(the_header_agrees), TEST(the_drug_lines_agree), TEST(the_visit_agrees),
	TEST(the_diagnoses_agree), TEST(the_review_agrees),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/d001_layout", tests, NULL, NULL);
}
