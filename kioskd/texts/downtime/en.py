"""English: the procedure's texts that all other languages are checked against."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # Refusals.
    "contact_us": "Other wishes: contact us later, {contact}.",
    "not_for_loan": "{item} is lent by staff only. Please ask at the desk.",
    "line_not_for_loan": "Stays here: lent by staff only",
    "no_paper_here": "The printer has no paper or is not ready.",
    "no_paper_advice": "Put paper in or look at the printer, then print again.",
    # The downtime board.
    "advice_lend": "Lend and renew here, or at the self-checkout stations for stacks with RFID if they work.",
    "advice_checkin": "Check nothing in: not here, not at the sorter, its induction points or Smartshelf. "
    "Routing would be wrong. Count returned items into crates.",
    "advice_register": "Register new patrons here, with the paper form kept. Do not use the registration forms.",
    "advice_not": "No RFID, payments, expired holds or paging lists before the system is back.",
    "advice_due": "There is no default due date: the system sets it. Another one is for one item only.",
    "read_out": "This is {library}, station {station}. The library system has been down here since {time}. "
    "We saw: {seen}. We are lending offline.",
    "alarm_old": "Entries from {since} still wait to be sent. Please call the help desk.",
    # The recovery board.
    "board_other_pcs": "Log out and in on every other offline PC: the system loads the past week's files only.",
    "board_unsent": "Every station of the branch shows 0 unsent.",
    "board_sheets": "All rows of the paper sheets are entered, and the sheets are kept for shredding.",
    "board_registrations": "All registrations are reviewed: PINs, text notices, the paper forms.",
    "board_crates": "All crates are checked in with their return dates. Sorter, induction points, Smartshelf are on.",
    "board_report": "The report is closed.",
    # The mail about a crate.
    "mail_subject": "Crate {crate} of {library}: do not check in yet",
    "mail_body": "Crate {crate} from {library} ({station}) goes to {to}: {items} returned items of {date}. "
    "Do not check in until every station of the branch shows 0 unsent. Then use this return date.",
    # What waits for a person, by class.
    "class_patron_not_found": "The card is not known there. Find the person, then lend by hand.",
    "class_card_not_registered": "The card waits for its registration. Register it, and this goes by itself.",
    "class_patron_blocked": "The card is blocked. Clear the block or leave it, then lend by hand.",
    "class_item_not_found": "The item is not known there. Find its record, then lend by hand.",
    "class_on_loan_to_another": "Another patron has the item. Ask both; who has the book decides.",
    "class_later_activity": "The item came back or was lent since. Mostly nothing is to be done: drop it.",
    "class_on_hold": "The item is on hold for another. Tell them, then lend by hand.",
    "class_refused": "It was refused without a reason. Look at the account, then lend by hand.",
    "class_not_done": "It was accepted and not done. Lend by hand.",
    "class_renewal_refused": "It was not renewed. Tell the patron when it is due.",
    "class_due_date_not_kept": "It is on loan with another due date. Correct the date there.",
    "class_behind_exception": "It waits for an earlier entry of the same item. Decide that one first.",
    "class_unsure": "Nobody can tell whether it was done. Look at the account first.",
    "class_unsendable": "A number cannot be sent. Find the right one.",
    "class_register_by_hand": "A registration. Register the person there, then tick it here.",
    "class_check_this_in": "It was taken back after it was sent. Check it in.",
    "class_unknown": "It was refused. Look at the account first.",
    # On paper.
    "slip_stub": "Registration",
    "slip_stub_clip": "Clip this to the paper form and keep both until the review.",
    "slip_crate": "Crate {crate}",
    "slip_crate_on": "Returned on {date}",
    "slip_crate_date": "Check in with this return date: {date}",
    "slip_crate_stop": "DO NOT CHECK IN UNTIL EVERY STATION OF THE BRANCH SHOWS 0 UNSENT",
    "slip_crate_to": "To: {to}",
    "slip_settlement": "Settlement",
    "slip_recorded": "Recorded: {count}",
    "slip_settled": "Settled: {count}",
    "slip_waiting": "Waiting to be sent: {count}",
    "slip_exceptions": "Waiting for staff: {count}",
    "slip_other": "Ended otherwise: {count}",
    "slip_first": "First: {time}",
    "slip_last": "Last: {time}",
    "slip_sheet": "Downtime sheet",
    "slip_sheet_day": "Date: ________________",
    "slip_sheet_row": "{n}. Time: _____ C / R  By: ____",
    "slip_sheet_card": "Card: ______________________",
    "slip_sheet_item": "Item: ______________________",
    "slip_sheet_due": "Due: ____________ Entered: [ ]",
}
