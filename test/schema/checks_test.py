#!/usr/bin/env python3
"""checks.sql is silent on a fresh and on a used database, and every check fires on its damage.

usage: checks_test.py PRINT_STATEMENTS
"""
import functools
import sys

from database import APPLY, CHECK, cluster, main, must, run, server_statements
from story import HOSPITAL, INTERNET, WAITING, seed


# Lets a damage through that the table itself refuses.
NO_LIFE = 'ALTER TABLE prescription DROP CONSTRAINT IF EXISTS prescription_life_ck; '


def damages(dispensed, revoked, held, rejected):
    """{check: SQL that makes its sentence untrue}, run as a superuser who can do anything."""
    first = f'event WHERE bucket = {dispensed.bucket} AND rx_seq = 2'
    twice = f'SELECT rx_seq, event_id FROM event WHERE {dispensed.key} AND rx_seq IN (2, 3)'
    return {
        'registry_has_one_state': 'DELETE FROM registry_state',
        'internet_hospital_has_host':
            f"UPDATE institution SET host_code = 'H00000000000' WHERE code = '{INTERNET}'",
        'application_has_all_its_steps': 'DELETE FROM application_step WHERE seq = 1',
        'activated_is_opened': f"UPDATE institution SET status = 4 WHERE code = '{INTERNET}'",
        'officer_belongs_to_agency': 'UPDATE certificate SET holder = 2 WHERE holder = 1',
        'key_role_is_practitioners': 'UPDATE practitioner SET role = 2',
        'key_belongs_to_a_practice': 'DELETE FROM practice',
        'code_version_has_its_rows': 'DELETE FROM code',
        'code_belongs_to_a_version': 'DELETE FROM code_version',
        'key_id_is_digest': "UPDATE voucher_key SET public_key = decode(repeat('00', 32), 'hex')",
        'supplementary_agreement_keeps_its_hosts_term':
            "UPDATE agreement SET ends = ends - interval '1 hour' WHERE kind = 2",
        'supplementary_agreement_follows_its_host':
            "UPDATE agreement SET own_from = '2026-02-01' WHERE kind = 1",
        'agreements_of_a_kind_do_not_overlap':
            f"UPDATE agreement SET institution_code = '{HOSPITAL}' WHERE kind = 1",
        'agreement_signatures_name_one_text':
            "UPDATE agreement_step SET body_sha256 = sha256('x') WHERE event = 2",
        'prescription_version_is_event_count':
            f'UPDATE prescription SET version = version + 1 WHERE {held.key}',
        'prescription_head_is_last_leaf':
            f"UPDATE prescription SET head_leaf = '\\x00' WHERE {held.key}",
        'prescription_hospital_is_registered':
            f"UPDATE prescription SET hospital_code = 'H99999999999' WHERE {held.key}",
        'prescription_has_lines': f'DELETE FROM prescription_line WHERE {held.key} AND line_no = 1',
        'prescription_has_data_key': f'DELETE FROM data_key WHERE {held.key}',
        'prescription_holder_is_registered':
            f"UPDATE prescription SET holder_code = 'P99999999999' WHERE {held.key}",
        'revoked_is_not_held':
            f"{NO_LIFE}UPDATE prescription SET holder_code = 'P14010000001' WHERE {revoked.key}",
        'revoked_is_unused':
            'ALTER TABLE prescription DROP CONSTRAINT prescription_revoked_unused_ck; '
            f'{NO_LIFE}UPDATE prescription SET use = 2 WHERE {revoked.key}',
        'rejected_is_not_held':
            f"{NO_LIFE}UPDATE prescription SET holder_code = 'P14010000001' WHERE {rejected.key}",
        'use_is_what_lines_say': f'{NO_LIFE}UPDATE prescription SET use = 1 WHERE {dispensed.key}',
        'line_within_prescribed':
            'ALTER TABLE prescription_line DROP CONSTRAINT prescription_line_dispensed_ck; '
            f'UPDATE prescription_line SET dispensed_e4 = 99999999 WHERE {held.key}',
        'line_is_sum_of_fills':
            f'UPDATE prescription_line SET dispensed_e4 = dispensed_e4 - 1 WHERE {dispensed.key} '
            'AND line_no = 2',
        'fill_line_returned_is_sum_of_returns':
            f'UPDATE fill_line SET returned_e4 = returned_e4 - 1 WHERE {held.key}',
        'return_has_its_event': f'UPDATE fill_return SET return_no = 3 WHERE {held.key}',
        'trace_code_is_sum_of_sales': 'UPDATE trace_code SET whole_sales = 0',
        'trace_sale_has_its_fill': 'UPDATE trace_sale SET line_no = 9',
        'line_has_prescription': f'DELETE FROM prescription WHERE {revoked.key}',
        'fill_line_has_fill': f"UPDATE fill_line SET drug_code = 'D9' WHERE {held.key}",
        'fill_numbers_have_no_gap': f'UPDATE fill SET fill_no = 7 WHERE {held.key}',
        'fill_total_is_sum': f'UPDATE fill SET total_fen = total_fen + 1 WHERE {held.key}',
        'fill_has_its_event': f'UPDATE fill SET seq = 1 WHERE {held.key}',
        'revoked_has_its_event': f'UPDATE prescription SET validity = 1 WHERE {revoked.key}',
        'document_has_its_event': f'UPDATE document SET seq = 77 WHERE {held.key} AND seq = 1',
        'event_chain_has_no_gap': f'DELETE FROM {first}',
        'event_chain_names_previous_leaf':
            f"UPDATE event SET leaf = '\\x00', leaf_hash = sha256('\\x0000') WHERE "
            f'bucket = {dispensed.bucket} AND rx_seq = 1',
        'event_time_does_not_run_back':
            f"UPDATE event SET at = at - interval '1 hour' WHERE {dispensed.key} AND rx_seq = 3",
        'event_told_is_registered': f"UPDATE event SET told_code = 'H99999999999' WHERE {held.key}",
        'event_tx_was_given_out': f"UPDATE event SET tx = '18446744073709551615' WHERE {held.key}",
        'event_leaf_hash_is_right':
            f"UPDATE event SET leaf = leaf || '\\x00' WHERE {dispensed.key} AND rx_seq = 1",
        'event_has_prescription': f'DELETE FROM prescription WHERE {revoked.key}',
        'event_bucket_is_persons':
            f'UPDATE event SET bucket = (bucket + 1) % 65536 WHERE {dispensed.key} AND rx_seq = 1',
        'event_institution_is_registered':
            f"UPDATE event SET institution_code = 'P99999999999' WHERE {held.key}",
        'log_has_no_gap': 'DELETE FROM log_leaf WHERE idx = 1',
        'event_has_one_place': 'DELETE FROM log_queue',
        'log_leaf_is_its_event': "UPDATE log_leaf SET leaf_hash = sha256('x') WHERE idx = 2",
        'log_keeps_the_order_of_a_prescription': f"""UPDATE log_leaf l SET at = o.at,
            event_bucket = o.event_bucket, event_id = o.event_id, leaf_hash = o.leaf_hash
            FROM log_leaf o, ({twice}) a, ({twice}) b WHERE a.rx_seq = 5 - b.rx_seq
            AND l.event_id = a.event_id AND o.event_id = b.event_id""",
        'published_checkpoint_is_of_this_log': 'UPDATE log_published SET size = 1000000',
        'log_parts_cover_all': 'UPDATE log_leaf SET idx = 1::bigint << 50 WHERE idx = 0',
        'event_months_cover_all':
            f"UPDATE event SET at = '1999-01-01' WHERE {held.key} AND rx_seq = 1",
        'received_is_prescriptions':
            f"UPDATE hospital_received SET day = day + 1 WHERE {held.key}",
        'declared_number_has_its_day': 'DELETE FROM hospital_day',
        'identity_check_hospital_is_registered':
            "UPDATE identity_check SET hospital_code = 'H99999999999'",
        'settlement_has_its_fill': 'UPDATE settlement SET fill_no = fill_no + 7 WHERE fill_no > 0',
        'one_settlement_stands': 'DELETE FROM settlement_reversal',
        'settlement_pays_its_payee': f"UPDATE settlement SET payee_code = '{INTERNET}' WHERE fill_no = 0",
        'reversal_is_whole':
            'UPDATE settlement_reversal SET total_fen = total_fen - 10, cash_fen = cash_fen - 10',
        'receipt_has_its_settlement': 'UPDATE receipt SET settlement_no = 7',
        'refused_is_within_the_funds_part':
            'UPDATE settlement_step SET amount_fen = 81 WHERE step = 2',
        'another_officer_decided': "UPDATE settlement_step SET officer = 'officer' WHERE step = 4",
        'charge_total_has_its_month': 'DELETE FROM charge_month',
        'rating_has_its_fill': 'UPDATE rating SET fill_no = fill_no + 7',
        'delivery_has_its_fill': "UPDATE delivery SET pharmacy_code = 'P14010000002'",
        'delivery_steps_follow_each_other':
            'UPDATE delivery_step SET event = 7 WHERE step_no = 3',
        'delivery_has_its_first_step':
            "UPDATE delivery SET ordered_at = ordered_at + interval '1 second'",
        'delivery_anew_after_the_one_before_ended':
            'UPDATE delivery_step SET event = 3, reason = 0 WHERE event = 5',
        'stock_is_of_the_registry': 'DELETE FROM stock_feed',
        'idempotency_institution_is_registered':
            "UPDATE idempotency SET institution_code = 'P99999999999'",
        'nonce_institution_is_registered':
            "UPDATE voucher_nonce SET institution_code = 'P99999999999'",
    }


