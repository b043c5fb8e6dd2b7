/* What the process asks of the operating system before it begins.  Threads: the main one, first. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdint.h>

/* No core dumps and no tracing (the memory holds keys), no death by a closed socket, the signals
 * this server handles are kept for signalfd. */
void process_harden(void);
/* Memory that a busy moment needed is kept for the next one, up to a few MiB per thread: given back
 * at once, it is mapped and cleared again page by page, hundreds of times a second. */
void process_keep_memory(void);
/* Raise the number of descriptors to what so many connections need; a warning when it cannot be. */
void process_raise_descriptors(int64_t needed);
/* A descriptor from which SIGTERM, SIGINT and SIGHUP are read, or -1. */
int process_signal_fd(void);

#endif
