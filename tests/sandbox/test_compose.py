"""`compose.yaml` asks for no more than its sandbox needs."""

import yaml

from .conftest import ROOT


def test_the_container_has_no_privileges() -> None:
    sandbox = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["sandbox"]
    assert sandbox["cap_drop"] == ["ALL"]
    assert sandbox["security_opt"] == ["no-new-privileges:true"]
    assert sandbox["read_only"] is True
    assert not sandbox.keys() & {"privileged", "cap_add", "pid", "network_mode", "userns_mode", "devices", "ports"}
    assert all(volume.endswith(":ro") for volume in sandbox["volumes"])
    assert set(sandbox["environment"]) == {name for name in sandbox["environment"] if name.startswith("SANDBOX_")}
