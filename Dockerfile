# The portal for a server of one's own: web, worker and beat run from this one image.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements/uv.txt requirements/base.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --require-hashes -r uv.txt \
    && /venv/bin/uv pip install --quiet --no-cache --python /venv/bin/python \
        --require-hashes --no-deps --only-binary :all: -r base.txt


FROM python:3.11-slim-bookworm
# What WeasyPrint draws documents with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
# Private files lie in a volume, which takes over the owner of this folder.
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent cabinet \
    && install -d -o cabinet -g cabinet -m 0755 /srv/media /srv/beat
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    DJANGO_SETTINGS_MODULE=cabinet.settings.base \
    MEDIA_ROOT=/srv/media \
    STATIC_ROOT=/srv/static
COPY --from=packages /venv /venv
WORKDIR /srv/portal
COPY . .
# Static files are part of the image, compressed once. The settings must be there, but none is used.
RUN SECRET_KEY=build SITE_URL=https://build.invalid EMAIL_URL=smtp://build.invalid \
    DATABASE_URL=postgresql://build.invalid/build CELERY_BROKER_URL=memory:// \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m whitenoise.compress --quiet /srv/static
USER cabinet
EXPOSE 8000
CMD ["gunicorn", "cabinet.wsgi", "--bind", "0.0.0.0:8000", \
     "--workers", "3", "--worker-class", "gthread", "--threads", "4", \
     "--timeout", "60", "--worker-tmp-dir", "/dev/shm", \
     "--access-logfile", "-", "--no-control-socket"]
