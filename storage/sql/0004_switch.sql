-- Commands to stop or resume a service on their way to whoever leads it, in the order of their numbers.
CREATE TABLE nightlight.switch (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL REFERENCES nightlight.service (name) ON DELETE CASCADE,
    wanted text NOT NULL CHECK (wanted IN ('stop', 'resume')),
    left_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
