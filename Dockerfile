# Cohort in one image: `serve`, `migrate` and `admin` are its commands.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/cohort
# What Cohort needs, as wheels of which the hashes are known; built anew only when the lock changes.
COPY requirements.lock ./
RUN /opt/cohort/bin/pip install --no-cache-dir --disable-pip-version-check \
    --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY gamedata gamedata
COPY calc calc
COPY server server
COPY migrations migrations
RUN /opt/cohort/bin/pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home cohort && install -d -o cohort -m 700 /data
COPY --from=build /opt/cohort /opt/cohort
ENV PATH=/opt/cohort/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    COHORT_HOST=0.0.0.0 \
    COHORT_PORT=8000 \
    COHORT_DATA_DIR=/data
USER cohort
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["cohort"]
CMD ["serve"]
