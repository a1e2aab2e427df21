# One image for all parts of the program: `yinling up` alone, or api, flows, migrate and Prefect's server beside each
# other as docker-compose.yml starts them. Built from wheels alone, each checked against its hash.

FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /build
RUN python -m venv /opt/yinling
COPY requirements.lock ./
RUN /opt/yinling/bin/pip install --require-hashes --only-binary :all: --requirement requirements.lock
COPY . .
RUN /opt/yinling/bin/pip install --no-deps --no-build-isolation . \
    && /opt/yinling/bin/pip uninstall --yes setuptools pip

FROM python:3.11.14-slim-bookworm

LABEL org.opencontainers.image.title="Yinling 银龄" \
      org.opencontainers.image.description="Plans, staffs, records and counts a county's volunteer work with and for its retired people" \
      org.opencontainers.image.licenses="Apache-2.0"

# Numbers, so that whoever starts the image can see that it is not root. The folders are made here because a new volume
# takes over whom they belong to.
RUN groupadd --gid 10001 yinling \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin yinling \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data /data/backups /data/prefect

COPY --from=build /opt/yinling /opt/yinling

ENV PATH=/opt/yinling/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    YINLING_DATA=/data \
    YINLING_LISTEN=0.0.0.0:8000

USER 10001:10001
WORKDIR /data
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=8)"]

CMD ["yinling", "up"]
