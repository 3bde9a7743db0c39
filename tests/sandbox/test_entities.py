"""Formatting: HTML becomes entities, counted in UTF-16; mistakes are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.server.entities import formatted
from sandbox.server.errors import ApiError


def utf16_slice(text, offset, length):
    """The part of a text that an entity covers."""
    encoded = text.encode("utf-16-le")
    return encoded[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def read(text, mode=""):
    shown, entities = formatted(text, mode, None)
    return shown, [
        (entity["type"], utf16_slice(shown, entity["offset"], entity["length"]))
        for entity in entities
    ]


@pytest.mark.parametrize(
    ("source", "shown", "entities"),
    [
        ("<b>Level 1</b> &amp; more", "Level 1 & more", [("bold", "Level 1")]),
        ("🌙 <i>a <b>b</b></i>", "🌙 a b", [("italic", "a b"), ("bold", "b")]),
        ('<a href="https://a.org/?x=1&amp;y=2">here</a>', "here", [("text_link", "here")]),
        ("<code>a &lt; b</code>", "a < b", [("code", "a < b")]),
        ('<pre><code class="language-py">x = 1</code></pre>', "x = 1", [("pre", "x = 1")]),
        ("<tg-spoiler>who</tg-spoiler>", "who", [("spoiler", "who")]),
        ('<span class="tg-spoiler">who</span>', "who", [("spoiler", "who")]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
        ("<B>a</>b", "ab", [("bold", "a")]),
        ("&nbsp; &#39;&#x41;", "&nbsp; 'A", []),
        ("<u>a</u><s>b</s><del>c</del>", "abc",
         [("underline", "a"), ("strikethrough", "b"), ("strikethrough", "c")]),
    ],
)  # fmt: skip
def test_html(source, shown, entities):
    assert read(source, "HTML") == (shown, entities)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a <b>b", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<x>b</x>", 'Unsupported start tag "x" at byte offset 2'),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("2 < 3", 'Unsupported start tag "" at byte offset 2'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler"'),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("2 <3", "Unclosed start tag at byte offset 2"),
        ("<br/>x", 'Unsupported start tag "br/" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href=https://a.org>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<b "x">y</b>', 'Empty attribute name in the tag "b" at byte offset 0'),
    ],
)
def test_html_that_telegram_refuses(source, words):
    with pytest.raises(ApiError, match="can't parse entities") as refusal:
        formatted(source, "HTML", None)
    assert words in refusal.value.description


@pytest.mark.parametrize("mode", ["MarkdownV2", "markdown"])
def test_markdown_is_refused_and_not_shown_raw(mode):
    with pytest.raises(ApiError, match="the sandbox does not offer parse_mode"):
        formatted("*a*", mode, None)


def test_what_telegram_finds_by_itself():
    text = "/case@night_bot 4: see https://a.org/x?y=1, write a.b@c.org or @robin_x #night 1/2"
    assert read(text)[1] == [
        ("bot_command", "/case@night_bot"),
        ("url", "https://a.org/x?y=1"),
        ("email", "a.b@c.org"),
        ("mention", "@robin_x"),
        ("hashtag", "#night"),
    ]


def test_entities_given_by_the_bot_follow_the_trimming_of_the_text():
    shown, entities = formatted("  🌙 night ", "", [{"type": "bold", "offset": 5, "length": 9}])
    assert (shown, utf16_slice(shown, entities[0]["offset"], entities[0]["length"])) == (
        "🌙 night",
        "night",
    )


@given(st.text(max_size=60), st.sampled_from(["HTML", ""]))
def test_no_text_breaks_the_parser_and_entities_lie_within_the_text(text, mode):
    try:
        shown, entities = formatted(text, mode, None)
    except ApiError as error:
        assert error.code == 400
        return
    size = len(shown.encode("utf-16-le", "surrogatepass")) // 2
    assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= size for e in entities)