# Further ways to make a sentence untrue.
OTHER_DAMAGES = (
    ('log_has_no_gap', 'no head', 'DELETE FROM log_head'),
    ('log_has_no_gap', 'a wrong size', 'UPDATE log_head SET size = size + 1'),
    ('log_has_no_gap', 'a place beyond the last', """INSERT INTO log_leaf SELECT h.size + 1, q.bucket,
        q.at, q.event_id, q.leaf_hash FROM log_head h, log_queue q LIMIT 1"""),
    ('event_has_one_place', 'two places', """INSERT INTO log_leaf SELECT h.size, l.event_bucket, l.at,
        l.event_id, l.leaf_hash FROM log_leaf l, log_head h WHERE l.idx = 0"""),
    ('event_has_one_place', 'a place and a wait', """INSERT INTO log_queue SELECT event_bucket, at,
        event_id, NULL, leaf_hash FROM log_leaf WHERE idx = 0"""),
    ('event_has_one_place', 'two waits', 'INSERT INTO log_queue SELECT * FROM log_queue'),
    ('log_leaf_is_its_event', 'no event', """DELETE FROM event e USING log_leaf l WHERE l.idx = 0
        AND e.at = l.at AND e.event_id = l.event_id"""),
    ('log_keeps_the_order_of_a_prescription', 'the first still waits', """DELETE FROM log_leaf l
        USING event e WHERE e.rx_seq = 1 AND e.at = l.at AND e.event_id = l.event_id"""),
)


