"""The fault bench: a whole portal on real parts, broken in every way that may happen to it.

    python -m bench.faults                     every fault, about ten minutes
    python -m bench.faults 1 6 13              some of them; the numbers are those of the table
    python -m bench.faults --markdown FILE     also write the table into a document

It starts what `make demo` starts (gunicorn, Celery with beat, Valkey, PostgreSQL) with a mail
server of its own that can refuse, delay, hang and cut. Clients with real HTTP log in, send messages
and remember every number that a page showed them. A fault is over when the outbox is quiet; then
the numbers are compared with the letters that arrived. The exit code is 1 if anything was lost or
a promise of docs/reliability.md was not kept.

    bench.py       one run: the portal and its clients
    comparison.py  what clients were told against what arrived
    report.py      a row of the table, and the table
    portal.py      the portal's processes, and how to take one of them away
    sink.py        the mail server that a fault tells what to answer
    proxy.py       a wire that can fall silent or lose an answer
    clamd.py       an antivirus that can be taken away
    browser.py     a client without JavaScript
    dying.py       a web process that loses its power at a named moment
    catalogue.py   the faults by number; with_broker.py, with_worker.py, with_power.py, with_mail.py
                   and with_pages.py are the faults themselves
"""
