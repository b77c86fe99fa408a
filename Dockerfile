# The same program as a container: the checkout to build from is mounted at /work.
#   docker run --rm -v "$PWD:/work:ro" -e INPUT_KEY -e INPUT_IMAGE=myapp … bluegreen-action deploy --host … --version v2
ARG BASE=debian:bookworm-slim

# Only the client: Debian's engine package is unpacked, not installed. Client 20.10 speaks BuildKit by itself.
FROM ${BASE} AS client
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /unpack
RUN apt-get update \
 && apt-get download docker.io \
 && dpkg-deb --fsys-tarfile docker.io_*.deb | tar -x ./usr/bin/docker

FROM ${BASE} AS packages
# No versions: the distribution's security updates are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
# Without a package index: docker build --build-arg PIP_NO_INDEX=1, with the locked wheels in wheels/ (pip download -r … -d wheels).
ARG PIP_NO_INDEX=
COPY requirements/runtime.txt wheel[s]/ /tmp/wheels/
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes --find-links /tmp/wheels -r /tmp/wheels/runtime.txt \
 && /opt/venv/bin/pip uninstall -y pip setuptools

FROM ${BASE}
# git names the version after the checkout's commit.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/bluegreen bluegreen \
 && git config --system --add safe.directory /work
COPY --from=client /unpack/usr/bin/docker /usr/local/bin/docker
COPY --from=packages /opt/venv /opt/venv
COPY entrypoint.py /opt/bluegreen-action/
COPY templates /opt/bluegreen-action/templates
COPY bluegreen /opt/bluegreen-action/bluegreen
RUN /opt/venv/bin/python -I -m compileall -q /opt/bluegreen-action/bluegreen
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["/opt/venv/bin/python", "-I", "/opt/bluegreen-action/entrypoint.py"]
