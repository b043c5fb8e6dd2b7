// The limits of proto/README.md, section 12, that a client needs.
export const FRAME_BODY_MAX = 262144;
export const FRAME_PREFIX_MAX = 5;
export const DEADLINE_MS_DEFAULT = 10000;
export const CALLS_IN_FLIGHT_MAX = 64;
export const IDEMPOTENCY_KEY_LEN = 16;
export const DOCUMENT_BODY_MAX = 49152;
export const SIGNED_AT_SKEW_MS_MAX = 300000n;
export const VOUCHER_ID_MAX = 50;
export const VOUCHER_LIFE_S_DEFAULT = 60;
export const VOUCHER_LIFE_S_MAX = 300;
export const VOUCHER_TEXT_MAX = 320;
export const KEY_ID_LEN = 32;
export const PUBLIC_KEY_LEN = 32;
export const SIGNATURE_LEN = 64;
export const RX_ID_LEN = 16;
export const PLACE_LEN = 40;
