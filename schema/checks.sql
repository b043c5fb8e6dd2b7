-- What must always be true.  Every query returns the rows that break its sentence: none, ever.
-- schema/check runs them in one snapshot, as rxcirc_auditor or above; the tests run them after
-- every story, operators whenever they like.  Nothing here shows a person.
--
-- Form: "-- check: name", one comment that says the sentence, one query without parameters.

-- check: registry_has_one_state
-- The registry has exactly one version row, and it has grown since it was made.
SELECT count(*) AS rows, min(version) AS version FROM registry_state
HAVING count(*) <> 1 OR min(version) < 1;

-- check: internet_hospital_has_host
-- An internet hospital hangs on an entity hospital that stands in the registry.
SELECT i.code, i.host_code FROM institution i
LEFT JOIN institution h ON h.code = i.host_code
WHERE i.kind = 2 AND (h.code IS NULL OR h.kind <> 1);

-- check: application_has_all_its_steps
-- An application was moved by as many steps as its version says, without a gap, the last at its time.
SELECT a.id, a.version, count(s.seq) AS steps, max(s.seq) AS last FROM application a
LEFT JOIN application_step s ON s.application_id = a.id
GROUP BY a.id, a.version, a.updated_at
HAVING count(s.seq) <> a.version OR max(s.seq) <> a.version OR max(s.at) <> a.updated_at;

-- check: activated_is_opened
-- Whose application was activated is not waiting to be opened any more (JIN15-3.6a).
SELECT a.id, a.institution_code, a.state FROM application a
JOIN institution i ON i.code = a.institution_code
WHERE a.state IN (8, 9) AND i.status = 4;

-- check: officer_belongs_to_agency
-- An officer's certificate belongs to an office of the agency, an institution's never does.
SELECT c.spki_sha256, c.owner_code, c.holder FROM certificate c JOIN institution i ON i.code = c.owner_code
WHERE (c.holder IN (2, 3)) <> (i.kind = 5);

-- check: key_role_is_practitioners
-- A key serves the role its practitioner is registered for.
SELECT k.key_id, k.practitioner_code, k.role, p.role AS registered FROM practitioner_key k
JOIN practitioner p ON p.code = k.practitioner_code
WHERE k.role <> p.role;

-- check: key_belongs_to_a_practice
-- A key stands for a place where its practitioner is or was registered to practise.
SELECT k.key_id, k.practitioner_code, k.institution_code FROM practitioner_key k
WHERE NOT EXISTS (SELECT FROM practice p
    WHERE p.practitioner_code = k.practitioner_code AND p.institution_code = k.institution_code);

-- check: code_version_has_its_rows
-- A published version of a code table has as many rows as it was said to have.
SELECT v.id, v.kind, v.label, v.rows_expected, count(c.code) AS rows FROM code_version v
LEFT JOIN code c ON c.version = v.id
WHERE v.state = 2 GROUP BY v.id HAVING count(c.code) <> v.rows_expected;

-- check: code_belongs_to_a_version
-- A row of a code table belongs to a version.
SELECT c.version, c.code FROM code c
WHERE NOT EXISTS (SELECT FROM code_version v WHERE v.id = c.version);

-- check: key_id_is_digest
-- A key's id is the SHA-256 of the key, for practitioners and for the e-voucher authority.
SELECT key_id, public_key FROM practitioner_key WHERE key_id <> sha256(public_key)
UNION ALL
SELECT key_id, public_key FROM voucher_key WHERE key_id <> sha256(public_key);

-- check: supplementary_agreement_keeps_its_hosts_term
-- A supplementary agreement that both signed and that was not ended has the term of its host's (SX15-2.4).
SELECT a.id, a.host_agreement_id FROM agreement a JOIN agreement h ON h.id = a.host_agreement_id
WHERE a.institution_signed IS NOT NULL AND a.agency_signed IS NOT NULL AND a.ended_from IS NULL
    AND h.ended_from IS NULL AND a.ends > now() AND (a.starts, a.ends) IS DISTINCT FROM (h.starts, h.ends);

-- check: supplementary_agreement_follows_its_host
-- What suspends or ends a host's agreement does the same to the supplementary ones, from the same moment,
-- and none is concluded before its host's (SX15-2.2, SX15-2.6).
SELECT a.id, a.host_agreement_id FROM agreement a JOIN agreement h ON h.id = a.host_agreement_id
WHERE (a.ended_from IS NULL AND a.ends > now() AND (a.host_from, a.host_until) IS DISTINCT FROM (h.own_from, h.own_until))
    OR (h.ended_from IS NOT NULL AND a.ends > h.ended_from AND COALESCE(a.ended_from, 'infinity') > h.ended_from)
    OR (a.institution_signed IS NOT NULL AND a.agency_signed IS NOT NULL
        AND (h.institution_signed IS NULL OR h.agency_signed IS NULL));

