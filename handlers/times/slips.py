"""Count the slips between two words."""

from __future__ import annotations


def slips(one: str, two: str, limit: int) -> int:
    """Slips between two words: a letter added, lost, changed, or two neighbours swapped.

    Returns `limit` + 1 when there are more than `limit`.
    """
    if abs(len(one) - len(two)) > limit:
        return limit + 1
    start, end = 0, 0
    shorter = min(len(one), len(two))
    while start < shorter and one[start] == two[start]:
        start += 1
    while end < shorter - start and one[-1 - end] == two[-1 - end]:
        end += 1
    one, two = one[start : len(one) - end], two[start : len(two) - end]
    if len(one) <= 1 and len(two) <= 1:
        return max(len(one), len(two))
    if one == two[::-1] and len(one) == 2:
        return 1
    if limit < 2:
        return limit + 1
    if len(set(one) ^ set(two)) > 2 * limit:
        return limit + 1
    return min(_distance(one, two), limit + 1)


def _distance(one: str, two: str) -> int:
    """Optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        after = [i]
        for j, b in enumerate(two, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        before, row = row, after
    return row[-1]
