"""Fill the templates of pages, which lie beside this file."""

from importlib.resources import files
from typing import Any


def fill(name: str, **values: Any) -> str:
    """Return the page of the template `name` with these values; texts among them are escaped, `Markup` is not."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    page = Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(part)).get_template(name)
    return page.render(**values)


def part(name: str) -> str:
    """Return the text of a file of the pages: a template or a script."""
    return files("dohyo.cli.page").joinpath(name).read_text(encoding="utf-8")
