"""For locust: a seller with a session of their own who opens a page, reads, opens the next."""

import itertools
import json
import os
from pathlib import Path

from locust import HttpUser, between, task

PEOPLE = itertools.cycle(json.loads(Path(os.environ["SESSIONS"]).read_text()))


class Visitor(HttpUser):
    wait_time = between(2, 8)

    def on_start(self) -> None:
        """Take the next seller's session."""
        person = next(PEOPLE)
        self.financing = person["financing"]
        self.client.headers["Host"] = person["host"]
        self.client.headers["Cookie"] = f"sessionid={person['session']}"

    def _open(self, path: str, name: str) -> None:
        with self.client.get(path, name=name, allow_redirects=False, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{path} answered {answer.status_code}")

    @task(4)
    def home(self) -> None:
        self._open("/", "home")

    @task(2)
    def money(self) -> None:
        self._open("/money/", "money")

    @task(3)
    def financing_page(self) -> None:
        self._open(f"/money/{self.financing}/", "financing")

    @task(2)
    def orders(self) -> None:
        self._open("/orders/", "orders")

    @task
    def messages(self) -> None:
        self._open("/messages/", "messages")

    @task
    def documents(self) -> None:
        self._open("/documents/", "documents")
