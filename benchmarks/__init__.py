"""What Glacier costs, measured beside the bare standard library in the same run.

``python -m benchmarks`` runs all suites; README.md says what each one measures and how.
"""
