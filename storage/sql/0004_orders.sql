-- What commands left for whoever leads a service, in the order of their numbers: to stop or resume
-- it, or to put young people on its register (sealed).
CREATE TABLE nightlight.left_for_leader (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL REFERENCES nightlight.service (name) ON DELETE CASCADE,
    wanted text NOT NULL CHECK (wanted IN ('stop', 'resume', 'register')),
    content bytea CHECK ((wanted = 'register') = (content IS NOT NULL)),
    left_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
