/* The library verifies every bundle a pull brings, as it must; that costs a pharmacy's computer
 * more than the pull costs the server.  Here both share one machine, so the load generator has only
 * one bundle of SAMPLED_VERIFY_DEFAULT verified and believes the rest: the linker puts this in
 * between (--wrap=verify_bundle).
 *
 * Threads: one.
 */
#ifndef TEST_BENCH_SAMPLED_VERIFY_H
#define TEST_BENCH_SAMPLED_VERIFY_H

enum { SAMPLED_VERIFY_DEFAULT = 64 };

/* 1 = every one, as the library does. */
void sampled_verify_every(unsigned every);

#endif
