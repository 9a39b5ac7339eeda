"""The catalogue's cards: all that a definition says of a loss, as a page shows it.

Nothing on a card is typed for it. The formula and the gradient are the definition's own or a
:mod:`reading <lossfns.symbolic.readings>`, which the tests compare with it. The properties are the
statements of its claims, which the tests verify. The rest comes from the function itself: its
signature, its docstring, its value in float32 where the formula fails.
"""

import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np
import sympy as sp
import torch
from sympy.printing.latex import LatexPrinter

import lossfns
from lossfns import figures, symbolic
from lossfns.explorers import picture
from lossfns.figures import PALETTE
from lossfns.pages import show_markdown
from lossfns.symbolic import DEFINITIONS, WITHOUT_DEFINITION, Claim, LossDefinition
from lossfns.symbolic import readings as rd
from lossfns.symbolic.claims import _CardPrinter, plain
from lossfns.symbolic.definition import Point
from lossfns.symbolic.readings import READINGS, Reading

CATALOGUE = "chapters/choosing/catalogue"

TORCH = torch.nn.functional

# --- Formulas ------------------------------------------------------------------------------------


class _Printer(LatexPrinter):
    """SymPy's LaTeX in the course's hand: a positive term first, sums without their ends."""

    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:  # noqa: N802, ARG002
        terms = sorted(expr.args, key=lambda term: term.could_extract_minus_sign())
        text = self._print(terms[0])
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            shown = self._print(-term if minus else term)
            if minus and (-term).is_Add:
                shown = rf"\left({shown}\right)"
            text += f" {'-' if minus else '+'} {shown}"
        return text

    def _print_Mul(self, expr: sp.Mul) -> str:  # noqa: N802
        if not isinstance(expr, sp.Mul):  # a power with a negative exponent comes here too
            return super()._print_Mul(expr)
        return super()._print_Mul(sp.Mul(*sorted(expr.args, key=_place), evaluate=False))

    def _print_log(self, expr: sp.log, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        argument = self._print(expr.args[0])
        if expr.args[0].is_Symbol or isinstance(expr.args[0], sp.Indexed):
            return rf"\log{power} {argument}"
        return rf"\log{power}\left({argument}\right)"

    def _print_Relational(self, expr: sp.Rel) -> str:  # noqa: N802
        return super()._print_Relational(expr.reversed if expr.rhs.has(sp.Abs) else expr)

    def _print_Indexed(self, expr: sp.Indexed) -> str:  # noqa: N802
        indices = "".join(map(self._print, expr.indices))
        return f"{expr.base.label.name}_{{{indices}}}"

    def _print_Sum(self, expr: sp.Sum) -> str:  # noqa: N802
        indices = ", ".join(self._print(limit[0]) for limit in reversed(expr.limits))
        term = self._print(expr.function)
        if expr.function.is_Add:
            term = rf"\left({term}\right)"
        return rf"\sum_{{{indices}}} {term}"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:  # noqa: N802
        rows = [
            f"{self._print(value)} & "
            + (r"\text{otherwise}" if condition == sp.true else self._print(condition))
            for value, condition in expr.args
        ]
        return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"

    def _print_Function(self, expr: sp.Function, exp: str | None = None) -> str:  # noqa: N802
        name = expr.func.__name__
        if name == "step":
            terms = sp.Add.make_args(expr.args[0])
            right = [-term for term in terms if term.could_extract_minus_sign()]
            left = [term for term in terms if not term.could_extract_minus_sign()]
            sides = (self._print(sp.Add(*side)) for side in (left, right))
            text = rf"\left[{' > '.join(sides)}\right]"
        elif name == "xlogy":
            text = self._print(sp.Mul(expr.args[0], sp.log(expr.args[1]), evaluate=False))
        elif name == "dist" and str(expr.args[1]) == "0_v":
            text = rf"\lVert {self._print(expr.args[0])} \rVert"
        elif name in _HEADS:
            text = f"{_HEADS[name]}({', '.join(map(self._print, expr.args))})"
        else:
            return super()._print_Function(expr, exp)
        return f"{text}^{{{exp}}}" if exp else text

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:  # noqa: N802
        return expr.name if "\\" in expr.name else super()._print_Symbol(expr, style)


_HEADS = {
    "dist": r"\operatorname{dist}",
    "sign": r"\operatorname{sign}",
    "sigma": r"\sigma",
    **{name: rf"\{name}" for name in ("cos", "cosh", "tanh")},
}


def _place(factor: sp.Expr) -> int:
    """Where a factor stands in a product: numbers, letters, brackets, functions, sums."""
    base = factor.as_base_exp()[0]
    letters = (sp.Symbol, sp.Indexed, sp.Number)
    for place, kind in enumerate((sp.Number, letters, (sp.Add, sp.KroneckerDelta))):
        if isinstance(base, kind):
            return place
    return 4 if isinstance(base, sp.Sum) else 3


def latex(expression: sp.Expr) -> str:
    """An expression as LaTeX.

    >>> o, y = sp.symbols("o y", real=True)
    >>> latex((o - y) ** 2)
    '(o - y)^{2}'
    """
    text = _Printer({"order": "none", "long_frac_ratio": 2}).doprint(expression)
    text = re.sub(r"\\left\|\{(.*?)\}\\right\|", r"\\lvert \1 \\rvert", text)
    # Brackets that need not grow are a third of the page's weight.
    low = r"((?:(?!\\left|\\right|\\frac|\\sum|\\begin).)*?)"
    while text != (shorter := re.sub(rf"\\left([(\[]){low}\\right([)\]])", r"\1\2\3", text)):
        text = shorter
    return text


_NAMES = {
    r"\tilde{y}": "ỹ",
    r"\bar{p}": "p̄",
    r"a_1^{\text{ref}}": "a₁ʳᵉᶠ",
    r"a_2^{\text{ref}}": "a₂ʳᵉᶠ",
}
_LOW = str.maketrans("ijk", "ᵢⱼₖ")


class _TextPrinter(_CardPrinter):
    """Formulas as plain text, with sums over classes."""

    printmethod = "_cardstr"  # or an indexed letter would print itself

    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802
        return _NAMES.get(expr.name) or super()._print_Symbol(expr)

    def _print_Indexed(self, expr: sp.Indexed) -> str:  # noqa: N802
        indices = "".join(map(str, expr.indices)).translate(_LOW)
        return _NAMES.get(expr.base.label.name, expr.base.label.name) + indices

    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:  # noqa: N802, ARG002
        terms = sorted(expr.args, key=lambda term: term.could_extract_minus_sign())
        text = self._print(terms[0])
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            shown = self._print(-term if minus else term)
            if minus and (-term).is_Add:
                shown = f"({shown})"
            text += f" {'-' if minus else '+'} {shown}"
        return text

    def _print_Sum(self, expr: sp.Sum) -> str:  # noqa: N802
        return f"Σ{str(expr.limits[0][0]).translate(_LOW)} {self._print(expr.function)}"

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta) -> str:  # noqa: N802
        return "δ" + "".join(sorted(map(str, expr.args))).translate(_LOW)

    def _print_exp(self, expr: sp.exp) -> str:
        return f"e^({self._print(expr.args[0])})"

    def _print_Function(self, expr: sp.Function) -> str:  # noqa: N802
        if expr.func.__name__ == "dist" and str(expr.args[1]) == "0_v":
            return f"‖{self._print(expr.args[0])}‖"
        arguments = ", ".join(map(self._print, expr.args))
        return f"{'σ' if expr.func.__name__ == 'sigma' else expr.func.__name__}({arguments})"


