"""A small province with four prescriptions, as rxcircd would have left them behind.

Every event carries a real leaf: the hash of the one before stands in it, and its own hash is
RFC 6962's.  Inserted as rxcirc_server, so the story also needs exactly that role's grants.
"""
import hashlib

HOSPITAL, INTERNET, PHARMACY, OTHER = 'H14010000001', 'H14010000002', 'P14010000001', 'P14010000002'
OFFICE, CHANNEL = 'A14000000000', 'C14000000001'
DAY = '2026-03-02'
# What a server of today writes in the same statement as the event.
QUEUE = "SELECT queue_unlogged_events('-infinity');"
WAITING = 3  # events of the story that have no place yet


def hexa(data):
    return f"'\\x{data.hex()}'"


def digest(*parts):
    return hashlib.sha256(b'|'.join(str(p).encode() for p in parts)).digest()


class Story:
    """One prescription and its events so far."""

    def __init__(self, number, issued=DAY):
        self.person = digest('person', number)
        self.bucket = self.person[0] * 256 + self.person[1]
        self.rx_id = self.person[:2] + digest('rx', number)[:14]
        self.issued = issued
        self.seq = 0
        self.head = b''
        self.returns = 0
        self.sql = []

    @property
    def key(self):
        return f"bucket = {self.bucket} AND rx_id = {hexa(self.rx_id)}"

    @property
    def row(self):
        return f'{self.bucket}, {hexa(self.rx_id)}'

    def add(self, sql):
        self.sql.append(sql)

    def event(self, kind, institution, numbered=True, document=None, about=True):
        """The next event; `document` is its kind when one came with it, `about` when it is about
        this one prescription (a pull only shows it)."""
        leaf = b'\x08\x01\x12\x10' + digest('event', self.rx_id, self.seq, kind,
                                           len(self.sql))[:16]
        if numbered:
            self.seq += 1
            leaf += b'\x32\x20' + self.head if self.head else b''
            self.head = hashlib.sha256(b'\x00' + leaf).digest()
        self.add(f"""INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, person_key,
            institution_code, region, disclosed, leaf, leaf_hash) VALUES ({self.bucket},
            timestamptz '{self.issued} 09:00+08' + interval '{self.seq} minutes',
            {hexa(leaf[4:20])}, {kind}, {hexa(self.rx_id) if about else 'NULL'},
            {self.seq if numbered else 'NULL'}, {hexa(self.person)}, '{institution}', '140100',
            {'NULL' if about else f'ARRAY[{hexa(self.rx_id)}::bytea]'}, {hexa(leaf)},
            {hexa(hashlib.sha256(bytes(1) + leaf).digest())});""")
        if document:
            self.add(f"INSERT INTO document VALUES ({self.row}, {self.seq}, {document}, '\\xdd');")

    def change(self, **columns):
        columns.update(version=self.seq, head_leaf=hexa(self.head))
        pairs = ', '.join(f'{c} = {v}' for c, v in columns.items())
        self.add(f'UPDATE prescription SET {pairs} WHERE {self.key};')

    def upload(self, *lines):
        self.event(1, INTERNET, document=1)
        self.add(f"""INSERT INTO prescription VALUES ({self.row}, {hexa(self.person)}, '{INTERNET}',
            '\\xaa', '{self.issued}', '{self.issued}'::timestamptz + interval '3 days',
            '{self.issued}', 1, 1, 1, '', '{self.issued}', 0, 0, 1, 0, 1, {hexa(self.head)}, 1,
            '\\xbb', 1, '{self.issued}', '{self.issued}');""")
        self.add(f"INSERT INTO data_key VALUES ({self.row}, 1, {hexa(bytes(72))});")
        self.add(f"""INSERT INTO hospital_received VALUES ({self.row}, '{INTERNET}',
            '{self.issued}', 2, {hexa(digest('number', self.bucket))}, '{self.issued}',
            '{self.issued}', NULL);
            INSERT INTO identity_check VALUES ({self.bucket}, {hexa(digest('serial', self.rx_id))},
            {hexa(self.person)}, '{INTERNET}', 1, 'app', true, NULL, '{self.issued}',
            '{self.issued}');""")
        for number, quantity in enumerate(lines, 1):
            self.add(f"INSERT INTO prescription_line VALUES ({self.row}, {number}, 'D{number}', "
                     f'{quantity}, 0, 1, 0);')

    def pull(self, pharmacy):
        self.event(3, pharmacy, numbered=False, about=False)
        self.add(f"""INSERT INTO voucher_nonce VALUES ({self.bucket},
            {hexa(digest('nonce', pharmacy, self.rx_id)[:16])}, '{pharmacy}',
            {hexa(bytes(16))}, '{self.issued}');""")

    def claim(self, pharmacy, token):
        self.event(5, pharmacy)
        self.change(holder_code=f"'{pharmacy}'", fencing_token=token, review=1,
                    held_until=f"'{self.issued}'::timestamptz + interval '10 hours'")
        self.add(f"""INSERT INTO idempotency VALUES ({self.bucket}, '{pharmacy}',
            {hexa(digest('call', token, self.rx_id)[:16])}, '\\xcc', '\\x', '{self.issued}', 0);""")

    def review(self, pharmacy, passed):
        self.event(7 if passed else 8, pharmacy, document=3)
        self.change(review=2 if passed else 3, **({} if passed else {'holder_code': "''"}))

    def dispense(self, pharmacy, fill_no, quantities, use):
        """quantities: {line number: quantity}"""
        self.event(9, pharmacy, document=4)
        self.add(f"""INSERT INTO fill VALUES ({self.row}, {fill_no}, '{pharmacy}', 'HY1',
            '{self.issued}', {self.seq}, {100 * len(quantities)}, 1, 'store');""")
        for line, quantity in quantities.items():
            self.add(f"INSERT INTO fill_line VALUES ({self.row}, {fill_no}, {line}, 'D{line}', "
                     f'{quantity}, 10000, 100, 0);')
            self.add(f'UPDATE prescription_line SET dispensed_e4 = dispensed_e4 + {quantity} '
                     f'WHERE {self.key} AND line_no = {line};')
        self.change(use=use, fills_done=fill_no, **({'holder_code': "''"} if use == 3 else {}))

    def sell(self, pharmacy, fill_no, line, code):
        bucket = int.from_bytes(hashlib.sha256(code.encode()).digest()[:2], 'big')
        self.add(f"""INSERT INTO trace_code VALUES ({bucket}, '{code}', 1, 0, 0);
            INSERT INTO trace_sale VALUES ({bucket}, '{code}', {hexa(self.rx_id)}, {fill_no}, {line}, 1,
            '{pharmacy}', '140100', '{self.issued}', NULL);""")

    def take_back(self, pharmacy, fill_no, line, quantity, undo):
        self.event(15, pharmacy, document=7)
        self.returns += 1
        self.add(f"""INSERT INTO fill_return VALUES ({self.row}, {self.returns}, {fill_no}, {self.seq},
            {2 if undo else 1}, {5 if undo else 1}, '{pharmacy}', 'HY1', '{self.issued}', 10);
            INSERT INTO fill_return_line VALUES ({self.row}, {self.returns}, {line}, {quantity}, 10);
            UPDATE fill_line SET returned_e4 = returned_e4 + {quantity} WHERE {self.key}
                AND fill_no = {fill_no} AND line_no = {line};
            UPDATE prescription_line SET {'dispensed_e4 = dispensed_e4 -' if undo else
                'returned_e4 = returned_e4 +'} {quantity} WHERE {self.key} AND line_no = {line};""")
        self.change()

    def settle(self, pharmacy, fill_no, total):
        self.event(14, pharmacy, numbered=False)
        self.add(f"""INSERT INTO settlement VALUES ({self.row}, {fill_no}, 'SETL-{fill_no}',
            '{pharmacy}', '{self.issued}', '{self.issued}', {total}, {total - 40}, 30, 10, 500,
            'online', '310', false, {hexa(digest('serial', self.rx_id))}, 'PAY-{fill_no}');""")

    def settle_again(self, pharmacy, fill_no, total):
        """The settlement was a mistake: it is reversed, and the fill is settled anew."""
        key = f'{self.row}, {fill_no}'
        self.event(18, pharmacy, numbered=False)
        self.add(f"""INSERT INTO settlement_reversal VALUES ({key}, 1, 'REV-1', '{pharmacy}',
            'OP-1', 2, 'wrong parts', '{self.issued}', '{self.issued}', {total}, {total - 40}, 30,
            10, 500);
            INSERT INTO settlement (bucket, rx_id, fill_no, settlement_no, settlement_id, fee_kind,
                pharmacy_code, payee_code, settled_at, received_at, total_fen, pooled_fund_fen,
                personal_account_fen, cash_fen, delivery_fee_fen, channel, insurance_type,
                cross_region, payment_order_no)
            VALUES ({key}, 2, 'SETL-2', 3, '{pharmacy}', '{pharmacy}', '{self.issued}',
                '{self.issued}', {total}, 80, 0, {total - 80}, 0, 'store', '310', false, '');""")
        self.event(14, pharmacy, numbered=False)
        self.add(f"""INSERT INTO receipt VALUES ({key}, 2, 1, 'E-1', '{pharmacy}', '{self.issued}',
            '{self.issued}');
            INSERT INTO settlement_step VALUES
            ({key}, 2, 1, 1, 2, 'review-price', 2, 50, 2, 'too dear', '{OFFICE}', 'officer', '{DAY}'),
            ({key}, 2, 2, 1, 3, '', 0, 0, 0, 'the price of the day', '{pharmacy}', '', '{DAY}'),
            ({key}, 2, 3, 1, 4, '', 0, 0, 0, 'it was not', '{OFFICE}', 'another', '{DAY}');
            INSERT INTO charge_month VALUES ('{pharmacy}', '2026-03-01', 1, '{pharmacy}', '\\xaa',
                '{DAY}');
            INSERT INTO charge_total VALUES ('{pharmacy}', '2026-03-01', 1, 3, true, false, 1,
                {total}, 80, 0, {total - 80});""")

    def consult(self):
        """The consultation: reported by the internet hospital, paid to its host."""
        self.event(14, INTERNET, numbered=False)
        self.add(f"""INSERT INTO settlement (bucket, rx_id, fill_no, settlement_id, fee_kind,
                pharmacy_code, payee_code, service_code, settled_at, received_at, total_fen,
                pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen, channel,
                insurance_type, cross_region, payment_order_no)
            VALUES ({self.row}, 0, 'SETL-C', 1, '{INTERNET}', '{HOSPITAL}', '111000001',
                '{self.issued}', '{self.issued}', 1000, 600, 0, 400, 0, 'store', '310', false, '');""")
    def rate(self, channel, fill_no, revision, score):
        self.event(24, channel, numbered=False)
        self.add(f"""INSERT INTO rating VALUES ({self.row}, {fill_no}, {revision}, {score}, '\\xee',
            '{self.issued}');""")

    def deliver(self, pharmacy, fill_no, *orders):
        """orders: what happened to each, as (event, signer, reason) after it was ordered"""
        self.event(23, pharmacy, numbered=False)
        for number, steps in enumerate(orders, 1):
            self.add(f"""INSERT INTO delivery VALUES ({self.row}, {fill_no}, {number},
                'SF-{number}', '{pharmacy}', 'SF', 'SF Express', '140105', '{self.issued}',
                '{self.issued}');""")
            for place, (event, signer, reason) in enumerate(((1, 0, 0), *steps), 1):
                self.add(f"""INSERT INTO delivery_step VALUES ({self.row}, {fill_no}, {number},
                    {place}, {event}, '{self.issued}', '{self.issued}', {signer}, {reason});""")

    def revoke(self):
        self.event(2, INTERNET, document=5)
        self.change(validity=2, holder_code="''")


