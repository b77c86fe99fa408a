"""docker-run words, judged by the allow-list in `model/options.py`."""

from __future__ import annotations

from bluegreen.model.options import option_problems, option_words

__all__ = ["container_options"]


def container_options(text: str) -> tuple[str, ...]:
    """The words, every one of them allowed."""
    problems = option_problems(text)
    if problems:
        raise ValueError("\n".join(problem.removeprefix("container-options: ") for problem in problems))
    return option_words(text)
