# Stands in for Docker Hub's python:3.12-slim where no registry answers: Debian's python under the same names.
FROM debian:bookworm-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-pip ca-certificates \
    && ln -s python3 /usr/bin/python \
    && rm -rf /var/lib/apt/lists/*

ENV PIP_BREAK_SYSTEM_PACKAGES=1 LANG=C.UTF-8
LABEL bluegreen-box=stand-in
CMD ["python3"]
