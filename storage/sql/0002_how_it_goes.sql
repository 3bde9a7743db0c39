-- What the leader of a service says of itself every few seconds, for whoever watches many: no personal
-- data. `lateness`: of the reminder sent last, seconds. `next_due`: the next moment at which it acts.
ALTER TABLE nightlight.service
    ADD COLUMN said_at timestamptz,
    ADD COLUMN next_due timestamptz,
    ADD COLUMN lateness double precision NOT NULL DEFAULT 0;
