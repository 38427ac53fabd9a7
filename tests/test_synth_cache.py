"""The cache of generated cities: made once, never half, shared by processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import platformdirs
import pytest

from siting.content import content_folder
from siting.data.synth import cache, cached_case, generate
from siting.data.synth.generate import LAYERS, generate_case

SHENZHEN = content_folder("data") / "shenzhen"
SCALE = 0.05
ENSURE = """
import sys
from pathlib import Path
import platformdirs
platformdirs.user_cache_dir = lambda *_, **__: sys.argv[2]
from siting.data.synth import cached_case
sys.stdout.write(str(cached_case(Path(sys.argv[1]), scale=float(sys.argv[3]))))
"""
GENERATE = """
import sys
from pathlib import Path
from siting.data.synth import generate_case
generate_case(Path(sys.argv[1]), Path(sys.argv[2]), scale=float(sys.argv[3]))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder that the cache takes for the platform's."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path))
    return tmp_path


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start Python on some code."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - own code


def test_made_once_and_found_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call makes nothing and gives the same folder, inside the cache."""
    first = cached_case(SHENZHEN, scale=SCALE)
    monkeypatch.setattr(cache, "generate_case", pytest.fail)
    assert cached_case(SHENZHEN, scale=SCALE) == first
    assert first.parent.parent == home
    assert {path.name for path in first.iterdir()} == {"case.toml", *LAYERS.values()}


def test_a_change_of_any_input_gives_another_name(tmp_path: Path) -> None:
    """Scale, seed and every fact decide the name; the folder's place does not."""
    copy = Path(shutil.copytree(SHENZHEN, tmp_path / "copy"))
    base = cache.fingerprint(SHENZHEN, scale=0.1, seed=None)
    assert cache.fingerprint(copy, scale=0.1, seed=None) == base
    others = {
        cache.fingerprint(copy, scale=0.2, seed=None),
        cache.fingerprint(copy, scale=0.1, seed=7),
    }
    with (copy / "hubs.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    others.add(cache.fingerprint(copy, scale=0.1, seed=None))
    assert len(others | {base}) == 4


def test_a_killed_run_is_not_taken_for_whole(tmp_path: Path) -> None:
    """A run killed halfway leaves no target; the next one makes it whole."""
    target = tmp_path / "city"
    process = run(GENERATE, SHENZHEN, target, 3)
    while not list(tmp_path.glob(".city.*.part")) and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert list(tmp_path.glob(".city.*.part"))
    assert not target.exists()
    generate_case(SHENZHEN, target, scale=SCALE)
    assert (target / "case.toml").is_file()


def test_an_interrupted_run_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the last file leaves neither target nor temporary folder."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generate, "write_toml", interrupt)
    with pytest.raises(KeyboardInterrupt):
        generate_case(SHENZHEN, tmp_path / "city", scale=SCALE)
    assert list(tmp_path.iterdir()) == []


def test_two_processes_at_once_agree(tmp_path: Path) -> None:
    """Both end well with the same whole folder, and nothing else is left."""
    both = [run(ENSURE, SHENZHEN, tmp_path, SCALE) for _ in range(2)]
    answers = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0] == answers[1]
    assert [path.name for path in (tmp_path / "cities").iterdir()] == [Path(answers[0]).name]


def test_a_damaged_city_is_made_anew(home: Path) -> None:
    """A folder that lost a file is replaced by a whole one."""
    city = cached_case(SHENZHEN, scale=SCALE)
    (city / "sites.csv").unlink()
    assert cached_case(SHENZHEN, scale=SCALE) == city
    assert (city / "sites.csv").is_file()
    assert list((home / "cities").glob(".*")) == []


def test_old_leftovers_are_swept(home: Path) -> None:
    """What a run killed two days ago left goes; what is being made now stays."""
    old, new = home / "cities" / ".a.part", home / "cities" / ".b.part"
    old.mkdir(parents=True)
    new.mkdir()
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    cached_case(SHENZHEN, scale=SCALE)
    assert not old.exists()
    assert new.exists()


def test_without_a_cache_a_temporary_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the cache cannot be made (a file is in its place), the city is made elsewhere."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(blocked))
    city = cached_case(SHENZHEN, scale=SCALE)
    assert (city / "case.toml").is_file()
    assert blocked not in city.parents
    assert "using a temporary folder" in caplog.text
    assert cached_case(SHENZHEN, scale=SCALE) == city
