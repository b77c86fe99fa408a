# Stands in for Docker Hub's node:22-slim where no registry answers: Debian's nodejs under the same name.
FROM debian:bookworm-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs ca-certificates \
    && rm -rf /var/lib/apt/lists/*

LABEL bluegreen-box=stand-in
CMD ["node"]
