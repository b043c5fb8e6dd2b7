/* How a person was identified; the numbers are those of IdentityMode. */
#ifndef DOMAIN_IDENTITY_H
#define DOMAIN_IDENTITY_H

enum identity_mode {
	IDENTITY_VOUCHER = 1,
	IDENTITY_ID_CARD,
	IDENTITY_SOCIAL_CARD,
	IDENTITY_FACE,
	IDENTITY_MODES_END,
};

#endif
