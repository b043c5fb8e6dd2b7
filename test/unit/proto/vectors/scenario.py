"""One fill with every document, all facts invented, all keys and times fixed."""
from wire import Key, message

NOW_MS = 1772416800000  # 2026-03-02 10:00 in China
DAY_MS = 24 * 60 * 60 * 1000

(PRESCRIPTION, HOSPITAL_REVIEW, PHARMACY_REVIEW, DISPENSE_RECORD, REVOCATION,
 KEY_STATEMENT, RETURN_RECORD) = range(1, 8)

HOSPITAL, PHARMACY = "H14010500321", "P14010500042"
PHYSICIAN, HOSPITAL_PHARMACIST = "D140105000017", "HY140105000008"
PHARMACY_PHARMACIST = "PY140105000023"
VOUCHER_ID = "14010000000000000000000000000123"
RX_ID = bytes.fromhex("5ac308cc0f1e2d3c4b5a69788796a5b4")

KEYS = {name: Key(name) for name in (
    "physician", "hospital-pharmacist", "pharmacy-pharmacist", "registry-authority", "authority",
    "stranger")}


def prescription():
    patient = message({
        1: VOUCHER_ID, 2: "140100000000000000123", 3: "王小明", 4: "01",
        5: "140105199001011234", 6: 1, 7: "1990-01-01", 8: "140100", 9: "310", 10: "无"})
    physician = message({
        1: PHYSICIAN, 2: "李医生", 3: "233", 4: "A0303", 5: "心血管内科"})
    diagnosis = message({1: 1, 2: True, 3: "I10.x00x002", 4: "高血压"})
    line = message({
        1: "XC09CAL064A001010100001", 2: 11, 3: "氯沙坦钾片", 5: "片剂",
        6: "50mg*7片", 8: "1", 9: "口服", 10: 500000, 11: "mg", 12: "11", 13: "每日一次",
        14: 70000, 15: 10000, 16: "盒", 17: 15500000, 18: 1550, 19: "1", 25: False})
    follow_up = message({
        1: HOSPITAL, 2: NOW_MS - 30 * DAY_MS, 3: "I10.x00x002", 4: "outpatient-record",
        5: bytes(range(32))})
    return message({
        1: HOSPITAL, 2: "RX20260302000001", 4: 2, 6: 1, 7: 2, 8: "11", 9: "MZ20260302000001",
        10: "0000123456", 11: "AUTH2026030210000001", 12: "EC0000000000000001", 13: patient,
        14: physician, 15: [diagnosis], 16: [line], 18: NOW_MS, 19: 3, 23: follow_up,
        27: "140100", 28: "血压控制平稳，继续用药", 32: NOW_MS - 600000})


def key_statement(key, code, name, role, institution, revoked_from_ms=0):
    body = message({
        1: key.public, 2: "ed25519", 3: code, 4: name, 5: role, 6: institution,
        7: NOW_MS - 100 * DAY_MS, 8: NOW_MS + 265 * DAY_MS, 9: revoked_from_ms,
        10: NOW_MS - 100 * DAY_MS})
    return KEYS["registry-authority"].sign_document(KEY_STATEMENT, body)


def documents():
    """Name -> Document, each naming the earlier ones it stands on."""
    docs = {}
    docs["prescription"] = KEYS["physician"].sign_document(PRESCRIPTION, prescription())
    docs["hospital-review"] = KEYS["hospital-pharmacist"].sign_document(HOSPITAL_REVIEW, message({
        1: docs["prescription"].digest(), 2: HOSPITAL, 3: HOSPITAL_PHARMACIST, 4: "赵药师",
        5: "ZY14000001", 6: "A3001", 7: "药剂科", 8: 1, 9: "合理", 10: NOW_MS + 60000}))
    docs["pharmacy-review"] = KEYS["pharmacy-pharmacist"].sign_document(PHARMACY_REVIEW, message({
        1: RX_ID, 2: docs["prescription"].digest(), 3: docs["hospital-review"].digest(),
        4: PHARMACY, 5: PHARMACY_PHARMACIST, 6: "孙药师", 7: 1, 9: NOW_MS + 7200000, 10: 45}))
    dispensed_line = message({
        1: 1, 2: "XC09CAL064A001010100001", 3: 10000, 4: 15500000, 5: 1550, 6: "L2025110301",
        7: "2027-10-31", 8: ["83927460158372946105"]})
    docs["dispense-record"] = KEYS["pharmacy-pharmacist"].sign_document(DISPENSE_RECORD, message({
        1: RX_ID, 2: docs["pharmacy-review"].digest(), 3: PHARMACY, 4: PHARMACY_PHARMACIST, 5: 1,
        6: [dispensed_line], 7: NOW_MS + 7260000, 8: "store", 9: 1550}))
    returned_line = message({
        1: 1, 2: "XC09CAL064A001010100001", 3: 10000, 4: 1550, 5: ["83927460158372946105"]})
    docs["return-record"] = KEYS["pharmacy-pharmacist"].sign_document(RETURN_RECORD, message({
        1: RX_ID, 2: docs["dispense-record"].digest(), 3: PHARMACY, 4: PHARMACY_PHARMACIST, 5: 1,
        6: 1, 7: 1, 8: 1, 9: "外盒破损", 10: [returned_line], 11: NOW_MS + 14400000, 12: 1550}))
    docs["revocation"] = KEYS["physician"].sign_document(REVOCATION, message({
        1: RX_ID, 2: docs["prescription"].digest(), 3: HOSPITAL, 4: PHYSICIAN, 5: "剂量更改",
        6: NOW_MS + 3600000}))
    docs["key-statement-physician"] = key_statement(
        KEYS["physician"], PHYSICIAN, "李医生", 1, HOSPITAL)
    docs["key-statement-hospital-pharmacist"] = key_statement(
        KEYS["hospital-pharmacist"], HOSPITAL_PHARMACIST, "赵药师", 2, HOSPITAL)
    docs["key-statement-pharmacy-pharmacist"] = key_statement(
        KEYS["pharmacy-pharmacist"], PHARMACY_PHARMACIST, "孙药师", 3, PHARMACY)
    return docs
