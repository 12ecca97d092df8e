"""Words, labels and numbers that stand on papers."""

from __future__ import annotations

import re

import numpy as np

WORDS = (
    "the", "of", "and", "to", "in", "is", "that", "it", "was", "for", "on", "are", "as", "with", "his", "they", "at",
    "be", "this", "from", "have", "or", "by", "one", "had", "not", "but", "what", "all", "were", "when", "we", "there",
    "can", "an", "your", "which", "their", "said", "if", "do", "will", "each", "about", "how", "up", "out", "them",
    "then", "she", "many", "some", "so", "these", "Name", "Date", "Total", "Roll", "Marks", "Course", "Theory", "Lab",
    "Math", "Science", "English", "Physics", "History", "Grade", "Class", "Section", "Subject", "Amount", "Signature",
    "Address", "Phone", "Account", "Cash", "Receipt", "Quantity", "Price", "Item", "Unit", "Paid", "Balance", "Gas",
    "Water", "Meter", "Reading", "Eng", "Urdu", "Computer", "Student", "Exam", "Answer", "Question", "Page", "Sum",
    "Rest", "Team", "Score", "Player", "Round", "Week", "Monday", "Tuesday", "Friday", "January", "March", "Milk",
    "Bread", "Eggs", "Sugar", "Boston", "Ludwig", "Zoe", "Sally", "Ireland", "Olga", "Bill", "Illinois", "Oslo",
    "solo", "loss", "soil", "bell", "hill", "silly", "gloss", "zeal", "jazz", "Nguyen", "Kumar", "Ali", "Maria",
    "Garcia", "Smith", "Jones", "Total", "Average", "Result", "pieces", "boxes", "hours", "minutes", "kg", "cm", "ml",
    "pcs", "Rs", "USD", "EUR", "only", "lakhs", "hundred", "thousand", "twenty", "eight", "nine", "six", "zero",
    "Self", "Bearer", "Rupees", "Pay",
)  # fmt: skip
LABELS = (
    "Name", "Date", "Date of birth", "Telephone", "Roll No.", "Account No.", "Amount", "Amount (EUR)", "Total",
    "Customer no.", "Student ID", "Class", "Section", "Marks obtained", "Grand Total in Words", "Signature", "Address",
    "Postcode", "Meter no.", "Reading", "Quantity", "Unit price", "Invoice no.", "Phone", "Age", "Weight (kg)", "Room",
    "A/c. No.", "Pay", "Examiner", "Maximum Marks", "Time", "Code", "Order", "Part 1", "Item 2", "Section B", "No.",
)  # fmt: skip
HEADS = (
    "Q.No.", "a", "b", "c", "d", "Total", "Marks", "No", "Name", "I", "II", "III", "IV", "T", "Date", "Qty", "d1", "d2",
    "1a", "1b", "2", "3a", "Lab", "Grade", "CO", "Sum", "Price", "Score", "Mon", "Tue", "Wed", "X", "Y", "Z", "%", "kg",
)  # fmt: skip
_DRAWN = (0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
ENTRIES = (
    ("{1-2}/{1-2}/20{2}", "{1-2}/{1-2}/19{2}", "{1-2}/{1-2}/{2}", "{1-2}-{1-2}-20{2}", "{1-2}.{1-2}.{2}"),
    ("{1-2}:{2}", "{1-2}:{2}", "{1-2}:{2}:{2}"),
    ("{1-3},{3}", "{1-3},{3}.{2}", "{1-3}.{3}"),
    ("({3}) {3}-{4}", "({3}){3}-{4}", "{3}-{4}", "+{2} {2} {4}", "{3} - {4}"),
    ("{1-2}/{1-2}", "{1-2}/{1-3}", "{1-2} / {1-2}"),
    ("{1-4}.{1-2}", "{1-4},{1-2}", "{1}.{2-3}"),
    ("{1-3} + {1-3} = {1-4}", "{1-3} - {1-3} = {1-4}", "{1-3} x {1-3} = {1-4}", "{1-3}+{1-3}={1-4}"),
    ("{1-3} > {1-3}", "{1-3} > {1-3}", "{1-4}-{1-4}", "{4}-{2}-{2}"),
    tuple("{1-4} " + unit for unit in ("kg", "cm", "EUR", "Rs", "pcs", "ml", "h", "m")),
    ("{2-6}/-", "{2-6}=", "{2-6}.-", "{2-6}-"),
    ("{1-3}%", "{1-3} %", "{1-2}.{1}%"),
    ("${1-4}", "${1-4}.{2}", "$ {1-4}"),
    ("({1-4})", "({1-2})", "No. {1-4}", "{1-2})"),
    ("-{1-4}", "- {1-4}", "+{1-4}", "-{1-2}.{1-2}"),
    tuple("{1-2}" + letter for letter in "abcdefABCDEF"),
    tuple(letter + "{1-2}" for letter in "abdqABCDEFHKNPQRT"),
)
"""Kinds of entries, each with its forms: a number in braces stands for so many digits."""
_RUN = re.compile(r"\{(\d)(?:-(\d))?\}")
GRADES = ("A", "B", "C", "D", "E", "F", "A+", "B+", "C-", "P", "ok", "abs", "AB", "X", "a", "b", "c", "d", "e", "H")


def pick(words: tuple[str, ...], rng: np.random.Generator) -> str:
    """Return one of `words`."""
    return words[int(rng.integers(len(words)))]


def make_phrase(rng: np.random.Generator, most: int = 5) -> str:
    """Return one to `most` words."""
    return " ".join(pick(WORDS, rng) for _ in range(int(rng.integers(1, most + 1))))


def make_digits(rng: np.random.Generator, least: int, most: int) -> str:
    """Return `least` to `most` digits; 1 is twice as frequent as others: it is the hardest to tell from a line."""
    return "".join(str(d) for d in rng.choice(_DRAWN, int(rng.integers(least, most + 1))))


def make_entry(rng: np.random.Generator) -> str:
    """Return what people write that has digits and signs: a date, a time, an amount, a phone number, a sum."""
    forms = ENTRIES[int(rng.integers(len(ENTRIES)))]
    return _RUN.sub(lambda run: make_digits(rng, int(run[1]), int(run[2] or run[1])), pick(forms, rng))
