"""Calls of a service that runs many kinds of models: those that draw, hear or speak are told apart from those that
write, by the name of the model that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiaudit import lazy

# Models of Replicate that make pictures, films, sound and speech, or read them, by their names.
_MEDIA: Final = lazy.regex(
    r"(?i)(?:^|[/._-])(?:sdxl\w*|stable-?(?:diffusion|video|audio)\w*|sd-?\d\w*|flux\w*|imagen\w*|recraft\w*|ideogram\w*|kling\w*"
    r"|music\w*|riffusion|bark|tortoise-tts|xtts\w*|kokoro\w*|speech\w*|voice\w*|tts|whisper\w*|\w*esrgan\w*|gfpgan|codeformer"
    r"|controlnet\w*|ip-adapter\w*|face\w*|upscal\w*|rembg|remove-bg|background\w*|photomaker|instant-?id|dreamshaper\w*"
    r"|openjourney\w*|animate\w*|video\w*|veo\w*|wan\w*|hunyuan\w*|ltx\w*|mochi\w*|luma\w*|ray\w*|photon\w*|playground-v\w*"
    r"|kandinsky\w*|dall-?e\w*|image\w*|img\w*|logo\w*|qr\w*|clip\w*|blip\w*|sam\w*|depth\w*|inpaint\w*|outpaint\w*"
    r"|lama|seedream\w*|seedance\w*|minimax-(?:video|music)\w*|nano-banana|gpt-image\w*)(?:[/._:-]|$)"
)
_RUNS: Final = ("run", "stream", "async_run", "async_stream", "predictions.create")


def told_apart(names: list[str], args: Sequence[Any]) -> list[str]:
    """The names of a call; `replicate.run("stability-ai/sdxl")` is `replicate.media.run`."""
    if not any(name.startswith("replicate.") for name in names):
        return names
    first = args[0].strip("\"'`") if args and isinstance(args[0], str) else ""
    if not _MEDIA.search(first):
        return names
    runs = [run for name in names for run in _RUNS if name.startswith("replicate.") and name.endswith("." + run)]
    return [f"replicate.media.{runs[0]}"] if runs else names
