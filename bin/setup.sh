#!/bin/sh
# Installs what the portal needs on Debian 12: system libraries, .venv, locked Python packages.
#
#   sh bin/setup.sh demo     what `make demo` needs
#   sh bin/setup.sh dev      also what the tests and the checks need
#
# Safe and quick to run again: it does only what is missing or has changed.
# A mirror of the package index: pip reads it from pip.conf, uv from UV_DEFAULT_INDEX.
set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin # ldconfig is not on an ordinary user's PATH
set_name=${1:-demo}
venv=$PWD/.venv
python=$venv/bin/python
requirements=requirements/$set_name.txt

say() {
    printf '%s\n' "$*" >&2
}

if [ ! -f "$requirements" ]; then
    say "Использование: sh bin/setup.sh demo|dev"
    exit 2
fi

# One at a time: `make demo` and `make test` may start together.
exec 9<bin/setup.sh
flock 9

# --- Debian packages ---------------------------------------------------------------------------

missing=""
libraries=$(ldconfig -p)

need_library() { # package, file that it brings
    case "$libraries" in
    *"$2"*) ;;
    *) missing="$missing $1" ;;
    esac
}

python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
# WeasyPrint loads these when it draws a document.
need_library libpango-1.0-0 libpango-1.0.so.0
need_library libpangoft2-1.0-0 libpangoft2-1.0.so.0
need_library libharfbuzz-subset0 libharfbuzz-subset.so.0
if [ "$set_name" = dev ]; then
    command -v chromium >/dev/null || missing="$missing chromium"
    need_library libatomic1 libatomic.so.1 # for the node inside playwright
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        say "Не хватает системных пакетов. Установите их и повторите команду:" \
            "sudo apt-get update && sudo apt-get install --no-install-recommends$missing"
        exit 1
    fi
    say "Устанавливаю системные пакеты:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086 # $missing is a list of words
    if ! { $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        say "Не удалось установить системные пакеты:$missing"
        exit 1
    fi
    rm "$log"
fi

# --- Python packages ---------------------------------------------------------------------------

fingerprint=$(cat requirements/uv.txt "$requirements" | sha256sum)
stamp=$venv/.installed-$set_name
# An environment that was moved, or whose Python is gone, does not work: make it anew.
if ! "$python" -c '' 2>/dev/null || ! grep -qF "$venv" "$venv/bin/activate"; then
    say "Создаю окружение .venv"
    [ ! -L "$venv" ] || rm "$venv" # somebody else's environment is not ours to empty
    python3 -m venv --clear "$venv"
fi
if [ "$(cat "$stamp" 2>/dev/null)" != "$fingerprint" ]; then
    say "Устанавливаю пакеты Python: $requirements"
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements/uv.txt
    # --no-deps: the lock is complete, and what it leaves out (overrides.txt) stays out.
    "$venv/bin/uv" pip install --quiet --python "$python" --require-hashes --no-deps \
        --only-binary :all: -r "$requirements"
    printf '%s\n' "$fingerprint" >"$stamp"
fi