-- check: agreements_of_a_kind_do_not_overlap
-- An institution never had two agreements of a kind signed and running at one time.
WITH running AS (
    SELECT id, institution_code, kind, GREATEST(starts, institution_signed, agency_signed) AS since,
        LEAST(ends, ended_from) AS until
    FROM agreement WHERE institution_signed IS NOT NULL AND agency_signed IS NOT NULL
)
SELECT a.id, b.id AS other FROM running a JOIN running b
    ON a.institution_code = b.institution_code AND a.kind = b.kind AND a.id < b.id
WHERE a.since < b.until AND b.since < a.until AND a.since < a.until AND b.since < b.until;

-- check: agreement_signatures_name_one_text
-- Both parties signed the text that is stored (NT33-J2.3).
SELECT s.agreement_id, s.seq FROM agreement_step s JOIN agreement a ON a.id = s.agreement_id
WHERE s.event IN (2, 3) AND s.body_sha256 <> a.body_sha256;

-- check: prescription_version_is_event_count
-- A prescription's version is the number of its own events (reads name it, too, without a number).
SELECT p.bucket, p.rx_id, p.version, count(e.event_id) AS events FROM prescription p
LEFT JOIN event e ON e.bucket = p.bucket AND e.rx_id = p.rx_id AND e.rx_seq IS NOT NULL
WHERE p.received_at >= (SELECT since FROM retention_kept)
GROUP BY p.bucket, p.rx_id, p.version
HAVING count(e.event_id) <> p.version;

-- check: prescription_head_is_last_leaf
-- A prescription's head is the leaf hash of its latest event.
SELECT p.bucket, p.rx_id, p.version FROM prescription p
LEFT JOIN event e ON e.bucket = p.bucket AND e.rx_id = p.rx_id AND e.rx_seq = p.version
WHERE e.leaf_hash IS DISTINCT FROM p.head_leaf AND p.received_at >= (SELECT since FROM retention_kept);

-- check: prescription_hospital_is_registered
-- A prescription comes from a hospital of the registry.
SELECT p.bucket, p.rx_id, p.hospital_code FROM prescription p
LEFT JOIN institution i ON i.code = p.hospital_code
WHERE i.code IS NULL OR i.kind NOT IN (1, 2);

-- check: prescription_has_lines
-- A prescription has lines, numbered without a gap from 1.
SELECT p.bucket, p.rx_id, count(l.line_no) AS lines, max(l.line_no) AS last FROM prescription p
LEFT JOIN prescription_line l ON l.bucket = p.bucket AND l.rx_id = p.rx_id
GROUP BY p.bucket, p.rx_id
HAVING count(l.line_no) = 0 OR max(l.line_no) <> count(l.line_no) OR min(l.line_no) <> 1;

-- check: prescription_has_data_key
-- A prescription has its data key, unless the trail says that it was destroyed.
SELECT p.bucket, p.rx_id FROM prescription p
LEFT JOIN data_key k ON k.bucket = p.bucket AND k.rx_id = p.rx_id
WHERE k.rx_id IS NULL AND p.received_at >= (SELECT since FROM retention_kept)
    AND NOT EXISTS (SELECT FROM event e WHERE e.bucket = p.bucket
        AND e.person_key = p.person_key AND e.kind = 27 AND p.rx_id = ANY (e.disclosed));

-- check: prescription_holder_is_registered
-- Whoever holds a prescription stands in the registry as a pharmacy, or as a hospital with its own.
SELECT p.bucket, p.rx_id, p.holder_code FROM prescription p
LEFT JOIN institution i ON i.code = p.holder_code
WHERE p.holder_code <> '' AND coalesce(i.kind, 0) NOT IN (1, 2, 3);

-- check: revoked_is_not_held
-- Nobody holds a revoked or a completely dispensed prescription.
SELECT bucket, rx_id, validity, use, holder_code FROM prescription
WHERE (validity = 2 OR use = 3) AND holder_code <> '';

-- check: revoked_is_unused
-- Nothing of the round that was open when it was revoked is handed over.
SELECT p.bucket, p.rx_id, p.use, p.round, l.line_no, l.dispensed_e4 FROM prescription p
JOIN prescription_line l ON l.bucket = p.bucket AND l.rx_id = p.rx_id
WHERE p.validity = 2 AND (p.use <> 1 OR l.dispensed_e4 <> l.prescribed_e4 * (p.round - 1));

-- check: rejected_is_not_held
-- A review that rejected ended the hold.
SELECT bucket, rx_id, holder_code FROM prescription WHERE review = 3 AND holder_code <> '';

-- check: use_is_what_lines_say
-- Of the open round: unused means nothing handed over, dispensed everything, partly the rest; returned
-- means that all of all rounds came back.
SELECT p.bucket, p.rx_id, p.use, p.round, sum(l.dispensed_e4) AS dispensed, sum(l.prescribed_e4) AS prescribed
FROM prescription p
JOIN prescription_line l ON l.bucket = p.bucket AND l.rx_id = p.rx_id
GROUP BY p.bucket, p.rx_id, p.use, p.round, p.fills_max
HAVING p.use <> CASE WHEN bool_and(l.dispensed_e4 = l.prescribed_e4 * (p.round - 1)) THEN 1
    WHEN NOT bool_and(l.dispensed_e4 = l.prescribed_e4 * p.round) THEN 2
    WHEN p.round = p.fills_max AND bool_and(l.returned_e4 = l.dispensed_e4) THEN 4 ELSE 3 END;

