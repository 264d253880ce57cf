"""Settings as people write them: what is taken, and the sentence about what is not."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.__main__ import cli
from hub.settings import Settings

DOCUMENTED = Path(__file__).parents[2] / "docs/operating.md"
KEY = "k" * 32


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings, and an environment without ours."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUB_{name}".upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HUB_PORT", "abc", "HUB_PORT: write a number (it is 'abc')"),
        ("HUB_SHUTDOWN_S", "10s", "HUB_SHUTDOWN_S: write a number of seconds alone, without a unit"),
        ("HUB_UPLOAD_BYTES", "25MB", "HUB_UPLOAD_BYTES: write a number of bytes alone, without a unit"),
        ("HUB_TRUSTED_PROXIES", "10.0.0.0/33", "'10.0.0.0/33' is no network"),
        ("HUB_TRUSTED_PROXIES", "[10.0.0.0/8]", "separated by commas"),
        ("HUB_INTERNAL_NETWORKS", "intranet", "HUB_INTERNAL_NETWORKS"),
        ("HUB_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO'"),
        ("HUB_BASE_URL", "hub.example", "write the whole address"),
        ("HUB_BASE_URL", "https://hub.example/chat", "without a path"),
        ("HUB_DATABASE", "a b", "HUB_DATABASE: write a name"),
        ("HUB_SECRET_KEY", "tooshort", "HUB_SECRET_KEY: the key is too short"),
        ("HUB_SECRET_KEY_FILE", "/nonexistent", "/nonexistent cannot be read"),
        ("HUB_MONGODB_URI_FILE", "/nonexistent", "/nonexistent cannot be read"),
        ("HUB_PROT", "8081", "HUB_PROT is no setting (did you mean HUB_PORT?)"),
    ],
)
def test_what_is_wrong_in_the_environment_is_said(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    found = CliRunner().invoke(cli, ["check"])
    assert found.exit_code == 2
    assert said in found.stderr
    assert value != "tooshort" or value not in found.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"prot = 8081", "config/hub.toml: prot is no setting (did you mean port?)"),
        (b"port = 80 81", "config/hub.toml is no TOML"),
        (b'host = "\xff"', "config/hub.toml is not in UTF-8"),
        (b'shutdown_s = "10s"', "config/hub.toml: shutdown_s: write a number of seconds"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/hub.toml").write_bytes(text)
    found = CliRunner().invoke(cli, ["check"])
    assert found.exit_code == 2
    assert said in found.stderr


def test_networks_are_written_with_commas_or_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("10.0.0.0/8, 192.168.1.7", '["10.0.0.0/8", "192.168.1.7"]'):
        monkeypatch.setenv("HUB_TRUSTED_PROXIES", given)
        assert Settings().trusted_proxies == ("10.0.0.0/8", "192.168.1.7")
    monkeypatch.setenv("HUB_INTERNAL_NETWORKS", "10.1.0.0/16,fd00::/8")
    assert [str(one) for one in Settings().internal_networks] == ["10.1.0.0/16", "fd00::/8"]


def test_a_key_in_a_file_is_as_long_as_one_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY_FILE", str(tmp_path / "key"))
    for key, code in (("short", 2), (KEY, 0)):
        (tmp_path / "key").write_text(f"{key}\n")
        assert CliRunner().invoke(cli, ["check"]).exit_code == code


def test_every_setting_is_in_the_table_of_the_documentation() -> None:
    """With what it means, in the same words, and its default."""
    rows = {
        line.split("|")[1].strip().strip("`"): line
        for line in DOCUMENTED.read_text("utf-8").splitlines()
        if line.startswith("| `HUB_")
    }
    assert set(rows) == {f"HUB_{name}".upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        _, _, meaning, default, _ = rows[f"HUB_{name}".upper()].split("|")
        assert meaning.strip() == field.description
        written = {None: "none", (): "empty"}.get(field.default, str(field.default))
        assert default.strip() == written
