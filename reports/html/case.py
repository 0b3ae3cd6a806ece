"""One counterexample as a part of the page: what broke, how, what is missing, what to run."""

from __future__ import annotations

from attrs import frozen

from reports.counterexample import Counterexample, Divergence, Safeguard
from reports.html.diagram import sequence_svg
from reports.html.elements import Markup, element, join, lines, scrolling
from reports.html.steps import ledger, standing, step_list
from reports.kit import Kit
from reports.regression import regression_test
from reports.safeguards import others
from reports.wording import count, named, printable, sentence

#: How many steps a page shows: of one case, and of all of them; and of each, however many there
#: are. What is left out deviates in nothing, and the Markdown report has it.
MAXIMUM_STEPS, ALL_STEPS, LEAST_STEPS = 240, 2000, 24


@frozen
class Case:
    """A counterexample as a page tells it."""

    name: str
    """Of its files, without the ending: unique in a run, and plain."""
    counterexample: Counterexample
    replay: str
    """The command that runs it again."""


def room_for(cases: int) -> int:
    """Return how many steps each of so many cases may show: nobody wants a page of megabytes."""
    return min(MAXIMUM_STEPS, max(LEAST_STEPS, ALL_STEPS // max(cases, 1)))


def case_section(case: Case, kit: Kit, first: bool, room: int = MAXIMUM_STEPS) -> Markup:
    """Return the part of the page; the `first` one is open. `room` is for so many steps."""
    c = case.counterexample
    head = element(
        "summary",
        element("h3", element("span", case.name, class_="id"), " ", c.statement),
        element("p", c.finding, class_="finding"),
    )
    body = element(
        "div",
        element("p", sentence(c), class_="sentence"),
        _facts(case),
        _stage(case, room),
        _divergence(c.divergence),
        _safeguard(c.safeguard),
        _replay(case, kit),
        id=case.name,
        class_="case-body",
        tabindex=-1,
    )
    return element("details", head, body, class_="case", open=first)


def _facts(case: Case) -> Markup:
    c = case.counterexample
    found = f"{c.tier}, seed {c.seed}; made minimal in {count(c.runs, 'run')}"
    facts = [("Setting", c.setting), ("Contract", c.delivery), ("Order", c.order or "all")]
    facts += [("Found by", found)]
    if c.also:
        facts.append(("Also breaks", ", ".join(c.also)))
    if c.besides:
        facts.append(("Also fails", c.besides))
    files = join(
        (element("a", f"{case.name}{end}", href=f"{case.name}{end}") for end in (".md", ".json")),
        ", ",
    )
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", value)) for name, value in facts),
        element("div", element("dt", "Files"), element("dd", files)),
        class_="facts",
    )


def _stage(case: Case, room: int) -> Markup:
    """Return diagram and ledger side by side, and the steps as a list."""
    c, anchor = case.counterexample, case.name
    svg = sequence_svg(c, anchor, room + room // 2)
    picture = scrolling(f"Sequence diagram of {anchor}", svg) if svg else Markup()
    last = next((step for step in reversed(c.steps) if step.balances), None)
    panel = element(
        "div",
        _controls(),
        element("p", f"All {count(len(c.steps), 'step')}", class_="at", role="status"),
        element("h5", "How things stand"),
        element("div", standing(last) if last else Markup(), class_="now"),
        element("h5", "Ledger"),
        ledger(c, room),
        class_="panel",
    )
    return element(
        "div",
        element("h4", "What happened"),
        element("div", element("div", picture, _legend(), class_="picture"), panel, class_="split"),
        element(
            "details",
            element("summary", element("h5", f"The {count(len(c.steps), 'step')} as a list")),
            step_list(c, room),
            class_="listed",
            open=not svg,
        ),
        class_="stage",
        role="group",
        tabindex=-1,
        aria_label=f"What happened in {anchor}",
    )


def _legend() -> Markup:
    marks = (("deviation", "* out of turn"), ("fault", "! fault"), ("guilty", "> breaks it"))
    keys = (element("span", words, class_=f"tag {kind}") for kind, words in marks)
    return element("p", join(keys, " "), class_="legend")


def _controls() -> Markup:
    """Return what steps through the run; without the script it is not shown."""

    def button(does: str, words: str, keys: str | None = None) -> Markup:
        return element("button", words, type="button", data_go=does, aria_keyshortcuts=keys)

    keys = "n or →, p or ←: next and previous step"
    return element(
        "div",
        button("previous", "← Previous", "p ArrowLeft"),
        button("next", "Next →", "n ArrowRight"),
        button("guilty", "Where it breaks"),
        element("p", keys, class_="keys"),
        class_="controls",
        role="group",
        aria_label="Step through the run",
    )


def _divergence(divergence: Divergence | None) -> Markup:
    """Return what the target did beside what the model allows."""
    if divergence is None:
        return Markup()
    allowed = divergence.expected or ("nothing",)
    return element(
        "section",
        element("h4", f"Model against target, at step {divergence.step}"),
        element(
            "div",
            element("div", element("h5", "The target did"), element("p", divergence.did)),
            element(
                "div",
                element("h5", "The model allows"),
                element("ul", *(element("li", each) for each in allowed)),
            ),
            class_="against",
        ),
    )


def _safeguard(safeguard: Safeguard | None) -> Markup:
    """Return what would have prevented the violation, and how to add it."""
    if safeguard is None:
        return Markup()
    return element(
        "section",
        element("h4", f"Missing: {named(safeguard)}"),
        element("p", safeguard.reason),
        element("p", safeguard.advice),
        *(part for other in others(safeguard) for part in _instead(other)),
        class_="safeguard",
    )


def _instead(other: Safeguard) -> tuple[Markup, ...]:
    """Return another one that fits what was seen."""
    return (
        element("h5", f"Or: {other.name}"),
        element("p", other.reason),
        element("p", other.advice),
    )


def _replay(case: Case, kit: Kit) -> Markup:
    """Return what runs it again: the command, and a test to keep."""
    test = regression_test(case.counterexample, kit)
    return element(
        "section",
        element("h4", "Run it again"),
        element("p", "It fails as long as the bug is there, and passes once it is fixed."),
        copied("Replay command", printable(case.replay)),
        element(
            "details",
            element("summary", element("h5", "The same as a test of your own")),
            copied("Regression test", test),
        ),
    )


def copied(label: str, code: str) -> Markup:
    """Return code with a button that copies it."""
    return element(
        "div",
        element(
            "p",
            label,
            element("button", "Copy", type="button", class_="copy", aria_label=f"Copy: {label}"),
        ),
        element(
            "pre",
            element("code", lines(code.rstrip())),
            tabindex=0,
            role="group",
            aria_label=label,
        ),
        class_="code",
    )