-- check: line_within_prescribed
-- Never more is handed over than was prescribed for the rounds that were opened, nor taken back than that.
SELECT l.bucket, l.rx_id, l.line_no, l.dispensed_e4, l.prescribed_e4, l.returned_e4, p.round
FROM prescription_line l JOIN prescription p ON p.bucket = l.bucket AND p.rx_id = l.rx_id
WHERE l.dispensed_e4 NOT BETWEEN 0 AND l.prescribed_e4 * p.round
    OR l.returned_e4 NOT BETWEEN 0 AND l.dispensed_e4 OR l.rounds NOT IN (p.fills_max, 12);

-- check: line_is_sum_of_fills
-- What a line says was handed over is the sum of its fills less what was undone, and what it says came
-- back is the sum of its returns.
SELECT l.bucket, l.rx_id, l.line_no, l.dispensed_e4, l.returned_e4, f.filled, r.undone, r.returned
FROM prescription_line l
CROSS JOIN LATERAL (SELECT coalesce(sum(x.quantity_e4), 0) AS filled FROM fill_line x
    WHERE x.bucket = l.bucket AND x.rx_id = l.rx_id AND x.line_no = l.line_no) f
CROSS JOIN LATERAL (SELECT coalesce(sum(x.quantity_e4) FILTER (WHERE r.kind = 2), 0) AS undone,
    coalesce(sum(x.quantity_e4) FILTER (WHERE r.kind = 1), 0) AS returned
    FROM fill_return_line x
    JOIN fill_return r ON r.bucket = x.bucket AND r.rx_id = x.rx_id AND r.return_no = x.return_no
    WHERE x.bucket = l.bucket AND x.rx_id = l.rx_id AND x.line_no = l.line_no) r
WHERE l.dispensed_e4 <> f.filled - r.undone OR l.returned_e4 <> r.returned;

-- check: fill_line_returned_is_sum_of_returns
-- What came back of a hand-over is the sum of its returns and reversals, and they have its pharmacy.
SELECT l.bucket, l.rx_id, l.fill_no, l.line_no, l.returned_e4, r.back
FROM fill_line l JOIN fill f ON f.bucket = l.bucket AND f.rx_id = l.rx_id AND f.fill_no = l.fill_no
CROSS JOIN LATERAL (SELECT coalesce(sum(x.quantity_e4), 0) AS back,
    bool_or(r.pharmacy_code <> f.pharmacy_code) AS foreign
    FROM fill_return r
    JOIN fill_return_line x ON x.bucket = r.bucket AND x.rx_id = r.rx_id AND x.return_no = r.return_no
    WHERE r.bucket = l.bucket AND r.rx_id = l.rx_id AND r.fill_no = l.fill_no AND x.line_no = l.line_no) r
WHERE l.returned_e4 <> r.back OR r.foreign;

-- check: return_has_its_event
-- Returns are numbered without a gap, and each has its RETURNED event of the same pharmacy.
SELECT r.bucket, r.rx_id, r.return_no, r.seq FROM fill_return r
JOIN prescription p ON p.bucket = r.bucket AND p.rx_id = r.rx_id AND p.received_at >= (SELECT since FROM retention_kept)
LEFT JOIN event e ON e.bucket = r.bucket AND e.rx_id = r.rx_id AND e.rx_seq = r.seq
WHERE e.kind IS DISTINCT FROM 15 OR e.institution_code <> r.pharmacy_code OR r.return_no <>
    (SELECT count(*) FROM fill_return x
        WHERE x.bucket = r.bucket AND x.rx_id = r.rx_id AND x.return_no <= r.return_no)
UNION ALL
SELECT e.bucket, e.rx_id, NULL, e.rx_seq FROM event e
LEFT JOIN fill_return r ON r.bucket = e.bucket AND r.rx_id = e.rx_id AND r.seq = e.rx_seq
WHERE e.kind = 15 AND r.rx_id IS NULL;

-- check: trace_code_is_sum_of_sales
-- What stands against a trace code is what was sold and did not come back, and whole only once (C21).
SELECT c.bucket, c.code, c.whole_sales, c.split_sales, c.flagged_sales FROM trace_code c
LEFT JOIN trace_sale s ON s.bucket = c.bucket AND s.code = c.code AND s.returned_at IS NULL
GROUP BY c.bucket, c.code
HAVING c.whole_sales <> count(*) FILTER (WHERE s.mode = 1) OR c.whole_sales NOT IN (0, 1)
    OR c.split_sales <> count(*) FILTER (WHERE s.mode = 2)
    OR c.flagged_sales <> count(*) FILTER (WHERE s.mode = 3);

