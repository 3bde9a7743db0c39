from tests.storage import crash


def test_nothing_confirmed_is_lost_when_the_process_is_killed(tmp_path):
    """A short run of what `python -m tests.storage.crash` does 500 times."""
    expected = crash.run(12, seed=7, folder=tmp_path)
    assert expected.changes > 50