def registry():
    spki, key, voucher = digest('spki'), digest('key'), digest('voucher')
    return f"""
        INSERT INTO region VALUES ('140100', 'Taiyuan', '140000');
        INSERT INTO institution VALUES ('{HOSPITAL}', 'host', 1, 1, '140100', ''),
            ('{INTERNET}', 'internet hospital', 2, 1, '140100', '{HOSPITAL}'),
            ('{PHARMACY}', 'pharmacy', 3, 1, '140100', ''),
            ('{OTHER}', 'other', 3, 1, '140100', ''),
            ('{CHANNEL}', 'channel', 4, 1, '140100', ''),
            ('{OFFICE}', 'office', 5, 1, '140100', '');
        INSERT INTO certificate VALUES ({hexa(spki)}, '{INTERNET}', 1, '', '', '2026-01-01',
            '2027-01-01', false), ({hexa(digest('officer'))}, '{OFFICE}', 3, 'officer', '',
            '2026-01-01', '2027-01-01', false);
        INSERT INTO practitioner VALUES ('D140100000001', 'physician', 1, false, '2015-01-01', '',
            '140100');
        INSERT INTO practice VALUES ('D140100000001', '{INTERNET}', false, '{{}}');
        INSERT INTO practitioner_key VALUES ({hexa(hashlib.sha256(key).digest())}, {hexa(key)},
            'D140100000001', '{INTERNET}', 1, '2026-01-01', '2027-01-01', NULL, '2026-01-01',
            '\\x');
        INSERT INTO voucher_key VALUES ({hexa(hashlib.sha256(voucher).digest())}, {hexa(voucher)},
            '2026-01-01', '2027-01-01', false);
        INSERT INTO application VALUES ('AP-2026-0a1b2c3d', '{INTERNET}', '{HOSPITAL}', '{OFFICE}', 2,
            '140100', 8, 2, '2026-01-05', '2026-02-28', '\\x', '\\x', '2026-01-30');
        INSERT INTO application_step VALUES
            ('AP-2026-0a1b2c3d', 1, '2026-01-05', 1, '{HOSPITAL}', '', '\\x'),
            ('AP-2026-0a1b2c3d', 2, '2026-01-30', 14, '{OFFICE}', 'officer', '\\x');
        UPDATE registry_state SET version = version + 1;"""


