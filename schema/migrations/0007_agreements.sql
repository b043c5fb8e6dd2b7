-- Agreements between the agency and institutions.  A row holds dated facts; its state at a moment is
-- computed from them (server/domain/agreement.c).  What happened is told by agreement_step.

-- A house is a hospital with its internet hospitals, or a pharmacy: its agreements follow one another, so
-- they are changed one change after the other.  Whoever changes one raises the version, and is too late
-- when somebody else did meanwhile.
CREATE TABLE agreement_house (
    institution_code text PRIMARY KEY,
    version          bigint NOT NULL
);

CREATE TABLE agreement (
    id                 text PRIMARY KEY
        CONSTRAINT agreement_id_ck CHECK (id ~ '^AG-[0-9]{4}-[0-9a-f]{8}$'),
    kind               smallint NOT NULL CONSTRAINT agreement_kind_ck CHECK (kind IN (1, 2)),
    institution_code   text NOT NULL,
    house              text NOT NULL,
    host_agreement_id  text,
    region             text NOT NULL,
    starts             timestamptz NOT NULL,
    ends               timestamptz NOT NULL,
    institution_signed timestamptz,
    agency_signed      timestamptz,
    -- suspended by its own decision, and by its host's: from, and until (null = nobody has lifted it)
    own_from           timestamptz,
    own_until          timestamptz,
    host_from          timestamptz,
    host_until         timestamptz,
    -- terminated: from when, and by whose decision (1 own, 2 the host's)
    ended_from         timestamptz,
    ended_by           smallint,
    form               smallint NOT NULL CONSTRAINT agreement_form_ck CHECK (form BETWEEN 0 AND 2),
    licence            smallint NOT NULL CONSTRAINT agreement_licence_ck CHECK (licence BETWEEN 0 AND 2),
    template_version   text NOT NULL,
    application_id     text NOT NULL,
    -- concluded before the platform came; entered by the province
    legacy             boolean NOT NULL,
    sign_due           timestamptz,
    -- the serialized AgreementText both sign, verbatim, and its SHA-256
    body               bytea NOT NULL,
    body_sha256        bytea NOT NULL
        CONSTRAINT agreement_body_ck CHECK (body_sha256 = sha256(body)),
    updated_at         timestamptz NOT NULL,
    CONSTRAINT agreement_term_ck CHECK (ends > starts),
    CONSTRAINT agreement_host_ck CHECK ((kind = 2) = (host_agreement_id IS NOT NULL)),
    CONSTRAINT agreement_own_ck CHECK (own_until > own_from OR own_until IS NULL),
    CONSTRAINT agreement_ended_ck
        CHECK ((ended_from IS NULL) = (ended_by IS NULL) AND ended_by IN (1, 2))
);
CREATE INDEX agreement_house_ix ON agreement (house);
CREATE INDEX agreement_institution_ix ON agreement (institution_code);

-- History: what happened, when it was decided, from when it holds.
CREATE TABLE agreement_step (
    agreement_id text NOT NULL,
    seq          integer NOT NULL,
    at           timestamptz NOT NULL,
    event        smallint NOT NULL CONSTRAINT agreement_step_event_ck CHECK (event BETWEEN 1 AND 9),
    cause        smallint NOT NULL CONSTRAINT agreement_step_cause_ck CHECK (cause IN (1, 2)),
    effective    timestamptz NOT NULL,
    actor_code   text NOT NULL,
    actor_name   text NOT NULL,
    actor_spki   bytea NOT NULL
        CONSTRAINT agreement_step_spki_ck CHECK (octet_length(actor_spki) = 32),
    body_sha256  bytea NOT NULL
        CONSTRAINT agreement_step_body_ck CHECK (octet_length(body_sha256) IN (0, 32)),
    reason       text NOT NULL,
    legal_basis  text NOT NULL,
    PRIMARY KEY (agreement_id, seq)
);

-- What an officer has to decide about a host's agreement after its supplementary one was suspended or
-- ended (SX15-2.7).
CREATE TABLE agreement_task (
    id                 text PRIMARY KEY
        CONSTRAINT agreement_task_id_ck CHECK (id ~ '^TK-[0-9]{4}-[0-9a-f]{8}$'),
    agreement_id       text NOT NULL,
    cause_agreement_id text NOT NULL,
    cause_event        smallint NOT NULL,
    opened_at          timestamptz NOT NULL,
    decided_at         timestamptz,
    decision           smallint CONSTRAINT agreement_task_decision_ck CHECK (decision BETWEEN 1 AND 3),
    reason             text NOT NULL,
    decided_by         text NOT NULL,
    CONSTRAINT agreement_task_decided_ck CHECK ((decided_at IS NULL) = (decision IS NULL)),
    CONSTRAINT agreement_task_reason_ck CHECK (decided_at IS NULL OR reason <> '')
);
CREATE INDEX agreement_task_open_ix ON agreement_task (cause_agreement_id) WHERE decided_at IS NULL;

-- Foreign keys come after the tables.
ALTER TABLE agreement
    ADD CONSTRAINT agreement_institution_fk FOREIGN KEY (institution_code) REFERENCES institution (code),
    ADD CONSTRAINT agreement_house_fk FOREIGN KEY (house) REFERENCES agreement_house (institution_code),
    ADD CONSTRAINT agreement_host_fk FOREIGN KEY (host_agreement_id) REFERENCES agreement (id);
ALTER TABLE agreement_step
    ADD CONSTRAINT agreement_step_agreement_fk FOREIGN KEY (agreement_id) REFERENCES agreement (id);
ALTER TABLE agreement_task
    ADD CONSTRAINT agreement_task_agreement_fk FOREIGN KEY (agreement_id) REFERENCES agreement (id),
    ADD CONSTRAINT agreement_task_cause_fk FOREIGN KEY (cause_agreement_id) REFERENCES agreement (id);

INSERT INTO registry_kind (name, version) SELECT 'agreement', version FROM registry_state;
