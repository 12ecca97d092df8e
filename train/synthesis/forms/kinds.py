"""The ten kinds of forms."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.forms.template import FormSum
from train.synthesis.forms.sheet import FormSheet


def _digits(least: int, most: int | None = None) -> Constraint:
    return Constraint((least, most or least))


def draw_meter_card() -> FormSheet:
    """Return a card with a customer's number, two meters in combs, and their sum."""
    sheet = FormSheet((148, 105))
    sheet.text("METER READING CARD", 10, 14, 4.2)
    sheet.text("Please write one digit in each box and post the card before the end of the month.", 10, 20, 1.9)
    sheet.text("Customer no.", 10, 34)
    sheet.put_field("customer", (45, 27, 109, 36), _digits(8), "comb", 8)
    sheet.text("Meter 1 (kWh)", 10, 50)
    sheet.put_field("meter_1", (45, 43, 93, 52), _digits(6), "comb", 6)
    sheet.text("Meter 2 (kWh)", 10, 65)
    sheet.put_field("meter_2", (45, 58, 93, 67), _digits(6), "comb", 6)
    sheet.text("Day", 10, 82)
    sheet.put_field("day", (22, 75, 38, 84), Constraint((1, 2), (1, 31)), "line")
    sheet.text("Month", 44, 82)
    sheet.put_field("month", (58, 75, 74, 84), Constraint((1, 2), (1, 12)), "line")
    sheet.text("Year", 80, 82)
    sheet.put_field("year", (92, 75, 118, 84), Constraint((4, 4), (1990, 2039)), "line")
    sheet.text("Signature", 10, 97)
    sheet.line(45, 98, 138, 98)
    sheet.box((4, 4, 144, 101), 0.5)
    return sheet


def draw_mark_sheet() -> FormSheet:
    """Return an examiner's sheet: marks of ten questions in a table, and their total."""
    sheet = FormSheet((210, 148))
    sheet.text("EXAMINATION MARK SHEET", 15, 16, 4.6)
    sheet.text("Candidate no.", 15, 30)
    sheet.put_field("candidate", (50, 23, 105, 32), _digits(6), "comb", 6)
    sheet.text("Examiner", 118, 30)
    sheet.put_field("examiner", (142, 23, 170, 32), _digits(3), "box")
    sheet.text("Marks obtained, 0 to 20 for each question", 15, 46, 2.2)
    for k in range(10):
        left = 15 + 18 * k
        sheet.box((left, 50, left + 18, 58))
        sheet.text(f"Q{k + 1}", left + 6, 56)
        sheet.put_field(f"q{k + 1}", (left, 58, left + 18, 72), Constraint((1, 2), (0, 20)), "box")
    sheet.text("Total", 122, 92, 3.2)
    sheet.put_field("total", (142, 82, 176, 97), Constraint((1, 3), (0, 200)), "box")
    sheet.text("Checked by", 15, 120)
    sheet.line(40, 121, 100, 121)
    sheet.text("The total is to be written in figures. Do not write in the margin.", 15, 138, 1.9)
    sheet.sums.append(FormSum("total", tuple(f"q{k + 1}" for k in range(10))))
    return sheet


def draw_time_sheet() -> FormSheet:
    """Return a week's minutes of work, by day, with the sum."""
    sheet = FormSheet((148, 210))
    sheet.text("WEEKLY TIME SHEET", 14, 18, 4.8)
    sheet.text("Employee", 14, 32)
    sheet.put_field("employee", (45, 25, 81, 34), _digits(4), "comb", 4)
    sheet.text("Week", 92, 32)
    sheet.put_field("week", (108, 25, 128, 34), Constraint((1, 2), (1, 53)), "box")
    sheet.fill((14, 44, 134, 53), 0.18)
    for words, x in (("Day", 18), ("Minutes at work", 52), ("Minutes of breaks", 96)):
        sheet.text(words, x, 50)
    for k, day in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")):
        top = 53 + 14 * k
        sheet.box((14, top, 50, top + 14))
        sheet.text(day, 18, top + 9)
        name = day.lower()[:3]
        sheet.put_field(f"{name}_work", (50, top, 92, top + 14), Constraint((1, 3), (0, 720)), "box")
        sheet.put_field(f"{name}_break", (92, top, 134, top + 14), Constraint((1, 3), (0, 120)), "box")
    sheet.text("Sum", 18, 134, 3)
    sheet.put_field("work", (50, 126, 92, 141), Constraint((1, 4)), "box")
    sheet.put_field("breaks", (92, 126, 134, 141), Constraint((1, 3)), "box")
    sheet.text("I confirm that these figures are right.", 14, 165, 2.2)
    sheet.line(14, 190, 90, 190)
    sheet.text("Date and signature", 14, 195, 2)
    days = ("mon", "tue", "wed", "thu", "fri")
    sheet.sums += [
        FormSum("work", tuple(f"{d}_work" for d in days)),
        FormSum("breaks", tuple(f"{d}_break" for d in days)),
    ]
    return sheet


