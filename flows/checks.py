"""Static checks of flows, texts and answers: each fault with its file, its line and its cure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from flows import checks_graph, checks_steps, checks_words
from flows.checks_base import Authored, Check, Payload
from flows.code_words import CODE, scan
from flows.engine.built_in import BUILT_IN
from flows.engine.domain import Domain
from flows.engine.errors import Problem
from flows.engine.model import Flow
from flows.knowledge_base import Knowledge

CHECKS: tuple[Check, ...] = (*checks_steps.CHECKS, *checks_graph.CHECKS, *checks_words.CHECKS)


def check(
    flows: Mapping[str, Flow],
    domain: Domain,
    actions: Collection[str],
    *,
    knowledge: Knowledge | None = None,
    segments: Callable[[str], int],
    read_payload: Callable[[str], Payload | None],
    intents: Iterable[str] = (),
    code: Iterable[Path] = CODE,
) -> list[Problem]:
    """Every fault of the authored content, in the order of the files; empty when it can be used.

    segments: what a text costs by SMS. read_payload: what a button's payload means, None when it means nothing.
    intents: those that lead somewhere without a flow or an answer. code: folders whose source may say responses.
    """
    content = Authored(
        flows,
        domain,
        frozenset({*actions, *BUILT_IN}),
        knowledge,
        segments,
        read_payload,
        frozenset(intents),
        scan(code),
    )
    return sorted({problem for each in CHECKS for problem in each(content)})