def text(expression: sp.Expr) -> str:
    """An expression as plain text.

    >>> text(rd.SOFTMAX[rd.pp[rd.k]])
    'e^(zₖ)/Σⱼ e^(zⱼ)'
    """
    text = _TextPrinter({"order": "none"}).doprint(expression)
    return re.sub(r"\^2(?!\d)", "²", text).replace("*", "·").replace("-", "−")


@cache
def formulas(name: str) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr], dict[sp.Expr, sp.Expr]]:
    """A loss's formula, its derivatives by what they are by, and the abbreviations in them.

    They are the reading's, or else the definition's own, in the residual if that is all that the
    loss depends on.
    """
    loss = DEFINITIONS[name]
    if name in READINGS:
        reading = READINGS[name]
        return reading.formula, dict(reading.gradient), dict(reading.where)
    (prediction,) = loss.inputs
    in_residual = loss.expression.subs(prediction, loss.target + rd.residual)
    if loss.target not in (in_residual := sp.simplify(in_residual)).free_symbols:
        slope = _tidy(in_residual.diff(rd.residual))
        return in_residual, {prediction: slope}, {rd.residual: prediction - loss.target}
    return loss.expression, {prediction: _tidy(loss.gradient()[0])}, {}


def _tidy(slope: sp.Expr) -> sp.Expr:
    if isinstance(slope, sp.Piecewise):
        return sp.Piecewise(*((sp.simplify(value), when) for value, when in slope.args))
    return sp.simplify(slope)


def _displayed(name: str) -> str:
    formula, gradient, _ = formulas(name)
    lines = [rf"\ell &= {latex(formula)}"]
    slopes = list(gradient.items())
    if _is_opposite(name):
        slopes = slopes[:1]
    lines += [rf"\partial\ell/\partial {latex(by)} &= {latex(slope)}" for by, slope in slopes]
    return "$$\n" + " \\\\[0.8ex]\n".join(lines) + "\n$$"


def _is_opposite(name: str) -> bool:
    """Whether the second of two derivatives is minus the first."""
    slopes = list(formulas(name)[1].values())
    return len(slopes) == 2 and sp.expand(slopes[0] + slopes[1]) == 0


def _notes(name: str) -> Iterator[str]:
    """What the signs in the formula mean that a reader may not know."""
    formula, gradient, where = formulas(name)
    functions = {
        part.func.__name__
        for expression in (formula, *gradient.values(), *where.values())
        for part in expression.atoms(sp.Function)
    }
    short = [(letter, meaning) for letter, meaning in where.items() if letter != rd.ell]
    if short:
        yield "Here " + ", ".join(f"{text(left)} = {text(right)}" for left, right in short) + "."
    if _is_opposite(name):
        yield f"The derivative by {plain(list(gradient)[1])} is the opposite."
    if "step" in functions:
        yield "The bracket [·] is 1 where what it holds is true, else 0."
    if "xlogy" in functions:
        yield "0 log 0 is 0."
    if "sigma" in functions:
        yield "σ is the sigmoid."
    if name in READINGS:
        reading = READINGS[name]
        if reading.between:
            [table] = reading.between
            yield (
                f"{table}ᵢₖ is the cosine of embeddings i and k, qᵢₖ the share of k among the "
                "positives of i."
            )
        for symbol in reading.given:
            yield f"{plain(symbol)}, the default {_number(symbol, name)}, is left out."


def _number(symbol: sp.Symbol, name: str) -> str:
    return _short(float(DEFINITIONS[name].parameters[symbol]))


# --- Properties ----------------------------------------------------------------------------------

_KINDS: Mapping[str, tuple[type[Claim], ...]] = {
    "Values": (symbolic.NonNegative, symbolic.Range, symbolic.NeverBelow, symbolic.NeverAbove),
    "Estimates": (
        symbolic.Minimiser,
        symbolic.ProperScore,
        symbolic.ClassificationCalibrated,
        symbolic.NegativeLogLikelihood,
    ),
    "Convexity": (symbolic.Convex, symbolic.Concave),
    "Slope": (
        symbolic.Lipschitz,
        symbolic.Redescending,
        symbolic.Smooth,
        symbolic.Kink,
        symbolic.GradientIs,
        symbolic.HessianIs,
        symbolic.Stationary,
    ),
    "Symmetry": (symbolic.Symmetric, symbolic.Invariant),
    "Other forms": (symbolic.Equals, symbolic.Integral, symbolic.Identity),
    "Limits": (symbolic.Limit,),
}
"""The rows of a card, and the claims that each holds."""


