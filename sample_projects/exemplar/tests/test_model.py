import pytest

from router.evaluate import evaluate
from router.model import Router
from router.train import build_pipeline


def test_training_twice_gives_the_same_model(settings):
    from router.data import load_tickets, split_by_time

    train_set, test_set = split_by_time(load_tickets(settings.data, settings.manifest))
    first, second = (build_pipeline(settings.seed).fit(train_set["text"], train_set["queue"]) for _ in range(2))
    assert (first.predict_proba(test_set["text"]) == second.predict_proba(test_set["text"])).all()


def test_the_served_model_is_the_trained_one(settings, version):
    assert Router(settings.model_dir).version == version


@pytest.mark.parametrize(
    ("text", "queue"),
    [
        ("My parcel has not arrived with the express service.", "delivery"),
        ("You charged my card twice for the yearly plan.", "billing"),
        ("The app crashes when I open the report page.", "technical"),
        ("My password is refused after the last password reset.", "account"),
    ],
)
def test_plain_cases(settings, version, text, queue):
    answer = Router(settings.model_dir).route([text])[0]
    assert answer.queue == queue
    assert 0.5 < answer.confidence <= 1


def test_quality_is_above_the_limit(settings, version):
    result = evaluate(settings)
    assert result["macro_f1"] >= settings.minimum_macro_f1
    assert min(result["f1_by_queue"].values()) > 0.7
