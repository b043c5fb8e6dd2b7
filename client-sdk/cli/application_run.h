/* The commands of `rxcirc application`, for its table; argv[0] is the first argument. */
#ifndef CLI_APPLICATION_RUN_H
#define CLI_APPLICATION_RUN_H

#include <rxcirc/rxcirc.h>

int application_submit_run(int argc, char **argv);
int application_supplement_run(int argc, char **argv);
int application_conform_run(int argc, char **argv);
int application_withdraw_run(int argc, char **argv);
int application_notify_run(int argc, char **argv);
int application_check_run(int argc, char **argv);
int application_verify_run(int argc, char **argv);
int application_group_run(int argc, char **argv);
int application_agreement_run(int argc, char **argv);
int application_override_run(int argc, char **argv);
int application_assess_run(int argc, char **argv);
int application_fail_run(int argc, char **argv);
int application_approve_run(int argc, char **argv);
int application_file_run(int argc, char **argv);
int application_activate_run(int argc, char **argv);
int application_publish_run(int argc, char **argv);

/* One line, or one JSON object. */
int application_answer(const Rxcirc__V1__Application *a);

#endif