-- check: trace_sale_has_its_fill
-- A code was sold with a line that was handed over, by that pharmacy.
SELECT s.bucket, s.code, s.rx_id, s.fill_no, s.line_no FROM trace_sale s
LEFT JOIN fill f ON f.bucket = get_byte(s.rx_id, 0) * 256 + get_byte(s.rx_id, 1) AND f.rx_id = s.rx_id
    AND f.fill_no = s.fill_no
LEFT JOIN fill_line l ON l.bucket = f.bucket AND l.rx_id = f.rx_id AND l.fill_no = f.fill_no
    AND l.line_no = s.line_no
WHERE l.rx_id IS NULL OR f.pharmacy_code <> s.pharmacy_code
    OR NOT EXISTS (SELECT FROM trace_code c WHERE c.bucket = s.bucket AND c.code = s.code);

-- check: line_has_prescription
-- No line, key, document or fill stands without its prescription.
SELECT 'prescription_line' AS table, c.bucket, c.rx_id FROM prescription_line c
LEFT JOIN prescription p ON p.bucket = c.bucket AND p.rx_id = c.rx_id WHERE p.rx_id IS NULL
UNION ALL
SELECT 'data_key', c.bucket, c.rx_id FROM data_key c
LEFT JOIN prescription p ON p.bucket = c.bucket AND p.rx_id = c.rx_id WHERE p.rx_id IS NULL
UNION ALL
SELECT 'document', c.bucket, c.rx_id FROM document c
LEFT JOIN prescription p ON p.bucket = c.bucket AND p.rx_id = c.rx_id WHERE p.rx_id IS NULL
UNION ALL
SELECT 'fill', c.bucket, c.rx_id FROM fill c
LEFT JOIN prescription p ON p.bucket = c.bucket AND p.rx_id = c.rx_id WHERE p.rx_id IS NULL;

-- check: fill_line_has_fill
-- A fill has lines, and every line of a fill has its fill and repeats the prescribed drug.
SELECT f.bucket, f.rx_id, f.fill_no, NULL AS line_no FROM fill f
WHERE NOT EXISTS (SELECT FROM fill_line l
    WHERE l.bucket = f.bucket AND l.rx_id = f.rx_id AND l.fill_no = f.fill_no)
UNION ALL
SELECT l.bucket, l.rx_id, l.fill_no, l.line_no FROM fill_line l
LEFT JOIN fill f ON f.bucket = l.bucket AND f.rx_id = l.rx_id AND f.fill_no = l.fill_no
LEFT JOIN prescription_line p ON p.bucket = l.bucket AND p.rx_id = l.rx_id AND p.line_no = l.line_no
WHERE f.rx_id IS NULL OR p.drug_code IS DISTINCT FROM l.drug_code;

-- check: fill_numbers_have_no_gap
-- Fills are numbered 1, 2, 3 per prescription, which knows how many there are.
SELECT p.bucket, p.rx_id, p.fills_done, count(f.fill_no) AS fills, max(f.fill_no) AS last
FROM prescription p
LEFT JOIN fill f ON f.bucket = p.bucket AND f.rx_id = p.rx_id
GROUP BY p.bucket, p.rx_id, p.fills_done
HAVING p.fills_done <> count(f.fill_no) OR coalesce(max(f.fill_no), 0) <> count(f.fill_no);

-- check: fill_total_is_sum
-- A fill's total is the sum of its lines.
SELECT f.bucket, f.rx_id, f.fill_no, f.total_fen, sum(l.amount_fen) AS lines_fen FROM fill f
JOIN fill_line l ON l.bucket = f.bucket AND l.rx_id = f.rx_id AND l.fill_no = f.fill_no
GROUP BY f.bucket, f.rx_id, f.fill_no, f.total_fen
HAVING f.total_fen <> sum(l.amount_fen);

-- check: fill_has_its_event
-- Every hand-over has its DISPENSED event of the same pharmacy, and every such event its fill.
SELECT f.bucket, f.rx_id, f.fill_no, f.seq FROM fill f
JOIN prescription p ON p.bucket = f.bucket AND p.rx_id = f.rx_id AND p.received_at >= (SELECT since FROM retention_kept)
LEFT JOIN event e ON e.bucket = f.bucket AND e.rx_id = f.rx_id AND e.rx_seq = f.seq
WHERE e.kind IS DISTINCT FROM 9 OR e.institution_code <> f.pharmacy_code
UNION ALL
SELECT e.bucket, e.rx_id, NULL, e.rx_seq FROM event e
LEFT JOIN fill f ON f.bucket = e.bucket AND f.rx_id = e.rx_id AND f.seq = e.rx_seq
WHERE e.kind = 9 AND f.rx_id IS NULL;

