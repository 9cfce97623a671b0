"""Files with one subject, functions that fit on a screen."""

import ast

from tests.style.tree import is_generated, place, python_files, refuse, source, tree

FILE_LINES = 600
FUNCTION_LINES = 60


def test_no_file_is_longer_than_a_subject() -> None:
    faults = [
        f"{place(path)}: {lines} lines"
        for path in python_files()
        if (lines := len(source(path).splitlines())) > FILE_LINES and not is_generated(path)
    ]
    refuse(faults, f"longer than {FILE_LINES} lines; split it by subject:")


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function less its docstring, which may be as long as it needs to be."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        text = function.body[0]
        lines -= (text.end_lineno or text.lineno) - text.lineno + 1
    return lines


def test_no_function_is_longer_than_a_screen() -> None:
    faults = [
        f"{place(path, node.lineno)}: {node.name} has {code_lines(node)} lines"
        for path in python_files()
        if not is_generated(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and code_lines(node) > FUNCTION_LINES
    ]
    refuse(faults, f"longer than {FUNCTION_LINES} lines without its docstring; divide it:")
