-- How institutions come onto the platform: applications, and who did what in each when.
-- The dated state machine is server/domain/application.h; the numbers are those of onboarding.proto.

CREATE TABLE application (
    id               text PRIMARY KEY CONSTRAINT application_id_ck CHECK (id ~ '^AP-[0-9]{4}-[0-9a-f]{8}$'),
    institution_code text NOT NULL REFERENCES institution (code),
    -- The host of an internet hospital, or a pharmacy itself (SX15-2.1).
    applicant_code   text NOT NULL REFERENCES institution (code),
    office_code      text NOT NULL REFERENCES institution (code),
    kind             smallint NOT NULL CONSTRAINT application_kind_ck CHECK (kind IN (2, 3)),
    region           text NOT NULL CONSTRAINT application_region_ck CHECK (region ~ '^[0-9]{6}$'),
    state            smallint NOT NULL CONSTRAINT application_state_ck CHECK (state BETWEEN 1 AND 11),
    version          bigint NOT NULL CONSTRAINT application_version_ck CHECK (version > 0),
    submitted_at     timestamptz NOT NULL,
    -- The earliest deadline that runs; none when nothing does.
    due_at           timestamptz,
    -- Serialized Application, whole and as it stands in a list.
    body             bytea NOT NULL,
    summary          bytea NOT NULL,
    updated_at       timestamptz NOT NULL,
    -- What is over has no deadline; what is not has one (at least that of its window).
    CONSTRAINT application_due_ck CHECK ((state IN (9, 10, 11)) = (due_at IS NULL))
);
COMMENT ON COLUMN application.state IS '1 accepted, 2 supplementing, 3 checked, 4 verified, 5 assessed, 6 approved, 7 filed, 8 activated, 9 published, 10 failed, 11 withdrawn';

-- One application at a time: a second would be a way round the first one's clock.
CREATE UNIQUE INDEX application_running ON application (institution_code) WHERE state NOT IN (9, 10, 11);
CREATE INDEX application_by_office ON application (office_code, id);
CREATE INDEX application_by_applicant ON application (applicant_code, id);

CREATE TABLE application_step (
    application_id text NOT NULL REFERENCES application (id),
    seq            bigint NOT NULL CONSTRAINT application_step_seq_ck CHECK (seq > 0),
    at             timestamptz NOT NULL,
    event          smallint NOT NULL CONSTRAINT application_step_event_ck CHECK (event BETWEEN 1 AND 16),
    actor_code     text NOT NULL,
    officer        text NOT NULL,
    -- Serialized request: what was brought, verbatim.
    body           bytea NOT NULL,
    PRIMARY KEY (application_id, seq)
);