def agreement(number, kind, institution, host=None):
    """Signed by both and in force; the body is what both signed."""
    name, body = f'AG-2026-{number:08x}', digest('agreement', number)
    house = HOSPITAL if host else institution
    steps = ''.join(f"""INSERT INTO agreement_step VALUES ('{name}', {seq}, '2026-01-01', {event}, 1,
            '2026-01-01', '{who}', '', {hexa(digest('spki'))}, sha256({hexa(body)}), '', '');"""
                    for seq, event, who in ((1, 2, institution), (2, 3, OFFICE)))
    return f"""INSERT INTO agreement_house VALUES ('{house}', 1)
            ON CONFLICT (institution_code) DO UPDATE SET version = 2;
        INSERT INTO agreement (id, kind, institution_code, house, host_agreement_id, region, starts,
            ends, institution_signed, agency_signed, form, licence, template_version,
            application_id, legacy, body, body_sha256, updated_at)
        VALUES ('{name}', {kind}, '{institution}', '{house}', {f"'{host}'" if host else 'NULL'},
            '140100', '2026-01-01', '2099-01-01', '2026-01-01', '2026-01-01', 0, 0, '', '', false,
            {hexa(body)}, sha256({hexa(body)}), '2026-01-01');{steps}"""


def agreements():
    return (agreement(1, 1, HOSPITAL) + agreement(2, 2, INTERNET, 'AG-2026-00000001')
            + agreement(3, 1, PHARMACY))


