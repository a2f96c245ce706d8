# docker build -t aiaudit . && docker run --rm --network none -v "$PWD:/project:ro" aiaudit run /project
# The audit needs no network and writes nothing into the project: mount it read-only. A report comes out by stdout:
# docker run --rm --network none -v "$PWD:/project:ro" aiaudit run /project --format html > report.html
# The base is pinned by the digest of its tag, as two unrelated projects have published it; a registry was never asked from here.
# To renew it: docker buildx imagetools inspect python:3.12.8-slim-bookworm
FROM python:3.12.8-slim-bookworm@sha256:2199a62885a12290dc9c5be3ca0681d367576ab7bf037da120e564723292a2f0 AS build
COPY requirements/run.txt requirements/build.txt /locks/
RUN python -m venv /opt/aiaudit \
 && /opt/aiaudit/bin/pip install --no-cache-dir --require-hashes -r /locks/run.txt
WORKDIR /source
# The build sees the libraries of the audit, with which it loads the packs once for all (hatch_build.py).
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY aiaudit aiaudit
COPY checks checks
COPY templates templates
COPY tables tables
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes -r /locks/build.txt \
 && PYTHONPATH=$(echo /opt/aiaudit/lib/python3.*/site-packages) /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w /wheels . \
 && /opt/aiaudit/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12.8-slim-bookworm@sha256:2199a62885a12290dc9c5be3ca0681d367576ab7bf037da120e564723292a2f0
RUN useradd --create-home --uid 10001 auditor \
 && apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/aiaudit /opt/aiaudit
ENV PATH=/opt/aiaudit/bin:$PATH AIAUDIT_CACHE_DIR=/tmp/aiaudit-cache
USER 10001:10001
WORKDIR /project
ENTRYPOINT ["aiaudit"]
CMD ["--help"]
