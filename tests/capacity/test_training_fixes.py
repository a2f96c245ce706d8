"""What makes a training run fit, each change run through the model."""

from __future__ import annotations

import pytest

from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.model_source import preset_named
from aiaudit.capacity.tables import gpu_named
from aiaudit.capacity.training import Run
from aiaudit.capacity.training_fixes import training_fixes

from .support import on


def fixes(gpu: str, run: Run, model: str = "llama-3.1-8b") -> tuple[str, ...]:
    return training_fixes(from_config(preset_named(model)[1]["config"]), run, gpu_named(gpu).visible)


def test_a_full_run_on_a_small_gpu_fits_as_adapters():
    found = fixes("RTX 4090", Run("full"))
    assert found[0] == "LoRA instead of full training"  # torchtune: LoRA of 8B peaks at 16.2 GiB, full beyond 100
    assert "QLoRA on 4-bit weights" in found


def test_many_gpus_shard_what_one_cannot_hold():
    found = fixes("H100", Run("full"))
    assert "LoRA instead of full training" in found
    assert any("ZeRO 3 over 4 GPUs" in one or "ZeRO 3 over 2 GPUs" in one for one in found)


def test_a_batch_is_the_smallest_change_where_it_is_enough():
    assert fixes("RTX 4090", Run("lora", batch=16, seq=4096, checkpointing=True))[0].startswith("a micro batch of 1")


def test_pairs_only_where_no_single_change_is_enough():
    found = fixes("L4", Run("full", seq=2048, batch=16))
    assert found
    assert all(" and " in one for one in found)


@pytest.mark.parametrize(("gpu", "run"), [("H100", Run("lora")), ("T4", Run("full", seq=65_536))])
def test_nothing_is_said_where_it_fits_and_where_nothing_helps(gpu, run):
    assert fixes(gpu, run, "llama-3.1-8b" if gpu == "H100" else "llama-3-70b") == ()


def test_a_plan_has_them():
    made = on("L40S", more="  training: [{method: full}]")
    (run,) = made.training
    assert run.verdict == "no"
    assert run.finding.endswith(" or ".join(run.fixes))
