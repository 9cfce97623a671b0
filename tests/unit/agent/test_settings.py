"""Settings: defaults, then the file, then the environment; mistakes are named."""

from pathlib import Path

import pytest

from virtbus.agent.settings import AgentSettings, load_settings
from virtbus.directories import directories
from virtbus.errors import InvalidArgument


def test_each_source_overrides_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "x-agent.toml"
    assert load_settings(AgentSettings, "x", file, {}) == AgentSettings()
    file.write_text('log_level = "debug"\nstats_interval_s = 3\n')
    environment = {"VIRTBUS_X_STATS_INTERVAL_S": "0.5", "VIRTBUS_Y_LOG_LEVEL": "error"}
    found = load_settings(AgentSettings, "x", file, environment)
    assert (found.log_level, found.stats_interval_s) == ("debug", 0.5)


@pytest.mark.parametrize(
    "text",
    ["no_such = 1", "log_level = 'loud'", "events_kept = 1", "half =", "stats_interval_s=-1"],
)
def test_a_mistake_names_file_and_field(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x-agent.toml"
    file.write_text(text)
    with pytest.raises(InvalidArgument, match=str(file)):
        load_settings(AgentSettings, "x", file, {})
    with pytest.raises(InvalidArgument, match="VIRTBUS_X_"):
        load_settings(AgentSettings, "x", tmp_path / "none", {"VIRTBUS_X_EVENTS_KEPT": "many"})


def test_directories_are_the_systems_for_root_and_the_users_own_else() -> None:
    assert str(directories({}, 0).state) == "/var/lib/virtbus"
    found = directories({"HOME": "/home/u", "VIRTBUS_LOG_DIR": "/logs"}, 1000)
    assert str(found.run) == "/run/user/1000/virtbus"
    assert str(found.config) == "/home/u/.config/virtbus"
    assert str(found.log) == "/logs"
