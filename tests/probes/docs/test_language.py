"""Whether a document is written in English."""

from __future__ import annotations

import pytest

from aiaudit.probes.docs.language import other_language

_ENGLISH = (
    "The model is taken back by one command, and the last version that was good is put into service for all users."
)
_TEXTS = {
    "Indonesian": "Model yang lama tidak dihapus, dan versi itu sudah diuji di server untuk semua pengguna pada hari ini.",
    "German": "Das Modell wird mit einem Befehl zurückgenommen, und die letzte gute Version ist für alle wieder da.",
    "French": "Le modèle est remplacé par une commande, et la version qui était bonne est remise pour tous les clients.",
    "Spanish": "El modelo se retira con una orden, y la última versión que era buena está de nuevo para todos los usuarios.",
}


@pytest.mark.parametrize("name", _TEXTS)
def test_a_text_in_another_language_is_known(name: str) -> None:
    assert other_language([_TEXTS[name]] * 3) == name


def test_english_a_short_text_and_tables_of_names_are_left_alone() -> None:
    assert other_language([_ENGLISH] * 5) == ""
    assert other_language([_TEXTS["German"]]) == ""
    assert other_language(["| id | name | owner | state |", "| 1 | rollback | platform | done |"] * 10) == ""


def test_another_script_needs_no_words() -> None:
    assert other_language(["モデルを前のバージョンに戻す手順を説明します。" * 8]) == "another script"
