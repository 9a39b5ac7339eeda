"""The catalogue: no loss without its card, page and exercise; no card that is not its loss's."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import course
import pytest
import sympy as sp

import lossfns
from lossfns import cards, symbolic
from lossfns.symbolic import DEFINITIONS, OUTPUT_LAYERS, WITHOUT_DEFINITION
from lossfns.symbolic.readings import READINGS, disagreement

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / f"{cards.CATALOGUE}.ipynb"
NO_LOSS = {"Descent", "gradient_descent", "sgd", "reduce", *OUTPUT_LAYERS}
LOSSES = tuple(name for name in lossfns.__all__ if name not in NO_LOSS)

Cells = list[dict[str, str]]

each = pytest.mark.parametrize("name", LOSSES)


def read_cells(text: str) -> Cells:
    """Kind and source of a notebook's cells."""
    cells = json.loads(text)["cells"]
    return [{"kind": cell["cell_type"], "source": "".join(cell["source"])} for cell in cells]


@pytest.fixture(scope="module")
def cells() -> Cells:
    """The catalogue's cells."""
    return read_cells(CATALOGUE.read_text("utf-8"))


@pytest.fixture(scope="module")
def exercises() -> str:
    """The source of every exercise."""
    paths = sorted((ROOT / "exercises").rglob("*.ipynb"))
    return "\n".join(
        cell["source"] for path in paths for cell in read_cells(path.read_text("utf-8"))
    )


# What each check finds wrong: nothing, or a line


def no_card(cells: Cells, name: str) -> str:
    """A heading with the loss's label, then the cell that draws its card."""
    heading = f"(card-{name})=\n### {name}"
    places = [number for number, cell in enumerate(cells) if cell["source"].strip() == heading]
    if len(places) != 1:
        return f"{name} has {len(places)} headings"
    following = cells[places[0] + 1] if places[0] + 1 < len(cells) else {"source": ""}
    shown = re.match(r'card\("(\w+)"\)\s*$', following["source"])
    return "" if shown and shown[1] == name else f"the heading {name} has no card below it"


def no_page(page: str) -> str:
    """A page of the course."""
    exists = (ROOT / "chapters" / f"{page}.ipynb").exists()
    return "" if exists else f"there is no page {page}"


def no_exercise(text: str, name: str) -> str:
    """An exercise that names the loss."""
    return "" if re.search(rf"\b{name}\b", text) else f"no exercise names {name}"


def wrong_docstring(name: str, docstring: str) -> str:
    """The docstring names the page of the definition, and the catalogue."""
    found = re.search(r"Page:\s+``chapters/([^`]+)``;\s+card:\s+``([^`]+)``\.", docstring)
    if found is None:
        return f"{name} names no page and card"
    if found[2] != cards.CATALOGUE:
        return f"{name} names the card {found[2]}"
    page = DEFINITIONS[name].page if name in DEFINITIONS else found[1]
    return "" if found[1] == page else f"{name} names {found[1]}, its definition {page}"


@each
def test_loss_has_a_card(name: str, cells: Cells) -> None:
    """Under its own heading, with a label that pages can refer to."""
    assert not no_card(cells, name)


@each
def test_loss_has_a_page(name: str) -> None:
    """The card's link leads somewhere."""
    assert not no_page(cards.page(name))


@each
def test_loss_has_an_exercise(name: str, exercises: str) -> None:
    """A loss that nobody has used is not known yet."""
    assert not no_exercise(exercises, name)


@each
def test_docstring_names_page_and_card(name: str) -> None:
    """Whoever reads the code finds the derivation."""
    assert not wrong_docstring(name, inspect.getdoc(getattr(lossfns, name)))


def test_catalogue_is_made_of_the_public_losses() -> None:
    """Each in one family, and no card for what is no loss."""
    listed = [name for names in cards.FAMILIES.values() for name in names]
    assert sorted(listed) == sorted(LOSSES)
    assert set(cards.SPELLED) == set(WITHOUT_DEFINITION)
    assert set(READINGS) <= set(DEFINITIONS)


def test_no_card_stands_under_a_heading_of_another(cells: Cells) -> None:
    """Nor without one."""
    drawn = [cell["source"] for cell in cells if cell["source"].startswith("card(")]
    assert len(drawn) == len(LOSSES)


@pytest.mark.parametrize("name", READINGS)
def test_formula_and_gradient_of_a_card_are_the_definition_s(name: str) -> None:
    """Sums and distances unfold to the definition's formula and to the gradient SymPy derives."""
    assert disagreement(DEFINITIONS[name], READINGS[name], limit=14) is None


@pytest.mark.parametrize("name", sorted(set(DEFINITIONS) - set(READINGS)))
def test_formula_without_a_reading_is_the_definition_s(name: str) -> None:
    """Written in the residual, or as it stands."""
    loss = DEFINITIONS[name]
    formula, gradient, where = cards.formulas(name)
    shown = symbolic.Equals(formula.subs(where), "its card's formula")
    assert shown.verify(loss) in symbolic.Evidence
    slope = symbolic.GradientIs(tuple(g.subs(where) for g in gradient.values()), "its card's")
    assert slope.verify(loss) in symbolic.Evidence


# Each check finds its fault


def _without(cells: Cells, source: str) -> Cells:
    return [cell for cell in cells if source not in cell["source"]]


