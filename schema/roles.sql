-- Who may do what in the database.  schema/apply runs this twice: before the migrations it makes the
-- roles, after them (with the variable `migrated`) it sets the grants.  Running it again changes
-- nothing; a grant taken out of this file is taken from the database, too.
--
--   rxcirc_owner    owns every table; migrations only
--   rxcirc_server   rxcircd: no DDL, no temporary tables; history can only be inserted
--   rxcirc_auditor  reads; sees neither wrapped keys nor stored answers
--   rxcirc_backup   reads everything, for pg_dump and pg_basebackup
--
-- A new table is closed to everybody until it is listed here, and test/schema fails until it is
-- listed there as well.

\if :{?migrated}

BEGIN;
-- Start from nothing, so that this file is the whole truth.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, rxcirc_server, rxcirc_auditor, rxcirc_backup;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, rxcirc_server, rxcirc_auditor, rxcirc_backup;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, rxcirc_server, rxcirc_auditor, rxcirc_backup;

-- The registry: written record by record, never deleted (revoked, closed and ended are states).
GRANT SELECT, INSERT, UPDATE ON region, institution, certificate, practitioner, practice,
	practitioner_key, voucher_key, item, parameter, person_block, proposal, application,
	agreement, agreement_house, agreement_task TO rxcirc_server;
-- Code tables: a version's row changes when it is published, its codes only while it is loaded.
GRANT SELECT, INSERT, UPDATE ON code_version, code TO rxcirc_server;
-- What pharmacies have: the newer word replaces the older one.
GRANT SELECT, INSERT, UPDATE ON stock, stock_feed TO rxcirc_server;
-- Before there were versions; for servers of the version before, which may read them.
GRANT SELECT ON drug, diagnosis TO rxcirc_server;
GRANT SELECT, UPDATE ON registry_state, registry_kind TO rxcirc_server;
GRANT SELECT ON schema_version TO rxcirc_server;

-- Narrow rows of state: only the columns that are state may change, never a key or a bucket.
GRANT SELECT, INSERT ON prescription, prescription_line, idempotency TO rxcirc_server;
GRANT UPDATE (validity, review, use, holder_code, held_until, fencing_token, fills_done, version,
	head_leaf, mac_generation, row_mac, round, next_from, held_from) ON prescription TO rxcirc_server;
GRANT UPDATE (dispensed_e4, returned_e4) ON prescription_line TO rxcirc_server;
GRANT UPDATE (returned_e4) ON fill_line TO rxcirc_server;
-- The sold-code ledger: what stands is counted, what came back is noted.
GRANT SELECT, INSERT ON trace_code, trace_sale TO rxcirc_server;
GRANT UPDATE (whole_sales, split_sales, flagged_sales) ON trace_code TO rxcirc_server;
GRANT UPDATE (returned_at) ON trace_sale TO rxcirc_server;
GRANT UPDATE (reply, replays) ON idempotency TO rxcirc_server;

-- History: inserted and read.  The months of `event` get no grants of their own; all access goes
-- through the parent.
GRANT SELECT, INSERT ON data_key, document, fill, fill_line, fill_return, fill_return_line,
	event, application_step, agreement_step, hospital_received, hospital_day, hospital_day_number,
	identity_check, settlement, settlement_reversal, receipt, settlement_step, charge_month,
	charge_total, rating, delivery, delivery_step TO rxcirc_server;
-- A nonce whose code has expired can never be replayed.
GRANT SELECT, INSERT, DELETE ON voucher_nonce TO rxcirc_server;
-- A key that is destroyed takes the documents with it, not their proofs (service/trail/shred_records.c).
GRANT DELETE ON data_key TO rxcirc_server;
GRANT SELECT ON retention_class TO rxcirc_server;
-- Set to itself: so a call that is under way twice sees its own use.
GRANT UPDATE (used_at) ON voucher_nonce TO rxcirc_server;
GRANT EXECUTE ON FUNCTION ensure_event_months(timestamptz, integer) TO rxcirc_server;

-- The log: events wait in the queue, then have their place for ever.
GRANT SELECT, INSERT, DELETE ON log_queue TO rxcirc_server;
GRANT SELECT, INSERT ON log_leaf TO rxcirc_server;
GRANT SELECT ON log_head TO rxcirc_server;
GRANT UPDATE (size) ON log_head TO rxcirc_server;
GRANT SELECT, INSERT ON log_published TO rxcirc_server;
GRANT UPDATE (size, note, at) ON log_published TO rxcirc_server;
GRANT EXECUTE ON FUNCTION ensure_log_parts(), queue_unlogged_events(timestamptz) TO rxcirc_server;

