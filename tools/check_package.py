"""Build the distributions, and show that they are complete, valid, and work once installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
NEEDED = {
    "ts_contract/py.typed",
    "ts_contract/contracts/agentos.toml",
    "ts_contract/contracts/agentos/schema_v44_epoch_ms_timestamps.sql",
}


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command; end with its output when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def source_files() -> set[str]:
    """Return the files of the package in the tree, as a wheel names them."""
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def check_wheel(wheel: Path) -> list[str]:
    """Compare the wheel with the tree; return what is wrong."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    return [
        *(f"{wheel.name} lacks {name}" for name in sorted((source_files() | NEEDED) - packed)),
        *(f"{wheel.name} has a stray {name}" for name in sorted(packed - source_files())),
    ]


def check_sdist(sdist: Path) -> list[str]:
    """Look for what a packager needs to build and to test; return what is wrong."""
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    needed |= {"RELEASING.md", "SECURITY.md", "tox.ini", ".ci/run", ".github/workflows/ci.yml"}
    needed |= {".pre-commit-config.yaml", ".pre-commit-hooks.yaml"}
    needed |= {f"src/{name}" for name in source_files() | NEEDED}
    needed |= {"tests/conftest.py", "benchmarks/README.md"}
    return [f"{sdist.name} lacks {name}" for name in sorted(needed - packed)]


def check_installed(wheel: Path, directory: Path) -> list[str]:
    """Install the wheel alone, away from the tree, and use it; return what is wrong."""
    environment, demo = directory / "venv", directory / "demo"
    shutil.rmtree(demo, ignore_errors=True)
    venv.create(environment, with_pip=True, clear=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel)
    version = run(scripts / "ts-contract", "--version", cwd=directory)
    run(scripts / "ts-contract", "demo", demo, cwd=directory)
    expected = f"ts-contract {wheel.name.split('-')[1]}\n"
    return [] if version == expected else [f"ts-contract --version says {version!r}"]


def main(directory: Path) -> None:
    """Run every check in a directory; end with 1 and a list when something is wrong."""
    dist = directory / "dist"
    for old in dist.glob("*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", dist)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    print(run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist))
    if wrong := check_wheel(wheel) + check_sdist(sdist) + check_installed(wheel, directory):
        sys.exit("\n".join(wrong))
    print(f"{wheel.name} and {sdist.name}: complete, valid, and working where installed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
