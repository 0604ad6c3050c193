"""Run the Python blocks of a Markdown document, one after another, as one session.

blocks.py DOCUMENT: a block marked ``python`` is executed, one marked ``pycon`` must print what it
shows. Blocks share their names, as cells of a notebook do, and tracebacks name the document's line.
"""

import doctest
import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.M | re.S)


def run(document: Path) -> int:
    text = document.read_text(encoding="utf-8")
    # A module that is really imported, as tasks of a real one would see it.
    names = sys.modules["__main__"].__dict__
    failed = 0
    for block in FENCE.finditer(text):
        line = text.count("\n", 0, block.start(2))
        if block[1] == "python":
            code = compile("\n" * line + block[2], str(document), "exec", dont_inherit=True)
            exec(code, names)
        else:
            parser = doctest.DocTestParser()
            test = parser.get_doctest(block[2], {}, document.name, str(document), line)
            test.globs = names
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            failed += runner.run(test, clear_globs=False).failed
    return failed


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
