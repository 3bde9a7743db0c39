-- Records of the kind 'attachment': the bytes of a file beside an episode, sealed, named by the episode's
-- reference and the id of the fact. The table is as it was: the step says that a version which would take
-- them for episodes, or who-read-what for damage, is too old for these records.
COMMENT ON TABLE nightlight.record IS
    'One row for each record: episode, draft, office, register, attachment; sealed';
