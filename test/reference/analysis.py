"""The evidence of cli/analysis and the peers of test/bench, written a second time: with 50 digits, as products and not as sums of
logarithms, and ranks counted by pairs. Reads cases as JSON, prints the figures as JSON."""
import json
import sys
from decimal import Decimal, getcontext
from math import comb

getcontext().prec = 50
D = Decimal


def cosine(x):
    term, total, n = D(1), D(1), 0
    while abs(term) > D(10) ** -48:
        n += 2
        term *= -x * x / (n * (n - 1))
        total += term
    return total


PI = D("3.14159265358979323846264338327950288419716939937510")
STAKES = [(1 - cosine(PI * (D(i) + D("0.5")) / 16)) / 2 for i in range(16)]


def by_block(stake, x, n, y, m, a):
    part = x / (x + y + a * m)
    expected = n / (n + m)
    return 1 + stake * (part / expected - 1)


def by_lump(v, x, n, y, m, a, b):
    k = (1 - a) * n / m
    return ((1 + v) ** x * (1 - k * v) ** y * (-v * a * n).exp()) ** (1 / b)


def wealth(blocks, tolerance, burst):
    a, b = D(repr(tolerance)), D(burst)
    regression = [D(1)] * 32
    passing = [D(1)] * 16
    for block in blocks:
        x, n, y, m = (D(value) for value in block)
        if n == 0 or m == 0:
            continue
        for i, stake in enumerate(STAKES):
            regression[i] *= by_block(stake, x, n, y, m, a)
            regression[16 + i] *= by_lump(stake * m / n / (1 - a), x, n, y, m, a, b)
            passing[i] *= by_lump(-stake, x, n, y, m, a, b)
    return [float((sum(each) / len(each)).ln()) for each in (regression, passing)]


def mann_whitney(experiment, control, shift):
    """U by pairs, ties by halves; its variance by the sizes of the groups of equal values."""
    moved = [D(repr(value)) - D(repr(shift)) for value in experiment]
    others = [D(repr(value)) for value in control]
    u = sum(D(1) if x > y else D("0.5") if x == y else D(0) for x in moved for y in others)
    n, m = len(moved), len(others)
    groups = {}
    for value in moved + others:
        groups[value] = groups.get(value, 0) + 1
    # t^3 - t is six times the number of ways to choose three of t + 1.
    ties = D(sum(6 * comb(t + 1, 3) for t in groups.values()))
    variance = D(n * m) / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    difference = u - D(n * m) / 2
    correction = D("0.5") if difference > 0 else D("-0.5") if difference < 0 else D(0)
    return float((difference - correction) / variance.sqrt())


cases = json.load(sys.stdin)
json.dump(
    {
        "evidence": [wealth(c["blocks"], c["tolerance"], c["burst"]) for c in cases["evidence"]],
        "mannWhitney": [mann_whitney(*c) for c in cases["mannWhitney"]],
    },
    sys.stdout,
)
