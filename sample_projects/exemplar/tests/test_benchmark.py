"""One prediction's latency, kept per version: `pytest tests/test_benchmark.py --benchmark-json reports/benchmark.json`."""

from router.model import Router

TICKET = "I was charged twice for my parcel and the invoice does not show the second payment"


def test_one_prediction(benchmark, settings, version):
    router = Router(settings.model_dir)
    answer = benchmark.pedantic(router.route, args=([TICKET],), rounds=200, iterations=5, warmup_rounds=20)
    assert answer[0].queue
