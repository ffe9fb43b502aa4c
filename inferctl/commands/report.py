"""``inferctl report``: saved load reports, one alone or several side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from inferctl.output import console, errors
from inferctl.saved_reports import read_reports
from load_client.comparison import comparisons
from load_client.console import aligned, report_text
from load_client.options import Problems, check_folders
from load_client.page import html_page
from load_client.report_file import write_whole
from load_client.summary import comparison_rows


def add_parser(verbs: Any) -> None:
    """``inferctl report FILE [FILE...] [--html OUT]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "report",
        help="show saved load reports, side by side",
        description="Shows what `inferctl bench --json` or the client's container saved. Every"
        " other server is compared with the first one of the first file.",
        epilog="Exit status: 0 shown, 1 the page cannot be written, 2 unusable input.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a saved report")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write the page there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 shown, 1 the page cannot be written, 2 unusable input."""
    problems = Problems()
    check_folders(problems, reads=arguments.files, html=arguments.html)
    saved = problems.catch(read_reports, arguments.files)
    if saved is None or problems.found:
        errors.print("\n".join(problems.found), markup=False)
        return 2
    console.print(report_text(saved.report), markup=False)
    if found := comparisons(saved.report):
        console.print(f"\n{aligned(*comparison_rows(found))}", markup=False)
    for note in saved.notes:
        console.print(note, markup=False)
    if arguments.html is not None:
        try:
            write_whole(arguments.html, html_page(saved.report, saved.notes).encode())
        except OSError as error:
            errors.print(str(error), markup=False)
            return 1
    return 0
