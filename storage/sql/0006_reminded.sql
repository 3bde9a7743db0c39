-- Whom a former leader reminded while it could not reach the database: left by its machine.
ALTER TABLE nightlight.left_for_leader DROP CONSTRAINT left_for_leader_wanted_check;
ALTER TABLE nightlight.left_for_leader DROP CONSTRAINT left_for_leader_check;
ALTER TABLE nightlight.left_for_leader ADD CONSTRAINT left_for_leader_wanted_check
    CHECK (wanted IN ('stop', 'resume', 'register', 'unlock', 'reminded'));
ALTER TABLE nightlight.left_for_leader ADD CONSTRAINT left_for_leader_check
    CHECK ((wanted IN ('register', 'unlock', 'reminded')) = (content IS NOT NULL));