-- check: revoked_has_its_event
-- A prescription is revoked exactly when its trail has one REVOKED event.
SELECT p.bucket, p.rx_id, p.validity, count(e.event_id) AS events FROM prescription p
LEFT JOIN event e ON e.bucket = p.bucket AND e.rx_id = p.rx_id AND e.kind = 2
WHERE p.received_at >= (SELECT since FROM retention_kept)
GROUP BY p.bucket, p.rx_id, p.validity
HAVING count(e.event_id) <> CASE WHEN p.validity = 2 THEN 1 ELSE 0 END;

-- check: document_has_its_event
-- A document came with an event of its prescription, and a prescription has at least its first one.
SELECT d.bucket, d.rx_id, d.seq, 'no event' AS what FROM document d
LEFT JOIN prescription p ON p.bucket = d.bucket AND p.rx_id = d.rx_id
LEFT JOIN event e ON e.bucket = d.bucket AND e.rx_id = d.rx_id AND e.rx_seq = d.seq
WHERE e.rx_id IS NULL AND (p.rx_id IS NULL OR p.received_at >= (SELECT since FROM retention_kept))
UNION ALL
SELECT p.bucket, p.rx_id, 1, 'no document' FROM prescription p
WHERE NOT EXISTS (SELECT FROM document d WHERE d.bucket = p.bucket AND d.rx_id = p.rx_id);

-- check: received_is_prescriptions
-- What a hospital's day counts as received is a prescription of that hospital, issued then.
SELECT r.bucket, r.rx_id, r.hospital_code FROM hospital_received r
LEFT JOIN prescription p ON p.bucket = r.bucket AND p.rx_id = r.rx_id
WHERE p.hospital_code IS DISTINCT FROM r.hospital_code OR p.issued_at IS DISTINCT FROM r.issued_at
    OR r.day <> (r.issued_at AT TIME ZONE 'Asia/Shanghai')::date;

-- check: declared_number_has_its_day
-- A number was declared with its day's revision, and no more numbers than the day counts.
SELECT n.hospital_code, n.day, n.business, n.revision, count(*) AS numbers
FROM hospital_day_number n
LEFT JOIN hospital_day d ON d.hospital_code = n.hospital_code AND d.day = n.day
    AND d.business = n.business AND d.revision = n.revision
GROUP BY n.hospital_code, n.day, n.business, n.revision, d.numbers
HAVING d.numbers IS NULL OR count(*) > d.numbers;

-- check: identity_check_hospital_is_registered
-- A real-name check was reported by a hospital of the registry.
SELECT c.bucket, c.hospital_code FROM identity_check c
LEFT JOIN institution i ON i.code = c.hospital_code
WHERE i.code IS NULL OR i.kind NOT IN (1, 2);

-- check: settlement_has_its_fill
-- A settlement of drugs is of a fill of the same institution, never of more than its total; a consultation
-- is the issuing hospital's; and the trail knows of it.
SELECT s.bucket, s.rx_id, s.fill_no, s.pharmacy_code, s.total_fen FROM settlement s
LEFT JOIN fill f ON f.bucket = s.bucket AND f.rx_id = s.rx_id AND f.fill_no = s.fill_no
LEFT JOIN prescription p ON p.bucket = s.bucket AND p.rx_id = s.rx_id
WHERE CASE WHEN s.fill_no = 0 THEN p.hospital_code IS DISTINCT FROM s.pharmacy_code
        ELSE f.pharmacy_code IS DISTINCT FROM s.pharmacy_code OR f.total_fen < s.total_fen END
    OR (p.received_at >= (SELECT since FROM retention_kept)
        AND NOT EXISTS (SELECT FROM event e WHERE e.bucket = s.bucket AND e.rx_id = s.rx_id
        AND e.kind = 14 AND e.institution_code = s.pharmacy_code));

-- check: one_settlement_stands
-- Settlements of a fill are numbered 1, 2, 3, and all but the last were reversed.
SELECT s.bucket, s.rx_id, s.fill_no, count(*) AS settlements, max(s.settlement_no) AS last,
    count(v.rx_id) AS reversed
FROM settlement s LEFT JOIN settlement_reversal v ON v.bucket = s.bucket AND v.rx_id = s.rx_id
    AND v.fill_no = s.fill_no AND v.settlement_no = s.settlement_no
GROUP BY s.bucket, s.rx_id, s.fill_no
HAVING max(s.settlement_no) <> count(*)
    OR count(*) FILTER (WHERE v.rx_id IS NULL) > 1;

-- check: settlement_pays_its_payee
-- A retail pharmacy is paid itself, everything else is paid to a hospital that is no internet hospital's
-- guest: the host (SX15-7.1, SX15-7.2).
SELECT s.bucket, s.rx_id, s.fill_no, s.fee_kind, s.payee_code FROM settlement s
LEFT JOIN institution i ON i.code = s.payee_code
WHERE s.payee_code <> '' AND CASE WHEN s.fee_kind = 3 THEN s.payee_code <> s.pharmacy_code
    ELSE i.kind IS DISTINCT FROM 1 AND i.kind IS DISTINCT FROM 2 OR i.host_code <> '' END;

