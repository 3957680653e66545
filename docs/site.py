"""Build the documentation site: `python docs/site.py` writes build/site/html from the pages and the docstrings.

The pages are written for a forge: they link to files outside docs/, and docs/index.md is their navigation. The site is
built from a copy in which these links lead to the forge, with a page of the API for each public package.
"""

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
FORGE = "https://github.com/dohyo/dohyo/blob/main"
PUBLIC = ("dohyo.arenas", "dohyo.arenas.rules", "dohyo.agents", "dohyo.curricula")
"""Packages whose public names have a page."""


def api_pages() -> dict[str, str]:
    """Return the page of each public package by its path, with a directive for every public name."""
    return {f"reference/api/{name}.md": f"# {name}\n\n::: {name}\n" for name in PUBLIC}


def on_site(text: str, page: Path) -> str:
    """Return the text of a page of docs/ with its links out of docs/ leading to the forge."""

    def moved(match: re.Match[str]) -> str:
        path, _, anchor = match[1].partition("#")
        target = (page.parent / path).resolve()
        if "://" in path or not path or target.is_relative_to(DOCS):
            return match[0]
        return f"]({FORGE}/{target.relative_to(ROOT)}{'#' if anchor else ''}{anchor})"

    return re.sub(r"\]\(([^)\s]+)\)", moved, text)


def navigation(index: str) -> list[dict[str, object]]:
    """Return the tree of pages: a section per heading of the index, with the pages that it links to, in its order."""
    sections: list[dict[str, object]] = [{"Home": "index.md"}]
    for part in index.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        links = re.findall(r"\[([^\]]+)\]\(([^)#\s]+\.md)\)", body)
        pages = [{title[0].upper() + title[1:]: path} for title, path in links if not path.startswith("..")]
        if heading.startswith("Reference"):
            pages.append({"Python API": [{path.split("/")[-1][:-3]: path} for path in api_pages()]})
        sections.append({heading.partition(":")[0]: pages})
    return sections


def stage(folder: Path) -> None:
    """Write the configuration, the pages and the pictures of the site into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for source in sorted(DOCS.rglob("*")):
        target = folder / "pages" / source.relative_to(DOCS)
        if source.suffix in (".md", ".png", ".gif"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            if source.suffix == ".md":
                target.write_text(on_site(source.read_text(), source))
    for path, text in api_pages().items():
        page = folder / "pages" / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    package = folder / "package" / "dohyo"  # a finder that reads sources does not see through an editable install
    package.mkdir(parents=True)
    for part in ("__init__.py", "arenas", "agents", "curricula"):
        (package / part).symlink_to(ROOT / part)
    nav = json.dumps(navigation((DOCS / "index.md").read_text()))  # JSON is YAML
    (folder / "mkdocs.yml").write_text(f"{(DOCS / 'site.yml').read_text()}nav: {nav}\n")


def missing(html: Path) -> list[str]:
    """Return the public names without an entry in the built pages: names without a docstring."""
    names = []
    for package in PUBLIC:
        page = (html / "reference" / "api" / f"{package}.html").read_text()
        public = importlib.import_module(package).__all__
        names += [f"{package}.{name}" for name in public if f'id="{package}.{name}"' not in page]
    return names


def build() -> str:
    """Build the site and return what is wrong with it, empty for nothing; the builder prints its own warnings."""
    folder = ROOT / "build" / "site"
    stage(folder)
    command = [Path(sys.executable).parent / "zensical", "build", "--strict"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        return "the site was not built; see above"
    names = missing(folder / "html")
    return f"public names without a docstring: {', '.join(names)}" if names else ""


if __name__ == "__main__":
    sys.exit(build() or None)
