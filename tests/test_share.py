"""The provider that the documents go through is the one that lies in the examples."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_documents_show_the_provider_of_the_examples() -> None:
    shown = (ROOT / "docs" / "writing-a-provider.md").read_text(encoding="utf-8")
    module = ROOT / "examples" / "glacier-share" / "src" / "glacier_share" / "__init__.py"
    assert f"```python\n{module.read_text(encoding='utf-8')}```" in shown
