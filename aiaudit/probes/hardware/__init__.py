"""What the machine has: processor, memory, disks and GPUs, as a process in this container may use them."""

from aiaudit.probes.hardware.report import HardwareReport
from aiaudit.probes.hardware.survey import probe_hardware

__all__ = ["HardwareReport", "probe_hardware"]
