# One image for every part: `up` with what `--only` names. Without arguments it is the whole product in one container.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt requirements-storage.txt ./
# With requirements.txt alone the image is 40 MB smaller, and STORAGE_TYPE can be nothing but local.
ARG REQUIREMENTS=requirements-storage.txt
RUN /venv/bin/pip install -r "$REQUIREMENTS"
COPY apps /app/apps
COPY dify_project /app/dify_project
COPY docs /app/docs
COPY sandbox /app/sandbox
COPY static /app/static
COPY templates /app/templates
COPY manage.py LICENSE /app/
# The root file system is read-only at run time, so that bytecode is made here.
RUN /venv/bin/python -m compileall -q /app /venv/lib

FROM python:3.11-slim
# JavaScript of code nodes; node needs the C++ library.
COPY --from=node:20-slim /usr/local/bin/node /usr/local/bin/node
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin parley \
    && install --directory --owner=parley --group=parley --mode=700 /storage
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIFY_BIND_ADDRESS=0.0.0.0 \
    STORAGE_LOCAL_PATH=/storage
WORKDIR /app
USER parley
VOLUME /storage
EXPOSE 5001
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"DIFY_PORT\") or 5001}/health', timeout=4)"]
ENTRYPOINT ["python", "manage.py"]
CMD ["up", "--logs"]