def bare(claim: Claim) -> Claim:
    """A claim without its conditions and negations."""
    while isinstance(claim, symbolic.Given | symbolic.Not):
        claim = claim.claim
    return claim


def properties(loss: LossDefinition) -> dict[str, list[str]]:
    """The statements of a loss's claims by the row of the card that they stand in."""
    rows: dict[str, list[str]] = {}
    for row, kinds in _KINDS.items():
        said = [_in_general(loss, claim) for claim in loss.claims if isinstance(bare(claim), kinds)]
        if said:
            rows[row] = [_in_letters(loss, line).replace("Max(", "max(") for line in _grouped(said)]
    return rows


def _in_general(loss: LossDefinition, claim: Claim) -> tuple[str, str]:
    """What a claim says; what is denied of all parameters may hold for some."""
    condition, statement = _said(claim)
    special = any(
        isinstance(other, symbolic.Given)
        and not isinstance(other.claim, symbolic.Not)
        and type(bare(other)) is type(bare(claim))
        for other in loss.claims
    )
    if isinstance(claim, symbolic.Not) and special:
        statement = f"in general {statement}"
    return condition, statement


def _said(claim: Claim) -> tuple[str, str]:
    """The condition under which a claim is made, and what it says then."""
    if isinstance(claim, symbolic.Given):
        condition = claim.statement().removesuffix(claim.claim.statement())
        inner, statement = _said(claim.claim)
        if inner:
            condition = condition.removesuffix(": ") + " and "
            inner = inner.removeprefix("with ")
        return condition + inner, statement
    if isinstance(claim, symbolic.Not):
        if isinstance(claim.claim, symbolic.Range) and claim.claim.lower == 0:
            return "", "below 0 at some points"
        # What a statement explains after its colon is not what is denied.
        return "", claim.statement().partition(": ")[0]
    return "", claim.statement()


def _grouped(said: list[tuple[str, str]]) -> Iterator[str]:
    """One line for what is said under several conditions, or for all that is said under one."""
    merged = [
        ("; ".join(condition.removesuffix(": ") for condition, _ in same) + ": ", statement)
        if len(same := list(group)) > 1
        else same[0]
        for statement, group in groupby(said, key=lambda pair: pair[1])
    ]
    for condition, group in groupby(merged, key=lambda pair: pair[0]):
        statements = [statement for _, statement in group]
        if condition:
            yield condition + "; ".join(statements)
        else:
            yield from statements


def _in_letters(loss: LossDefinition, text: str) -> str:
    """A text with the reading's letters in place of the definition's."""
    reading = READINGS.get(loss.name)
    for letter, meaning in (reading.letters if reading else {}).items():
        if isinstance(letter, sp.Symbol) and isinstance(meaning, sp.Symbol):
            old, new = plain(meaning), _NAMES.get(letter.name) or plain(letter)
        elif isinstance(letter, sp.IndexedBase) and isinstance(meaning, tuple):
            stem = re.sub(r"\d+$", "", str(meaning[0]))
            old, new = plain(sp.Symbol(stem)), letter.label.name
            old = new if old.isascii() else old
        else:
            continue
        if old != new and "\\" not in new:
            text = re.sub(rf"(?<![A-Za-z]){re.escape(old)}(?![A-Za-z])", new, text)
    return text


def holds(loss: LossDefinition, kind: type[Claim]) -> bool | None:
    """Whether a claim of a kind is made, of all inputs and without a condition, or denied."""
    for claim in loss.claims:
        if isinstance(claim, kind) and not getattr(claim, "by", ()):
            return True
        if isinstance(claim, symbolic.Not) and isinstance(claim.claim, kind):
            return False
    return None


def outliers(loss: LossDefinition) -> str:
    """What the claims say of the gradient far out: bounded by what, unbounded, redescending."""
    for claim in loss.claims:
        if isinstance(claim, symbolic.Lipschitz):
            unbounded = claim.constant == sp.oo
            bound = _in_letters(loss, plain(claim.constant)).replace("Max(", "max(")
            return "unbounded" if unbounded else f"at most {bound}"
    conditions = [claim for claim in loss.claims if isinstance(bare(claim), symbolic.Redescending)]
    return "depends on the shape" if conditions else ""


def _arguments(loss: LossDefinition) -> Iterator[str]:
    """Each argument, its letter in the formula and the values it may have."""
    descriptions = {s: joint.description for joint in loss.joints for s in joint.symbols}
    for name, layout in loss.arguments.items():
        leaves = _leaves(layout)
        symbols = sorted(set().union(*(leaf.free_symbols for leaf in leaves)), key=str)
        if name in loss.indices:
            described = "class indices" if symbols else "classes"
            letter = " (y is one-hot)" if symbols else ""
            if symbols and not descriptions:
                described += ", filled up with −1 (y is 1 at these, else 0)"
                letter = ""
        else:
            letter = _letter(loss, leaves)
            described = words(loss.domain_of(symbols[0]))
            if symbols[0] in descriptions:
                described += f", {descriptions[symbols[0]].removeprefix('at least 0, ')}"
            if leaves[0].func is sp.log:
                described = f"logarithms of numbers {described}"
        yield f"`{name}`{letter}: {described}"
    for option, value in loss.options.items():
        if isinstance(value, sp.Symbol):
            letter = _in_letters(loss, plain(value))
            default = _short(float(loss.parameters[value]))
            yield f"`{option}` {letter}: {words(loss.domain_of(value))}; {default} by default"


def _leaves(layout: object) -> tuple[sp.Expr, ...]:
    if isinstance(layout, tuple):
        return tuple(leaf for entry in layout for leaf in _leaves(entry))
    return (sp.sympify(layout),)


