"""`waspect attach` into programs in every state: a few tries of what `make attach-suite` does many of.

In: the binary and the agent of this environment. Out: nothing. Never: a program that is not judged by its own account.
"""

from __future__ import annotations

import pytest

import attach_suite
import attaching

pytestmark = pytest.mark.usefixtures("may_trace")

# With more states than the suite has: in the last two nothing ever fires.
STATES = [*attach_suite.STATES, "hashing", "signals", "serving", "sleep_long", "wait_for_ever"]
# An interpreter's lock held for a tenth of the suite's two seconds.
LENGTHS = {"longc": ["0.2"]}
# Where a place to borrow a thread is found only after seconds.
TRIES, FEWER, ROUNDS = 3, {"hashing": 1}, 20
# Generous where others run, and far from never.
SETTLED_SECONDS_MAX = 10


@pytest.mark.parametrize("state", STATES)
def test_states(state):
    """Nothing the program does comes out otherwise, what it calls is seen, and nothing of it remains."""
    tries = FEWER.get(state, TRIES)
    row = attach_suite.visited(state, tries, *LENGTHS.get(state, []), settled=SETTLED_SECONDS_MAX)
    assert row.said == []
    assert row.ok == tries


@pytest.mark.parametrize("more", ["", " end { }"])
def test_visits_add_nothing(more):
    added = attach_suite.grown(attaching.PROBE + more, ROUNDS)
    # Others come and go, and are killed, while this runs.
    del added["folders"]
    assert attach_suite.too_much(added) == []
