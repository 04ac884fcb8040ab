"""The tour: one outage from first scan to settlement. Each line says what was done and what was seen.

Every *seen* is looked up where the truth is: at the library system's own ledger, on the paper, in the journal; never
only in what the station says of itself.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from hardware_sim.demo.client import Client, RpcError, View
from hardware_sim.demo.desk import Desk


class Unseen(Exception):  # noqa: N818 - it says what happened
    """Raised when a step of the tour was not seen to happen."""


def see(condition: object, what: str) -> None:
    """Raise Unseen unless this was so."""
    if not condition:
        raise Unseen(f"not seen: {what}")


class Tour:
    """Plays the outage."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client: Client = desk.connect()
        catalog = desk.ils.get("/catalog")
        self.cards = [row for row in catalog["patrons"] if not row["blocked"] and not row["expires"]]
        self.items = [
            row
            for row in catalog["items"]
            if row["kind"] == "book" and not row["on_loan_to"] and not row["held_for"] and not row["note"]
        ]
        self.begun = time.monotonic()
        self.lent: list[tuple[str, str]] = []
        """What patrons were told is theirs: card and item, in the order in which they heard it."""

    def play(self) -> None:
        """Play all steps. Raises Unseen, or what a client or a control address raises."""
        steps: list[Callable[[], str]] = [
            self.pages,
            self.online_checkout,
            self.receipt,
            self.dies_in_the_middle,
            self.offline_checkouts,
            self.offline_renewal,
            self.checkin_refused,
            self.rfid_refused,
            self.paper_out,
            self.killed,
            self.lent_elsewhere,
            self.returns,
            self.one_exception,
            self.settled,
        ]
        for number, step in enumerate(steps, 1):
            seen = step()
            took = time.monotonic() - self.begun
            sys.stdout.write(f"{number:2}. {took:5.1f} s  {seen}\n")
            sys.stdout.flush()
        sys.stdout.write(f"All {len(steps)} steps were seen to happen.\n")

    # Hands.

    def until(self, wanted: Callable[[View], bool], what: str) -> View:
        """Wait for a View."""
        return self.client.until(wanted, what=what)

    def mode(self, name: str) -> View:
        """Wait until the station is in this mode."""
        return self.until(lambda view: view["mode"]["name"] == name, name)

    def card(self, number: int) -> str:
        """Scan a card and wait for its session."""
        code = str(self.cards[number]["barcode"])
        self.desk.scan(code)
        self.until(
            lambda view: view["screen"] == "items" and view["patron"] == {"label": "••••" + code[-4:]}, "the session"
        )
        return code

    def item(self, number: int, result: str) -> View:
        """Scan an item and wait until it stands so on the screen."""
        code = str(self.items[number]["barcode"])
        self.desk.scan(code)
        return self.until(
            lambda view: any(line["item"] == code and line["result"] == result for line in view["items"]),
            f"{code} {result}",
        )

    def lend(self, card: int, items: list[int], result: str) -> None:
        """One patron's visit up to the last item."""
        patron = self.card(card)
        for item in items:
            self.item(item, result)
            self.lent.append((patron, str(self.items[item]["barcode"])))

    def finish(self, *paper: str) -> View:
        """Finish the visit."""
        self.client.call("session.finish", paper=list(paper))
        return self.until(lambda view: view["screen"] == "done", "the end of the visit")

    def ledger(self, *kinds: str) -> list[dict[str, Any]]:
        """What truly happened at the library system."""
        entries: list[dict[str, Any]] = self.desk.ils.get("/ledger?kind=" + ",".join(kinds))["entries"]
        return entries

    def slips(self, count: int) -> list[dict[str, Any]]:
        """The paper, as soon as there are so many slips."""
        found: list[dict[str, Any]] = self.desk.printer.get(f"/slips?count={count}&wait_s=10")["slips"]
        return found

    def refusal(self, method: str, **params: str) -> dict[str, Any]:
        """Call what must be refused, and return why."""
        try:
            self.client.call(method, **params)
        except RpcError as error:
            see(error.code == -32010, f"{method} refused as offline, not with {error.code}")
            see(error.data.get("reason") and error.data.get("instead"), f"{method}: a reason and what to do instead")
            return error.data
        raise Unseen(f"not seen: {method} refused")

    # Steps.

    def pages(self) -> str:
        """Screen and bench are there, and the station is online."""
        self.mode("online")
        see("<html" in self.desk.page(self.desk.screen_url).lower(), "the front screen's page")
        see("<html" in self.desk.page(self.desk.bench_url).lower(), "the bench's page")
        self.until(lambda view: view["paper"] == "ok", "the printer ready")
        devices = self.client.call("status.get")["devices"]
        see(
            any(device["name"] == "front" and device["state"] == "ready" for device in devices),
            "the scanner ready",
        )
        return "started: library system, scanner, printer, daemon, screen, bench; the station is online"

    def online_checkout(self) -> str:
        """A checkout while the library system is up."""
        self.lend(0, [0, 1], "checked_out")
        loans = [(entry["patron"], entry["item"]) for entry in self.ledger("loan")]
        see(loans == self.lent, "both loans in the library system's ledger")
        return "online: 2 items scanned, checked out, and in the library system's ledger"

    def receipt(self) -> str:
        """The receipt holds item numbers and nothing of the patron."""
        self.finish("receipt")
        (slip,) = self.slips(1)
        for item in (0, 1):
            see(self.items[item]["barcode"] in slip["text"], "the item number on the receipt")
            see(self.items[item]["title"] not in slip["text"], "no title on the receipt")
        for secret in (self.cards[0]["barcode"], self.cards[0]["name"], self.cards[0]["barcode"][-4:] + "\n"):
            see(secret not in slip["text"], "nothing of the patron on the receipt")
        return "paper: the receipt holds the 2 item numbers; no card, no name, no title"

    def dies_in_the_middle(self) -> str:
        """The library system dies in the middle of an answer, the deed done."""
        card = self.card(1)
        self.desk.ils.fault(
            drop_plan=[{"at": "answer_bytes", "n": 25}], drop_codes=["11"], drop_count="all", says_offline=True
        )
        self.item(2, "recorded")
        self.lent.append((card, str(self.items[2]["barcode"])))
        self.mode("offline")
        self.desk.ils.fault(down=True, drop_plan=[], says_offline=False)
        see(len(self.ledger("loan")) == 3, "the loan done, its answer lost")
        view = self.client.views[-1]
        see(view["unsent"] == 1, "1 unsent")
        return "the library system died in the middle of its answer: offline, the item stands recorded, 1 unsent"

    def offline_checkouts(self) -> str:
        """Lending goes on."""
        self.item(3, "recorded")
        self.lent.append((str(self.cards[1]["barcode"]), str(self.items[3]["barcode"])))
        view = self.finish("receipt")
        see("gate" in view["message"]["text"].lower(), "the word on the gate")
        self.lend(2, [4, 5], "recorded")
        self.finish()
        see(len(self.ledger("loan")) == 3, "nothing reaches a library system that is down")
        return "offline: 3 more items recorded for 2 patrons; the screen says that the gate may sound"

    def offline_renewal(self) -> str:
        """A renewal by the item alone."""
        self.until(lambda view: view["screen"] == "idle", "the idle screen")
        self.client.call("session.start", flow="renew")
        view = self.item(0, "recorded")
        see(view["patron"] is None, "no card asked for a renewal by item")
        self.client.call("session.finish", paper=[])
        return "offline: 1 renewal recorded, by the item alone"

    def checkin_refused(self) -> str:
        """Nothing is checked in."""
        data = self.refusal("item.checkin", code=str(self.items[0]["barcode"]))
        see(not self.ledger("return"), "no return in the ledger")
        return f"check-in refused: {data['instead']}"

    def rfid_refused(self) -> str:
        """No RFID."""
        data = self.refusal("rfid.read")
        return f"RFID refused: {data['instead']}"

    def paper_out(self) -> str:
        """The paper ends; lending does not."""
        before = len(self.slips(0))
        self.desk.printer.fault(paper="out")
        self.until(lambda view: view["paper"] == "out", "paper out")
        self.lend(3, [6], "recorded")
        view = self.finish("receipt")
        see(view["message"]["key"] == "done_gate_no_paper", "the word on the missing paper")
        self.desk.printer.fault(paper="ok")
        self.until(lambda view: view["paper"] == "ok", "the new roll")
        see(len(self.slips(0)) == before, "no slip for the next person after the paper change")
        return "paper out: said, lending went on, and the new roll prints nothing for somebody who has gone"

    def killed(self) -> str:
        """kill -9 in the middle of a visit."""
        self.lend(4, [7], "recorded")
        before = self.desk.daemon.ctl("journal", "summary")
        self.desk.daemon.kill()
        self.desk.daemon.start()
        self.client = self.desk.connect()
        view = self.client.views[-1]
        see(view["message"] and view["message"]["key"] == "session_interrupted", "the word on the interrupted visit")
        see(view["message"]["params"]["count"] == "1", "how many items were recorded")
        after = self.desk.daemon.ctl("journal", "summary")
        see(after["recorded"] == before["recorded"] == 9, f"9 entries before and after, not {after['recorded']}")
        see(after["unsent"] == before["unsent"] == 7, f"7 unsent before and after, not {after['unsent']}")
        return "kill -9 and restart: the screen says so, all 9 entries are in the journal, 7 unsent"

    def lent_elsewhere(self) -> str:
        """Meanwhile another station lends one of the items."""
        item = str(self.items[5]["barcode"])
        self.desk.ils.post("/world", {"do": "loan", "patron": str(self.cards[5]["barcode"]), "item": item})
        self.lent.remove((str(self.cards[2]["barcode"]), item))
        return "meanwhile another station lent one of these items to somebody else"

    def returns(self) -> str:
        """The library system comes back."""
        self.desk.ils.fault(down=False)
        seen = {"recovering": False}

        def back(view: View) -> bool:
            seen["recovering"] = seen["recovering"] or view["mode"]["name"] == "recovering"
            return bool(view["mode"]["name"] == "online" and view["unsent"] == 0)

        self.until(back, "online with nothing unsent")
        see(seen["recovering"] or any(view["mode"]["name"] == "recovering" for view in self.client.views), "recovering")
        ours = [entry for entry in self.ledger("loan") if entry["message"] != "world"]
        pairs = [(entry["patron"], entry["item"]) for entry in ours]
        see(pairs == self.lent, f"each loan exactly once and in order: {pairs} against {self.lent}")
        renewals = [entry["item"] for entry in self.ledger("renewal")]
        see(renewals == [self.items[0]["barcode"]], "the renewal, exactly once")
        return f"it returned: {len(self.lent)} loans and 1 renewal in its ledger, each once, in order; none lent twice"

    def one_exception(self) -> str:
        """What was refused waits for a person."""
        exceptions = self.desk.daemon.ctl("exceptions", "list")["exceptions"]
        see(len(exceptions) == 1, f"1 exception, not {len(exceptions)}")
        see(exceptions[0]["item"] == self.items[5]["barcode"], "the item that was lent elsewhere")
        see(exceptions[0]["class"] == "on_loan_to_another", f"its class, not {exceptions[0]['class']}")
        return f"1 exception waits for a person: {exceptions[0]['class']}, {exceptions[0]['message']!r}"

    def settled(self) -> str:
        """The books agree."""
        summary = self.desk.daemon.ctl("journal", "summary")
        see(summary["unsent"] == 0, "nothing unsent")
        see(summary["settled"] == 8, f"8 settled, not {summary['settled']}")
        see(summary["recorded"] == summary["settled"] + summary["exceptions"], "every entry accounted for")
        for slip in self.slips(0):
            for patron in self.cards:
                see(patron["barcode"] not in slip["text"], "no card number on any slip")
                see(patron["name"] not in slip["text"], "no name on any slip")
        return "settlement: 9 recorded = 8 settled + 1 exception, 0 unsent; no card and no name on any paper"