-- The auditor also runs checks.sql.
GRANT SELECT ON schema_version, registry_state, region, institution, certificate, practitioner,
	practice, practitioner_key, voucher_key, drug, diagnosis, item, parameter, person_block,
	proposal, application, application_step, agreement, agreement_house, agreement_task,
	agreement_step, code_version, code, registry_kind, prescription, prescription_line,
	document, fill, fill_line, fill_return, fill_return_line, trace_code, trace_sale,
	retention_class, retention_rule, retention_detached, retention_month, retention_kept,
	voucher_nonce, event, log_queue, log_leaf, log_head, log_published, hospital_received, hospital_day, hospital_day_number,
	identity_check, settlement, settlement_reversal, receipt, settlement_step, charge_month,
	charge_total, delivery, delivery_step, stock, stock_feed TO rxcirc_auditor;
-- Not the comments, sealed as they are.
GRANT SELECT (bucket, rx_id, fill_no, revision, score, rated_at) ON rating TO rxcirc_auditor;
GRANT SELECT (bucket, rx_id, generation) ON data_key TO rxcirc_auditor;
GRANT SELECT (bucket, institution_code, key, at, replays) ON idempotency TO rxcirc_auditor;
COMMIT;

\else

BEGIN;
-- Roles belong to the whole cluster; two databases being set up at once must not collide.
LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rxcirc_owner') AS missing \gset
\if :missing
CREATE ROLE rxcirc_owner;
\endif
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rxcirc_server') AS missing \gset
\if :missing
CREATE ROLE rxcirc_server;
\endif
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rxcirc_auditor') AS missing \gset
\if :missing
CREATE ROLE rxcirc_auditor;
\endif
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rxcirc_backup') AS missing \gset
\if :missing
CREATE ROLE rxcirc_backup;
\endif

ALTER ROLE rxcirc_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT;
ALTER ROLE rxcirc_server LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
ALTER ROLE rxcirc_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
ALTER ROLE rxcirc_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS INHERIT;

-- A backup that misses a new table is worse than one that reads too much.
GRANT pg_read_all_data TO rxcirc_backup;

-- Nothing of a person reaches the log: no statements, no parameters, and no DETAIL lines, which
-- quote the values of the row that collided.
ALTER ROLE rxcirc_server SET log_statement = 'none';
ALTER ROLE rxcirc_server SET log_min_duration_statement = -1;
ALTER ROLE rxcirc_server SET log_parameter_max_length = 0;
ALTER ROLE rxcirc_server SET log_parameter_max_length_on_error = 0;
ALTER ROLE rxcirc_server SET log_min_error_statement = 'panic';
ALTER ROLE rxcirc_server SET log_error_verbosity = 'terse';
-- An answer means "on disk"; races are decided by guarded statements (READ COMMITTED); nobody waits
-- for a row longer than a caller would.
ALTER ROLE rxcirc_server SET synchronous_commit = 'on';
ALTER ROLE rxcirc_server SET default_transaction_isolation = 'read committed';
ALTER ROLE rxcirc_server SET lock_timeout = '2s';
ALTER ROLE rxcirc_server SET idle_in_transaction_session_timeout = '30s';
-- Statements are short and prepared: a plan that was made for any range of a long log would start
-- processes for a thousand rows, every twentieth of a second.
ALTER ROLE rxcirc_server SET max_parallel_workers_per_gather = 0;
ALTER ROLE rxcirc_server SET search_path = public;
ALTER ROLE rxcirc_server SET timezone = 'UTC';
ALTER ROLE rxcirc_auditor SET default_transaction_read_only = on;
ALTER ROLE rxcirc_auditor SET search_path = public;
COMMIT;

BEGIN;
SELECT current_database() AS this_database \gset
REVOKE ALL ON DATABASE :"this_database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"this_database" TO rxcirc_owner, rxcirc_server, rxcirc_auditor, rxcirc_backup;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO rxcirc_owner;
GRANT USAGE ON SCHEMA public TO rxcirc_server, rxcirc_auditor, rxcirc_backup;
COMMIT;

\endif