-- check: reversal_is_whole
-- A reversal takes back exactly what was settled.
SELECT v.bucket, v.rx_id, v.fill_no, v.settlement_no FROM settlement_reversal v
LEFT JOIN settlement s ON s.bucket = v.bucket AND s.rx_id = v.rx_id AND s.fill_no = v.fill_no
    AND s.settlement_no = v.settlement_no
WHERE (s.total_fen, s.pooled_fund_fen, s.personal_account_fen, s.cash_fen, s.delivery_fee_fen)
    IS DISTINCT FROM (v.total_fen, v.pooled_fund_fen, v.personal_account_fen, v.cash_fen,
    v.delivery_fee_fen);

-- check: receipt_has_its_settlement
-- A receipt and a step of the review belong to a settlement.
SELECT 'receipt' AS table, c.bucket, c.rx_id, c.fill_no FROM receipt c
LEFT JOIN settlement s ON s.bucket = c.bucket AND s.rx_id = c.rx_id AND s.fill_no = c.fill_no
    AND s.settlement_no = c.settlement_no
WHERE s.rx_id IS NULL
UNION ALL
SELECT 'settlement_step', c.bucket, c.rx_id, c.fill_no FROM settlement_step c
LEFT JOIN settlement s ON s.bucket = c.bucket AND s.rx_id = c.rx_id AND s.fill_no = c.fill_no
    AND s.settlement_no = c.settlement_no
WHERE s.rx_id IS NULL;

-- check: refused_is_within_the_funds_part
-- What stands refused of a settlement is never more than the fund paid (SX15-8.4).
SELECT s.bucket, s.rx_id, s.fill_no, s.settlement_no, sum(t.amount_fen) AS refused, s.pooled_fund_fen
FROM settlement s JOIN settlement_step t ON t.bucket = s.bucket AND t.rx_id = s.rx_id
    AND t.fill_no = s.fill_no AND t.settlement_no = s.settlement_no AND t.step = 2
WHERE NOT EXISTS (SELECT FROM settlement_step w WHERE w.bucket = s.bucket AND w.rx_id = s.rx_id
    AND w.fill_no = s.fill_no AND w.settlement_no = s.settlement_no AND w.line_no = t.line_no
    AND w.step = 5)
GROUP BY s.bucket, s.rx_id, s.fill_no, s.settlement_no, s.pooled_fund_fen
HAVING sum(t.amount_fen) > s.pooled_fund_fen;

-- check: another_officer_decided
-- Who refused a line neither upheld nor withdrew it (SX15-8.4).
SELECT d.bucket, d.rx_id, d.fill_no, d.settlement_no, d.line_no FROM settlement_step d
JOIN settlement_step t ON t.bucket = d.bucket AND t.rx_id = d.rx_id AND t.fill_no = d.fill_no
    AND t.settlement_no = d.settlement_no AND t.line_no = d.line_no AND t.step = 2
WHERE d.step IN (4, 5) AND d.actor_code = t.actor_code AND d.officer = t.officer;

-- check: charge_total_has_its_month
-- A declared total belongs to a declared month.
SELECT t.payee_code, t.month, t.revision FROM charge_total t
LEFT JOIN charge_month m ON m.payee_code = t.payee_code AND m.month = t.month
    AND m.revision = t.revision
WHERE m.payee_code IS NULL;
-- check: rating_has_its_fill
-- A rating is of a fill that happened; revisions are numbered 1, 2, 3; the trail knows of each.
SELECT r.bucket, r.rx_id, r.fill_no, r.revision FROM (
    SELECT bucket, rx_id, fill_no, revision, row_number() OVER (PARTITION BY bucket, rx_id, fill_no
        ORDER BY revision) AS place, count(*) OVER (PARTITION BY bucket, rx_id) AS ratings
    FROM rating) r
LEFT JOIN fill f ON f.bucket = r.bucket AND f.rx_id = r.rx_id AND f.fill_no = r.fill_no
LEFT JOIN prescription p ON p.bucket = r.bucket AND p.rx_id = r.rx_id
WHERE f.rx_id IS NULL OR r.revision <> r.place
    OR (p.received_at >= (SELECT since FROM retention_kept) AND r.ratings <> (SELECT count(*)
        FROM event e WHERE e.bucket = r.bucket AND e.rx_id = r.rx_id AND e.kind = 24));

-- check: delivery_has_its_fill
-- An order to deliver is of a fill of the same pharmacy, and the trail knows of it.
SELECT d.bucket, d.rx_id, d.fill_no, d.pharmacy_code FROM delivery d
LEFT JOIN fill f ON f.bucket = d.bucket AND f.rx_id = d.rx_id AND f.fill_no = d.fill_no
LEFT JOIN prescription p ON p.bucket = d.bucket AND p.rx_id = d.rx_id
WHERE f.pharmacy_code IS DISTINCT FROM d.pharmacy_code
    OR (p.received_at >= (SELECT since FROM retention_kept)
        AND NOT EXISTS (SELECT FROM event e WHERE e.bucket = d.bucket AND e.rx_id = d.rx_id
        AND e.kind = 23 AND e.institution_code = d.pharmacy_code));

