"""The values of the YAML that `init` writes: every text comes back as it was, and looks as people would write it."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from bluegreen.report.yaml import scalar


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1))
def test_any_text_is_read_back_as_it_is(text: str) -> None:
    """GitHub makes a text of whatever YAML reads, so that a number must be spelled as the text is."""
    assert str(yaml.load(f"input: {scalar(text)}", yaml.CSafeLoader)["input"]) == text.replace("${{", "${{ '${{' }}")


def test_texts_that_yaml_would_take_for_something_else() -> None:
    """They are quoted; plain ones are not, for people read them."""
    for text in (
        "yes",
        "No",
        "true",
        "null",
        "0123",
        "1.50",
        "1e3",
        "10:30",
        "- a",
        "a: b",
        "a #b",
        "a:",
        "~",
        "{a}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
    ):
        assert yaml.load(scalar(text), yaml.CSafeLoader) == text
        assert scalar(text).startswith('"')
    for text in ("shop", "256m", "8000", "/healthz", "https://shop.example/", "python -m app"):
        assert scalar(text) == text
