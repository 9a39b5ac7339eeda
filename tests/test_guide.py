"""The decision guide says what the register says, and each of its calls runs."""

import itertools
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path as File
from types import SimpleNamespace

import course
import pytest
import torch
import torch.nn.functional as F

import lossfns
from lossfns import guide
from lossfns.guide import KINDS, PATHS, UNREACHED, Path
from lossfns.symbolic import DEFINITIONS, VARIANTS, WITHOUT_DEFINITION

CHAPTERS = File(__file__).parents[1] / "chapters"

# What each answer about the model's output means in the words of the definitions.
LAYERS = {
    guide.LINEAR: {"identity"},
    guide.MEAN_AND_VARIANCE: {"identity for the mean; exp or softplus for the variance"},
    guide.LOG_RATE: {"exp (the input is the logarithm of the rate)"},
    guide.LOG_HAZARD: {"exp (the input is the logarithm of the rate)"},
    guide.RATE: {"softplus or exp (the input is the rate)"},
    guide.SCORES: {
        "none: the loss contains the sigmoid",
        "none: the loss contains the log-softmax",
        "none: the loss contains the log-softmax; inference uses the plain logits",
        "none: it contains the log-softmax",
    },
    guide.SIGMOID: {"sigmoid"},
    guide.SOFTMAX: {"softmax"},
    guide.LOG_SOFTMAX: {"log-softmax"},
    guide.SIGNED: {
        "none: the sign of the score is the prediction",
        "none: the sign of the score is the prediction; σ(o) is the probability of +1",
    },
    guide.RANKED: {
        "none: the larger score ranks first",
        "none: σ(o₁ − o₂) is the probability that the first wins",
        "none: the largest score is the prediction",
        "none: scores rank the labels",
    },
    guide.GAUSSIAN: {"identity, for a mean and a log-variance"},
    guide.VECTOR: {"none, or a projection onto the unit sphere"},
    guide.DIRECTION: {"none: embeddings are divided by their lengths inside the loss"},
    guide.DISTANCE: {"a distance, so at least 0"},
    guide.ANSWER_LOGS: {"log-softmax, added up over the tokens of an answer"},
    guide.REGION: {"sigmoid, or softmax over the classes"},
}
WITHOUT_LAYER = {
    "ctc_loss": guide.LOG_SOFTMAX,
    "linear_cross_entropy": guide.FEATURES,
    "adaptive_log_softmax_with_loss": guide.FEATURES,
    "vocab_parallel_cross_entropy": guide.SCORES,
}


def name_of(path: Path) -> str:
    return re.sub(r"\W+", "-", f"{path.loss}-{path.target}")[:60]


every_path = pytest.mark.parametrize("path", PATHS, ids=name_of)


@every_path
def test_names_are_those_of_the_library(path: Path) -> None:
    """The function is public, is defined or says why not, and is what the call calls."""
    assert path.loss in lossfns.__all__
    assert path.loss in DEFINITIONS or path.loss in WITHOUT_DEFINITION
    assert path.call.startswith(f"{path.loss}(")
    assert path.torch_name is None or hasattr(F, path.torch_name)
    assert path.title


@every_path
def test_what_pytorch_has_elsewhere_exists(path: Path) -> None:
    """A full name that leads to something; and no second name beside a function's."""
    if path.torch_elsewhere is not None:
        assert path.torch_name is None
        assert callable(pkgutil.resolve_name(path.torch_elsewhere))


@every_path
def test_raw_scores_are_given_where_no_layer_is_asked_for(path: Path) -> None:
    """What the card says of the model and of its tensors is the same."""
    kinds = {argument.kind for argument in path.arguments}
    assert (guide.LOGITS in kinds) == (path.output == guide.SCORES) or path.output == guide.RANKED
    assert (guide.SHARES in kinds) == (path.output in {guide.SIGMOID, guide.REGION})