def _letter(loss: LossDefinition, leaves: tuple[sp.Expr, ...]) -> str:
    letters = READINGS[loss.name].letters if loss.name in READINGS else {}
    for letter, meaning in letters.items():
        if meaning == leaves or (meaning,) == leaves:
            base = letter.label if isinstance(letter, sp.IndexedBase) else letter
            name = _NAMES.get(base.name) or plain(sp.Symbol(base.name.replace("\\log ", "")))
            name = f"log {name}" if "\\log" in base.name else name
            return f" {name}"
    if len(leaves) == 1 and leaves[0].is_Symbol:
        return f" {plain(leaves[0])}"
    alike = {re.sub(r"[\d_]+$", "", str(symbol)) for leaf in leaves for symbol in leaf.free_symbols}
    if len(alike) > 1 or len(leaves) != 3:
        return ""
    [base] = alike
    return f" log {base}" if leaves[0].func is sp.log else f" {base}"


def words(domain: sp.Set) -> str:
    """A set of numbers in words.

    >>> words(sp.Interval.open(0, 1)), words(sp.FiniteSet(-1, 1)), words(sp.S.Naturals0)
    ('strictly between 0 and 1', '−1 or 1', 'a count 0, 1, 2, …')
    """
    if domain == sp.S.Reals:
        return "any number"
    if domain == sp.S.Naturals0:
        return "a count 0, 1, 2, …"
    if isinstance(domain, sp.FiniteSet):
        return " or ".join(plain(value) for value in sorted(domain))
    low, high = plain(domain.start), plain(domain.end)
    if domain.end == sp.oo:
        return f"above {low}" if domain.left_open else f"at least {low}"
    if domain.start == -sp.oo:
        return f"at most {high}"
    if domain.left_open and domain.right_open:
        return f"strictly between {low} and {high}"
    return f"from {low} to {'below ' if domain.right_open else ''}{high}"


# --- The function --------------------------------------------------------------------------------


def _statement(name: str) -> str:
    return inspect.getdoc(getattr(lossfns, name)).partition("\n\n")[0]


def page(name: str) -> str:
    """The page that derives a loss, below ``chapters/``: what its docstring names."""
    if name in DEFINITIONS:
        return DEFINITIONS[name].page
    return re.search(r"Page:\s+``chapters/([^`]+)``", inspect.getdoc(getattr(lossfns, name)))[1]


def _signature(function: object) -> str:
    names = []
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        names.append(parameter.name + ("" if default is parameter.empty else f"={default!r}"))
    return ", ".join(names)


def _reduction(name: str) -> str:
    """What a docstring says of the mean."""
    text = inspect.getdoc(getattr(lossfns, name))
    found = re.search(r"^    reduction: (.*?)(?=^    \w|^\S|^$)", text, flags=re.M | re.S)
    if found is None:
        return ""
    said = " ".join(found[1].split())
    if not re.search("mean|batch|as for", said.replace('"mean"', "")):
        return _measured_mean(DEFINITIONS[name])
    said = re.sub(r"^(``\"\w+\"``(, | or )?)+[.,]?\s*", "", said)
    said = re.sub(r":func:`~?([^`]+)`", r"`\1`", said)
    said = re.sub(r":math:`([^`]+)`", r"\1", said).replace("``", "`")
    said = said.replace(r"\sum_n w_{y_n}", "the sum of their classes' weights")
    said = said.replace(r"\sum w", "the sum of the weights")
    return said[:1].upper() + said[1:]


