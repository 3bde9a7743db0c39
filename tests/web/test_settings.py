"""Mistakes in [web] stop the start with a line that names key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config_file import load
from tests.bot.test_config import complaints, written

GOOD = 'address = "https://pages.example.org"\n'


def with_web(folder: Path, text: str, *changes: tuple[str, str]) -> Path:
    path = written(folder, *changes)
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[web]\n{text}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('words = "pages"\n', "web.address"),
        ("port = 8444\n", "web.address"),
        ('address = "http://pages.example.org"\n', "web.address"),
        ('address = "https://pages.example.org/a"\n', "web.address"),
        ('address = "https://somebody@pages.example.org"\n', "web.address"),
        ('address = "pages.example.org"\n', "web.address"),
        (f'{GOOD}words = "page"\n', "web.words"),
        (f"{GOOD}port = 0\n", "web.port"),
        (f'{GOOD}port = "8443"\n', "web.port"),
        (f'{GOOD}listen = "0.0.0.0"\n', "web.listen"),
        (f'{GOOD}certificate = "a.pem"\n', "web.certificate_key"),
        (f'{GOOD}certificate_key = "a.pem"\n', "web.certificate"),
        (f"{GOOD}colour = 1\n", "colour"),
        (f'{GOOD}activation = "none"\n', "web.activation"),
        (f'{GOOD}activation = "pin"\n', "web.activation"),
    ],
)
def test_a_mistake_in_web_is_named(tmp_path: Path, text: str, key: str) -> None:
    found = "\n".join(complaints(with_web(tmp_path, text)))
    assert key in found


def test_words_on_pages_and_initials_in_the_chat_do_not_go_together(tmp_path: Path) -> None:
    text = f'{GOOD}words = "pages"\n'
    path = with_web(tmp_path, text, ('identifiers = "reference"', 'identifiers = "initials"'))
    assert any("privacy.identifiers" in line for line in complaints(path))
    path.write_text(path.read_text(encoding="utf-8").replace('"initials"', '"reference"'))
    config, _ = load(path)
    assert config.web.words == "pages"


def test_without_tls_the_pages_are_for_practice_on_this_machine_only(tmp_path: Path) -> None:
    here = 'address = "http://127.0.0.1:8443"\n'
    assert any("web.address" in line for line in complaints(with_web(tmp_path, here)))
    practice = '\n[practice]\nclock = "http://127.0.0.1:8040"\n'
    for address, allowed in ((here, True), (here.replace("127.0.0.1", "10.0.0.7"), False)):
        path = with_web(tmp_path, f"{address}{practice}")
        assert all("web.address" not in line for line in complaints(path)) == allowed
