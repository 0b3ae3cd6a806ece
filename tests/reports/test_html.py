"""The HTML report as a document: its structure, what it may load, and hostile content."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from attrs import define, evolve, field

from reports.html.case import MAXIMUM_STEPS, case_section
from reports.html.coverage import coverage_section
from reports.html.diagram import sequence_svg
from reports.html.elements import Markup, element, join, lines, text
from reports.html.page import asset
from reports.html.steps import step_list
from reports.html.tables import deliveries_section, faults_section
from reports.verdict import PropertyVerdict, Verdict
from reports.wording import printable
from tests.reports import golden_files, html_samples, samples

_VOID = {"meta"}
ROOM = MAXIMUM_STEPS


@define(eq=False)
class Document(HTMLParser):
    """A page taken apart; what is not closed, or closed twice, fails at once."""

    tags: list[tuple[str, dict[str, str]]] = field(factory=list)
    texts: list[str] = field(factory=list)
    open: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        names = [name for name, _ in attrs]
        assert len(names) == len({*names}), attrs
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last open tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.texts.append(data)

    def each(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def parsed(markup: str) -> Document:
    """Take a page apart."""
    document = Document()
    document.feed(markup)
    document.close()
    assert document.open == []
    return document


FRIENDLY = html_samples.page(*html_samples.run())
HOSTILE = html_samples.page(*html_samples.hostile_run())
PAGES = pytest.mark.parametrize("page", [FRIENDLY, HOSTILE], ids=["friendly", "hostile"])


def without_assets(page: str) -> str:
    """Put names in the place of style and script, which have golden selves in their own files."""
    for name in ("report.css", "report.js"):
        digest = base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode()
        assert page.count(asset(name)) == page.count(digest) == 1
        page = page.replace(asset(name), f"[{name}]").replace(digest, f"[digest of {name}]")
    return page.replace("><", ">\n<")


def test_golden_page() -> None:
    """Pins the page of the sample run, and that it names the digests of its style and script."""
    golden_files.check("run.html", without_assets(FRIENDLY))


@PAGES
def test_nothing_is_loaded_and_nothing_runs_but_the_one_script(page: str) -> None:
    """Pins that the page refers to itself and to the files beside it, and has no other code."""
    document = parsed(page)
    tags = Counter(tag for tag, _ in document.tags)
    assert (tags["script"], tags["style"], tags["link"], tags["img"]) == (1, 1, 0, 0)
    assert document.each("src") == document.each("style") == []
    assert not [name for _, each in document.tags for name in each if name.startswith("on")]
    assert all(re.fullmatch(r"#[\w-]+|[\w-]+\.(md|json)", href) for href in document.each("href"))
    (policy,) = [value for value in document.each("content") if "default-src" in value]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@PAGES
def test_ids_and_headings(page: str) -> None:
    """Pins that ids are unique, that references find theirs, and that no heading is skipped."""
    document = parsed(page)
    ids = Counter(document.each("id"))
    assert set(ids.values()) == {1}
    named = [each for value in document.each("aria-labelledby") for each in value.split()]
    linked = [href[1:] for href in document.each("href") if href.startswith("#")]
    assert {*named, *linked} <= ids.keys()
    levels = [int(tag[1]) for tag, _ in document.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_hostile_strings_are_text() -> None:
    """Pins that hostile strings are shown to the letter, and make no tag that is not ours."""
    document, friendly = parsed(HOSTILE), parsed(FRIENDLY)
    assert {tag for tag, _ in document.tags} <= {tag for tag, _ in friendly.tags}
    shown = printable(samples.HOSTILE)
    assert sum(shown in each for each in document.texts) > 20
    assert "x" * 3000 in document.texts
    body = HOSTILE.partition("<body>")[2].partition("<script>")[0]
    assert all(line.isprintable() for line in body.splitlines())
    HOSTILE.encode("utf-8")


def test_elements_escape_what_is_no_markup() -> None:
    """Pins the one place where text becomes markup: content, attributes, lines of code."""
    assert element("b", "<i>", title="\"'><") == '<b title="&quot;&#x27;&gt;&lt;">&lt;i&gt;</b>'
    assert element("b", element("i", "&")) == "<b><i>&amp;</i></b>"
    assert element("b", f"{element('i')}") == "<b>&lt;i&gt;&lt;/i&gt;</b>"  # no Markup any more
    assert text("a\u202eb\x00\n") == "a\\u202eb\\x00\\n"
    assert lines("a <\n\x1b") == "a &lt;\n\\x1b"
    assert join(["<", Markup("<br>")], "&") == "&lt;&amp;<br>"
    assert element("a", class_="", hidden=True, open=False, lang=None) == "<a hidden></a>"


def test_the_list_of_steps_says_what_the_diagram_shows() -> None:
    """Pins that who cannot see the diagram misses none of its steps, labels and marks."""
    c = samples.double_charge()
    listed = parsed(step_list(c, ROOM))
    drawn = parsed(sequence_svg(c, "a", ROOM))
    assert listed.each("value") == drawn.each("data-step") == ["1", "2", "3"]
    words = "".join(listed.texts)
    for step in c.steps:
        assert all(arrow.text in words for arrow in step.arrows)
        assert all(entry.text in words for entry in step.entries)
    assert "payment breaks the property leaves the model" in words
    assert "o1 open held 25.00 EUR reserved 0 shipped 0" in words
    (description,) = [each for each in drawn.texts if each.startswith("3 steps between")]
    assert "customer, order, payment, gateway" in description
    assert "deviate: 2; the property breaks in step 3" in description


def test_marks_in_the_diagram() -> None:
    """Pins that deviation, fault, guilty step and parting from the model are told apart."""
    drawn = parsed(sequence_svg(samples.double_charge(), "a", ROOM))
    kinds = {
        each.get("data-step"): each["class"] for tag, each in drawn.tags if tag == "g" and each
    }
    assert (kinds["1"], kinds["2"], kinds["3"]) == ("step", "step fault", "step guilty")
    assert drawn.texts.count("≠ model") == 1
    oversell = sequence_svg(samples.oversell(), "a", ROOM)
    assert 'class="step deviation"' in oversell
    bare = evolve(samples.oversell(), steps=samples.oversell().steps[:2])
    assert sequence_svg(bare, "a", ROOM) == ""


def test_what_is_too_long_is_cut_where_nothing_deviates() -> None:
    """Pins that a run of a thousand steps keeps its marked steps, and says what is left out."""
    c = samples.long(1000)
    listed, drawn = parsed(step_list(c, ROOM)), parsed(sequence_svg(c, "a", ROOM))
    for shown, numbers in ((listed, listed.each("value")), (drawn, drawn.each("data-step"))):
        assert {"10", "40", "999"} <= {*numbers}
        assert 100 < len(numbers) <= ROOM
        assert any("steps in order, without a fault" in each for each in shown.texts)


def test_steps_in_which_nothing_was_relayed_are_left_out() -> None:
    """Pins that list and diagram do without them, and that the list says so."""
    c = samples.long(8, ())
    c = evolve(c, steps=tuple(evolve(s, idle="payment" * (s.number in (3, 4))) for s in c.steps))
    for markup, attribute in (
        (step_list(c, ROOM), "value"),
        (sequence_svg(c, "x", ROOM), "data-step"),
    ):
        document = parsed(markup)
        assert document.each(attribute) == [*"125678"]
    said = "2 steps left out, in which nothing was to be relayed: payment."
    assert said in parsed(step_list(c, ROOM)).texts
    assert not [t for t in parsed(step_list(samples.long(8, ()), ROOM)).texts if "left out" in t]


def test_how_things_stand_is_told_where_it_changes() -> None:
    """Pins that orders and stock stand beside the steps that changed them, and at the end."""
    c = html_samples.stocked(samples.stock_leak())
    quiet = evolve(c.steps[-1], number=7)
    listed = step_list(evolve(c, steps=(*c.steps, quiet)), ROOM).split("<li value=")[1:]
    assert ['class="standing"' in each for each in listed] == [True] * 6 + [False]
    section = case_section(html_samples.case(c), samples.KIT, first=True)
    panel = section.partition('class="now"')[2].partition("</div>")[0]
    stands = "o1 failed held 0 JPY reserved 2 shipped 0in stock A 4"
    assert re.sub("<[^>]+>", "", panel).endswith(stands)


def test_a_verdict_says_what_it_means_and_leads_to_its_counterexample() -> None:
    """Pins the link from a property to its counterexample, and the meanings of what occurs."""
    assert '<a href="#MONEY-1">MONEY-1</a>' in FRIENDLY
    for verdict in Verdict:
        assert f"{verdict.value}</span></dt><dd>" in FRIENDLY
    summary, _ = html_samples.run()
    holds = PropertyVerdict("MONEY-0", "no money", Verdict.HOLDS, 3)
    page = html_samples.page(evolve(summary, properties=(holds,)), [])
    assert "Nothing was found to be violated." in page
    assert 'id="counterexamples"' not in page
    assert "a schedule was found" not in page


def test_coverage_marks_the_pairs_that_never_occurred() -> None:
    """Pins the matrix: a cell for each transition and fault that could strike, zeros marked."""
    summary, _ = html_samples.run()
    markup = coverage_section(summary)
    rows, faults = (
        len(summary.coverage.visits),
        2,
    )  # `late` cannot strike, `republish` was not asked
    assert markup.count("<td") == rows * (1 + faults)
    never = rows + 1  # no crash at all, and no reorder on the first
    assert f"{never} of {rows * faults} pairs never occurred" in markup
    assert markup.count('class="seen-0"') == never + 1  # and the first was not visited at all
    assert "with no fault at all" in markup
    own = evolve(summary.coverage, visits=(), total=0, reason="the target has names of its own")
    assert "None: the target has names of its own." in coverage_section(
        evolve(summary, coverage=own)
    )


def test_contracts_and_faults() -> None:
    """Pins the table of contracts, that there is none where one was run, and the odd faults."""
    summary, _ = html_samples.run()
    table = deliveries_section(summary, {"MONEY-1"})
    assert table.count("VIOLATED") == 3
    assert '<a href="#MONEY-1">MONEY-1</a>' in table
    assert "<a" not in deliveries_section(summary, {"MONEY-0"})
    assert deliveries_section(evolve(summary, deliveries=None), {"MONEY-1"}) == ""
    faults = faults_section(summary.fault_counts)
    assert [
        each in faults for each in ("never fired", "cannot strike: the target sets no timer")
    ] == [
        True,
        True,
    ]
    assert "not asked for" in faults


@pytest.mark.parametrize("steps", [30, 60, 300])
def test_fifty_counterexamples_stay_under_two_megabytes(steps: int) -> None:
    """Pins the size of a large report, however long its counterexamples, and that none is lost."""
    page = html_samples.many(50, steps)
    assert len(page.encode()) < 2_000_000
    assert page.count('class="case"') == 50
    assert page.count("breaks the property") == 50
