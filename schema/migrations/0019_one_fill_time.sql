-- Two migrations made the same index on the time of a fill; every hand-over wrote both.
DROP INDEX fill_dispensed_at;
