# Stands in for Docker Hub's nginx:stable where no registry answers: Debian's NGINX, which logs as that image does.
FROM debian:bookworm-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nginx \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default \
    && ln -sf /dev/stdout /var/log/nginx/access.log \
    && ln -sf /dev/stderr /var/log/nginx/error.log

LABEL bluegreen-box=stand-in
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
