from pathlib import Path

import pytest

from virtbus.directories import directories
from virtbus_broker import config
from virtbus_broker.keys import KeyFileError, make_key_file, read_keys, read_roles
from virtbus_broker.rundir import RunDir, RunDirError

KEY = "k" * 40
SYSTEM = directories({}, uid=0)


def test_arguments_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "broker.toml"
    file.write_text('run_dir = "/from/file"\ngroup = "file"\ntcp = "tcp://127.0.0.1:1"\n')
    monkeypatch.setenv("VIRTBUS_BROKER_GROUP", "environment")
    monkeypatch.setenv("VIRTBUS_BROKER_TCP", "tcp://127.0.0.1:2")
    settings = config.load(SYSTEM, config=file, arguments={"tcp": "tcp://127.0.0.1:3"})
    assert (settings.run_dir, settings.group) == ("/from/file", "environment")
    assert settings.tcp == "tcp://127.0.0.1:3"
    assert settings.roles_file == "/etc/virtbus/roles.toml"


def test_a_session_lives_in_the_users_directories() -> None:
    environment = {"XDG_RUNTIME_DIR": "/run/user/7", "XDG_CONFIG_HOME": "/home/u/.config"}
    settings = config.load(directories(environment, uid=7), config=None, arguments={})
    assert settings.run_dir == "/run/user/7/virtbus"
    assert settings.key_file == "/home/u/.config/virtbus/broker.key"


@pytest.mark.parametrize("text", ["colour = 1", "log_level = 'loud'", "run_dir = 5", "= 5"])
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broker.toml"
    file.write_text(text)
    with pytest.raises(config.ConfigError):
        config.load(SYSTEM, config=file, arguments={})
    with pytest.raises(config.ConfigError, match="there is no"):
        config.load(SYSTEM, config=tmp_path / "none.toml", arguments={})


def test_keys_are_written_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "broker.key"
    public = make_key_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_keys(file).public == public
    with pytest.raises(KeyFileError, match="there already"):
        make_key_file(file)
    file.chmod(0o644)
    with pytest.raises(KeyFileError, match="read by others"):
        read_keys(file)
    with pytest.raises(KeyFileError, match="keygen"):
        read_keys(tmp_path / "none.key")


def test_roles_give_their_words_to_their_keys(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(
        f'[roles.ops]\nallow = ["read:*:*", "change:domain:*"]\n[keys]\n"{KEY}" = "ops"\n'
    )
    roles = read_roles(file)
    assert roles.knows(KEY) and not roles.knows("x" * 40)
    assert roles.grants_of(KEY) == "read:*:* change:domain:*"
    assert roles.sender_of(KEY) == "key=kkkkkkkk role=ops"
    assert roles.grants_of("x" * 40) == ""


@pytest.mark.parametrize(
    "text",
    [
        '[roles.ops]\nallow = ["everything"]\n',
        '[roles.ops]\nallow = "read:*:*"\n',
        f'[keys]\n"{KEY}" = "ops"\n',
        '[roles.ops]\nallow = []\n[keys]\n"short" = "ops"\n',
        "[people]\n",
        "[",
    ],
)
def test_wrong_roles_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(text)
    with pytest.raises(KeyFileError, match="roles.toml"):
        read_roles(file)


def test_a_run_directory_has_one_holder(tmp_path: Path) -> None:
    first = RunDir(tmp_path / "run", "")
    first.open()
    with pytest.raises(RunDirError, match="already running"):
        RunDir(tmp_path / "run", "").open()
    first.close(())
    again = RunDir(tmp_path / "run", "")
    again.open()
    again.close(())


def test_a_run_directory_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunDirError, match="too long"):
        RunDir(tmp_path / ("d" * 100), "").open()
    (tmp_path / "file").touch()
    with pytest.raises(RunDirError, match="cannot use"):
        RunDir(tmp_path / "file", "").open()


def test_an_unknown_group_is_refused(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "run", "no-such-group")
    run_dir.open()
    (tmp_path / "run" / "requests").touch()
    with pytest.raises(RunDirError, match="groupadd"):
        run_dir.admit("requests", 0o660)
    run_dir.close(())
