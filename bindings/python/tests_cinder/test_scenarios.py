"""What the former driver's own unit tests looked at, and where it is looked at here.

They replaced the REST client by a mock and looked at the calls; here the appliance's state is
looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Tests of the former driver, and the corresponding test in this directory.
ANSWERS = {
    "test_parse_initiator_config": "test_initiators_of_the_old_options",
    "test_create_delete_volume": "test_create_and_delete",
    "test_delete_volume_with_missing_lun": "test_delete_what_is_not_there",
    "test_delete_volume_backend_fail": "test_a_failure_to_delete_is_told",
    "test_create_delete_snapshot": "test_create_and_delete_a_snapshot",
    "test_delete_nonexistent_snapshot": "test_delete_what_is_not_there",
    "test_delete_snapshot_backend_fail": "test_a_failure_to_delete_is_told",
    "test_create_volume_from_snapshot": "test_from_a_snapshot",
    "test_create_larger_volume_from_snapshot": "test_from_a_snapshot",
    "test_volume_attach_detach": "test_attach_and_detach",
    "test_volume_attach_detach_multipath": "test_attach_with_several_paths",
    "test_volume_attach_detach_live_migration": "test_live_migration",
    "test_volume_attach_detach_negative": "test_a_host_in_no_group",
    "test_get_volume_stats": "test_statistics",
    "test_extend_volume": "test_extend",
    "test_get_voltype_specs": "test_extra_specs",
    "test_volume_manage": "test_manage",
    "test_volume_manage_negative": "test_manage_what_may_not_be",
    "test_volume_manage_nonexistent": "test_manage_what_is_not_there",
    "test_volume_manage_negative_api_exception": "test_a_failure_to_manage_is_told",
    "test_volume_unmanage": "test_unmanage",
    "test_volume_unmanage_negative": "test_a_failure_to_manage_is_told",
    "test_manage_existing_get_size": "test_manage",
    "test_manage_existing_get_size_negative": "test_manage_what_is_not_there",
    "test_clone_image_negative": "test_an_image_that_goes_cinders_own_way[too large]",
    "test_clone_image": "test_an_image_is_written_once",
    "test_delete_cache_volume": "test_an_image_is_written_once",
    "test_check_origin": "test_an_image_is_written_once",
    "test_verify_cache_vol_no_cache_vol": "test_an_image_is_written_once",
    "test_verify_cache_vol_no_cache_snap": "test_an_entry_without_its_snapshot_is_made_anew",
    "test_verify_cache_vol_stale_vol": "test_an_image_that_changed_and_is_in_use",
    "test_verify_cache_vol_updated_vol": "test_an_image_that_changed_and_is_not_in_use",
    "test_create_cache_volume": "test_an_image_is_written_once",
    "test_create_cache_vol_negative": "test_what_was_not_flushed_was_not_written",
    "test_migrate_volume": "test_a_volume_moves",
    "test_migrate_volume_uninherit_exception": "test_a_step_that_fails[uninherit]",
    "test_migrate_volume_create_action_exception": "test_a_step_that_fails[create_action]",
    "test_migrate_volume_send_update_exception": "test_a_step_that_fails[send_update]",
    "test_migrate_volume_sever_repl_exception": "test_a_step_that_fails[sever]",
}


def collected() -> set[str]:
    """Returns the names of all tests in this directory, with and without parameters."""
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "--collect-only"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", Path(__file__).parent], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    whole = {line.split("::", 1)[1] for line in done.stdout.splitlines() if "::" in line}
    return whole | {name.split("[")[0] for name in whole}


def test_each_scenario_has_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(ANSWERS.values()) - collected() == set()
    with capsys.disabled():
        print(f"\nscenarios of the former driver's tests: {len(ANSWERS)}")
        for old, ours in ANSWERS.items():
            print(f"  {old:<44} {ours}")
