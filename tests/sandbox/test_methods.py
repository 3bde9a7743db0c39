"""Every method: the page lists it, nothing makes it fall over, none is forgotten."""

import re
from pathlib import Path

import telegram
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.server.method_table import with_table
from sandbox.server.methods import METHODS, REFUSED
from tests.sandbox.conftest import ROBIN

PAGE = Path(__file__).parents[2] / "docs" / "SANDBOX_SERVER.md"


def test_the_page_lists_the_methods_there_are():
    page = PAGE.read_text()
    assert with_table(page) == page, (
        "run: python -m sandbox.server.method_table docs/SANDBOX_SERVER.md"
    )


def test_every_method_the_library_knows_is_either_offered_or_refused():
    known = {
        name for name in dir(telegram.Bot) if re.fullmatch(r"[a-z]+([A-Z][A-Za-z0-9]*)+", name)
    }
    there = {method.name for method in METHODS.values()} | set(REFUSED.values())
    assert known - there == set()
    assert not METHODS.keys() & REFUSED.keys()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, 1, -1, ROBIN, 2**70, 1.5, "", "x", "true", "[", "[]", "{}", "[[1]]", "<b>"]
    ),
    st.text(max_size=8),
    st.lists(
        st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just([1]), st.just({})),
        max_size=3,
    ),
    st.dictionaries(
        st.sampled_from(["type", "message_id", "chat_id", "keyboard", "inline_keyboard", "text"]),
        st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just([[{}]]), st.just([1])),
        max_size=3,
    ),
)


@given(st.data())
@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_request_makes_the_server_fall_over(sync_client, data):
    method = data.draw(st.sampled_from(sorted(METHODS.values(), key=lambda m: m.name)))
    params = {name: data.draw(VALUES) for name in method.parameters}
    if "timeout" in params:
        params["timeout"] = 0
    if "chat_id" in params and data.draw(st.booleans()):
        params["chat_id"] = ROBIN
    answer = sync_client.post(f"/bot110201:sandbox-example/{method.name}", json=params)
    document = answer.json()
    assert answer.status_code != 500
    assert answer.status_code == document.get("error_code", 200)
    if not document["ok"]:
        assert document["description"]
