CREATE SCHEMA IF NOT EXISTS nightlight;

CREATE TABLE nightlight.step (
    number int PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row for each service: its mark (sealed: format and key), and who leads it.
-- `term` counts the leaders. Every commit checks it, so a leader that was followed cannot write.
CREATE TABLE nightlight.service (
    name text PRIMARY KEY,
    mark bytea NOT NULL,
    term bigint NOT NULL DEFAULT 0,
    holder text NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- One row for each record. `summary`: of a closed episode only, sealed; `summary_by` names the
-- rules by which it was made.
CREATE TABLE nightlight.record (
    service text NOT NULL REFERENCES nightlight.service (name),
    kind text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    content bytea NOT NULL,
    closed_at timestamptz,
    summary bytea,
    summary_by text,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, kind, name)
);

-- One atomic change of several records, by the leader of that term only (NL001 otherwise).
-- Each: from version `olds` to `news`; 0 is "not there". NL002: it is at another version.
CREATE FUNCTION nightlight.put(
    of_service text, of_term bigint, kinds text[], names text[], olds bigint[], news bigint[],
    contents bytea[], closings timestamptz[], summaries bytea[], rules text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM nightlight.service AS s
        WHERE s.name = of_service AND s.term = of_term FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'term % of this service is over', of_term USING ERRCODE = 'NL001';
    END IF;
    FOR i IN 1 .. coalesce(array_length(kinds, 1), 0) LOOP
        IF news[i] = 0 THEN
            DELETE FROM nightlight.record AS r
                WHERE r.service = of_service AND r.kind = kinds[i] AND r.name = names[i]
                AND r.version = olds[i];
        ELSIF olds[i] = 0 THEN
            INSERT INTO nightlight.record
                (service, kind, name, version, content, closed_at, summary, summary_by)
                VALUES (of_service, kinds[i], names[i], news[i], contents[i], closings[i],
                        summaries[i], CASE WHEN summaries[i] IS NULL THEN NULL ELSE rules END)
                ON CONFLICT DO NOTHING;
        ELSE
            UPDATE nightlight.record AS r
                SET version = news[i], content = contents[i], closed_at = closings[i],
                    summary = summaries[i],
                    summary_by = CASE WHEN summaries[i] IS NULL THEN NULL ELSE rules END,
                    written_at = clock_timestamp()
                WHERE r.service = of_service AND r.kind = kinds[i] AND r.name = names[i]
                AND r.version = olds[i];
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION '% % is not at version %', kinds[i], names[i], olds[i]
                USING ERRCODE = 'NL002';
        END IF;
    END LOOP;
END
$$;
