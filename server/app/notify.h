/* Tells systemd how the service is doing; does nothing without systemd.  Threads: the main one. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

void notify_ready(void); /* it listens; also after a reload */
void notify_reloading(void);
void notify_stopping(void);
/* One line for "systemctl status". */
void notify_status(const char *line);

#endif
