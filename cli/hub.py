"""Send snapshots with their cards to a Hugging Face hub, and fetch them, through `huggingface_hub`."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dohyo import __version__
from dohyo.agents.files import write_atomically
from dohyo.agents.snapshot import SUFFIX, Snapshot, encode, load_snapshot, save_snapshot
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.run.results_folder import make_folders

BESIDE = ("README.md", "card.json", "bout.gif")
"""Files that belong to a card; they travel with its snapshot."""
LARGEST = 256 * 2**20
"""Largest file that is fetched, bytes: a hundred times a wide snapshot."""


def push(snapshot: Snapshot, card: Path | None, repository: str, *, private: bool) -> str:
    """Commit a snapshot and the files of its card to a repository, which is made if it is new; return the commit's URL.

    The repository then holds this snapshot alone; earlier ones stay in its history. Raises `DohyoError` if the hub
    refuses or cannot be reached.
    """
    hub, name = _library(), f"{snapshot.name}{SUFFIX}"
    held = [card / file for file in BESIDE if (card / file).is_file()] if card else []
    with _errors(repository):
        api = _api(hub)
        api.create_repo(repository, private=private or None, exist_ok=True)
        there = [entry.rfilename for entry in api.model_info(repository).siblings or ()]
        gone = [file for file in there if file.endswith(SUFFIX) and file != name]
        operations = [
            hub.CommitOperationAdd(name, encode(snapshot)),
            *(hub.CommitOperationAdd(path.name, path) for path in held),
            *(hub.CommitOperationDelete(file) for file in gone),
        ]
        done = api.create_commit(repository, operations, commit_message=f"Snapshot {snapshot.name}")
    return str(done.commit_url)


def pull(repository: str, folder: Path, revision: str | None = None) -> list[Snapshot]:
    """Fetch the snapshots of a repository and its card into `folder`; return the snapshots.

    They are checked like any file before they are written, under their own names. Raises `DohyoError` if the hub
    refuses, cannot be reached, or has no snapshot there; `SnapshotError` for a bad one, and then nothing is written.
    """
    hub = _library()
    with _errors(repository):
        api = _api(hub)
        about = api.model_info(repository, revision=revision, files_metadata=True)
        entries = {entry.rfilename: entry.size or 0 for entry in about.siblings or ()}
        wanted = [name for name in entries if "/" not in name and (name in BESIDE or name.endswith(SUFFIX))]
        if not any(name.endswith(SUFFIX) for name in wanted):
            raise DohyoError(f"{repository} holds no snapshot, that is no {SUFFIX} file")
        for name in wanted:
            if entries[name] > LARGEST:
                raise DohyoError(f"{repository} has {name} of {entries[name]:,} bytes, more than {LARGEST:,}: leave it")
        paths = {name: Path(api.hf_hub_download(repository, name, revision=about.sha)) for name in wanted}
    snapshots = [load_snapshot(path) for name, path in paths.items() if name.endswith(SUFFIX)]
    make_folders(folder)
    for snapshot in snapshots:
        save_snapshot(snapshot, folder)
    for name in wanted:
        if name in BESIDE:
            write_atomically(folder / name, paths[name].read_bytes())
    return snapshots


def _library(module: str = "huggingface_hub") -> Any:
    """Return `huggingface_hub`, or a module of it; raises `DohyoError` if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise DohyoError('the hub needs huggingface_hub: `pip install "dohyo[hub]"`') from None


def _api(hub: Any) -> Any:
    return hub.HfApi(library_name="dohyo", library_version=__version__)


@contextmanager
def _errors(repository: str) -> Iterator[None]:
    """Turn the errors of `huggingface_hub` into `DohyoError`s of one line."""
    errors = _library("huggingface_hub.errors")
    try:
        yield
    except DohyoError:
        raise
    except errors.RepositoryNotFoundError as error:
        raise DohyoError(
            f"the hub has no repository {repository!r}, or you may not see it: check the name, or `hf auth login`"
        ) from error
    except (errors.HTTPError, OSError, ValueError) as error:  # ValueError: a name or front matter that is not valid
        said = one_line(error)
        raise DohyoError(f"the hub failed for {repository!r} ({said}): check the name and the network") from error
