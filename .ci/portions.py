"""Say which portions of ``glacier`` this environment holds: portions.py HAVE,... ABSENT,..."""

import importlib
import importlib.util
import sys

have = sys.argv[1].split(",")
absent = [name for name in sys.argv[2].split(",") if name]

spec = importlib.util.find_spec("glacier")
assert spec is not None, "no portion of glacier is installed"
assert spec.origin is None, f"glacier is no namespace: {spec}"
for name in have:
    module = importlib.import_module(f"glacier.{name}")
    assert "site-packages" in str(module.__file__), f"not the installed one: {module.__file__}"
for name in absent:
    assert importlib.util.find_spec(f"glacier.{name}") is None, f"glacier.{name} is here too"
print(f"installed: {', '.join(have)}; absent: {', '.join(absent) or 'none'}")
