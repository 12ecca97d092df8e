# Reads pictures: docker build -t read-digits . && docker run --rm -v "$PWD:/data" read-digits photo.jpg
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY pipeline pipeline
COPY train train
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim-bookworm
# What OpenCV needs. Debian keeps one version of each, so that a pinned one is soon gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels pip install --no-cache-dir /wheels/*.whl
RUN useradd --uid 1000 reader
USER 1000
WORKDIR /data
ENTRYPOINT ["read-digits"]
