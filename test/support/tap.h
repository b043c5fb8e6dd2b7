/* cmocka with names that say which requirement a test proves.
 *
 *     static const struct CMUnitTest tests[] = {
 *         PROVES(refuses_first_visit, "SX15-3.5"),
 *         TEST(accepts_the_limit),
 *     };
 * Output is TAP (set by the build); the name reads "refuses_first_visit [SX15-3.5]".
 */
#ifndef TEST_SUPPORT_TAP_H
#define TEST_SUPPORT_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(fn) cmocka_unit_test(fn)
#define PROVES(fn, ids) {#fn " [" ids "]", fn, NULL, NULL, NULL}

#endif
