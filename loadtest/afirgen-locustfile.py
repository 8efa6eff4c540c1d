"""Users of AFIRGen as Locust runs them: each submits a statement, asks until its FIR is there, and begins again. afirgen.ts starts it.

AFIRGEN_PLAN  as JSON: baseUrl, durationSeconds, timeoutSeconds (for one FIR), pollSeconds, samples (file that gets a line of JSON for each FIR)
"""

import json
import os
import random
import time

import gevent
import locust
import requests
from locust import User, constant, events, task

plan = json.loads(os.environ["AFIRGEN_PLAN"])
_samples = open(plan["samples"], "w", encoding="utf-8", buffering=1)
_samples.write(json.dumps({"locust": locust.__version__}) + "\n")
_ends = time.time() + plan["durationSeconds"]

_NAMES = ("Asha Rao", "Imran Khan", "Meena Iyer", "Joseph Das", "Kavita Singh")
_PLACES = ("the market in Pune", "the bus stand in Nagpur", "the railway station in Kochi", "a shop in Jaipur")
_DEEDS = ("snatched my mobile phone", "stole my bicycle", "threatened me with a knife", "cheated me of 5,000 rupees", "slapped me and ran away")


def statement() -> str:
    return f"My name is {random.choice(_NAMES)}. On {random.randint(1, 28)} March near {random.choice(_PLACES)} a man {random.choice(_DEEDS)}. Note {random.randint(0, 9999)}."


class Caller(User):
    wait_time = constant(1)

    def on_start(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    @task
    def report(self) -> None:
        if time.time() > _ends:
            gevent.sleep(1)
            return
        start = time.time()
        outcome, worst, wait = self.submit()
        _samples.write(json.dumps({"startedAt": start * 1000, "ms": (time.time() - start) * 1000, "outcome": outcome, "worstPosition": worst}) + "\n")
        gevent.sleep(wait)

    def submit(self) -> tuple[str, int, float]:
        """What became of one FIR, its worst place in the queue, and how long to wait before the next."""
        deadline = time.time() + plan["timeoutSeconds"]
        try:
            answer = self.session.post(f"{plan['baseUrl']}/api/fir", json={"text": statement()}, timeout=30)
        except requests.RequestException:
            return "unreachable", 0, 1
        if answer.status_code == 503:
            return "refused", 0, min(float(answer.headers.get("Retry-After", "5")), 30)
        if answer.status_code != 202:
            return f"status {answer.status_code}", 0, 1
        worst = answer.json()["position"]
        while time.time() < deadline:
            gevent.sleep(plan["pollSeconds"])
            try:
                view = self.session.get(f"{plan['baseUrl']}{answer.headers['Location']}", timeout=30).json()
                worst = max(worst, view.get("position", 0))
            except (requests.RequestException, ValueError):
                # The backend may be starting again; it goes on with the FIR then.
                continue
            if view.get("status") in ("done", "failed", "cancelled"):
                return view["status"], worst, 0
        return "timeout", worst, 0


@events.init.add_listener
def _stop_in_time(environment, **_) -> None:
    def stop() -> None:
        gevent.sleep(plan["durationSeconds"])
        # Those under way may end: --stop-timeout says how long.
        environment.runner.quit()

    gevent.spawn(stop)