def draw_ballot_count() -> FormSheet:
    """Return a polling station's count: votes by list, invalid ones, and all."""
    sheet = FormSheet((210, 297))
    sheet.text("STATEMENT OF THE COUNT", 20, 26, 5.4)
    sheet.text("Polling station", 20, 44)
    sheet.put_field("station", (60, 36, 116, 47), _digits(5), "comb", 5)
    sheet.text("Registered voters", 20, 62)
    sheet.put_field("registered", (60, 53, 100, 65), _digits(3, 4), "box")
    lists = ("North Party", "Union", "The Greens", "Farmers", "Citizens", "Alliance", "Forward", "Others")
    for k in range(8):
        top = 82 + 17 * k
        sheet.text(f"List {k + 1}", 24, top + 11, 3)
        sheet.text(lists[k], 52, top + 11, 3)
        sheet.line(20, top + 15, 140, top + 15, 0.15)
        sheet.put_field(f"list_{k + 1}", (140, top, 190, top + 15), Constraint((1, 3)), "box")
    sheet.text("Invalid", 24, 231, 3)
    sheet.put_field("invalid", (140, 220, 190, 235), Constraint((1, 2)), "box")
    sheet.text("All votes", 24, 249, 3.6)
    sheet.put_field("votes", (140, 238, 190, 254), Constraint((1, 4)), "box")
    sheet.text("President of the committee", 20, 280, 2.2)
    sheet.line(70, 281, 190, 281)
    sheet.sums.append(FormSum("votes", (*(f"list_{k + 1}" for k in range(8)), "invalid")))
    return sheet


def draw_slip() -> FormSheet:
    """Return a slip like a cheque: account, amount, date, number."""
    sheet = FormSheet((190, 85))
    sheet.text("FIRST SAVINGS BANK", 12, 14, 4)
    sheet.text("12 Market Street", 12, 20, 1.9)
    sheet.text("Date", 118, 14)
    sheet.put_field("date", (130, 7, 180, 15), _digits(8), "comb", 8)
    sheet.text("Pay", 12, 34)
    sheet.line(24, 35, 178, 35)
    sheet.text("the sum of", 12, 46)
    sheet.line(32, 47, 125, 47)
    sheet.text("EUR", 129, 52, 3)
    sheet.put_field("amount", (140, 42, 180, 55), Constraint((2, 5)), "box")
    sheet.text("Account", 12, 65)
    sheet.put_field("account", (30, 57, 102, 67), Constraint((9, 9), check="luhn"), "comb", 9)
    sheet.text("Signature", 118, 70, 2)
    sheet.line(134, 71, 180, 71)
    sheet.text("Do not write below this line", 12, 79, 1.6)
    sheet.line(12, 75, 178, 75, 0.4)
    return sheet


def draw_id_form() -> FormSheet:
    """Return an application with combs for birth date, telephone, post code and identity number."""
    sheet = FormSheet((210, 297))
    sheet.text("APPLICATION FOR A CARD", 20, 28, 5.2)
    sheet.text("Fill in with a dark pen. Fields marked * must be filled in.", 20, 36, 2.2)
    rows = (("Family name *", None), ("First name *", None), ("Date of birth * (day, month, year)", ("birth", 8)),
            ("Identity number *", ("identity", 11)), ("Telephone", ("telephone", 10)), ("Street", None),
            ("Post code", ("post_code", 5)), ("Number of children", ("children", 2)))  # fmt: skip
    for k, (label, comb) in enumerate(rows):
        top = 50 + 25 * k
        sheet.text(label, 20, top + 4)
        if comb is None:
            sheet.box((20, top + 6, 190, top + 16))
        else:
            rule = Constraint((11, 11), check="mod97") if comb[0] == "identity" else _digits(comb[1])
            sheet.put_field(comb[0], (20, top + 6, 20 + 9 * comb[1], top + 17), rule, "comb", comb[1])
    sheet.text("Office use only", 140, 262, 2)
    sheet.box((138, 258, 190, 285))
    return sheet


def draw_survey() -> FormSheet:
    """Return a survey: answers by number in boxes, one box to a question."""
    sheet = FormSheet((148, 210))
    sheet.text("Household survey", 14, 20, 5)
    sheet.text("Write a whole number into each box.", 14, 28, 2.2)
    questions = (
        ("How many people live in your household?", "people", 1, 2),
        ("How old is the oldest?", "oldest", 1, 3),
        ("How many rooms do you have?", "rooms", 1, 2),
        ("What is the monthly rent?", "rent", 3, 4),
        ("How many km do you drive in a week?", "km", 1, 4),
        ("How many minutes do you walk in a day?", "walk", 1, 3),
        ("Which of the ten towns do you like best?", "town", 1, 1),
        ("How satisfied are you, from 0 to 100?", "satisfied", 1, 3),
    )
    for k, (words, name, least, most) in enumerate(questions):
        top = 38 + 19 * k
        sheet.text(f"{k + 1}.", 14, top + 9)
        sheet.text(words, 22, top + 9, 2.4)
        sheet.put_field(name, (110, top, 134, top + 12), _digits(least, most), "box")
    sheet.text("Thank you.", 14, 200, 2.6)
    return sheet


