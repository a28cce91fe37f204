# The portal's two commands are `make demo` and `make test`; `make help` lists the others.
# Each prepares what it needs by itself: see bin/setup.sh.

.DEFAULT_GOAL := help
.PHONY: help demo demo-code demo-reset test coverage run faults bench bench-readings bench-archive bench-ledger bench-papers bench-outgoing bench-batch bench-office bench-journal bench-imports check format lock pictures clean setup-demo setup-dev

PYTHON := .venv/bin/python
STACK := $(PYTHON) -m bin.stack
ROOMS := accounts billing cabinet contracts documents exchange messaging meters
TEMPLATES = $(shell find templates $(ROOMS) -name '*.html')

# What an installation of one's own has in its environment, for Django's own check of it.
PRODUCTION = env DJANGO_SETTINGS_MODULE=cabinet.settings.base SITE_URL=https://kabinet.example.org \
    SECRET_KEY="$$(head -c 60 /dev/urandom | base64 -w 0)" DATABASE_URL=postgresql://cabinet@db/cabinet \
    CELERY_BROKER_URL=redis://redis/0 EMAIL_URL=submission://mail.example.org:587

help: ## Показать этот список
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup-demo ## Открыть портал на этой машине (PORT=8000 HOST=127.0.0.1 DEMO_DIR=var/demo)
	@$(STACK) demo

demo-code: setup-demo ## Показать код для входа сотрудников в демо
	@$(PYTHON) -m exchange.demo.factor

demo-reset: setup-demo ## Забыть данные демо (DEMO_DIR=var/demo)
	@$(STACK) reset

test: setup-dev ## Запустить тесты (ARGS="tests/meters -k foo"; PG_BIN=… — другой PostgreSQL)
	@$(STACK) test $(ARGS)

coverage: setup-dev ## Запустить тесты и показать, что они не проходят: var/coverage/html
	@mkdir -p var/coverage
	@$(STACK) test --cov --cov-report=term --cov-report=html $(ARGS)

run: setup-dev ## Выполнить команду рядом с серверами для тестов (CMD="python manage.py …")
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(STACK) run -- $(CMD)

faults: setup-dev ## Ломать портал по-всякому и считать потери (ARGS="1 6 13" — некоторые сбои)
	@$(PYTHON) -m bench.faults $(ARGS)

bench: setup-dev ## Измерить исходящую почту: приём, отправка, поиск (ARGS="accept drain plan")
	@$(PYTHON) -m bench.outbox $(ARGS)

bench-readings: setup-dev ## Измерить страницу показаний с тысячей шкал
	@$(STACK) run -- $(PYTHON) -m bench.readings

bench-archive: setup-dev ## Измерить архив документов
	@$(STACK) run -- $(PYTHON) -m bench.archive

bench-ledger: setup-dev ## Измерить страницы расчётов
	@$(STACK) run -- $(PYTHON) -m bench.ledger

bench-papers: setup-dev ## Измерить PDF документов
	@$(PYTHON) -m bench.papers $(ARGS)

bench-outgoing: setup-dev ## Измерить выгрузку показаний в биллинг
	@$(STACK) run -- $(PYTHON) -m bench.outgoing

bench-batch: setup-dev ## Сделать пакет из 10 000 PDF с остановкой и сбоями (ARGS="--size 500")
	@$(STACK) run -- $(PYTHON) -m bench.batch $(ARGS)

bench-office: setup-dev ## Измерить рабочее место офиса с 30 000 клиентов (ARGS="--part meters")
	@$(STACK) run -- $(PYTHON) -m bench.office $(ARGS)

bench-journal: setup-dev ## Измерить журнал с цепочкой контрольных сумм
	@$(PYTHON) -m bench.journal

bench-imports: setup-dev ## Измерить загрузку пакета с миллионом записей (ARGS="--rows 100000")
	@$(STACK) run -- $(PYTHON) -m bench.imports $(ARGS)

check: setup-dev ## Проверить всё, что проверяется без запуска: стиль, типы, слои, настройки
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	@echo "djade, djlint: $(words $(TEMPLATES)) templates"
	@.venv/bin/djade --check --target-version 5.2 $(TEMPLATES)
	@.venv/bin/djlint --lint --quiet $(TEMPLATES)
	.venv/bin/lint-imports --no-logo
	.venv/bin/mypy
	$(STACK) run -- $(PYTHON) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: setup-dev ## Привести код и шаблоны к общему виду
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	@echo "djade: $(words $(TEMPLATES)) templates"
	@.venv/bin/djade --target-version 5.2 $(TEMPLATES) || true # 1: something was reformatted

lock: setup-dev ## Записать точные версии пакетов: requirements/*.in → *.txt (UPGRADE=--upgrade)
	@cd requirements && for name in uv base demo dev; do \
	    ../.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header \
	        --python-version 3.11 --override overrides.txt $(UPGRADE) $$name.in -o $$name.txt \
	        || exit 1; \
	done

pictures: setup-dev ## Снять картинки страниц для документации
	@$(STACK) with-demo -- $(PYTHON) docs/pictures.py

clean: ## Удалить всё, что сделали команды, кроме данных демо
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	rm -rf var/coverage var/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-demo:
	@sh bin/setup.sh demo

setup-dev:
	@sh bin/setup.sh dev
