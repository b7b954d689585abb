# syntax=docker/dockerfile:1
# One image for workers of either pool: `docker run cutroom worker cpu`, `docker run --gpus all cutroom worker gpu`.
# docs/fleet.md says how to build it with Docker, and with buildah where there is no Docker engine.

# Pin it to a digest of your own: docker build --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-slim

# --- What is needed to build and to run ---------------------------------------------------------
FROM ${BASE} AS base
ENV DEBIAN_FRONTEND=noninteractive \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/cutroom/venv/bin:$PATH
# OpenCV and MediaPipe want GL and GLib; captions are drawn with DejaVu; tini reaps what a worker leaves.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      ca-certificates fonts-dejavu-core libegl1 libgl1 libgles2 libglib2.0-0 python3 tini \
 && rm -rf /var/lib/apt/lists/*

# --- Everything is installed here, and only the result goes on -----------------------------------
FROM base AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-pip python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Behind a proxy that signs by itself: --build-arg SSL_CERT_FILE=..., with that file mounted.
ARG SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
RUN python3 -m venv /opt/cutroom/venv
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
RUN PIP_CERT=$SSL_CERT_FILE pip install --quiet --constraint constraints.txt uv hatchling
# Versions are exact, all of them. GPU=1 adds NVIDIA's libraries for speech on CUDA 12; Deno is for
# the pages that want JavaScript. The code comes after what it needs, so that a change of it is quick.
ARG GPU=
RUN uv pip install --quiet --python /opt/cutroom/venv/bin/python --constraint constraints.txt \
      --requirement pyproject.toml --extra image ${GPU:+--extra gpu}
COPY prefect.yaml prefect.yaml
COPY cutroom cutroom
COPY flows flows
COPY tasks tasks
COPY blocks blocks
COPY deployments deployments
RUN uv pip install --quiet --python /opt/cutroom/venv/bin/python --no-deps --no-build-isolation .
# Some packages carry files for other Pythons; those that do not compile are never imported.
RUN python -m compileall -q -j 0 /opt/cutroom/venv/lib > /dev/null || true
# Models: the face detector's always; a Whisper model, such as SPEECH_MODEL=small, when asked for.
ARG SPEECH_MODEL=
ENV CUTROOM_MODEL_FOLDER=/opt/cutroom/models
RUN PIP_CERT=$SSL_CERT_FILE python -m deployments.models ${SPEECH_MODEL:+--speech "$SPEECH_MODEL"} \
 && python -m deployments.server

# --- The worker ----------------------------------------------------------------------------------
FROM base AS worker
LABEL org.opencontainers.image.title="cutroom" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/cutroom/venv /opt/cutroom/venv
RUN ln -s venv/lib/python3.11/site-packages/nvidia /opt/cutroom/nvidia \
 && useradd --uid 10001 --create-home --home-dir /home/cutroom cutroom \
 && install --directory --owner cutroom --group cutroom /data
COPY --from=build --chown=cutroom /opt/cutroom/models /opt/cutroom/models
USER cutroom
WORKDIR /opt/cutroom
ENV CUTROOM_HOME=/data \
    CUTROOM_MODEL_FOLDER=/opt/cutroom/models \
    NVIDIA_DRIVER_CAPABILITIES=compute,video,utility \
    LD_LIBRARY_PATH=/opt/cutroom/nvidia/cublas/lib:/opt/cutroom/nvidia/cudnn/lib
VOLUME /data
# A worker in a container has nobody else to reap for it, and passes signals on: the first one drains.
ENTRYPOINT ["tini", "--", "cutroom"]
CMD ["worker", "cpu"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["cutroom", "worker", "--health"]
