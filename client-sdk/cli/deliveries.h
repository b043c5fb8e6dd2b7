/* Words about deliveries that several commands say. */
#ifndef CLI_DELIVERIES_H
#define CLI_DELIVERIES_H

/* By DeliveryEvent; [0] is "", a NULL ends it. */
extern const char *const delivery_words[];

#endif