-- check: delivery_steps_follow_each_other
-- What is told of an order is numbered 1, 2, 3, and each step may follow the one before.
SELECT s.bucket, s.rx_id, s.fill_no, s.order_no, s.step_no, s.previous, s.event FROM (
    SELECT bucket, rx_id, fill_no, order_no, step_no, event,
        row_number() OVER w AS place, lag(event) OVER w AS previous
    FROM delivery_step
    WINDOW w AS (PARTITION BY bucket, rx_id, fill_no, order_no ORDER BY step_no)) s
LEFT JOIN delivery d ON d.bucket = s.bucket AND d.rx_id = s.rx_id AND d.fill_no = s.fill_no
    AND d.order_no = s.order_no
WHERE d.rx_id IS NULL OR s.place <> s.step_no
    OR (s.previous IS NOT NULL AND (s.previous, s.event) NOT IN (
        (1, 2), (1, 7), (2, 3), (2, 5), (3, 3), (3, 4), (3, 5), (5, 6)));

-- check: delivery_has_its_first_step
-- An order begins with being ordered.
SELECT d.bucket, d.rx_id, d.fill_no, d.order_no FROM delivery d
WHERE NOT EXISTS (SELECT FROM delivery_step s WHERE s.bucket = d.bucket AND s.rx_id = d.rx_id
    AND s.fill_no = d.fill_no AND s.order_no = d.order_no AND s.event = 1 AND s.at = d.ordered_at);

-- check: delivery_anew_after_the_one_before_ended
-- A fill has one open order at most: the next one comes after the last failed or was cancelled.
SELECT d.bucket, d.rx_id, d.fill_no, d.order_no FROM delivery d
WHERE d.order_no > 1 AND NOT EXISTS (SELECT FROM delivery_step s WHERE s.bucket = d.bucket
    AND s.rx_id = d.rx_id AND s.fill_no = d.fill_no AND s.order_no = d.order_no - 1
    AND s.event IN (5, 7));

-- check: stock_is_of_the_registry
-- Stock was told by an institution of the registry, and its feed is known.
SELECT s.pharmacy_code FROM stock s
LEFT JOIN institution i ON i.code = s.pharmacy_code
LEFT JOIN stock_feed f ON f.pharmacy_code = s.pharmacy_code
WHERE i.code IS NULL OR f.as_of IS NULL OR f.as_of < s.as_of;

-- check: event_chain_has_no_gap
-- The events of a prescription are numbered 1, 2, 3, the first is the upload, the only one.
SELECT bucket, rx_id, rx_seq, place, kind FROM (
    SELECT bucket, rx_id, rx_seq, kind,
        row_number() OVER (PARTITION BY bucket, rx_id ORDER BY rx_seq, event_id) AS place,
        min(rx_seq) OVER (PARTITION BY bucket, rx_id) AS first
    FROM event WHERE rx_seq IS NOT NULL) e
WHERE CASE WHEN first = 1 OR NOT EXISTS (SELECT FROM retention_detached)
        THEN rx_seq IS DISTINCT FROM place OR (kind = 1) <> (place = 1)
        ELSE rx_seq IS DISTINCT FROM place + first - 1 END;

-- check: event_chain_names_previous_leaf
-- Every later event of a prescription holds the hash of the one before (field 6 of the leaf).
SELECT bucket, rx_id, rx_seq FROM (
    SELECT bucket, rx_id, rx_seq, leaf,
        lag(leaf_hash) OVER (PARTITION BY bucket, rx_id ORDER BY rx_seq) AS previous
    FROM event WHERE rx_seq IS NOT NULL) e
WHERE previous IS NOT NULL AND position('\x3220'::bytea || previous IN leaf) = 0;

-- check: event_time_does_not_run_back
-- The events of a prescription stand in the order of their numbers, as far as clocks agree (5 s).
SELECT bucket, rx_id, rx_seq, at, previous FROM (
    SELECT bucket, rx_id, rx_seq, at,
        lag(at) OVER (PARTITION BY bucket, rx_id ORDER BY rx_seq) AS previous
    FROM event WHERE rx_seq IS NOT NULL) e
WHERE at < previous - interval '5 seconds';

-- check: event_leaf_hash_is_right
-- A leaf's hash is RFC 6962's: SHA-256 of a zero byte and the leaf.
SELECT bucket, at, event_id FROM event WHERE leaf_hash <> sha256('\x00'::bytea || leaf);

-- check: event_has_prescription
-- A numbered event belongs to a prescription that is there, in the same bucket.
SELECT e.bucket, e.rx_id, e.rx_seq FROM event e
LEFT JOIN prescription p ON p.bucket = e.bucket AND p.rx_id = e.rx_id
WHERE e.rx_seq IS NOT NULL AND p.rx_id IS NULL;