@every_path
def test_output_layer_is_the_definition_s(path: Path) -> None:
    """What the reader is told about the last layer is what the definition says."""
    if path.loss in WITHOUT_DEFINITION:
        assert WITHOUT_LAYER[path.loss] == path.output
        return
    forms = [d for d in (*DEFINITIONS.values(), *VARIANTS) if d.name == path.loss]
    assert LAYERS[path.output] & {form.output_layer for form in forms}


@every_path
def test_page_exists(path: Path) -> None:
    """The card's link leads somewhere."""
    assert (CHAPTERS / f"{path.page}.ipynb").is_file()


@every_path
def test_pitfalls_are_short(path: Path) -> None:
    """One or two, each of one line of the card."""
    assert 1 <= len(path.pitfalls) <= 2
    assert all(20 <= len(pitfall) <= 95 and pitfall.endswith(".") for pitfall in path.pitfalls)


def public_losses() -> set[str]:
    """Return all names of ``lossfns`` that the register knows as losses."""
    return set(lossfns.__all__) & (set(DEFINITIONS) | set(WITHOUT_DEFINITION))


def test_every_loss_is_reached() -> None:
    """Or it says why it is not, and then it is not."""
    reached = {path.loss for path in PATHS}
    assert reached | set(UNREACHED) == public_losses()
    assert not reached & set(UNREACHED)
    assert all(len(reason) > 20 for reason in UNREACHED.values())


def problems(paths: tuple[Path, ...]) -> list[str]:
    """Ways in which ``paths`` are no tree of questions."""
    found = [
        f"two paths alike: {answers}"
        for answers, count in Counter(path.answers for path in paths).items()
        if count > 1
    ]
    for depth in range(3):
        stems = [path.answers[: depth + 1] for path in paths]
        runs = [stem for stem, _ in itertools.groupby(stems)]
        found += [f"asked twice: {stem}" for stem, n in Counter(runs).items() if n > 1]
    return found


def test_paths_are_a_tree() -> None:
    """No two are alike, and the paths that share an answer stand together."""
    assert problems(PATHS) == []


def test_a_tree_with_a_fault_is_caught() -> None:
    """A path written twice, and one written in another's place."""
    assert any("two paths alike" in problem for problem in problems((*PATHS, PATHS[-1])))
    assert any("asked twice" in problem for problem in problems((*PATHS[1:], PATHS[0])))


# --- Every call runs on tensors of the shapes and kinds that the card names ----------------------

SIZES = {"N": 4, "C": 3, "D": 5, "S": 3, "T": 8, "H": 6, "W": 7}
generator = torch.Generator().manual_seed(0)


def sized(shape: str) -> tuple[int, ...]:
    """Return a written shape as numbers.

    >>> sized("(N, C − 1)")
    (4, 2)
    """
    parts = [part.strip() for part in shape.strip("()").split(",") if part.strip()]
    return tuple(eval(part.replace("−", "-"), {}, SIZES) for part in parts)