def draw_order() -> FormSheet:
    """Return an order: article, quantity and amount in a table, the sum below."""
    sheet = FormSheet((210, 297))
    sheet.text("ORDER", 18, 26, 7)
    sheet.text("Customer", 120, 22)
    sheet.put_field("customer", (145, 14, 190, 25), _digits(5), "box")
    sheet.text("Order no.", 120, 38)
    sheet.put_field("order", (145, 30, 190, 41), _digits(6), "box")
    sheet.fill((18, 52, 190, 62), 0.2)
    for words, x in (("Pos.", 21), ("Article number", 40), ("Quantity", 98), ("Amount", 146)):
        sheet.text(words, x, 59)
    for k in range(9):
        top = 62 + 15 * k
        sheet.box((18, top, 34, top + 15))
        sheet.text(str(k + 1), 24, top + 10)
        sheet.put_field(f"article_{k + 1}", (34, top, 90, top + 15), _digits(5, 6), "box")
        sheet.put_field(f"quantity_{k + 1}", (90, top, 130, top + 15), _digits(1, 3), "box")
        sheet.put_field(f"amount_{k + 1}", (130, top, 190, top + 15), _digits(2, 4), "box")
    sheet.text("Sum", 98, 209, 3.4)
    sheet.put_field("sum", (130, 198, 190, 214), _digits(2, 5), "box")
    sheet.text("We deliver within three days. All prices in whole euros.", 18, 235, 2.2)
    sheet.sums.append(FormSum("sum", tuple(f"amount_{k + 1}" for k in range(9))))
    return sheet


def draw_tally() -> FormSheet:
    """Return a traffic count: vehicles by hour on underlined blanks, with totals."""
    sheet = FormSheet((210, 148))
    sheet.text("Traffic count", 15, 16, 4.4)
    sheet.text("Site", 110, 16)
    sheet.put_field("site", (122, 8, 150, 17), _digits(3), "line")
    for k, words in enumerate(("Cars", "Bicycles", "Lorries")):
        sheet.text(words, 52 + 48 * k, 34)
    for k in range(5):
        foot = 48 + 15 * k
        sheet.text(f"{8 + k}:00 to {9 + k}:00", 15, foot - 1)
        for column, name in enumerate(("cars", "bikes", "lorries")):
            box = (50 + 48 * column, foot - 11, 86 + 48 * column, foot)
            sheet.put_field(f"{name}_{k + 1}", box, _digits(1, 3), "line")
    sheet.text("Totals", 15, 129, 3)
    for column, name in enumerate(("cars", "bikes", "lorries")):
        sheet.put_field(name, (50 + 48 * column, 118, 86 + 48 * column, 131), _digits(1, 4), "box")
        sheet.sums.append(FormSum(name, tuple(f"{name}_{k + 1}" for k in range(5))))
    return sheet


def draw_lab_sheet() -> FormSheet:
    """Return a laboratory's sheet: sample number, six measured values beside printed ranges."""
    sheet = FormSheet((148, 210))
    sheet.text("LABORATORY REPORT", 12, 18, 4.4)
    sheet.text("Sample", 12, 34)
    sheet.put_field("sample", (36, 26, 99, 36), Constraint((7, 7)), "comb", 7)
    sheet.text("Patient", 12, 50)
    sheet.put_field("patient", (36, 42, 80, 52), _digits(6), "box")
    rows = (
        ("Sodium", "135 - 145", "sodium", 100, 180),
        ("Glucose", "70 - 110", "glucose", 40, 400),
        ("Urea", "15 - 45", "urea", 5, 250),
        ("Iron", "60 - 170", "iron", 10, 300),
        ("Cholesterol", "125 - 200", "cholesterol", 80, 450),
        ("Platelets", "150 - 400", "platelets", 20, 900),
    )
    for words, x in (("Test", 14), ("Usual", 60), ("Found", 102)):
        sheet.text(words, x, 68)
    sheet.line(12, 70, 136, 70, 0.5)
    for k, (test, usual, name, least, most) in enumerate(rows):
        top = 73 + 17 * k
        sheet.text(test, 14, top + 10)
        sheet.text(usual, 60, top + 10)
        sheet.put_field(name, (98, top, 136, top + 14), Constraint((1, 3), (least, most)), "line")
    sheet.text("Released by", 12, 192)
    sheet.put_field("released", (44, 183, 76, 195), _digits(4), "box")
    return sheet


KINDS: dict[str, Callable[[], FormSheet]] = {
    "meter-card": draw_meter_card,
    "mark-sheet": draw_mark_sheet,
    "time-sheet": draw_time_sheet,
    "ballot-count": draw_ballot_count,
    "slip": draw_slip,
    "id-form": draw_id_form,
    "survey": draw_survey,
    "order": draw_order,
    "tally": draw_tally,
    "lab-sheet": draw_lab_sheet,
}
"""What draws each kind."""
