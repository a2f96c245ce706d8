"""Writes data/tickets.csv and its manifest. The tickets are synthetic: no customer ever wrote one of them."""

import csv
import datetime as dt
import hashlib
import json
import random
from pathlib import Path

OPENINGS = ["Hello,", "Good morning,", "Hi there,", "To whom it may concern,", "Please help:", ""]
ENDINGS = ["Thank you.", "Kind regards.", "Please answer soon.", "What can I do?", ""]
WORDS = {
    "account": [
        ["I cannot log in to my account", "My password is refused", "The sign-in page says that my user is locked",
         "I want to change the e-mail address of my account", "Please delete my profile", "Two-factor codes never arrive"],
        ["since I changed my phone", "after the last password reset", "although I use the right user name", "for three days now"],
    ],
    "billing": [
        ["The invoice shows an amount that I do not understand", "You charged my card twice", "I need a refund for last month",
         "My direct debit failed", "The discount is missing on the bill", "Please send the receipt with our tax number"],
        ["for the yearly plan", "although I cancelled in time", "with the payment of this month", "on invoice 2026-118"],
    ],
    "delivery": [
        ["My parcel has not arrived", "The courier left the package with a stranger", "The tracking number does not work",
         "I received the wrong item", "The box was damaged when it came", "I want to send the goods back"],
        ["from the order of last week", "although the shipment left your warehouse", "to my new address", "with the express service"],
    ],
    "technical": [
        ["The app crashes when I open the report page", "The device does not connect to the network", "Synchronisation stops with error 504",
         "The update cannot be installed", "The screen stays black after start", "The export file is empty"],
        ["since version 4.2", "on my laptop", "after a restart", "with every browser that I tried"],
    ],
}


def main(rows: int = 800) -> None:
    """A mild change over the months: delivery tickets grow before the holidays."""
    chance, start = random.Random(11), dt.date(2026, 1, 1)
    lines = []
    for number in range(rows):
        day = start + dt.timedelta(days=number * 300 // rows)
        queue = chance.choices(list(WORDS), [3, 3, 3 + number / rows * 2, 3])[0]
        problem, detail = WORDS[queue]
        body = f"{chance.choice(problem)} {chance.choice(detail)}."
        others = [q for q in WORDS if q != queue]
        if chance.random() < 0.25:  # people mix their troubles
            other = chance.choice(others)
            body += f" Also, {chance.choice(WORDS[other][0]).lower()} {chance.choice(WORDS[other][1])}."
        if chance.random() < 0.03:  # and the desk sometimes files a ticket wrongly
            queue = chance.choice(others)
        text = " ".join(part for part in (chance.choice(OPENINGS), body, chance.choice(ENDINGS)) if part)
        lines.append([f"T{number:06d}", day.isoformat(), "en", text, queue])
    data = Path("data/tickets.csv")
    with data.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["ticket_id", "created", "language", "text", "queue"])
        writer.writerows(lines)
    manifest = {
        "datasets": {
            "tickets.csv": {
                "sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
                "rows": rows,
                "source": "scripts/make_tickets.py, seed 11",
                "origin": "generated; no third party",
                "licence": "Apache-2.0",
                "created": "2026-11-01",
                "owner": "Support operations",
            }
        }
    }
    Path("data/manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
