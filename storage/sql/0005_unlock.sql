-- A command may also leave for the leader that somebody's PIN starts anew (sealed).
ALTER TABLE nightlight.left_for_leader DROP CONSTRAINT left_for_leader_wanted_check;
ALTER TABLE nightlight.left_for_leader DROP CONSTRAINT left_for_leader_check;
ALTER TABLE nightlight.left_for_leader ADD CONSTRAINT left_for_leader_wanted_check
    CHECK (wanted IN ('stop', 'resume', 'register', 'unlock'));
ALTER TABLE nightlight.left_for_leader ADD CONSTRAINT left_for_leader_check
    CHECK ((wanted IN ('register', 'unlock')) = (content IS NOT NULL));
