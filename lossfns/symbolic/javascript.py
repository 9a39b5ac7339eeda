"""SymPy expressions as JavaScript, for figures that a reader moves.

SymPy's printer writes the code. Before, sums of exponentials are brought into the form that does
not overflow: a page evaluates in double precision, where exp(710) is already infinite.
"""

from collections.abc import Sequence

import sympy as sp
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.jscode import jscode

logsumexp = sp.Function("logsumexp", real=True)
"""log(exp(a) + exp(b) + …), as a function that whoever evaluates the code has to provide."""

LOGSUMEXP = "lossfns.logsumexp"
"""Its name in JavaScript, defined in ``lossfns/explorers.js``."""


def javascript(expression: sp.Expr, symbols: Sequence[sp.Symbol]) -> str:
    """A JavaScript function of ``symbols``, in their order, that computes ``expression``.

    Args:
        expression: a formula; its limits, such as the robust family's at α = 0, have to be cases
            of a ``Piecewise`` on the value.
        symbols: the function's arguments, which must hold every symbol of the expression.

    Raises:
        ValueError: a symbol is missing, or the expression holds what JavaScript cannot compute.

    >>> x, delta = sp.symbols("x delta", real=True)
    >>> javascript(sp.Piecewise((x**2, sp.Abs(x) < delta), (0, True)), [x, delta])
    '(a0,a1)=>((a1 > Math.abs(a0)) ? ( Math.pow(a0, 2) ) : ( 0 ))'
    """
    expression = sp.sympify(expression)
    unknown = sorted(map(str, expression.free_symbols - set(symbols)))
    if unknown:
        raise ValueError(f"symbols must hold every symbol of the expression; missing: {unknown}")
    # Numbered, because a symbol may have a name that is none in JavaScript, or one name be two's.
    arguments = [sp.Symbol(f"a{n}", **symbol.assumptions0) for n, symbol in enumerate(symbols)]
    renamed = stable(expression).xreplace(dict(zip(symbols, arguments, strict=True)))
    try:
        code = jscode(renamed, user_functions={"logsumexp": LOGSUMEXP})
    except PrintMethodNotImplementedError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"expression must be one that JavaScript can compute: {reason}") from None
    code = " ".join(code.split())
    return f"({','.join(map(str, arguments))})=>{code}"


def stable(expression: sp.Expr) -> sp.Expr:
    """The same function, with no exponential that overflows before its sum is used.

    >>> z = sp.Symbol("z", real=True)
    >>> stable(1 / (1 + sp.exp(-z))), stable(sp.log(sp.cosh(z)).diff(z))
    (exp(-logsumexp(0, -z)), tanh(z))
    """
    expression = expression.replace(sp.sinh, lambda x: sp.tanh(x) * sp.cosh(x))
    expression = expression.replace(
        lambda part: isinstance(part, sp.log) and _exponents(part.args[0]),
        lambda part: logsumexp(*_exponents(part.args[0])),
    )
    expression = expression.replace(
        lambda part: part.is_Pow and part.exp.is_negative and _exponents(part.base),
        lambda part: sp.exp(part.exp * logsumexp(*_exponents(part.base))),
    )
    # exp(800) · exp(−801) is infinity times zero; exp(800 − 801) is a number.
    return expression.replace(lambda part: part.is_Mul, _with_one_exponential)


def _with_one_exponential(product: sp.Mul) -> sp.Expr:
    powers = [factor for factor in product.args if isinstance(factor, sp.exp)]
    if not powers:
        return product
    power = sp.exp(sp.Add(*(factor.args[0] for factor in powers)))
    others = [factor for factor in product.args if factor not in powers]
    sums = [factor for factor in others if factor.is_Add and factor.has(sp.exp)]
    if not sums:
        return sp.Mul(*others, power)
    others.remove(sums[0])
    terms = (sp.Mul(*sp.Mul.make_args(term), power, evaluate=False) for term in sums[0].args)
    return sp.Mul(*others, sp.Add(*map(_with_one_exponential, terms)))


def _exponents(total: sp.Expr) -> tuple[sp.Expr, ...]:
    """a, b, … where ``total`` is exp(a) + exp(b) + …, and nothing where it is no such sum."""
    if isinstance(total, sp.cosh):
        return tuple(sign * total.args[0] - sp.log(2) for sign in (1, -1))
    if not (total.is_Add and total.has(sp.exp)):
        return ()
    terms = [term.as_coeff_Mul() for term in total.args]
    if not all(factor.is_positive and (e == 1 or isinstance(e, sp.exp)) for factor, e in terms):
        return ()
    return tuple(sp.log(factor) + (0 if e == 1 else e.args[0]) for factor, e in terms)
