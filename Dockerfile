# The steps are the Makefile's: front end, locked packages, wheel. Needs BuildKit.

FROM node:24-slim AS front
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
COPY web/conditions/package.json conditions/
COPY web/forms/package.json forms/
COPY web/inbox/package.json inbox/
COPY web/widget/package.json widget/
RUN npm ci --no-audit --no-fund --loglevel=error
COPY web/ ./
COPY connectors/reasons.json ../connectors/
RUN npm run --silent build

FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir "uv>=0.13,<0.14"
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN uv venv -q /opt/hub
COPY requirements/run.txt requirements/
RUN VIRTUAL_ENV=/opt/hub uv pip sync -q --require-hashes requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY hub/ hub/
COPY connectors/ connectors/
COPY flows/ flows/
COPY --from=front /src/hub/web/static/ hub/web/static/
RUN uv build -q --wheel && VIRTUAL_ENV=/opt/hub uv pip install -q --no-deps dist/*.whl

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Switchboard" \
      org.opencontainers.image.licenses="GPL-3.0-or-later"
RUN useradd --system --uid 10001 --user-group --create-home --home-dir /home/hub --shell /usr/sbin/nologin hub \
    && install -d -o hub -g hub -m 0700 /var/lib/hub
COPY --from=build /opt/hub /opt/hub
COPY config/ /home/hub/config/
ENV PATH=/opt/hub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HUB_HOST=0.0.0.0 \
    HUB_PORT=8080 \
    HUB_DATA_DIR=/var/lib/hub \
    HUB_LOG_JSON=true
USER hub
WORKDIR /home/hub
VOLUME /var/lib/hub
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['HUB_PORT']}/readyz\", timeout=4)"]
CMD ["hub", "run"]