def codes():
    """One published version of a code table."""
    return f"""INSERT INTO code_version (id, kind, label, source, content_sha256, state,
            rows_expected, created_at, created_by)
        VALUES (7, 1, '2026-03', 'drugs.csv', {hexa(digest('content'))}, 1, 2, '{DAY}', '{OFFICE}');
        INSERT INTO code VALUES (7, 'D1', 'one', 11, 0, '', '', 0), (7, 'D2', 'two', 11, 8, '', '', 0);
        UPDATE code_version SET state = 2, effective_from = '{DAY}', published_at = '{DAY}',
            published_by = '{OFFICE}', added = 2, changed = 0, removed = 0;"""


def stock():
    """One drug in stock at one pharmacy."""
    return f"""INSERT INTO stock_feed VALUES ('{PHARMACY}', '{DAY}', '{DAY}', 7, 1, 1, '{DAY}');
        INSERT INTO stock VALUES ('{PHARMACY}', 'D1', 40000, 'box', 1250000, '{DAY}', 7);"""


def stories():
    """Dispensed whole in two fills, revoked while held, held, rejected."""
    dispensed, revoked, held, rejected = (Story(n) for n in range(4))
    dispensed.upload(30000, 20000)
    dispensed.pull(PHARMACY)
    dispensed.claim(PHARMACY, 1)
    dispensed.review(PHARMACY, True)
    dispensed.dispense(PHARMACY, 1, {1: 10000}, 2)
    dispensed.dispense(PHARMACY, 2, {1: 20000, 2: 20000}, 3)
    dispensed.settle(PHARMACY, 1, 100)
    dispensed.rate(CHANNEL, 1, 1, 2)
    dispensed.rate(CHANNEL, 1, 2, 4)
    dispensed.sell(PHARMACY, 2, 1, '81234567890123456789')
    dispensed.take_back(PHARMACY, 2, 1, 5000, undo=False)
    dispensed.settle_again(PHARMACY, 1, 100)
    dispensed.consult()
    dispensed.deliver(PHARMACY, 1, ((2, 0, 0), (3, 0, 0), (5, 0, 2)),
                      ((2, 0, 0), (3, 0, 0), (4, 1, 0)))
    revoked.upload(10000)
    revoked.claim(OTHER, 1)
    revoked.revoke()
    held.upload(10000, 10000)
    held.claim(OTHER, 1)
    held.review(OTHER, True)
    held.dispense(OTHER, 1, {2: 10000}, 2)
    held.take_back(OTHER, 1, 2, 4000, undo=True)
    rejected.upload(10000)
    rejected.claim(PHARMACY, 1)
    rejected.review(PHARMACY, False)
    rejected.add(f"""INSERT INTO hospital_day VALUES ('{INTERNET}', '{DAY}', 2, 1, 4, '{DAY}');
        INSERT INTO hospital_day_number VALUES ('{INTERNET}', '{DAY}', 2, 1,
            'N-1', {hexa(digest('number', rejected.bucket))});""")
    return dispensed, revoked, held, rejected


def log(db, name, statements):
    """All but the last events have their places, and a checkpoint of some is published."""
    waiting = int(db.rows(QUEUE, 'rxcirc_server', name)[0][0])
    db.rows(f"""PREPARE sequence AS {statements['log_sequence']}; EXECUTE sequence (7);
        EXECUTE sequence ({waiting - 7 - WAITING});
        PREPARE publish AS {statements['log_publish']}; EXECUTE publish (7, '\\xcc', '{DAY}');""",
            'rxcirc_server', name)


def seed(db, name, statements):
    """Write it all; returns the four stories."""
    told = stories()
    db.rows("SELECT ensure_event_months('2026-01-01', 12)", database=name)
    db.rows(registry() + codes() + agreements() + stock() + '\n'.join(sql for story in told for sql in story.sql),
            'rxcirc_server', name)
    log(db, name, statements)
    return told
