# All that this needs is git, make and Python >= 3.11 with venv; the rest is fetched.

PYTHON ?= python3
UV := .boot/bin/uv
FRONT := hub/web/static/inbox/index.html
NPM_BIN := $(CURDIR)/.venv/bin
export UV_PYTHON_DOWNLOADS = never

FRONT_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: run test check bench fuzz screenshots front lock clean mongod browser mail
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:

# The hub with an embedded database and a demo project, at http://127.0.0.1:8080.
run: .venv/.stamp mongod $(FRONT)
	@exec .venv/bin/hub demo

# Every test. ARGS goes to pytest.
test: .venv/.stamp mongod browser mail $(FRONT)
	@.venv/bin/pytest -q $(ARGS)

# Everything that reads the code without running the product.
check: .venv/.stamp web/node_modules/.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/yamllint --strict .
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	cd web && PATH="$(NPM_BIN):$$PATH" npm run --silent check

# The measurements; `make bench ONLY=start` runs one of them.
bench: .venv/.stamp mongod $(FRONT)
	@.venv/bin/python -m bench $(ONLY)

# Mails that nobody has thought of, for ten minutes or FUZZ_S seconds (Linux on x86-64). What stumbled: .fuzz/crash-*
FUZZ_S ?= 600
fuzz: .venv/.stamp
	@.venv/bin/python -m tests.connectors.email.fuzz .fuzz -max_total_time=$(FUZZ_S)

# The pictures of the documentation, taken anew.
screenshots: .venv/.stamp mongod browser $(FRONT)
	@.venv/bin/pytest -q tests/end_to_end/screenshots.py

front: $(FRONT)

# The locks, after a change of pyproject.toml. For the front end: `npm install` in web/, then a clean `npm ci`.
lock: $(UV)
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate -q -o requirements/run.txt
	$(UV) pip compile pyproject.toml --extra mongo --group dev --universal --generate-hashes --no-header --no-annotate -q -c requirements/run.txt -o requirements/dev.txt

# Everything that was fetched or built. The demo's data in var/ stays.
clean:
	rm -rf .boot .venv hub/web/static web/node_modules web/*/node_modules bench/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; name it with make PYTHON=...")'
	$(PYTHON) -m venv .boot
	.boot/bin/pip install -q --disable-pip-version-check "uv>=0.13,<0.14"

.venv/.stamp: $(UV) pyproject.toml requirements/dev.txt
	$(UV) venv -q --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync -q --require-hashes requirements/dev.txt
	$(UV) pip install -q --no-deps -e .
	@touch $@

web/node_modules/.stamp: web/package-lock.json web/package.json web/conditions/package.json web/forms/package.json web/inbox/package.json web/widget/package.json | .venv/.stamp
	cd web && PATH="$(NPM_BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(FRONT): web/node_modules/.stamp connectors/reasons.json $(FRONT_SOURCES)
	cd web && PATH="$(NPM_BIN):$$PATH" npm run --silent build
	@touch $@

# What pip cannot bring. As root it is installed, else the command to run is shown.
APT := apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends

# The embedded mongod loads libcurl; a bare image has none. Not needed beside HUB_MONGODB_URI or a mongod on the PATH.
mongod: .venv/.stamp
	@if [ "$$(uname)" != Linux ] || [ -n "$$HUB_MONGODB_URI" ] || command -v mongod >/dev/null \
	  || .venv/bin/python -c 'import ctypes; ctypes.CDLL("libcurl.so.4")' 2>/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then { $(APT) libcurl4; } >/dev/null; \
	else echo "The embedded MongoDB needs libcurl. Install it once, or set HUB_MONGODB_URI:"; \
	  echo "  sudo sh -c '$(APT) libcurl4'"; exit 1; fi

# Chromium and an emoji font, for the browser tests. Ubuntu has no Chromium package: there it is Playwright's own.
OWN_CHROMIUM := $(CURDIR)/.venv/bin/playwright install --with-deps chromium
browser: .venv/.stamp
	@if { command -v chromium || ls -d "$$HOME"/.cache/ms-playwright/chromium-*; } >/dev/null 2>&1 \
	  && [ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { $(APT) fonts-noto-color-emoji && { apt-get install -y -qq --no-install-recommends chromium || $(OWN_CHROMIUM); }; } >/dev/null; \
	else echo "The browser tests need Chromium and an emoji font. Install them once with:"; \
	  echo "  sudo sh -c '$(APT) chromium fonts-noto-color-emoji'"; exit 1; fi

# Dovecot and Postfix, for the tests of e-mail. Their own services are not started: the tests run theirs on loopback.
MAIL := dovecot-imapd dovecot-lmtpd postfix
QUIET := printf '\#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
mail: .venv/.stamp
	@if PATH="$$PATH:/usr/sbin" command -v dovecot >/dev/null && PATH="$$PATH:/usr/sbin" command -v postfix >/dev/null \
	  && [ -e /usr/lib/dovecot/lmtp ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { [ -e /usr/sbin/policy-rc.d ] || { $(QUIET); }; $(APT) $(MAIL); } >/dev/null; \
	else echo "The tests of e-mail need Dovecot and Postfix. Install them once with:"; \
	  echo "  sudo sh -c '$(APT) $(MAIL)'"; exit 1; fi
