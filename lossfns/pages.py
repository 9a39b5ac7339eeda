"""What a page of the course displays besides figures: questions, source code, computed text.

All display Markdown that works in JupyterLab and on the site alike, without JavaScript.
"""

import ast
import html
import inspect
import textwrap
from collections.abc import Callable
from typing import NamedTuple

from IPython.display import display


class Option(NamedTuple):
    """One answer to a question.

    Attributes:
        text: the answer, plain text.
        right: whether it is right; computed by the page, not typed.
        why: one or two sentences of Markdown, shown once the reader has chosen the answer.
    """

    text: str
    right: bool
    why: str


def question(prompt: str, *options: Option) -> None:
    """Display a question whose answers unfold to tell whether, and why, they are right.

    Each answer is a native ``<details>`` element: it works by keyboard, is announced by a screen
    reader, prints, and needs neither a script nor a server.

    Args:
        prompt: the question, in Markdown.
        options: the answers, of which exactly one is right.

    Raises:
        ValueError: not exactly one option is right.
    """
    right = [option for option in options if option.right]
    if len(right) != 1:
        raise ValueError(f"exactly one option must be right; got {len(right)}: {prompt}")
    answers = "\n".join(_answer(option) for option in options)
    _display_markdown(f'{prompt}\n\n<div class="answers">\n\n{answers}\n</div>', prompt)


def show_source(function: Callable) -> None:
    """Display a function's code as it stands in its module, without the docstring."""
    code = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(code).body[0]
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        lines = code.splitlines()
        del lines[docstring.lineno - 1 : docstring.end_lineno]
        code = "\n".join(lines)
    _display_markdown(f"```python\n{code.rstrip()}\n```", code.rstrip())


def show_markdown(text: str, plain: str | None = None) -> None:
    """Display text that a page has computed, as Markdown; ``plain`` stands for it elsewhere."""
    _display_markdown(text, text if plain is None else plain)


def _answer(option: Option) -> str:
    verdict = "Right." if option.right else "No."
    return (
        f"<details><summary>{html.escape(option.text)}</summary>\n\n"
        f"**{verdict}** {option.why}\n\n</details>\n"
    )


def _display_markdown(markdown: str, plain: str) -> None:
    # Given raw, because IPython's Markdown object would add its own repr to the output.
    display({"text/markdown": markdown, "text/plain": plain}, raw=True)
