-- Foreign keys stand in a migration of their own, after the tables.  Only the registry has them: on the
-- prescription's tables they would cost a lookup per row on the hot path, and checks.sql finds orphans.

ALTER TABLE certificate ADD CONSTRAINT certificate_owner_fk
    FOREIGN KEY (owner_code) REFERENCES institution (code);
ALTER TABLE practice ADD CONSTRAINT practice_practitioner_fk
    FOREIGN KEY (practitioner_code) REFERENCES practitioner (code);
ALTER TABLE practice ADD CONSTRAINT practice_institution_fk
    FOREIGN KEY (institution_code) REFERENCES institution (code);
ALTER TABLE practitioner_key ADD CONSTRAINT practitioner_key_practitioner_fk
    FOREIGN KEY (practitioner_code) REFERENCES practitioner (code);
ALTER TABLE practitioner_key ADD CONSTRAINT practitioner_key_institution_fk
    FOREIGN KEY (institution_code) REFERENCES institution (code);
ALTER TABLE institution ADD CONSTRAINT institution_region_fk
    FOREIGN KEY (region) REFERENCES region (code);