def _measured_mean(loss: LossDefinition) -> str:
    """What the mean of an elementwise loss divides by: as many as there are elements?"""
    domains = {symbol: symbolic.sample(loss.domain_of(symbol)) for symbol in loss.domain}
    middle = {symbol: values[len(values) // 2] for symbol, values in domains.items()}
    tensors, options = loss.arguments_at({**middle, **loss.parameters})
    arguments = {name: torch.full((2, 3), value) for name, value in tensors.items()}
    function = getattr(lossfns, loss.name)
    total, mean = (function(**arguments, **options, reduction=how) for how in ("sum", "mean"))
    if not torch.isclose(total, 6 * mean):
        raise AssertionError(f"{loss.name}: the mean does not divide by the number of elements")
    return "The mean divides by the number of elements."


def _torch(name: str) -> str:
    loss = DEFINITIONS.get(name)
    theirs = loss.torch_name if loss else name
    module = torch.nn if theirs and theirs[0].isupper() else TORCH
    if theirs is None or not hasattr(module, theirs):
        return "has none"
    place = "torch.nn" if module is torch.nn else "F"
    return f"`{place}.{theirs}`"


@dataclass(frozen=True)
class Extreme:
    """A loss in float32 where its formula has the most trouble.

    Attributes:
        point: the values of the symbols.
        exact: the loss there, to 50 digits.
        ours: what ``lossfns`` returns in float32.
        formula: what the formula gives in float32, computed as it stands.
    """

    point: Point
    exact: float
    ours: float
    formula: float


def _error(value: float, exact: float) -> float:
    error = abs(value - exact) / abs(exact)
    return np.inf if np.isnan(error) else error


FAILS, GOOD = 1e-2, 1e-4
"""Relative errors from which on a formula fails in float32, and below which a value is right."""


def call(loss: LossDefinition, point: Point, dtype: torch.dtype) -> float:
    """What ``lossfns`` returns for a loss at a point."""
    tensors, options = loss.arguments_at(point)
    arguments = {
        name: torch.tensor(value, dtype=None if name in loss.indices else dtype)
        for name, value in tensors.items()
    }
    return float(getattr(lossfns, loss.name)(**arguments, **options))


def extreme(loss: LossDefinition) -> Extreme | None:
    """A point where the formula fails in float32 and ``lossfns`` does not; ``None`` if not found.

    Among the points at which claims are tested, it is the one where the formula does worst.
    """
    symbols = tuple(s for s in loss.domain if s not in loss.parameters)
    left_out = READINGS[loss.name].given if loss.name in READINGS else {}
    every = tuple(s for s in loss.domain if s not in left_out)
    shown = _shown(loss)
    found = None
    # Where the formula is right at the default parameters, those may be extreme too.
    # Last come the points where the loss is 0, and a formula can only fail by not being finite.
    for free, zero in ((symbols, False), (every, False), (symbols, True)):
        if found and zero:
            break
        formula = sp.lambdify(free, shown.xreplace(_others(loss, free)), "numpy", cse=True)
        for point in loss.points(free, limit=12):
            exact = call(loss, point, torch.float64)
            if not (abs(exact) < 1e-30 if zero else 1e-30 < abs(exact) < 1e30):
                continue
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                value = float(formula(*(np.float32(float(point[s])) for s in free)))
            if zero:
                if not np.isfinite(value) and call(loss, point, torch.float32) == 0:
                    return Extreme(point, 0.0, 0.0, value)
                continue
            error = _error(value, exact)
            if error < FAILS or (found and error <= _error(found.formula, found.exact)):
                continue
            ours = call(loss, point, torch.float32)
            exact = float(loss.evaluate(loss.expression, point))
            if _error(ours, exact) < GOOD:
                found = Extreme(point, exact, ours, value)
        if found and not np.isfinite(found.formula):
            break
    return found


def _shown(loss: LossDefinition) -> sp.Expr:
    """The formula that the card shows, in the definition's symbols."""
    if loss.name not in READINGS:
        return loss.expression
    return READINGS[loss.name].unfolded(READINGS[loss.name].formula)


def leaves_float32(loss: LossDefinition) -> bool:
    """Whether the loss itself is too large for float32 at a point where claims are tested."""
    symbols = tuple(s for s in loss.domain if s not in loss.parameters)
    largest = torch.finfo(torch.float32).max
    return any(
        abs(call(loss, point, torch.float64)) > largest for point in loss.points(symbols, limit=12)
    )


def _others(loss: LossDefinition, free: tuple[sp.Symbol, ...]) -> dict[sp.Symbol, sp.Expr]:
    return {symbol: value for symbol, value in loss.parameters.items() if symbol not in free}


def _stability(loss: LossDefinition) -> str:
    found = extreme(loss)
    if found is None:
        values = symbolic.sample(loss.domain_of(loss.inputs[0]))
        low, high = (_short(float(end)) for end in (values[0], values[-1]))
        if leaves_float32(loss):
            return (
                f"of the tested inputs, from {low} to {high}, the formula has trouble only where "
                "the loss itself is too large for float32"
            )
        return f"the formula has no trouble at the tested inputs, from {low} to {high}"
    many = len(loss.inputs) > 3
    names = [s for s in found.point if not (many and s in (*loss.inputs, *loss.targets))]
    where = ", ".join(
        f"{_in_letters(loss, _letter(loss, (s,)).strip())} = {_short(float(found.point[s]))}"
        for s in names
    )
    return (
        f"at {where or 'some embeddings'} the formula as it stands gives "
        f"{_short(found.formula)}, `lossfns` {_short(found.ours)}"
    )


def _short(value: float) -> str:
    """A number to three digits.

    >>> _short(-10000.0), _short(0.00012345), _short(float("inf"))
    ('−10⁴', '0.000123', '∞')
    """
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and not 1e-4 <= abs(value) < 9999.5:
        mantissa, exponent = f"{value:.2e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".").replace("-", "−")
        digits = str(int(exponent)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
        return f"{mantissa}·10{digits}".replace("−1·", "−").removeprefix("1·")
    return (f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}").replace("-", "−")


# --- Pictures -------------------------------------------------------------------------------------

_x = sp.Symbol("x", real=True)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A slice through a loss, drawn beside its derivative.

    Attributes:
        over: what the horizontal axis shows, in words or as a letter.
        ends: where it begins and ends.
        by: the input that the derivative is by; the horizontal axis itself if ``None``.
        curves: for each curve its name and the values of the symbols, in terms of x.
    """

    over: str
    ends: tuple[float, float]
    by: sp.Symbol | None
    curves: tuple[tuple[str, Mapping[sp.Symbol, sp.Expr]], ...]


def _classes(inputs: tuple, targets: tuple, values: tuple, *rows: tuple[str, tuple]) -> tuple:
    """A curve for each row of targets; the inputs have the given values."""
    fixed = dict(zip(inputs, map(sp.sympify, values), strict=True))
    return tuple((label, {**fixed, **dict(zip(targets, row, strict=True))}) for label, row in rows)


_TRUE = ("y = (1, 0, 0)", (1, 0, 0))
_FALSE = ("y = (0, 1, 0)", (0, 1, 0))


def _logit_picture(loss: LossDefinition, *rows: tuple[str, tuple]) -> Picture:
    curves = _classes(loss.inputs, loss.targets, (_x, 0, 0), *(rows or (_TRUE, _FALSE)))
    return Picture(over="z₁, with z₂ = z₃ = 0", ends=(-5, 5), by=loss.inputs[0], curves=curves)


def _chance_picture(loss: LossDefinition, *rows: tuple[str, tuple]) -> Picture:
    rest = (1 - _x) / 2
    curves = _classes(loss.inputs, loss.targets, (_x, rest, rest), *(rows or (_TRUE, _FALSE)))
    over = "p₁, with p₂ = p₃ = (1 − p₁)/2"
    return Picture(over=over, ends=(0.02, 0.98), by=loss.inputs[0], curves=curves)


def _signed(symbol: sp.Symbol, values: Mapping[sp.Symbol, object]) -> tuple:
    return tuple((f"y = {plain(sp.Integer(y))}", {**values, symbol: y}) for y in (1, -1))


def _one_input(loss: LossDefinition) -> Picture:
    """Over the only input, at some targets."""
    (symbol,) = loss.inputs
    domain, targets = loss.domain_of(symbol), loss.domain_of(loss.target)
    ends = {
        sp.S.Reals: (-3, 3),
        sp.Interval(0, sp.oo): (0, 3),
        sp.Interval(-sp.oo, 0): (-4, 0),
        sp.Interval.open(0, 1): (0.02, 0.98),
    }[domain]
    if isinstance(targets, sp.FiniteSet):
        values = sorted(targets, reverse=True)
    elif targets == sp.Interval(0, 1):
        values = [1, 0]
    else:
        values = [0, 3] if targets == sp.S.Naturals0 else [0]
    curves = tuple(
        (f"y = {plain(sp.Integer(value))}", {symbol: _x, loss.target: value}) for value in values
    )
    return Picture(over=plain(symbol), ends=ends, by=symbol, curves=curves)


@cache
def _pictures() -> dict[str, Picture]:
    """The slices that are not over a single input."""
    d = DEFINITIONS
    r, g, e, k = symbolic.regression, symbolic.margin, symbolic.embedding, symbolic.divergence
    flat = {r.y: 0, r.o: _x}
    both = dict(zip((*e.u, *e.v, *e.w), (0, 0, _x, 0, 0, 1), strict=True))
    triplet = Picture(
        over="distance of the positive; the negative is at 1",
        ends=(0.02, 2.5),
        by=e.v[0],
        curves=tuple(
            (f"m = {m}", {**both, e.m_pos: sp.Rational(m), e.epsilon: 0}) for m in ("1", "0.2")
        ),
    )
    shapes = ((2, "2"), (1, "1"), (0, "0"), (-2, "−2"))
    half = sp.Rational(1, 2)
    return {
        "pinball_loss": Picture(
            over="o",
            ends=(-3, 3),
            by=r.o,
            curves=tuple(
                (f"τ = {tau}", {**flat, r.tau: sp.Rational(tau)}) for tau in ("0.5", "0.9")
            ),
        ),
        "general_robust_loss": Picture(
            over="o",
            ends=(-4, 4),
            by=r.o,
            curves=tuple((f"α = {text}", {**flat, r.alpha: shape}) for shape, text in shapes),
        ),
        "gaussian_nll_loss": Picture(
            over="o",
            ends=(-3, 3),
            by=r.o,
            curves=tuple((f"v = {v}", {**flat, r.v: sp.Rational(v)}) for v in ("0.25", "1", "4")),
        ),
        "gaussian_kl": Picture(
            over="μ, with μ₀ = 0 and v₀ = 1",
            ends=(-3, 3),
            by=k.mu,
            curves=tuple(
                (f"v = {v}", {k.mu: _x, k.s: sp.log(sp.Rational(v)), k.mu_0: 0, k.s_0: 0})
                for v in ("0.25", "1", "4")
            ),
        ),
        **{
            name: Picture(
                over="o₁, with o₂ = 0",
                ends=(-3, 3),
                by=g.o1,
                curves=_signed(g.sign, {g.o1: _x, g.o2: 0}),
            )
            for name in ("margin_ranking_loss", "bradley_terry_loss")
        },
        "dpo_loss": Picture(
            over="a₁; the three others are −20",
            ends=(-50, 0),
            by=g.policy[0],
            curves=tuple(
                (
                    f"T = {T}",
                    {
                        g.policy[0]: _x,
                        **dict.fromkeys((g.policy[1], *g.reference), -20),
                        g.strength: sp.Rational(T),
                    },
                )
                for T in ("0.1", "0.5")
            ),
        ),
        **{
            name: _logit_picture(d[name])
            for name in (
                "cross_entropy",
                "focal_loss",
                "logit_adjusted_cross_entropy",
                "perplexity",
                "multi_margin_loss",
            )
        },
        **{
            name: _logit_picture(d[name], _TRUE, ("y = (0, 1, 1)", (0, 1, 1)))
            for name in ("multilabel_margin_loss", "multilabel_soft_margin_loss")
        },
        "nll_loss": Picture(
            over="a₁, with a₂ = a₃ = −1",
            ends=(-4, 0),
            by=d["nll_loss"].inputs[0],
            curves=_classes(
                d["nll_loss"].inputs, d["nll_loss"].targets, (_x, -1, -1), _TRUE, _FALSE
            ),
        ),
        "brier_score_loss": _chance_picture(d["brier_score_loss"]),
        "js_div": _chance_picture(d["js_div"]),
        "entropy": _chance_picture(d["entropy"], ("all", ())),
        **{
            name: Picture(
                over="p₁, with p₂ = p₃ = ½",
                ends=(0, 1),
                by=d[name].inputs[0],
                curves=_classes(d[name].inputs, d[name].targets, (_x, half, half), _TRUE, _FALSE),
            )
            for name in ("dice_loss", "tversky_loss")
        },
        "cosine_embedding_loss": Picture(
            over="angle between the vectors",
            ends=(-3.14, 3.14),
            by=None,
            curves=_signed(
                e.sign,
                dict(zip((*e.u, *e.v), (1, 0, sp.cos(_x), sp.sin(_x)), strict=True))
                | {e.epsilon: 0},
            ),
        ),
        "contrastive_loss": Picture(
            over="distance of the two",
            ends=(0.01, 2),
            by=e.u[0],
            curves=_signed(e.sign, dict(zip((*e.u, *e.v), (_x, 0, 0, 0), strict=True))),
        ),
        "triplet_margin_loss": triplet,
        "triplet_margin_with_distance_loss": triplet,
    }


@cache
def _curves(name: str) -> tuple[tuple[str, sp.Expr, sp.Expr], ...]:
    """Name, loss and derivative of each curve, in terms of x."""
    return tuple(_slices(name))


def _slices(name: str) -> Iterator[tuple[str, sp.Expr, sp.Expr]]:
    loss = DEFINITIONS[name]
    if name in READINGS and READINGS[name].between:
        yield from _batch_curves(loss, READINGS[name])
        return
    by = picture_of(name).by
    for label, values in picture_of(name).curves:
        # Not subs, which takes ten times as long.
        known = {symbol: sp.sympify(at) for symbol, at in (loss.parameters | values).items()}
        value = loss.expression.xreplace(known)
        moved = {symbol for symbol, at in known.items() if at.has(_x)}
        if by is None or moved == {by}:
            slope = value.diff(_x)
        else:
            slope = loss.expression.diff(by).xreplace(known)
        yield label, value, slope


def _batch_curves(loss: LossDefinition, reading: Reading) -> Iterator[tuple[str, sp.Expr, sp.Expr]]:
    """Positives at a cosine of x, negatives at right angles."""
    table = reading.unfolded(reading.formula, inner=False)
    [(base, rows)] = reading.between.items()
    target = reading.letters[rd.q_]
    cosines = {
        base[i + 1, j + 1]: _x if target[i][j] else sp.S.Zero
        for i in range(len(rows))
        for j in range(len(rows))
    }
    (temperature,) = loss.parameters
    along = table.xreplace(cosines)
    for T in ("0.1", "0.5"):
        value = along.xreplace({temperature: sp.Rational(T)})
        yield f"T = {T}", value, value.diff(_x)


def picture_of(name: str) -> Picture:
    """The slice that a loss's card draws."""
    loss = DEFINITIONS[name]
    if name in READINGS and READINGS[name].between:
        over = "cosine of all positives; of all negatives 0"
        return Picture(over=over, ends=(-1, 1), by=None, curves=())
    return _pictures()[name] if name in _pictures() else _one_input(loss)


_PANEL = (34.0, 14.0, 150.0, 72.0)
"""Left, top, width and height of a picture's first panel, in points; the second is beside it."""

_LINES = (("blue", ""), ("orange", "6 3"), ("green", "7 3 1 3"), ("purple", "2 2"))


def draw(name: str) -> tuple[str, str]:
    """A loss beside its derivative: the SVG, and what it shows in words.

    Matplotlib's outlines of letters would make the catalogue half as heavy again, so the little
    that is needed is written out, with text as text.
    """
    spec = picture_of(name)
    points = np.linspace(*spec.ends, 49)
    heights, slopes, said = [], [], []
    for label, value, slope in _curves(name):
        heights.append(figures.curve(value, _x)(points))
        slopes.append(figures.without_jumps(figures.curve(slope, _x)(points)))
        ends = ", ".join(_short(round(float(end), 2) + 0.0) for end in heights[-1][[0, -1]])
        said.append(f"{label}: {ends}")
    panels = [
        _panel(points, heights, "loss", 0),
        _panel(points, slopes, f"derivative by {_by(name, spec)}", 194),
    ]
    style = f"font:12px system-ui,sans-serif;fill:{PALETTE['ink']}"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 388.8 104">'
        f'<g style="{style}">{"".join(panels)}</g></svg>'
    )
    return svg, f"Loss and derivative; the loss at the ends, {'; '.join(said)}."


def _panel(points: np.ndarray, curves: list[np.ndarray], title: str, shift: float) -> str:
    """Axes, their ends and the curves; 0 is a line where it lies inside."""
    left, top, width, height = _PANEL
    left += shift
    low, high = min(map(np.nanmin, curves)), max(map(np.nanmax, curves))
    low, high = (low - 1, high + 1) if high - low < 1e-9 else (low, high)
    right, bottom = left + width, top + height

    def across(x: np.ndarray) -> np.ndarray:
        return left + width * (x - points[0]) / (points[-1] - points[0])

    def up(y: np.ndarray) -> np.ndarray:
        return bottom - height * (y - low) / (high - low)

    parts = [
        _path(f"M {left:g} {top:g} L {left:g} {bottom:g} L {right:g} {bottom:g}", "muted", 0.8),
        f'<text x="{left:g}" y="10">{title}</text>',
        f'<text x="{left:g}" y="{bottom + 14:g}" text-anchor="middle">{_short(points[0])}</text>',
        f'<text x="{right:g}" y="{bottom + 14:g}" text-anchor="end">{_short(points[-1])}</text>',
    ]
    for value in (low, high):
        place = f'x="{left - 4:g}" y="{up(value) + 4:.1f}" text-anchor="end"'
        parts.append(f"<text {place}>{_short(float(f'{value:.2g}') + 0.0)}</text>")
    if low < 0 < high:
        parts.append(_path(f"M {left:g} {up(0):.1f} L {right:g} {up(0):.1f}", "grid", 1))
    for curve, (colour, dashes) in zip(curves, _LINES, strict=False):
        x, y = _bends(points, curve)
        steps, pen = [], "M"
        for to_x, to_y in zip(across(x), up(y), strict=True):
            if np.isnan(to_y):
                pen = "M"
                continue
            steps.append(f"{pen} {to_x:.2f} {to_y:.2f}")
            pen = "L"
        parts.append(_path(" ".join(steps), colour, 1.8, dashes))
    return "".join(parts)


def _path(steps: str, colour: str, width: float, dashes: str = "") -> str:
    style = f"fill:none;stroke:{PALETTE[colour]};stroke-width:{width:g}"
    if dashes:
        style += f";stroke-dasharray:{dashes}"
    return f'<path d="{steps}" style="{style}"/>'


def _bends(points: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of a curve without those on a straight line between their neighbours."""
    span = np.nanmax(heights) - np.nanmin(heights) or 1
    bend = np.abs(np.diff(heights, 2, prepend=np.nan, append=np.nan)) > 1e-6 * span
    kept = bend | np.isnan(heights)
    kept |= np.isnan(np.roll(heights, 1)) | np.isnan(np.roll(heights, -1))
    kept[[0, -1]] = True
    return points[kept], heights[kept]


def _legend(name: str) -> str:
    """What the lines of a picture are."""
    spec = picture_of(name)
    labels = [label for label, *_ in _curves(name)]
    lines = ["solid", "dashed", "dash-dotted", "dotted"]
    said = ", ".join(f"{line} for {label}" for line, label in zip(lines, labels, strict=False))
    return f"*Over {spec.over}" + (f"; {said}.*" if len(labels) > 1 else ".*")


def _by(name: str, spec: Picture) -> str:
    if spec.by is None:
        return spec.over.split()[0]
    loss = DEFINITIONS[name]
    if name in READINGS:
        for by in READINGS[name].gradient:
            base = by.base if isinstance(by, sp.Indexed) else by
            meaning = READINGS[name].letters.get(base, base)
            symbols = meaning if isinstance(meaning, tuple) else (meaning,)
            if spec.by in symbols:
                if isinstance(by, sp.Indexed):
                    return plain(sp.Symbol(f"{base}{symbols.index(spec.by) + 1}"))
                return spec.over.split()[0].rstrip(",") if len(symbols) > 1 else plain(by)
    return plain(spec.by) if spec.by in loss.inputs else spec.over


# --- Cards ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spelled:
    """A loss without a definition: what a card says of it, which the catalogue's cells check.

    Attributes:
        title: what people call it.
        formula: LaTeX.
        words: what the formula's letters are.
        sources: keys of ``references.bib``.
    """

    title: str
    formula: str
    words: str
    sources: tuple[str, ...]


SPELLED: Mapping[str, Spelled] = {
    "ctc_loss": Spelled(
        "Connectionist temporal classification",
        r"\ell = -\log \sum_{\pi \,\to\, y} \; \prod_{t=1}^{n_f} p_t(\pi_t)",
        "The sum is over all paths π, a class for each of the frames, that spell the target y once "
        "repeats are merged and blanks dropped.",
        ("graves2006",),
    ),
    "linear_cross_entropy": Spelled(
        "Cross-entropy of a linear layer",
        r"\ell &= \operatorname{lse}(\Theta x) - \theta_y^\top x \\[0.8ex]"
        r" \frac{\partial \ell}{\partial x} &= \Theta^\top (p - y)",
        "The rows of Θ are the classes' weights, lse is log-sum-exp, p the softmax of Θx.",
        ("wijmans2025",),
    ),
    "vocab_parallel_cross_entropy": Spelled(
        "Vocabulary-parallel cross-entropy",
        r"\ell &= z^\uparrow + \log \sum_i d_i\, e^{z^\uparrow_i - z^\uparrow} - z_y \\[0.8ex]"
        r" z^\uparrow_i &= \max_{k \in i} z_k, \quad"
        r" d_i = \sum_{k \in i} e^{z_k - z^\uparrow_i}",
        "Process i holds some of the logits, and tells the others two numbers for each token, z↑ᵢ "
        "and dᵢ; z↑ is the largest of the z↑ᵢ.",
        ("shoeybi2019",),
    ),
    "adaptive_log_softmax_with_loss": Spelled(
        "Adaptive softmax",
        r"\ell = \begin{cases} -\log p(y) & y < C_0 \\"
        r" -\log p(i) - \log p_i(y) & y \text{ in cluster } i\end{cases}",
        "p is a softmax over the C₀ words of the shortlist and one entry for each cluster, pᵢ one "
        "over the words of cluster i.",
        ("grave2017",),
    ),
    "AdaptiveLogSoftmaxWithLoss": Spelled(
        "Adaptive softmax as a layer",
        r"\ell = -\log p(y \mid x)",
        "The loss is that of `adaptive_log_softmax_with_loss`; the layer adds the weights, the "
        "log-probabilities of all classes and the likeliest class.",
        ("grave2017",),
    ),
}

FAMILIES: Mapping[str, tuple[str, ...]] = {
    **{
        title: tuple(loss.name for loss in family.DEFINITIONS)
        for title, family in {
            "Regression": symbolic.regression,
            "Classification": symbolic.classification,
            "Divergences and entropies": symbolic.divergence,
            "Overlap of regions": symbolic.overlap,
            "Margins and comparisons": symbolic.margin,
            "Embeddings": symbolic.embedding,
            "Contrastive losses": symbolic.contrastive,
        }.items()
    },
    "Sequences and large vocabularies": tuple(SPELLED),
}
"""The catalogue's sections and the losses in each."""


def losses_of(page_name: str) -> list[str]:
    """The losses that a page derives, in the catalogue's order."""
    return [name for names in FAMILIES.values() for name in names if page(name) == page_name]


def card(name: str) -> None:
    """Display the card of a loss."""
    show_markdown(markdown(name), f"The card of {name}.")


def markdown(name: str) -> str:
    """The card of a loss as Markdown."""
    loss = DEFINITIONS.get(name)
    title = loss.title if loss else SPELLED[name].title
    parts = [_statement(name)]
    if loss:
        parts += [_displayed(name), " ".join(_notes(name)), picture(*draw(name)), _legend(name)]
    else:
        parts += [f"$$\n{SPELLED[name].formula}\n$$", SPELLED[name].words]
    rows = [f"| Property | {title} |", "| --- | --- |"]
    rows += [f"| {label} | {_cell(lines)} |" for label, lines in _rows(name, loss) if lines]
    return "\n\n".join([*filter(None, parts), "\n".join(rows)])


def _cell(lines: list[str]) -> str:
    mark = "• " if len(lines) > 1 else ""  # on a phone a line is broken, too
    return "<br>".join(mark + line.replace("|", r"\|") for line in lines)


def _rows(name: str, loss: LossDefinition | None) -> Iterator[tuple[str, list[str]]]:
    function = getattr(lossfns, name)
    if loss:
        if loss.aliases:
            yield "Also called", [", ".join(loss.aliases)]
        yield "Arguments", list(_arguments(loss))
        yield "Output layer", [loss.output_layer]
        yield from properties(loss).items()
        yield "In float32", [_stability(loss)]
    else:
        yield "No formula of elements", [WITHOUT_DEFINITION[name]]
    yield "Mean", [text] if (text := _reduction(name)) else []
    yield "Call", [f"`{name}({_signature(function)})`"]
    yield "PyTorch", [_torch(name)]
    yield "Derived in", [f"{{doc}}`/chapters/{page(name)}`"]
    sources = loss.sources if loss else SPELLED[name].sources
    yield "Sources", [", ".join(f"{{cite:t}}`{key}`" for key in sources)]


def overview() -> None:
    """Display a table of all losses by family, with links to their cards."""
    lines = ["| Loss | | Convex | Gradient | PyTorch |", "| --- | --- | --- | --- | --- |"]
    for family, names in FAMILIES.items():
        lines.append(f"| **{family}** | | | | |")
        for name in names:
            loss = DEFINITIONS.get(name)
            title = loss.title if loss else SPELLED[name].title
            convex = {True: "yes", False: "no", None: ""}[
                holds(loss, symbolic.Convex) if loss else None
            ]
            steep = outliers(loss) if loss else ""
            torch_name = "" if _torch(name) == "has none" else "yes"
            lines.append(
                f"| [{name}](#card-{name}) | {title} | {convex} | {steep} | {torch_name} |"
            )
    show_markdown("\n".join(lines), "All losses by family.")
