# Nightlight as a container: no root, no writable files but the volumes, and unwell as soon as
# Telegram was not heard of for too long. deploy/compose.yaml runs it.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/nightlight
COPY requirements.txt ./
RUN /opt/nightlight/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN /opt/nightlight/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/nightlight /opt/nightlight
# The same folders as in docs/nightlight.service. 10001: a user that no host has by chance.
RUN groupadd --gid 10001 nightlight \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin nightlight \
    && install -d -o nightlight -g nightlight -m 0700 /var/lib/nightlight /var/backups/nightlight
ENV PATH=/opt/nightlight/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib
USER 10001:10001
WORKDIR /etc/nightlight
VOLUME ["/var/lib/nightlight", "/var/backups/nightlight"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["nightlight", "health", "--config", "/etc/nightlight/config.toml"]
ENTRYPOINT ["nightlight"]
CMD ["run", "--config", "/etc/nightlight/config.toml"]