def randn(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def integers(low: int, high: int) -> Callable[[tuple[int, ...]], torch.Tensor]:
    return lambda shape: torch.randint(low, high, shape, generator=generator)


def label_set(shape: tuple[int, ...]) -> torch.Tensor:
    target = torch.full(shape, -1)
    target[:, 0] = torch.arange(shape[0]) % shape[1]
    return target


MAKE: dict[str, Callable[[tuple[int, ...]], torch.Tensor]] = {
    guide.REAL: randn,
    guide.LOGITS: randn,
    guide.SHARES: lambda shape: randn(shape).sigmoid(),
    guide.DISTRIBUTION: lambda shape: randn(shape).softmax(dim=-1),
    guide.LOG_DISTRIBUTION: lambda shape: randn(shape).log_softmax(dim=-1),
    guide.POSITIVE: lambda shape: randn(shape).exp(),
    guide.COUNT: integers(0, 5),
    guide.BINARY: lambda shape: integers(0, 2)(shape).double(),
    guide.SIGN: lambda shape: 2 * integers(0, 2)(shape) - 1,
    guide.ONE: lambda shape: torch.ones(shape, dtype=torch.float64),
    guide.CLASS: lambda shape: (torch.arange(torch.Size(shape).numel()) % 2).reshape(shape),
    guide.LABEL: integers(1, 3),
    guide.LABEL_SET: label_set,
}


def tensors(path: Path) -> dict[str, object]:
    """Return values for the names in a path's call, as its card describes them."""
    made: dict[str, object] = {"distance": F.pairwise_distance}
    for argument in path.arguments:
        if argument.kind == guide.LENGTH:
            made[argument.name] = torch.tensor(
                [SIZES["T" if "frame" in argument.name else "S"]] * 4
            )
        elif argument.name == "tails":
            made["tails"] = [tuple(randn(sized(s)) for s in ("(1, D)", "(C − 1, 1)"))]
        else:
            made[argument.name] = MAKE[argument.kind](sized(argument.shape))
    return made


def test_kinds_and_dtypes_agree() -> None:
    """The dtype that the card names is that of the tensors with which the call is tried."""
    for kind, make in MAKE.items():
        dtype = str(make((4, 3)).dtype).removeprefix("torch.")
        assert dtype.removesuffix("64") in KINDS[kind].replace("int64", "int"), kind


@every_path
def test_call_runs_and_equals_pytorch(path: Path) -> None:
    """With tensors as the card describes them, here and in PyTorch alike."""
    values = tensors(path)
    functions = {name: getattr(lossfns, name) for name in lossfns.__all__}
    ours = eval(path.call, functions, values)
    assert torch.isfinite(ours).all()
    if path.torch_call is not None:
        theirs = eval(path.torch_call, {"F": F}, values)
        torch.testing.assert_close(ours, theirs, check_dtype=False)


@every_path
def test_integer_targets_are_named_where_they_are_needed(path: Path) -> None:
    """Where the card says int64, nothing else will do; where it says a float, no class will."""
    values = tensors(path)
    functions = {name: getattr(lossfns, name) for name in lossfns.__all__}
    for argument in path.arguments:
        if argument.name == "y" and argument.kind in {guide.CLASS, guide.LABEL_SET}:
            wrong = {**values, "y": values["y"].double()}
            with pytest.raises((TypeError, ValueError)):
                eval(path.call, functions, wrong)


# --- What is shown -------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The HTML that the two functions display."""
    outputs: list[str] = []
    monkeypatch.setattr(guide, "display", lambda data, **_: outputs.append(data["text/html"]))
    guide.show_guide("..")
    guide.show_table("..")
    return SimpleNamespace(guide=outputs[0], table=outputs[1])


def test_guide_and_table_hold_every_path(shown: SimpleNamespace) -> None:
    """Once each: a card in the one, a row in the other."""
    assert shown.guide.count('class="guide-card"') == len(PATHS)
    assert shown.table.count('<tr role="row"><td') == len(PATHS)
    for path in PATHS:
        for text in (shown.guide, shown.table):
            assert f'href="../{path.page}.ipynb"' in text


def test_no_question_has_one_answer_only(shown: SimpleNamespace) -> None:
    """A question that is asked leaves a choice."""
    stems = {path.answers[:depth] for path in PATHS for depth in range(3)}
    following = {
        stem: {path.answers[len(stem)] for path in PATHS if path.answers[: len(stem)] == stem}
        for stem in stems
    }
    forks = [stem for stem, answers in following.items() if len(answers) > 1]
    assert shown.guide.count("</strong></p>\n<ul>") == len(forks)


def test_links_name_notebooks_in_jupyter_and_pages_on_the_site(shown: SimpleNamespace) -> None:
    """The site's build puts the page's name in place of the notebook's, there alone."""
    notebook = '<a href="../classification/ctc.ipynb">'
    assert notebook in shown.guide
    context = {"body": f'{notebook}<a href="https://a.example/b.ipynb">x.ipynb'}
    course.link_pages(None, "", "", context, None)
    page = '<a href="../classification/ctc.html">'
    assert context["body"] == f'{page}<a href="https://a.example/b.ipynb">x.ipynb'
