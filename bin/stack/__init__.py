"""The portal with every server it needs, on one machine, started by one command.

    python -m bin.stack demo               the portal to look at; Ctrl-C stops it
    python -m bin.stack reset              forget the demo's data
    python -m bin.stack test [ARG…]        pytest with its own PostgreSQL and Redis
    python -m bin.stack run -- COMMAND     any command with the same test servers
    python -m bin.stack with-demo -- COMMAND   a command beside a fresh demo of its own

PostgreSQL and Valkey (Redis) come as Python packages, so nothing has to be installed or configured.
Run it from the root of the repository; the Makefile does.

    console.py    what the person at the terminal reads
    processes.py  child processes that never outlive their supervisor
    postgres.py   the embedded PostgreSQL
    valkey.py     the embedded Redis
    demo.py       the demo, from an empty folder to an open portal
    prepare.py    the demo's Django commands, in one process
    testing.py    the servers for the tests
"""
