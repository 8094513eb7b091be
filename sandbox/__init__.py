"""The code sandbox: a program of its own that runs users' Python, JavaScript and Jinja2 behind walls of the kernel.

`python -m sandbox` starts it. It knows neither Django nor the rest of the product; see `docs/sandbox.md`.
"""
