/* What the kernel says about processes: their CPU time and memory (Linux, /proc). */
#ifndef TEST_BENCH_PROC_H
#define TEST_BENCH_PROC_H

#include <stdint.h>
#include <sys/types.h>

/* CPU time used so far, user and system, in steps of a clock tick (10 ms).  0 when the process is
 * gone, or pid is 0. */
int64_t proc_cpu_us(pid_t pid);
/* The same of a process, the children it has and those it had. */
int64_t proc_family_cpu_us(pid_t pid);
/* What all processors did since the machine started, idling and waiting left out. */
int64_t proc_machine_cpu_us(void);
int64_t proc_rss_bytes(pid_t pid);

#endif