-- check: event_bucket_is_persons
-- The bucket of an event is that of its person.
SELECT bucket, at, event_id FROM event
WHERE person_key IS NOT NULL AND bucket <> get_byte(person_key, 0) * 256 + get_byte(person_key, 1);

-- check: event_institution_is_registered
-- Whoever acted stands in the registry.
SELECT DISTINCT e.institution_code FROM event e
LEFT JOIN institution i ON i.code = e.institution_code
WHERE i.code IS NULL;

-- check: event_told_is_registered
-- Whoever is told of an event stands in the registry.
SELECT DISTINCT e.told_code FROM event e
LEFT JOIN institution i ON i.code = e.told_code
WHERE e.told_code IS NOT NULL AND i.code IS NULL;

-- check: event_tx_was_given_out
-- Events stand in transactions of this cluster: one with a number that is still to come would be told
-- out of order, e.g. after a logical restore (schema/README.md says what to do then).
SELECT bucket, at, event_id, tx FROM event WHERE tx >= pg_snapshot_xmax(pg_current_snapshot());

-- check: log_has_no_gap
-- The places of the log are 0, 1, 2 .. without a gap, and log_head says how many.
SELECT h.size, l.leaves, l.first, l.last
FROM (SELECT count(*) AS leaves, min(idx) AS first, max(idx) AS last FROM log_leaf) l
LEFT JOIN log_head h ON true
WHERE h.size IS DISTINCT FROM l.leaves OR (h.size > 0 AND (l.first <> 0 OR l.last <> h.size - 1));

-- check: event_has_one_place
-- Every event waits in the queue or stands in the log, once.
SELECT e.bucket, e.at, e.event_id, p.places FROM event e
LEFT JOIN (SELECT at, event_id, count(*) AS places FROM
    (SELECT at, event_id FROM log_leaf UNION ALL SELECT at, event_id FROM log_queue) x
    GROUP BY at, event_id) p ON p.at = e.at AND p.event_id = e.event_id
WHERE p.places IS DISTINCT FROM 1;

-- check: log_leaf_is_its_event
-- A place holds the hash of its event; only events of a detached month may be elsewhere.
SELECT l.idx, l.at, l.event_id FROM log_leaf l
LEFT JOIN event e ON e.bucket = l.event_bucket AND e.at = l.at AND e.event_id = l.event_id
WHERE e.leaf_hash IS DISTINCT FROM l.leaf_hash AND (e.event_id IS NOT NULL OR NOT EXISTS (
    SELECT FROM retention_detached d WHERE l.at >= d.from_at AND l.at < d.until_at));

-- check: log_keeps_the_order_of_a_prescription
-- Event n + 1 of a prescription stands behind event n.
SELECT bucket, rx_id, rx_seq, idx FROM (
    SELECT e.bucket, e.rx_id, e.rx_seq, l.idx,
        lag(l.idx) OVER (PARTITION BY e.bucket, e.rx_id ORDER BY e.rx_seq) AS previous,
        lag(e.rx_seq) OVER (PARTITION BY e.bucket, e.rx_id ORDER BY e.rx_seq) AS previous_seq
    FROM event e LEFT JOIN log_leaf l ON l.at = e.at AND l.event_id = e.event_id
    WHERE e.rx_seq IS NOT NULL) x
WHERE previous_seq IS NOT NULL AND idx IS NOT NULL AND (previous IS NULL OR previous > idx);

-- check: published_checkpoint_is_of_this_log
-- The published checkpoint does not speak of leaves that are not there.
SELECT p.size AS published, h.size FROM log_published p, log_head h WHERE p.size > h.size;

-- check: log_parts_cover_all
-- No leaf fell beside the partitions.
SELECT count(*) AS leaves FROM log_leaf WHERE tableoid = 'log_leaf_other'::regclass
HAVING count(*) > 0;

-- check: event_months_cover_all
-- No event fell beside the monthly partitions, and next month's is there.
SELECT 'event_other holds' AS what, count(*)::text AS rows FROM event
WHERE tableoid = 'event_other'::regclass HAVING count(*) > 0
UNION ALL
SELECT 'missing partition', m FROM (
    SELECT 'event_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYYMM') AS m) n
WHERE to_regclass('public.' || m) IS NULL;

-- check: idempotency_institution_is_registered
-- A kept answer belongs to an institution of the registry.
SELECT i.bucket, i.institution_code, count(*) AS rows FROM idempotency i
LEFT JOIN institution r ON r.code = i.institution_code
WHERE r.code IS NULL
GROUP BY i.bucket, i.institution_code;

-- check: nonce_institution_is_registered
-- An e-voucher was shown to an institution of the registry.
SELECT n.bucket, n.institution_code, count(*) AS rows FROM voucher_nonce n
LEFT JOIN institution r ON r.code = n.institution_code
WHERE r.code IS NULL
GROUP BY n.bucket, n.institution_code;
