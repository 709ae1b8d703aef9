"""The report: equal problems are one, every one is named."""

from gamedata.report import Problem, Report, text


def test_equal_problems_are_one() -> None:
    report = Report()
    report.add("unknown table", "Ones", "A")
    report.add("unknown table", "Ones", "A")
    report.extend([Problem("unknown table", "Ones", "B"), Problem("missing entity", "Imp")])
    assert report.counts() == {"missing entity": 1, "unknown table": 2}


def test_reports_do_not_share_what_they_collect() -> None:
    Report().add("missing entity", "Imp")
    Report().ignore("art")
    assert Report() == Report()
    assert Report().problems == set()


def test_text_names_everything() -> None:
    report = Report()
    report.add("unknown table", "Ones", "B")
    report.add("unknown table", "Ones", "A")
    report.add("missing entity", "Imp")
    report.ignore("power: art", 1200)
    assert text(report) == (
        "missing entity: 1\n"
        "  Imp\n"
        "unknown table: 2\n"
        "  Ones\n"
        "    in A\n"
        "    in B\n"
        "left out on purpose: 1,200\n"
        "  power: art: 1,200\n"
    )