PLANTED: Mapping[str, tuple[Callable[[Cells], str], str]] = {
    "no heading": (
        lambda cells: no_card(_without(cells, "(card-mse_loss)="), "mse_loss"),
        "mse_loss has 0 headings",
    ),
    "no card": (
        lambda cells: no_card(_without(cells, 'card("mse_loss")'), "mse_loss"),
        "the heading mse_loss has no card below it",
    ),
    "card of another": (
        lambda cells: no_card(
            [
                {**cell, "source": cell["source"].replace('card("mse_loss")', 'card("l1_loss")')}
                for cell in cells
            ],
            "mse_loss",
        ),
        "the heading mse_loss has no card below it",
    ),
    "no page": (
        lambda _: no_page("regression/unheard_of"),
        "there is no page regression/unheard_of",
    ),
    "no exercise": (
        lambda _: no_exercise("lossfns.mse_loss_of(x)", "mse_loss"),
        "no exercise names mse_loss",
    ),
    "docstring without a page": (
        lambda _: wrong_docstring("mse_loss", "Squared error. Source: Gauss."),
        "mse_loss names no page and card",
    ),
    "docstring with another page": (
        lambda _: wrong_docstring(
            "mse_loss", f"Page: ``chapters/regression/quantiles``; card: ``{cards.CATALOGUE}``."
        ),
        "mse_loss names regression/quantiles, its definition regression/ols_from_mle",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str, cells: Cells) -> None:
    """Otherwise the checks above would prove nothing."""
    check, expected = PLANTED[fault]
    assert check(cells) == expected


@pytest.mark.parametrize("name", ["cross_entropy", "triplet_margin_loss", "info_nce_loss"])
def test_a_slip_in_a_reading_is_found(name: str) -> None:
    """In the formula, and in the gradient alone."""
    loss, reading = DEFINITIONS[name], READINGS[name]
    tiny = sp.Rational(1, 10**12)
    assert disagreement(loss, replace(reading, formula=reading.formula + tiny), limit=6)
    flipped = {by: -slope for by, slope in reading.gradient.items()}
    assert disagreement(loss, replace(reading, gradient=flipped), limit=6)


def test_a_printed_formula_keeps_what_it_prints() -> None:
    """The printer reorders factors and terms; a power once lost its exponent that way."""
    p_y, y, o = sp.symbols("p_y y o", real=True)
    assert cards.latex(1 / p_y) == r"\frac{1}{p_{y}}"
    assert cards.latex(-y * sp.Max(0, 1 - y * o) ** 2) == r"- y \max(0, 1 - o y)^{2}"
    assert cards.latex(symbolic.readings.step(y - o)) == "[y > o]"
    assert cards.latex(-(1 - y) * sp.log(1 - o)) == r"(y - 1) \log(1 - o)"
    assert cards.latex((1 + o / y) ** y) == r"\left(1 + \frac{o}{y}\right)^{y}"
    assert cards.text(p_y**-2 - sp.exp(o - y)) == "p_y^(−2) − e^(o − y)"


def test_a_denied_claim_does_not_deny_its_explanation() -> None:
    """ "Not symmetric: an error of +r costs what an error of −r costs" would say both."""
    said = cards.properties(DEFINITIONS["pinball_loss"])["Symmetry"]
    assert said == [
        "for τ = 1/2: symmetric: an error of +r costs what an error of −r costs",
        "in general not symmetric",
    ]


def test_statements_are_in_the_letters_of_the_formula() -> None:
    """The definitions call a temperature τ, which in the course is the level of a quantile."""
    limits = cards.properties(DEFINITIONS["nt_xent_loss"])["Limits"]
    assert limits == ["as T → ∞: log(2N − 1): nothing is told apart"]
    wide = cards.properties(DEFINITIONS["binary_cross_entropy_with_logits"])["Slope"]
    assert wide[0] == "Lipschitz in the input with constant max(1, w₊)"


def test_float32_line_shows_a_formula_that_fails_and_a_function_that_does_not() -> None:
    """And nothing where the formula is as good as the function."""
    found = cards.extreme(DEFINITIONS["binary_cross_entropy_with_logits"])
    assert found.formula == sp.oo
    assert found.ours == pytest.approx(found.exact, rel=1e-6)
    assert cards.extreme(DEFINITIONS["l1_loss"]) is None


def test_float32_line_is_about_the_formula_that_the_card_shows() -> None:
    """Not about the definition's, which may multiply two exponentials where the card has one."""
    found = cards.extreme(DEFINITIONS["bradley_terry_loss"])
    first, second = DEFINITIONS["bradley_terry_loss"].inputs
    assert found.point[first] != found.point[second]


@pytest.mark.parametrize("name", ["poisson_nll_loss", "exponential_loss"])
def test_float32_line_does_not_hide_a_loss_that_is_too_large(name: str) -> None:
    """exp(10⁴) is no number in float32, however it is computed."""
    assert cards.leaves_float32(DEFINITIONS[name])
    said = dict(cards._rows(name, DEFINITIONS[name]))["In float32"]
    assert "too large for float32" in said[0]


def test_a_page_ends_with_its_cards() -> None:
    """Links from a chapter to the cards of the losses that it derives, and to no others."""
    page = json.dumps({"cells": [{"cell_type": "markdown", "source": "# Quantiles"}]})
    last = json.loads(course.with_cards(page, "regression/quantiles"))["cells"][-1]
    assert last["source"] == "**In the catalogue:** {ref}`pinball_loss <card-pinball_loss>`."
    unlinked = json.loads(course.with_cards(page, "foundations/likelihood"))
    assert len(unlinked["cells"]) == 1
