"""Writes scipy.json beside this file: what SciPy says of the cases that statistics.golden.test.ts checks.

    python3 -m venv /tmp/scipy && /tmp/scipy/bin/pip install scipy && /tmp/scipy/bin/python make_golden.py

Only SciPy's public functions: `method='exact'` where there are no ties, all permutations where there are. It has no
Hodges-Lehmann intervals, so they are found as what its tests do not reject: the test is asked at a point between
every two neighbouring elementary shifts.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20261121)
EVERY = stats.PermutationMethod(n_resamples=np.inf)


def paired_p(d, alternative="two-sided"):
    tied = len(set(np.abs(d))) < len(d) or 0 in d
    method = EVERY if tied else "exact"
    return stats.wilcoxon(d, zero_method="pratt", method=method, alternative=alternative).pvalue


def unpaired_p(base, candidate, alternative="two-sided"):
    tied = len({*base, *candidate}) < len(base) + len(candidate)
    return stats.mannwhitneyu(candidate, base, method=EVERY if tied else "exact", alternative=alternative).pvalue


def interval(shifts, p_at, alpha):
    """[low, high] of elementary shifts; null where the test rejects nowhere on that side."""
    shifts = sorted(shifts)
    points = [shifts[0] - 1, *[(a + b) / 2 for a, b in zip(shifts, shifts[1:])], shifts[-1] + 1]
    kept = [i for i, point in enumerate(points) if p_at(point) > alpha]
    low, high = kept[0], kept[-1]
    return [None if low == 0 else shifts[low - 1], None if high == len(shifts) else shifts[high]]


def walsh(d):
    return [(d[i] + d[j]) / 2 for i in range(len(d)) for j in range(i, len(d))]


def paired(d):
    return {
        "differences": d,
        "p": paired_p(d),
        "greater": paired_p(d, "greater"),
        "less": paired_p(d, "less"),
        "shift": float(np.median(walsh(d))),
    }


def unpaired(base, candidate):
    return {
        "base": base,
        "candidate": candidate,
        "p": unpaired_p(base, candidate),
        "greater": unpaired_p(base, candidate, "greater"),
        "less": unpaired_p(base, candidate, "less"),
        "shift": float(np.median([c - b for c in candidate for b in base])),
    }


def with_paired_intervals(case):
    d = np.array(case["differences"])
    at = lambda point: stats.wilcoxon(d - point, method="exact").pvalue
    return {**case, "intervals": {str(c): interval(walsh(d.tolist()), at, (100 - c) / 100) for c in (90, 95)}}


def with_unpaired_intervals(case):
    base, candidate = np.array(case["base"]), np.array(case["candidate"])
    shifts = [float(c - b) for c in candidate for b in base]
    at = lambda point: stats.mannwhitneyu(candidate - point, base, method="exact").pvalue
    return {**case, "intervals": {str(c): interval(shifts, at, (100 - c) / 100) for c in (90, 95)}}


def draw(n, mean=0.0, decimals=6):
    return [round(float(x), decimals) for x in rng.normal(mean, 0.1, n)]


golden = {
    "scipy": scipy.__version__,
    "paired": [with_paired_intervals(paired(draw(n, mean))) for n in (2, 4, 5, 6, 8, 10, 12, 20) for mean in (0, 0.08)],
    "pairedTies": [paired(draw(n, mean, 1)) for n in (4, 6, 8, 10, 12) for mean in (0, 0.1)],
    "unpaired": [
        with_unpaired_intervals(unpaired(draw(m), draw(n, mean)))
        for m, n in ((1, 3), (3, 3), (4, 4), (5, 5), (5, 8), (8, 5), (10, 10), (12, 12))
        for mean in (0, 0.12)
    ],
    "unpairedTies": [
        unpaired(draw(m, 0, 1), draw(n, mean, 1)) for m, n in ((3, 4), (5, 5), (6, 5), (7, 7)) for mean in (0, 0.1)
    ],
    "large": {"paired": paired(draw(40, 0.03)), "unpaired": unpaired(draw(40), draw(30, 0.05))},
    "normalQuantile": [
        [p, float(stats.norm.ppf(p))] for p in (1e-6, 0.001, 0.0125, 0.02425, 0.025, 0.2, 0.5, 0.8, 0.95, 0.975, 0.999)
    ],
    "holm": None,
}
# SciPy has Benjamini and Hochberg only; Holm's adjustment by its definition, over all subsets of hypotheses: the
# highest Bonferroni p of all intersections that hold the hypothesis.
ps = [0.01, 0.04, 0.03, 0.005, 0.2]
subsets = [[i for i in range(len(ps)) if mask >> i & 1] for mask in range(1, 2 ** len(ps))]
closed = [max(min(1, len(s) * min(ps[i] for i in s)) for s in subsets if h in s) for h in range(len(ps))]
golden["holm"] = {"ps": ps, "adjusted": closed}

pathlib.Path(__file__).with_name("scipy.json").write_text(json.dumps(golden, indent=1) + "\n")