def listed():
    return [line.split('\t')[0] for line in run(CHECK, '--list')[1].splitlines()]


def silent(db, name):
    for role in ('rxcirc_auditor', 'postgres'):
        code, out, err = run(CHECK, db.url(role, name))
        must(code == 0, out + err)
        must(f'all {len(listed())} sentences hold' in out, out)


def says_what_is_wrong(db, name):
    copy = db.create(name)
    db.rows('DELETE FROM registry_state', database=copy)
    code, out, _ = run(CHECK, db.url('rxcirc_auditor', copy))
    must(code == 1, f'exit code {code}')
    must('The registry has exactly one version row' in out, out)
    must(f'1 of {len(listed())} sentences do not hold' in out, out)
    must(run(CHECK, 'host=/nowhere dbname=nothing')[0] == 2, 'no database: exit code is not 2')


def fires(db, name, check, damage):
    """Damage, look, roll back, in one session."""
    queries = run(CHECK, '--sql')[1].split('\n', 1)[1].rsplit('COMMIT;', 1)[0]
    rows = db.rows(f"""BEGIN;
        SET LOCAL session_replication_role = replica;
        {damage};
        {queries}
        ROLLBACK;""", database=name)
    fired = {row[0] for row in rows}
    must(check in fired, f'fired: {sorted(fired)}')


def some_events_wait(db, name):
    rows = db.rows('SELECT (SELECT count(*) FROM log_queue), (SELECT size > 10 FROM log_head)',
                   database=name)
    must(rows == [[str(WAITING), 't']], f'{rows}')


def every_check_is_damaged(told):
    missing = set(listed()) ^ set(damages(*told))
    must(not missing, f'without damage, or damage without check: {missing}')


def start(program):
    statements = server_statements(program)
    with cluster('--fast-test') as db:
        fresh = db.create()
        code, _, err = run(APPLY, db.url('postgres', fresh))
        must(code == 0, err)
        used = db.create(fresh)
        told = seed(db, used, statements)
        cases = [
            ('every check is silent on a fresh database', functools.partial(silent, db, fresh)),
            ('every check is silent on a used database', functools.partial(silent, db, used)),
            ('the used database has events with and without a place in the log',
             functools.partial(some_events_wait, db, used)),
            ('the runner says which sentence is not true',
             functools.partial(says_what_is_wrong, db, fresh)),
            ('every check has its damage here', functools.partial(every_check_is_damaged, told)),
        ]
        for check, damage in damages(*told).items():
            cases.append((f'{check} fires on its damage',
                          functools.partial(fires, db, used, check, damage)))
        for check, what, damage in OTHER_DAMAGES:
            cases.append((f'{check} fires on {what}',
                          functools.partial(fires, db, used, check, damage)))
        return main(cases)


if __name__ == '__main__':
    sys.exit(start(sys.argv[1]))
