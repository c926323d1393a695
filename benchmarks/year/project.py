"""Makes a copy of the checkout that has the sources of the year and no others.

    python benchmarks/year/project.py FOLDER
    cd FOLDER && CX_HOME=H PYTHONPATH=FOLDER python -m orchestration.cli run --date 2025-01-01

What git tracks or would track is copied; staging models, suites and registrations of all other
sources stay behind. The copy's own package is run, because it stands first on the path.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
ENTITIES = ("tickets", "chats", "calls", "survey_responses", "customers", "agents")
ENTITIES_VAR = re.compile(r"^  entities:\n(?: {4}.*\n)+", re.MULTILINE)


def make(folder: Path) -> None:
    """Copy and register; the folder must be new or an earlier copy."""
    marker = folder / ".year_copy"
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise SystemExit(
            f"Expected a new folder or an earlier copy, found other files in {folder}: "
            "name another one."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()
    removed = _sources_of(CHECKOUT / "models" / "staging")
    for relative in _files_of_checkout():
        if not _belongs_to(relative, removed):
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / relative, target)
    shutil.copytree(HERE / "sources", folder / "models" / "staging", dirs_exist_ok=True)
    shutil.copytree(HERE / "expectations", folder / "expectations", dirs_exist_ok=True)
    _register(folder)


def _files_of_checkout() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in listed.split("\0"):
        path = Path(name)
        # A tracked file that was removed is still listed.
        if name and path.parts[0] != "benchmarks" and (CHECKOUT / path).is_file():
            yield path


def _sources_of(staging: Path) -> set[str]:
    return {path.name for path in staging.iterdir() if path.is_dir()}


def _belongs_to(path: Path, sources: set[str]) -> bool:
    """Whether a file is a staging model or a suite of one of these sources."""
    if path.parts[:2] == ("models", "staging"):
        return len(path.parts) > 3 and path.parts[2] in sources
    if path.parts[:2] == ("expectations", "lake"):
        return path.stem.split("__")[0] in sources
    if path.parts[:2] == ("expectations", "staging"):
        return path.stem.removeprefix("stg_").split("__")[0] in sources
    return False


def _register(folder: Path) -> None:
    """Name the staging models of the year, and only these, under the var `entities`."""
    models = sorted(path.stem for path in (HERE / "sources").glob("*/stg_*.sql"))
    lines = ["  entities:"]
    for entity in ENTITIES:
        lines.append(f"    {entity}:")
        lines += [f"      - {model}" for model in models if model.split("__")[1] == entity]
    path = folder / "dbt_project.yml"
    text, found = ENTITIES_VAR.subn("\n".join(lines) + "\n", path.read_text(encoding="utf-8"))
    if found != 1:
        raise SystemExit(f"Expected the var `entities` once in {path}, found it {found} times.")
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Copy the checkout with the year's sources.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    make(folder)
    print(f"copied to {folder}; run there: PYTHONPATH={folder} python -m orchestration.cli …")


if __name__ == "__main__":
    main()
